"""Judging the answers of a run that asked its samples several times, or a part of them; judges inside other rules."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit import plugins
from evalkit.authoring import (
    Model,
    Response,
    Rows,
    Sample,
    Scorer,
    Source,
    Task,
    exact_match,
    judged,
    rewritten,
    user,
)
from evalkit.core.errors import UsageError
from evalkit.judging.options import JudgeOptions
from evalkit.run.rejudge import rejudge

JUDGE = Path(__file__).parent / "judging_program.py"


class Four(Source, Rows):
    """Four questions in memory."""

    splits, revision, location, cheap = ("a",), "1", "memory", True

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        return self

    def read(self, split: str) -> Iterator[dict[str, Any]]:
        yield from ({"id": f"q{n}"} for n in range(4))


class Grades(Model):
    """Answers with the number of the asking."""

    name = "grades"

    def stream(self, requests: Iterator[Any]) -> Iterator[tuple[str, Response]]:
        for request in requests:
            yield request.id, Response(text=request.id.partition("~")[2] or "1")


def made(scorer: Scorer) -> Task:
    return Task(Four(), lambda row, split: Sample(row["id"], (user("?"),), "1"), [scorer], name="four questions")


def evaluated(scorer: Scorer, folder: Path, **options: Any) -> Any:
    return evalkit.evaluate(Grades(), made(scorer), out=folder / "out", progress=False, **options)[-1]


@pytest.mark.parametrize(
    ("options", "planned", "value"),
    [({"repeats": 3}, 12, 2.0), ({"limit": "50%"}, 2, 1.0), ({"ids": ["q1"], "repeats": 2}, 2, 1.5)],
)
def test_a_judge_is_asked_of_what_was_asked(
    options: dict[str, Any], planned: int, value: float, write_rubric: Callable[..., Path], tmp_path: Path
) -> None:
    outcome = evaluated(exact_match(), tmp_path, **options)
    program = shlex.join([sys.executable, "-S", "-E", str(JUDGE), str(tmp_path / "log"), "0"])
    judging = JudgeOptions("command", {"cmd": program}, write_rubric())
    (found,) = rejudge(outcome.directory, judging)
    counts = found.results[0].counts
    assert (counts.n_total, counts.n_scored, counts.n_pending) == (planned, planned, 0)
    assert found.complete
    assert found.results[0].value == value


def test_a_judge_inside_another_rule_is_not_asked_without_it(
    write_rubric: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outcome = evaluated(exact_match(), tmp_path)
    judge = judged(write_rubric())
    monkeypatch.setattr(plugins, "load_task", lambda name: made(rewritten(judge, "five", answer=lambda text: "5")))
    with pytest.raises(UsageError, match="judged by politeness inside another rule"):
        rejudge(outcome.directory, JudgeOptions("command", {"cmd": "true"}))
