"""The assessment of one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["scored", "unparsed", "model_failed", "judge_failed"]
STATUSES: tuple[Status, ...] = ("scored", "unparsed", "model_failed", "judge_failed")
Vector = tuple[float, ...]


@dataclass(slots=True)
class Score:
    """Sufficient statistics of one sample.

    Args:
        status: what became of the sample.
        faithful: metric name -> vector of statistics by the official rule; a metric missing here is
            dropped from the official denominator.
        strict: the same with everything not scored counted as wrong; None means equal to `faithful`.
        flags: remarkable facts, counted in the summary: "empty_reference", "random_fallback".
        detail: evidence for a reader (JSON): edits, parsed letter, verdict.
    """

    status: Status
    faithful: Mapping[str, Vector]
    strict: Mapping[str, Vector] | None = None
    flags: tuple[str, ...] = ()
    detail: Mapping[str, Any] | None = None
