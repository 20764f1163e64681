"""MiniCPM-o 2.6 and 4.5: text, images and audio in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("minicpm-o-2-6", takes=("text", "image", "audio"), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class MiniCpmO26(IsolatedModel):
    """MiniCPM-o by the code of its weights.

    Args:
        voice: wav whose voice answers; needed for speech where a conversation has no system turn.
        language: of the system text that speech needs, "en" or "zh".
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "openbmb/MiniCPM-o-2_6"
    needs_trust = True
    voice: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("language", ("en", "zh"))

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), "voice": located(self.voice), "language": self.language}


@model("minicpm-o-4-5", takes=("text", "image", "audio"), gives=("text", "speech"))
class MiniCpmO45(MiniCpmO26):
    """The same family, weights of minicpm-o-4-5."""

    weights = "openbmb/MiniCPM-o-4_5"
