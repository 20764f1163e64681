"""What the answers of a run used and cost."""

from __future__ import annotations

import math
from collections.abc import Collection

from evalkit.records import journals
from evalkit.run.directory import RunDirectory


def used(
    directory: RunDirectory, wanted: Collection[str] | None, splits: Collection[str]
) -> tuple[dict[str, float], float | None]:
    """Summed units of the planned answers, and their cost in US dollars (None when any cost is unknown).

    Sums are exact, so they do not depend on the order of answers.
    """
    units: dict[str, list[float]] = {}
    costs: list[float] = []
    answers = 0
    for record in journals.read(directory.samples, journals.FAILED):
        if record["split"] not in splits or (wanted is not None and record["id"] not in wanted):
            continue
        answers += 1
        for key, value in (record.get("usage") or {}).items():
            units.setdefault(key, []).append(value)
        if "cost" in record:
            costs.append(record["cost"])
    total = {key: math.fsum(values) for key, values in sorted(units.items())}
    return total, math.fsum(costs) if answers and len(costs) == answers else None
