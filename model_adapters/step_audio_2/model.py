"""Step-Audio 2 mini: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("step-audio-2-mini", takes=("text", "audio"), gives=("text", "speech"))
class StepAudio2Mini(IsolatedModel):
    """Step-Audio 2 mini by its own repository.

    Args:
        voice: wav whose voice answers; empty for the repository's default_female.wav.
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`; `path` must be a folder for speech.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "Step-Audio-2-mini"  # the folder inside the clone where the repository's examples keep it
    repository = "https://github.com/stepfun-ai/Step-Audio2"
    needs_trust = True

    def __init__(
        self,
        path: str = "",
        voice: str = "",
        worker_python: str = "",
        repo: str = "",
        devices: str = "",
        workers: int = 0,
        timeout: float = 600.0,
        start_timeout: float = 1800.0,
        retries: int = 1,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__(
            path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code
        )
        self._voice = voice

    def options(self) -> dict[str, Any]:
        """With the voice."""
        return {**super().options(), "voice": located(self._voice)}
