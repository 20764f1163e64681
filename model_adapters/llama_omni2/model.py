"""LLaMA-Omni2: speech in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("llama-omni2-7b", takes=("audio",), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class LlamaOmni2(IsolatedModel):
    """LLaMA-Omni2 by its own repository.

    Args:
        decoder: folder with the speech decoder.
        language: of the voice, "en" or "zh".
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "models/LLaMA-Omni2-7B"
    repository = "https://github.com/ictnlp/LLaMA-Omni2"
    decoder: str = "models/cosy2_decoder"
    language: str = "en"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("language", ("en", "zh"))

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), "decoder": located(self.decoder), "language": self.language}
