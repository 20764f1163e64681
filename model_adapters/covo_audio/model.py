"""Covo-Audio-Chat: audio with text in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel


@model("covo-audio-chat", takes=("text", "audio"), gives=("text", "speech"))
class CovoAudioChat(IsolatedModel):
    """Covo-Audio-Chat by its own repository; arguments as in `evalkit.models.processes.isolated_model`."""

    worker_file = Path(__file__).with_name("worker.py")
    weights = "covoaudio"
    repository = "https://github.com/Tencent/Covo-Audio"
