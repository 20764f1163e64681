"""The first failures of a scoring, so that nobody takes an incomplete score for a score."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.cli.text import printable
from evalkit.records import journals

SHOWN = 5


def show_failures(scores: Path) -> None:
    """Name on stderr the first samples of a scores file without a score, and why they have none."""
    shown = 0
    for record in journals.read(scores, journals.RESCORED):
        if record["status"] == "scored":
            continue
        if shown == SHOWN:
            print(f"  ... see {scores}", file=sys.stderr)
            return
        shown += 1
        print(f"  {printable(record['id'])}: {printable(_why(record))}", file=sys.stderr)


def _why(record: Mapping[str, Any]) -> str:
    detail = record.get("detail") or {}
    problems = [verdict["problem"] for verdict in detail.get("verdicts", ()) if "problem" in verdict]
    return str(
        detail.get("failure") or next(iter(problems), None) or ", ".join(record.get("flags", ())) or record["status"]
    )
