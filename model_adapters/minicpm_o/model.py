"""MiniCPM-o 2.6 and 4.5: text, images and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("minicpm-o-2-6", takes=("text", "image", "audio"), gives=("text", "speech"))
class MiniCpmO26(IsolatedModel):
    """MiniCPM-o by the code of its weights.

    Args:
        voice: wav whose voice answers; needed for speech where a conversation has no system turn.
        language: of the system text that speech needs, "en" or "zh".
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "openbmb/MiniCPM-o-2_6"
    needs_trust = True

    def __init__(
        self,
        path: str = "",
        voice: str = "",
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
        self._own = {"voice": located(voice), "language": language}

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), **self._own}


@model("minicpm-o-4-5", takes=("text", "image", "audio"), gives=("text", "speech"))
class MiniCpmO45(MiniCpmO26):
    """The same family, weights of minicpm-o-4-5."""

    weights = "openbmb/MiniCPM-o-4_5"
