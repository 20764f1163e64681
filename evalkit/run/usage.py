"""What the answers of a run used and cost."""

from __future__ import annotations

import math
from collections.abc import Collection

from evalkit.judging import record
from evalkit.records import journals
from evalkit.run.directory import RunDirectory


def used(directory: RunDirectory, chosen: journals.Chosen) -> tuple[dict[str, float], float | None]:
    """Summed units of the planned answers, failed ones included, and their cost in US dollars.

    The cost is None when that of any answer is unknown.

    Sums are exact, so they do not depend on the order of answers.

    Args:
        directory: of the run.
        chosen: tells the lines of planned samples.
    """
    units: dict[str, list[float]] = {}
    costs: list[float] = []
    answers = 0
    # Failures that were tried again have been paid as well.
    for answer, _ in journals.read_all(directory.samples, journals.FAILED):
        if not chosen(answer):
            continue
        answers += 1
        for key, value in (answer.get("usage") or {}).items():
            units.setdefault(key, []).append(value)
        if "cost" in answer:
            costs.append(answer["cost"])
    total = {key: math.fsum(values) for key, values in sorted(units.items())}
    return total, math.fsum(costs) if answers and len(costs) == answers else None


def used_by_judges(
    directory: RunDirectory, scorings: Collection[str], chosen: journals.Chosen
) -> tuple[dict[str, float], float | None]:
    """Summed units and cost of the verdicts on the planned answers; no cost where no judge is among the scorings.

    Verdicts that failed and were asked for again later have been paid as well.

    Args:
        directory: of the run.
        scorings: names of the scores files of judges.
        chosen: tells the lines of planned samples.
    """
    if not scorings:
        return {}, None
    return record.used(
        record.paid_in(line, stands)
        for name in scorings
        for line, stands in journals.read_all(directory.scores(name), journals.RESCORED)
        if chosen(line)
    )
