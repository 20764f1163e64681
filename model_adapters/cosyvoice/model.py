"""CosyVoice2 and Fun-CosyVoice3, synthesizers: text and a voice in, speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("cosyvoice2", takes=("text", "audio"), gives=("speech",))
@dataclass(kw_only=True, eq=False, repr=False)
class CosyVoice2(IsolatedModel):
    """CosyVoice by its own repository.

    Args:
        voice: wav whose voice speaks where a request brings none; the default is the repository's.
        voice_text: what is said in it.
        frontend: let the model's code normalise and split texts.
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "pretrained_models/CosyVoice2-0.5B"
    repository = "https://github.com/FunAudioLLM/CosyVoice"
    voice: str = "asset/zero_shot_prompt.wav"
    voice_text: str = "希望你以后能够做的比我还好呦。"
    frontend: bool = True

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {
            **super().options(),
            "voice": located(self.voice),
            "voice_text": self.voice_text,
            "frontend": self.frontend,
        }


@model("cosyvoice3", takes=("text", "audio"), gives=("speech",))
class CosyVoice3(CosyVoice2):
    """The same family, weights of cosyvoice3."""

    weights = "pretrained_models/Fun-CosyVoice3-0.5B"
