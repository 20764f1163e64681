"""Freeze-Omni: speech in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("freeze-omni", takes=("audio",), gives=("text", "speech"))
class FreezeOmni(IsolatedModel):
    """Freeze-Omni by its own repository.

    Args:
        llm: folder with the weights of Qwen2-7B-Instruct.
        top_k: of the text, used where the temperature is above 0.
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "checkpoints"
    repository = "https://github.com/VITA-MLLM/Freeze-Omni"

    def __init__(
        self,
        path: str = "",
        llm: str = "Qwen2-7B-Instruct",
        top_k: int = 20,
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
        self._own = {"llm": located(llm), "top_k": top_k}

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), **self._own}
