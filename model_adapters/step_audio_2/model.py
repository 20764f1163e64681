"""Step-Audio 2 mini: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("step-audio-2-mini", takes=("text", "audio"), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class StepAudio2Mini(IsolatedModel):
    """Step-Audio 2 mini by its own repository.

    Args:
        voice: wav whose voice answers; empty for the repository's default_female.wav.
        Further arguments as in `IsolatedModel`; `path` must be a folder for speech.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "Step-Audio-2-mini"  # the folder inside the clone where the repository's examples keep it
    repository = "https://github.com/stepfun-ai/Step-Audio2"
    needs_trust = True
    voice: str = ""

    def options(self) -> dict[str, Any]:
        """With the voice."""
        return {**super().options(), "voice": located(self.voice)}
