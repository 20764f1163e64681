"""CosyVoice2 and Fun-CosyVoice3, synthesizers: text and a voice in, speech out; in an environment of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("cosyvoice2", takes=("text", "audio"), gives=("speech",))
class CosyVoice2(IsolatedModel):
    """CosyVoice by its own repository.

    Args:
        voice: wav whose voice speaks where a request brings none; the default is the repository's.
        voice_text: what is said in it.
        frontend: let the model's code normalise and split texts.
        path, worker_python, repo, devices, workers, timeout, start_timeout, retries, trust_remote_code: as in
            `evalkit.models.processes.isolated_model`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "pretrained_models/CosyVoice2-0.5B"
    repository = "https://github.com/FunAudioLLM/CosyVoice"

    def __init__(
        self,
        path: str = "",
        voice: str = "asset/zero_shot_prompt.wav",
        voice_text: str = "希望你以后能够做的比我还好呦。",
        frontend: bool = True,
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
        self._own = {"voice": located(voice), "voice_text": voice_text, "frontend": frontend}

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), **self._own}


@model("cosyvoice3", takes=("text", "audio"), gives=("speech",))
class CosyVoice3(CosyVoice2):
    """The same family, weights of cosyvoice3."""

    weights = "pretrained_models/Fun-CosyVoice3-0.5B"
