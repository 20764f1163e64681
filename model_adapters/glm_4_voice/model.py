"""GLM-4-Voice: text and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("glm-4-voice", takes=("text", "audio"), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class Glm4Voice(IsolatedModel):
    """GLM-4-Voice by its own repository.

    Args:
        tokenizer: folder or hub id of the speech tokenizer.
        decoder: folder with the flow decoder (config.yaml, flow.pt, hift.pt).
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "THUDM/glm-4-voice-9b"
    repository = "https://github.com/THUDM/GLM-4-Voice"
    needs_trust = True
    tokenizer: str = "THUDM/glm-4-voice-tokenizer"
    decoder: str = "glm-4-voice-decoder"

    def options(self) -> dict[str, Any]:
        """With the tokenizer and the decoder."""
        return {**super().options(), "tokenizer": located(self.tokenizer), "decoder": located(self.decoder)}
