"""EMOVA: text, images and speech in, text and speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("emova-7b", takes=("text", "image", "audio"), gives=("text", "speech"))
class Emova7B(IsolatedModel):
    """EMOVA by the code of its weights.

    Args:
        tokenizer: folder or hub id of the speech tokenizer.
        speaker: "female" or "male".
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "Emova-ollm/emova-qwen-2-5-7b-hf"
    needs_trust = True

    def __init__(
        self,
        path: str = "",
        tokenizer: str = "Emova-ollm/emova_speech_tokenizer_hf",
        speaker: str = "female",
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
        if speaker not in ("female", "male"):
            raise UsageError(f"model '{self.name}': speaker={speaker} should be female or male")
        self._own = {"tokenizer": located(tokenizer), "speaker": speaker}

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), **self._own}


@model("emova-3b", takes=("text", "image", "audio"), gives=("text", "speech"))
class Emova3B(Emova7B):
    """The same family, weights of emova-3b."""

    weights = "Emova-ollm/emova-qwen-2-5-3b-hf"


@model("emova-72b", takes=("text", "image", "audio"), gives=("text", "speech"))
class Emova72B(Emova7B):
    """The same family, weights of emova-72b."""

    weights = "Emova-ollm/emova-qwen-2-5-72b-hf"
