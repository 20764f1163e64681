"""Fun-Audio-Chat: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel


@model("fun-audio-chat-8b", takes=("text", "audio"), gives=("text", "speech"))
class FunAudioChat(IsolatedModel):
    """Fun-Audio-Chat by its own repository; arguments as in `evalkit.models.processes.isolated_model`."""

    worker_file = Path(__file__).with_name("worker.py")
    weights = "pretrained_models/Fun-Audio-Chat-8B"
    repository = "https://github.com/FunAudioLLM/Fun-Audio-Chat"
