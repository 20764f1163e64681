"""MiMo-Audio: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("mimo-audio", takes=("text", "audio"), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class MimoAudio(IsolatedModel):
    """MiMo-Audio by its own repository.

    Args:
        tokenizer: folder with the weights of MiMo-Audio-Tokenizer.
        method: "auto" by the shape of the request, or "asr": the released method for transcripts, which uses
            prompts of its own in place of the task's text.
        voice: wav whose voice answers; empty for none.
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "models/MiMo-Audio-7B-Instruct"  # where the repository's examples keep it
    repository = "https://github.com/XiaomiMiMo/MiMo-Audio"
    tokenizer: str = "models/MiMo-Audio-Tokenizer"
    method: str = "auto"
    voice: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("method", ("auto", "asr"))

    def options(self) -> dict[str, Any]:
        """With the tokenizer, the method and the voice."""
        return {
            **super().options(),
            "tokenizer": located(self.tokenizer),
            "method": self.method,
            "voice": located(self.voice),
        }
