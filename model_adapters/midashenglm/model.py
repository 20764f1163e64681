"""MiDashengLM: text and audio in, text out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel


@model("midashenglm-7b", takes=("text", "audio"), gives=("text",))
class MiDashengLM(IsolatedModel):
    """MiDashengLM by the code of its weights; arguments as in `evalkit.models.processes.isolated_model`."""

    worker_file = Path(__file__).with_name("worker.py")
    weights = "mispeech/midashenglm-7b-1021-bf16"
    needs_trust = True
