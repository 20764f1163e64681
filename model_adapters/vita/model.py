"""VITA-1.5: text, an image and audio in, text out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel


@model("vita-1-5", takes=("text", "image", "audio"), gives=("text",))
class Vita15(IsolatedModel):
    """VITA-1.5 by its own repository; arguments as in `evalkit.models.processes.isolated_model`."""

    worker_file = Path(__file__).with_name("worker.py")
    weights = "VITA-1.5"
    repository = "https://github.com/VITA-MLLM/VITA"
