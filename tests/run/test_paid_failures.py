"""Answers that failed: what they cost is kept, they are scored once, and texts no file can hold end nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request

Write = Callable[..., Path]


@model("scripted", takes=("text",))
class Scripted(Model):
    """Answers by a function of the id."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Response] = lambda key: Response(text="x")
        self.asked: list[str] = []

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            self.asked.append(request.id)
            yield request.id, self.answer(request.id)


def paid(**more: Any) -> Response:
    return Response(usage={"output_tokens": 5.0}, cost=0.25, meta={"model": "gpt-x-2026-01-01"}, **more)


@pytest.fixture
def quiz(tmp_path: Path, write_lines: Write) -> Path:
    rows = [{"id": f"q{n}", "prompt": "?", "reference": "x"} for n in range(3)]
    return write_lines(tmp_path / "quiz.jsonl", rows)


def test_a_failed_answer_that_was_paid_is_in_the_journal_and_in_the_cost(
    quiz: Path, tmp_path: Path, lines_of: Any
) -> None:
    one = Scripted()
    bad = {"q1": True}
    one.answer = lambda key: paid(failure=Failure("limit", "cut off")) if key == "q1" and bad["q1"] else paid(text="x")
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    lines = {line["id"]: line for line in lines_of(outcome.directory / "samples.jsonl")}
    assert (lines["q1"]["cost"], lines["q1"]["usage"]) == (0.25, {"output_tokens": 5.0})
    assert {line["served"] for line in lines.values()} == {"gpt-x-2026-01-01"}
    assert outcome.summary is not None
    assert (outcome.summary.cost, outcome.summary.usage) == (0.75, {"output_tokens": 15.0})
    bad["q1"] = False
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    assert one.asked == ["q0", "q1", "q2", "q1"]
    assert outcome.summary is not None
    assert (outcome.summary.cost, outcome.summary.counts.n_scored) == (1.0, 3), "four answers were paid"


def test_a_failure_of_unknown_cost_makes_the_sum_unknown(quiz: Path, tmp_path: Path) -> None:
    one = Scripted()
    one.answer = lambda key: Response(failure=Failure("model", "?")) if key == "q1" else paid(text="x")
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    assert outcome.summary is not None
    assert outcome.summary.cost is None


def test_half_a_surrogate_pair_fails_its_sample_alone(quiz: Path, tmp_path: Path, lines_of: Any) -> None:
    """Python's json module, which the clients of providers use, gives such texts without a word."""
    one = Scripted()
    one.answer = lambda key: paid(text="ab\ud83d") if key == "q1" else paid(text="x")
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    lines = {line["id"]: line for line in lines_of(outcome.directory / "samples.jsonl")}
    assert lines["q1"]["failure"]["message"] == "its text is no Unicode text: half a surrogate pair at character 2"
    assert lines["q1"]["cost"] == 0.25
    assert outcome.summary is not None
    assert (outcome.summary.counts.n_scored, outcome.summary.counts.n_model_failed) == (2, 1)
    one.answer = lambda key: Response(failure=Failure("model", "said \udc80"))
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    assert outcome.summary is not None
    assert outcome.summary.counts.n_model_failed == 1


def test_half_a_surrogate_pair_does_not_cost_a_program_its_life(
    main: Any, program: Any, tmp_path: Path, write_lines: Write
) -> None:
    """The program goes on, and is not asked a second time for what it said."""
    rows = [{"id": f"q{n}", "prompt": 'reply {"text": "x\\ud83d"}' if n == 1 else "x", "reference": "X"}
            for n in range(4)]  # fmt: skip
    done = main("run", *program.words, "--task", write_lines(tmp_path / "s.jsonl", rows), "--out", tmp_path / "out")
    assert done.code == 1, done.err
    assert program.asked() == ["q0", "q1", "q2", "q3"]
    assert "half a surrogate pair" in done.err


RUBRIC = """---
id: voice
version: 1
title: How clear a voice is
inputs: [audio]
output: {score: 1..5}
scale: 1..5
judge: constant
parse: number
on_failure: drop
---
{audio}
"""


def test_answers_without_the_judged_modality_are_journalled_once(main: Any, quiz: Path, tmp_path: Path) -> None:
    """The model wrote and did not speak; each further command finds the same, and adds nothing."""
    rubric = tmp_path / "voice.md"
    rubric.write_text(RUBRIC)
    main("run", "--model", "constant", "--model-arg", "text=hm", "--task", quiz, "--out", tmp_path / "out")
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    judge = ["judge", run, "--rubric", rubric, "--judge", "constant", "--judge-arg", "text=3", "--json"]
    first = main(*judge)
    assert first.code == 1
    assert first.json[0]["results"][0]["counts"]["n_model_failed"] == 3
    scores = Path(first.json[0]["scores"])
    before = scores.read_bytes()
    assert before.count(b"\n") == 3
    for _ in range(2):
        assert main(*judge).json[0]["results"] == first.json[0]["results"]
        assert scores.read_bytes() == before
    stretches = json.loads((run / "run.json").read_text())["stretches"]
    assert [stretch["scored"] for stretch in stretches if stretch["stages"] == ["score"]] == [3]


def test_an_answer_in_place_of_a_failure_is_scored(quiz: Path, tmp_path: Path) -> None:
    """Also an empty one, whose mark a failure could have been taken for."""
    one = Scripted()
    one.answer = lambda key: Response(failure=Failure("model", "?")) if key == "q1" else Response(text="x")
    evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    one.answer = lambda key: Response(text="")
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    assert outcome.summary is not None
    assert (outcome.summary.counts.n_scored, outcome.summary.counts.n_model_failed) == (3, 0)


def test_a_score_journal_of_an_earlier_version_is_made_anew(quiz: Path, tmp_path: Path, lines_of: Any) -> None:
    """Its lines do not say of which answer they are, so nobody can tell whether they still hold."""
    one = Scripted()
    (outcome,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    (path,) = (outcome.directory / "scores").glob("*.jsonl")
    lines = lines_of(path)
    old = [{key: value for key, value in line.items() if key != "answer"} for line in lines]
    old[0]["faithful"] = {"exact_match": [0, 1]}
    path.write_text("".join(json.dumps(line) + "\n" for line in old))
    (again,) = evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)
    assert again.summary == outcome.summary
    assert lines_of(path) == lines
    assert len(one.asked) == 3
