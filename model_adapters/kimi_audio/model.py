"""Kimi-Audio: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel


@model("kimi-audio", takes=("text", "audio"), gives=("text", "speech"))
class KimiAudio(IsolatedModel):
    """Kimi-Audio by its own package; arguments as in `evalkit.models.processes.isolated_model`."""

    worker_file = Path(__file__).with_name("worker.py")
    weights = "moonshotai/Kimi-Audio-7B-Instruct"
    repository = "https://github.com/MoonshotAI/Kimi-Audio"
    needs_trust = True
