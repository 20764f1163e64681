"""What kind of system a printed row is about; rows of different kinds are not ranked together.

Base models and ablations share column ids with finished models, and some rows stand for no single system.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["model", "base model", "ablation", "reference"]

# Qwen3-Omni Table 16 compares pre-trained models; see "Conventions" in leaderboards/README.md.
BASE_TABLES = frozenset({("qwen3-omni", "16")})
# No single system: chance level, and the best of several systems, a different one for each column.
REFERENCES = frozenset({"random-guess", "best-specialist", "previous-open-source-sota"})


def row_kind(model_id: str, group: str, paper: str, table: str) -> Kind:
    """Kind of one row of a published table."""
    if group == "ablation":
        return "ablation"
    if model_id in REFERENCES:
        return "reference"
    if (paper, table) in BASE_TABLES or model_id.endswith("-base"):
        return "base model"
    return "model"
