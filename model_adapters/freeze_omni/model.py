"""Freeze-Omni: speech in, text and speech out; in an environment of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.model import model
from evalkit.models.processes.isolated_model import IsolatedModel, located


@model("freeze-omni", takes=("audio",), gives=("text", "speech"))
@dataclass(kw_only=True, eq=False, repr=False)
class FreezeOmni(IsolatedModel):
    """Freeze-Omni by its own repository.

    Args:
        llm: folder with the weights of Qwen2-7B-Instruct.
        top_k: of the text, used where the temperature is above 0.
        Further arguments as in `IsolatedModel`.
    """

    worker_file = Path(__file__).with_name("worker.py")
    weights = "checkpoints"
    repository = "https://github.com/VITA-MLLM/Freeze-Omni"
    llm: str = "Qwen2-7B-Instruct"
    top_k: int = 20

    def options(self) -> dict[str, Any]:
        """With the family's own arguments."""
        return {**super().options(), "llm": located(self.llm), "top_k": self.top_k}
