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
        answers: answers to be judged.
        verdicts: verdicts in all: answers times votes times orders.
        calls: questions the cache cannot answer; re-asks come on top.
        characters: of text in those questions.
        input_tokens, output_tokens: roughly, with replies as long as they may be; None where the judge cannot tell.
        cost: US dollars, by the judge's own rough estimate; None when it cannot tell.
    """

    answers: int = 0
    verdicts: int = 0
    calls: int = 0
    characters: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost: float | None = 0.0

    def __add__(self, other: Forecast) -> Forecast:
        return Forecast(
            self.answers + other.answers,
            self.verdicts + other.verdicts,
            self.calls + other.calls,
            self.characters + other.characters,
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            None if self.cost is None or other.cost is None else self.cost + other.cost,
        )


def foresee(
    panel: Panel, cases: Iterable[Case], estimate: Callable[[Request], Any] | None, *, distinct: bool = True
) -> Forecast:
    """The forecast for some cases.

    Args:
        panel: the judge and its cache.
        cases: what would be judged.
        estimate: request -> an object with `input_tokens`, `output_tokens` and `cost`; None when the judge has none.
        distinct: equal questions are asked once; False where texts stand for others that will differ.
    """
    answers = verdicts = calls = characters = 0
    tokens_in: int | None = 0
    tokens_out: int | None = 0
    cost: float | None = 0.0

    def counted() -> Iterator[Case]:
        nonlocal answers, verdicts
        for case in cases:
            yield case
            answers += 1
            verdicts += len(case.ballots)
            case.ballots.clear()

    for request in panel.missing(counted(), distinct=distinct):
        calls += 1
        characters += sum(len(message.text) for message in request.messages)
        found = estimate(request) if estimate is not None else None
        tokens_in = _sum(tokens_in, getattr(found, "input_tokens", None))
        tokens_out = _sum(tokens_out, getattr(found, "output_tokens", None))
        price: float | None = getattr(found, "cost", None)
        cost = None if cost is None or price is None else cost + price
    return Forecast(answers, verdicts, calls, characters, tokens_in, tokens_out, cost)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
