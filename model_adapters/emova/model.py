"""EMOVA: text, images and speech in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("emova-7b", takes=("text", "image", "audio"), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class Emova7B(IsolatedModel):
    """EMOVA by the code of its weights.

    Args:
        tokenizer: folder or hub id of the speech tokenizer.
        speaker: "female" or "male".
        answer: "text" (the assistant's words in the JSON of a spoken answer) or "json" (the whole of it).
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "Emova-ollm/emova-qwen-2-5-7b-hf"
    needs_trust = True
    tokenizer: str = "Emova-ollm/emova_speech_tokenizer_hf"
    speaker: str = "female"
    answer: str = "text"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("speaker", ("female", "male"))
        self.one_of("answer", ("text", "json"))

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {
            **super().options(),
            "tokenizer": located(self.tokenizer),
            "speaker": self.speaker,
            "answer": self.answer,
        }


@model("emova-3b", takes=("text", "image", "audio"), gives=("text", "speech"))
class Emova3B(Emova7B):
    """The same family, weights of emova-3b."""

    weights = "Emova-ollm/emova-qwen-2-5-3b-hf"


@model("emova-72b", takes=("text", "image", "audio"), gives=("text", "speech"))
class Emova72B(Emova7B):
    """The same family, weights of emova-72b."""

    weights = "Emova-ollm/emova-qwen-2-5-72b-hf"
