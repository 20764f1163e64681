"""GLM-4-Voice: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("glm-4-voice", takes=("text", "audio"), gives=("text", "speech"))
class Glm4Voice(IsolatedModel):
    """GLM-4-Voice by its own repository.

    Args:
        tokenizer: folder or hub id of the speech tokenizer.
        decoder: folder with the flow decoder (config.yaml, flow.pt, hift.pt).
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "THUDM/glm-4-voice-9b"
    repository = "https://github.com/THUDM/GLM-4-Voice"
    needs_trust = True

    def __init__(
        self,
        path: str = "",
        tokenizer: str = "THUDM/glm-4-voice-tokenizer",
        decoder: str = "glm-4-voice-decoder",
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
        self._own = {"tokenizer": located(tokenizer), "decoder": located(decoder)}

    def options(self) -> dict[str, Any]:
        """With the tokenizer and the decoder."""
        return {**super().options(), **self._own}
