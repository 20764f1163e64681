"""MiMo-Audio: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located

METHODS = ("auto", "asr")


@model("mimo-audio", takes=("text", "audio"), gives=("text", "speech"))
class MimoAudio(IsolatedModel):
    """MiMo-Audio by its own repository.

    Args:
        tokenizer: folder with the weights of MiMo-Audio-Tokenizer.
        method: "auto" by the shape of the request, or "asr": the released method for transcripts, which uses
            prompts of its own in place of the task's text.
        voice: wav whose voice answers; empty for none.
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "models/MiMo-Audio-7B-Instruct"  # where the repository's examples keep it
    repository = "https://github.com/XiaomiMiMo/MiMo-Audio"

    def __init__(
        self,
        path: str = "",
        tokenizer: str = "models/MiMo-Audio-Tokenizer",
        method: str = "auto",
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
        if method not in METHODS:
            raise UsageError(f"model '{self.name}': method={method} should be one of {', '.join(METHODS)}")
        self._own = {"tokenizer": located(tokenizer), "method": method, "voice": located(voice)}

    def options(self) -> dict[str, Any]:
        """With the tokenizer, the method and the voice."""
        return {**super().options(), **self._own}
