"""LLaMA-Omni2: speech in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("llama-omni2-7b", takes=("audio",), gives=("text", "speech"))
class LlamaOmni2(IsolatedModel):
    """LLaMA-Omni2 by its own repository.

    Args:
        decoder: folder with the speech decoder.
        language: of the voice, "en" or "zh".
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "models/LLaMA-Omni2-7B"
    repository = "https://github.com/ictnlp/LLaMA-Omni2"

    def __init__(
        self,
        path: str = "",
        decoder: str = "models/cosy2_decoder",
        language: str = "en",
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
        if language not in ("en", "zh"):
            raise UsageError(f"model '{self.name}': language={language} should be en or zh")
        self._own = {"decoder": located(decoder), "language": language}

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), **self._own}
