"""A command judges, hears and pays for the samples it is about, and not for others whose answers are there too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.core.metric import Metric, mean
from evalkit.core.model import Answer, Model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.core.score import Score
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.task import Task
from evalkit.data.jsonl import JsonLines
from evalkit.data.jsonl import sample as jsonl_sample
from evalkit.run.answer_record import storable
from evalkit.run.options import Options
from evalkit.run.pipeline import run

Main = Callable[..., Any]
Write = Callable[..., Path]
RUBRIC = """---
id: kindness
version: 1
title: How kind an answer is
inputs: [question, response]
output: {score: 1..5}
scale: 1..5
judge: constant
parse: number
on_failure: drop
---
{question}

{response}
"""


@pytest.fixture
def words(tmp_path: Path, write_lines: Write) -> list[Any]:
    rows = [{"id": f"q{n}", "prompt": f"{n}?", "reference": "x"} for n in range(20)]
    (tmp_path / "kindness.md").write_text(RUBRIC)
    return ["run", "--model", "constant", "--model-arg", "text=Well.", "--out", tmp_path / "out", "--task",
            write_lines(tmp_path / "quiz.jsonl", rows), "--scorer", f"judge:{tmp_path / 'kindness.md'}",
            "--judge", "constant", "--judge-arg", "text=4"]  # fmt: skip


def judged(folder: Path) -> list[str]:
    (path,) = folder.glob("out/*/*/*/scores/*.jsonl")
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_a_limit_bounds_the_verdicts_where_more_answers_are_there(main: Main, words: list[Any], tmp_path: Path) -> None:
    assert main(*words, "--stage", "generate").code == 0
    foreseen = main(*words, "--limit", 5, "--dry-run", "--json").json[0]
    ((_, judging),) = foreseen["judging"].items()
    assert (judging["answers"], judging["verdicts"]) == (5, 5)
    done = main(*words, "--limit", 5, "--json")
    assert done.code == 0, done.err
    assert judged(tmp_path) == [f"q{n}" for n in range(5)]
    assert done.json[0]["counts"]["n_scored"] == 5
    main(*words)
    assert sorted(judged(tmp_path)) == sorted(f"q{n}" for n in range(20))
    main(*["again" if word == tmp_path / "out" else word for word in words])
    (resumed,), (straight,) = (list(Path(out).glob("*/*/*/summary.json")) for out in (tmp_path / "out", "again"))
    assert resumed.read_bytes() == straight.read_bytes()


def test_without_the_stage_generate_no_answer_is_foreseen_to_come(main: Main, words: list[Any]) -> None:
    main(*words, "--limit", 4, "--stage", "generate")
    foreseen = main(*words, "--stage", "score", "--dry-run", "--json").json[0]
    ((_, judging),) = foreseen["judging"].items()
    assert (foreseen["generation"]["calls"], judging["answers"]) == (0, 4)


class Together(Scorer):
    """Scores each answer by how many there are; an empty one is no answer."""

    name, profile, together = "together", "", True
    metrics = (Metric("company", "company", ("sum", "n"), mean),)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def identity(self) -> dict[str, Any]:
        return {}

    def worst(self, answer: Answered) -> dict[str, tuple[float, ...]]:
        return {"company": (0.0, 1.0)}

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        self.batches.append(len(answers))
        for answer in answers:
            if answer.response.text:
                yield Score("scored", {"company": (float(len(answers)), 1.0)})
            else:
                yield Score("model_failed", {}, self.worst(answer))


class Words(Model):
    name = "words"

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            yield request.id, Response(text="" if request.id == "q1" else "Well.")


def test_scored_together_means_all_or_none(tmp_path: Path, write_lines: Write) -> None:
    rows = [{"id": f"q{n}", "prompt": "?", "reference": "x"} for n in range(6)]
    path = write_lines(tmp_path / "quiz.jsonl", rows)
    scorer = Together()

    def go(limit: int | None, out: str = "out") -> bytes:
        made = Task(JsonLines(path), lambda row, split: jsonl_sample(path, row), [scorer], name="quiz")
        outcome = run(Words(), made, Options(out=tmp_path / out, limit=limit))
        assert outcome.summary_path is not None
        return outcome.summary_path.read_bytes()

    go(3)
    assert scorer.batches == [3]
    go(3)
    assert scorer.batches == [3], "an answer found to be none is not looked at again without the others"
    whole = go(None)
    assert scorer.batches == [3, 6], "an answer more, and all are scored anew"
    assert go(None) == whole == go(None, "straight")
    assert evalkit.records.summary.Summary.model_validate_json(whole).results[0].value == 6.0


@pytest.mark.parametrize(
    "detail",
    [{(1, 2): 3}, {"n": 2**70}, {"n": 10**5000}, {"x": float("nan")}, {"x": b"bytes"}, {"x": {1, 2}}, {"t": "\ud800"}],
    ids=["tuple as key", "70 bits", "5000 digits", "nan", "bytes", "set", "surrogate"],
)
def test_whatever_a_model_tells_beside_its_answer_the_answer_is_kept(detail: dict[Any, Any]) -> None:
    import orjson

    assert orjson.loads(orjson.dumps(storable(detail)))


def test_a_circle_in_what_a_model_tells_is_named() -> None:
    circle: dict[str, Any] = {}
    circle["me"] = circle
    assert storable(circle) == {"unstorable": "me"}
