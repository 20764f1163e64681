"""Samples that are asked several times: what is counted of them, what they cost, how independent they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from in_memory import Five, Says, run, task

from evalkit.authoring import Cell, Failure, Mean, Metric, Response, Score, mean
from evalkit.core.metric import Tally

DATA = {"a": [{"id": f"q{n}", "reference": "yes"} for n in range(4)]}


class Three(Five):
    """Gives every answer a grade of 3 out of 5, under another name."""

    name = "three"
    metrics = (Metric("other", "Other", ("sum", "n"), mean, unit="1..5"),)

    def score(self, answers: Sequence[Any]) -> Iterator[Score]:
        for _ in answers:
            yield Score("scored", {"other": (3.0, 1.0)})

    def worst(self, answer: Any) -> dict[str, tuple[float, ...]]:
        return {"other": (1.0, 1.0)}


def paid() -> Says:
    return Says(lambda request: Response(text="yes", usage={"output_tokens": 2.0}, cost=0.5))


def test_what_later_repeats_cost_is_no_part_of_a_summary_of_fewer(tmp_path: Path) -> None:
    three = run(paid(), task(DATA), tmp_path, repeats=3).summary
    one = run(paid(), task(DATA), tmp_path, repeats=1).summary
    assert three is not None
    assert one is not None
    assert (three.counts.n_total, three.usage, three.cost) == (12, {"output_tokens": 24.0}, 6.0)
    assert (one.counts.n_total, one.usage, one.cost) == (4, {"output_tokens": 8.0}, 2.0)


def test_a_repeat_without_any_answer_has_no_value(tmp_path: Path) -> None:
    silent = Says(lambda request: Response(failure=Failure("model", "x")) if request.id.endswith("~2") else "yes")
    summary = run(silent, task(DATA), tmp_path, repeats=2).summary
    assert summary is not None
    spread = summary.results[0].repeats
    assert spread is not None
    assert (spread.values, spread.mean, spread.standard_deviation) == ([100.0, None], 100.0, None)


def test_the_first_asking_is_drawn_together_with_the_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    real = Tally.resampled

    def resampled(self: Tally, metric: Metric, **how: Any) -> Any:
        drawn.append((metric.name, self.n, self.n_clusters))
        return real(self, metric, **how)

    monkeypatch.setattr(Tally, "resampled", resampled)
    columns = {"c": Mean(Cell(metric="grade"), Cell(metric="other"))}
    run(Says(), task(DATA, [Five(), Three()], columns), tmp_path, repeats=3)
    assert ("together", 12, 4) in drawn


def test_values_drawn_together_have_no_interval_where_nothing_was_answered(tmp_path: Path) -> None:
    class Zero(Three):
        def missing(self, answer: Any) -> dict[str, tuple[float, ...]]:
            return {"other": (float(answer.id[1:]), 1.0)}

    class Nought(Five):
        def missing(self, answer: Any) -> dict[str, tuple[float, ...]]:
            return {"grade": (float(answer.id[1:]), 1.0)}

    silent = Says(lambda request: Response(failure=Failure("model", "x")))
    columns = {"c": Mean(Cell(metric="grade"), Cell(metric="other"))}
    summary = run(silent, task(DATA, [Nought(), Zero()], columns), tmp_path).summary
    assert summary is not None
    column = summary.columns["c"]
    assert (column.value, column.low, column.high, column.n) == (None, None, None, 0)
