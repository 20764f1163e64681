"""What judging would take, found out without asking anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from evalkit.core.sample import Request
from evalkit.judging.cases import Case
from evalkit.judging.panel import Panel


@dataclass(frozen=True, slots=True)
class Forecast:
    """What judging would take.

    Args:
        verdicts: verdicts in all.
        calls: questions the cache cannot answer; re-asks come on top.
        characters: of text in those questions.
        cost: US dollars, by the judge's own rough estimate; None when it cannot tell.
    """

    verdicts: int
    calls: int
    characters: int
    cost: float | None


def foresee(panel: Panel, cases: Iterable[Case], estimate: Callable[[Request], Any] | None) -> Forecast:
    """The forecast for some cases.

    Args:
        panel: the judge and its cache.
        cases: what would be judged.
        estimate: request -> an object with `cost`; None when the judge has no estimate.
    """
    verdicts = calls = characters = 0
    cost: float | None = 0.0

    def counted() -> Iterator[Case]:
        nonlocal verdicts
        for case in cases:
            yield case
            verdicts += len(case.ballots)

    for request in panel.missing(counted()):
        calls += 1
        characters += sum(len(message.text) for message in request.messages)
        price = estimate(request).cost if estimate is not None else None
        cost = None if cost is None or price is None else cost + price
    return Forecast(verdicts, calls, characters, cost)
