"""A judge that waits for calls works while a local model still answers; nothing is judged twice or left out."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from judging_kit import Oracle, failing

from evalkit.core.errors import EvalkitError
from evalkit.core.model import Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.core.task import Task
from evalkit.data.jsonl import JsonLines
from evalkit.data.jsonl import sample as jsonl_sample
from evalkit.judging.judge import JudgeScorer
from evalkit.models.local.batching import PlannedModel, Prepared
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome, run

COUNT = 12


class Local(PlannedModel[str]):
    """Answers four rows at a time; `before` is called before every batch."""

    name = "local"
    batch_size = 4

    def __init__(self, before: Callable[[int], None] = lambda number: None) -> None:
        self.batches, self.before = 0, before

    def prepare(self, request: Request) -> Prepared[str]:
        return Prepared(request, request.messages[-1].text, 10)

    def answer(self, batch: Sequence[Prepared[str]]) -> Sequence[Response]:
        self.before(self.batches)
        self.batches += 1
        return [
            Response(failure=Failure("model", "no")) if item.work == "refuse" else Response(text=item.work)
            for item in batch
        ]


@pytest.fixture
def judge_run(tmp_path: Path, write_rubric: Callable[..., Path]) -> Callable[..., Outcome]:
    path = tmp_path / "quiz.jsonl"
    prompts = [f"{number}?" for number in range(COUNT - 1)] + ["refuse"]
    path.write_text(
        "".join(json.dumps({"id": f"s{n}", "prompt": p, "reference": ""}) + "\n" for n, p in enumerate(prompts))
    )
    rubric = write_rubric()

    def go(model: Model, judge: Model, **options: Any) -> Outcome:
        scorer = JudgeScorer(str(rubric), judge=judge)
        task = Task(JsonLines(path), lambda row, split: jsonl_sample(path, row), [scorer], name="quiz")
        return run(model, task, Options(out=tmp_path / "out", **options))

    return go


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    (path,) = (outcome.directory / "scores").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_judge_works_while_the_model_answers(judge_run: Callable[..., Outcome]) -> None:
    asked = threading.Event()

    def wait(number: int) -> None:
        if number:
            assert asked.wait(60), "nothing was judged before the model had answered everything"

    def verdict(request: Request) -> str:
        asked.set()
        return "4"

    judge = Oracle(verdict, width=1)
    outcome = judge_run(Local(wait), judge)
    assert outcome.summary is not None
    counts = outcome.summary.counts
    assert (counts.n_total, counts.n_scored, counts.n_model_failed) == (COUNT, COUNT - 1, 1)
    assert sorted(line["id"] for line in lines(outcome)) == sorted(f"s{n}" for n in range(COUNT))
    assert len(judge.requests) == len(set(judge.ids)) == COUNT - 1
    again = judge_run(Local(wait), judge)
    assert again.summary is not None and again.summary.results == outcome.summary.results
    assert len(judge.requests) == COUNT - 1


def test_what_the_judge_fails_at_is_tried_once_in_a_command(judge_run: Callable[..., Outcome]) -> None:
    judge = Oracle(lambda request: failing() if request.id.startswith("s3#") else "4")
    outcome = judge_run(Local(), judge)
    assert outcome.summary is not None
    assert outcome.summary.counts.n_judge_failed == 1
    assert sum(key.startswith("s3#") for key in judge.ids) == 1
    judge.behaviour = lambda request: "5"
    again = judge_run(Local(), judge)
    assert again.summary is not None
    assert (again.summary.counts.n_judge_failed, again.summary.counts.n_scored) == (0, COUNT - 1)
    assert len(judge.requests) == COUNT


def test_a_judge_that_cannot_go_on_ends_the_command_after_the_answers(judge_run: Callable[..., Outcome]) -> None:
    def verdict(request: Request) -> str:
        raise EvalkitError("the money is spent")

    model = Local()
    with pytest.raises(EvalkitError, match="the money is spent"):
        judge_run(model, Oracle(verdict))
    assert model.batches == 3, "answers are not lost to it"


def test_what_failed_before_is_not_passed_over_when_the_judge_cannot_go_on(judge_run: Callable[..., Outcome]) -> None:
    """One sample is asked again and again by the model, so that the judge works beside it in the second command too."""

    def broken(request: Request) -> str:
        raise EvalkitError("the key is wrong")

    first = judge_run(Local(), Oracle(lambda request: failing() if request.id.startswith("s3#") else "4"))
    assert first.summary is not None and first.summary.counts.n_judge_failed == 1
    with pytest.raises(EvalkitError, match="the key is wrong"):
        judge_run(Local(), Oracle(broken))


def test_an_interrupt_ends_both(judge_run: Callable[..., Outcome]) -> None:
    judged, go_on = threading.Event(), threading.Event()

    def verdict(request: Request) -> str:
        judged.set()
        go_on.wait(60)
        return "4"

    def interrupt(number: int) -> None:
        if number == 1:
            assert judged.wait(60)
            go_on.set()
            raise KeyboardInterrupt

    judge = Oracle(verdict, width=1)
    with pytest.raises(KeyboardInterrupt):
        judge_run(Local(interrupt), judge)
    for thread in [thread for thread in threading.enumerate() if thread.name == "evalkit-score"]:
        thread.join(60)
        assert not thread.is_alive()
    outcome = judge_run(Local(), judge)
    assert outcome.summary is not None
    assert outcome.summary.counts.n_scored == COUNT - 1
    assert sorted(line["id"] for line in lines(outcome)) == sorted(f"s{n}" for n in range(COUNT))


def test_a_judge_on_the_same_devices_waits_for_its_turn(judge_run: Callable[..., Outcome]) -> None:
    judge = Oracle(lambda request: "4")
    judge.computes = True
    model = Local(lambda number: None)
    seen: list[int] = []
    model.before = lambda number: seen.append(judge.starts)
    outcome = judge_run(model, judge)
    assert outcome.summary is not None and outcome.summary.counts.n_scored == COUNT - 1
    assert seen == [0, 0, 0]
