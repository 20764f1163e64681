"""Weights are loaded once for all tasks of a command, and leave the devices to judges that need them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Response
from evalkit.core.sample import Request

EVENTS: list[str] = []


@model("weighty", takes=("text",))
class Weighty(Model):
    """Answers in capitals, by weights that take long to load."""

    computes = True

    def start(self) -> None:
        EVENTS.append(f"{self.name} loads")

    def close(self) -> None:
        EVENTS.append(f"{self.name} ends")

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            text = request.messages[-1].text
            if text == "break":
                raise EvalkitError("the device is lost")
            yield request.id, Response(text=text.upper())


@model("grave", takes=("text",))
class Grave(Weighty):
    """A judge with weights of its own: every answer gets a 4."""

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            yield request.id, Response(text="4")


@pytest.fixture
def quizzes(tmp_path: Path, write_lines: Callable[..., Path]) -> list[Path]:
    EVENTS.clear()
    return [
        write_lines(
            tmp_path / f"{name}.jsonl",
            [{"id": f"{name}{n}", "prompt": f"{name} {n}", "reference": f"{name.upper()} {n}"} for n in range(3)],
        )
        for name in ("first", "second", "third")
    ]


def right(outcomes: list[Any]) -> list[tuple[str, float | None, bool]]:
    return [(one.task.name, one.summary.results[0].value, one.complete) for one in outcomes]


def test_weights_are_loaded_once_for_several_tasks(quizzes: list[Path], tmp_path: Path) -> None:
    alone = [one for quiz in quizzes for one in evalkit.evaluate(Weighty(), quiz, out=tmp_path / "alone")]
    assert EVENTS == ["weighty loads", "weighty ends"] * 3
    EVENTS.clear()
    candidate = Weighty()
    together = evalkit.evaluate(candidate, quizzes, out=tmp_path / "together")
    assert EVENTS == ["weighty loads", "weighty ends"]
    assert right(together) == right(alone) == [(quiz.stem, 100.0, True) for quiz in quizzes]
    EVENTS.clear()
    evalkit.evaluate(candidate, quizzes, out=tmp_path / "together")
    assert EVENTS == [], "nothing to ask, nothing to load"
    evalkit.evaluate(candidate, quizzes[0], out=tmp_path / "again")
    assert EVENTS == ["weighty loads", "weighty ends"], "the same object serves later calls"


def test_a_judge_on_the_same_devices_finds_them_free(
    quizzes: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalkit import plugins

    load = plugins.load_model
    monkeypatch.setattr(plugins, "load_model", lambda name, *rest: Grave() if name == "grave" else load(name, *rest))
    outcomes = evalkit.evaluate(
        Weighty(), quizzes[:2], out=tmp_path / "out", scorer="judge:voicebench_open", judge="grave"
    )
    assert all(one.complete for one in outcomes)
    assert EVENTS == ["weighty loads", "weighty ends", "grave loads", "grave ends"] * 2


def test_a_judge_for_a_task_without_one_is_told_how(quizzes: list[Path], tmp_path: Path) -> None:
    for words, scorer in [({"rubric": "voicebench_open"}, "judge:voicebench_open"), ({}, "judge:RUBRIC")]:
        with pytest.raises(UsageError, match=f"no judge of its own; have it judged with --scorer {scorer}"):
            evalkit.evaluate(Weighty(), quizzes[0], out=tmp_path / "out", judge="constant", **words)
    assert EVENTS == []


def test_after_an_error_the_weights_are_given_back(
    quizzes: list[Path], tmp_path: Path, write_lines: Callable[..., Path]
) -> None:
    broken = write_lines(tmp_path / "broken.jsonl", [{"id": "b", "prompt": "break", "reference": "x"}])
    candidate = Weighty()
    with pytest.raises(EvalkitError, match="the device is lost"):
        evalkit.evaluate(candidate, [quizzes[0], broken, quizzes[1]], out=tmp_path / "out")
    assert EVENTS == ["weighty loads", "weighty ends"]
    assert not candidate.kept
    lines = [json.loads(line) for path in (tmp_path / "out").rglob("samples.jsonl") for line in path.open()]
    assert [line["id"] for line in lines] == ["first0", "first1", "first2"]
