"""Tasks over rows in memory, and models made of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import evalkit
from evalkit.authoring import Model, Request, Response, Rows, Sample, Source, Suite, Task, exact_match, user
from evalkit.core.metric import Metric, mean
from evalkit.core.model import Answer
from evalkit.core.score import Score
from evalkit.core.scorer import Answered, Scorer
from evalkit.run.pipeline import Outcome

Data = Mapping[str, Sequence[Mapping[str, Any]]]


class Kept(Source):
    """Rows in memory, by split."""

    def __init__(self, data: Data, cheap: bool = True) -> None:
        self.data, self.splits, self.cheap = data, tuple(data), cheap

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        return KeptRows(self)


class KeptRows(Rows):
    def __init__(self, source: Kept) -> None:
        self.source, self.splits, self.cheap = source, source.splits, source.cheap
        self.revision, self.location = "1", "memory"

    def read(self, split: str) -> Iterator[Mapping[str, Any]]:
        yield from self.source.data[split]


def sample(row: Mapping[str, Any], split: str) -> Sample:
    return Sample(
        row["id"],
        (user(row.get("prompt", "?")),),
        row.get("reference"),
        cluster=row.get("cluster"),
        meta=row.get("meta"),
    )


def task(data: Data, scorers: Any = None, columns: Any = None, *, cheap: bool = True, **more: Any) -> Task:
    given = {"name": "t", "sample": sample, **more}
    return Task(
        source=Kept(data, cheap),
        scorers=[exact_match()] if scorers is None else scorers,
        columns=columns or {},
        **given,
    )


class Says(Model):
    """Answers by a function of the request, and keeps what it was asked."""

    name = "says"
    takes = frozenset({"text", "audio", "image"})

    def __init__(self, reply: Callable[[Request], Any] = lambda request: "yes", batch: int = 1) -> None:
        self.reply, self.batch = reply, batch
        self.asked: list[Request] = []

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        taken: list[Request] = []
        for request in requests:
            taken.append(request)
            if len(taken) == self.batch:
                yield from self._answers(taken)
                taken = []
        yield from self._answers(taken)

    def _answers(self, taken: list[Request]) -> Iterator[Answer]:
        for request in taken:
            self.asked.append(request)
            found = self.reply(request)
            yield request.id, found if isinstance(found, Response) else Response(text=found)


class Five(Scorer):
    """Gives every answer a grade of 4 out of 5."""

    name, profile = "five", "p"
    metrics = (Metric("grade", "Grade", ("sum", "n"), mean, unit="1..5"),)

    def identity(self) -> Mapping[str, Any]:
        return {}

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        for _ in answers:
            yield Score("scored", {"grade": (4.0, 1.0)})

    def worst(self, answer: Answered) -> Mapping[str, tuple[float, ...]]:
        return {"grade": (1.0, 1.0)}


def run(model: Model, what: Task | Suite, out: Path, **options: Any) -> Outcome:
    return evalkit.evaluate(model, what, out=out, progress=False, **options)[-1]


def values(outcome: Outcome) -> dict[str, tuple[float | None, int]]:
    assert outcome.summary is not None
    return {name: (column.value, column.n) for name, column in outcome.summary.columns.items()}
