"""Baichuan-Audio: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel


@model("baichuan-audio", takes=("text", "audio"), gives=("text", "speech"))
class BaichuanAudio(IsolatedModel):
    """Baichuan-Audio by the code of its weights and its repository; arguments as in `IsolatedModel`."""

    worker_file = Path(__file__).with_name("worker.py")
    weights = "baichuan-inc/Baichuan-Audio-Instruct"
    repository = "https://github.com/baichuan-inc/Baichuan-Audio"
    needs_trust = True
