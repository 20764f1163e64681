"""The first failures of a scoring, so that nobody takes an incomplete score for a score."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.cli.text import say
from evalkit.core.shown import clipped
from evalkit.records import journals

SHOWN = 5
_ID, _WHY = 100, 600  # characters of an id and of a reason that a person reads


def show_failures(scores: Path) -> None:
    """Name on stderr the first samples of a scores file without a score, and why they have none."""
    shown = 0
    for record in journals.read(scores, journals.RESCORED):
        if record["status"] == "scored":
            continue
        if shown == SHOWN:
            say(f"  ... see {scores}", error=True)
            return
        shown += 1
        say(f"  {clipped(record['id'], _ID)}: {clipped(_why(record), _WHY)}", error=True)


def _why(record: Mapping[str, Any]) -> str:
    detail = record.get("detail") or {}
    problems = [verdict["problem"] for verdict in detail.get("verdicts", ()) if "problem" in verdict]
    return str(
        detail.get("failure") or next(iter(problems), None) or ", ".join(record.get("flags", ())) or record["status"]
    )
