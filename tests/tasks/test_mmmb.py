"""MMMB: runs on a copy in the documented layout; without one it ends before a model is loaded."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit import plugins
from evalkit.core.errors import DataError
from evalkit.core.message import Image
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.core.task import Task
from evalkit.data.dialogue.dialogues import DialogueRows, Dialogues
from evalkit.judging.judge import JudgeScorer
from evalkit.media.source import read_bytes
from evalkit.published import numbers as published
from evalkit.tasks.mmmb_twin.answers.scorer import accepted_answer

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fedccc59e7"
    "0000000049454e44ae426082"
)
SIZES = {"text": 99, "image": 102, "mixed": 62}


@model("told", takes=("text", "image"))
class Told(Model):
    """Answers what it was told to, and keeps the requests; a missing image is a failure of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.asked: dict[str, Request] = {}
        self.started = False

    def start(self) -> None:
        self.started = True

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        for request in requests:
            self.asked[request.id] = request
            try:
                for message in request.messages:
                    for part in message.content:
                        if isinstance(part, Image):
                            read_bytes(part)
            except DataError as error:
                yield request.id, Response(failure=Failure("input", str(error)))
                continue
            yield request.id, Response(text=self.answers.get(request.id, "no idea"))


def line(number: int, kind: str, *, distance: int = 1, image: str = "images/a.png") -> dict[str, Any]:
    shown = [
        {"type": "image", "path": image, "provenance": "drawn", "licence": "CC0-1.0"},
        {"type": "text", "text": "Look."},
    ]
    history: list[dict[str, Any]] = []
    for turn in range(distance):
        history.append({"role": "user", "content": shown if turn == 0 else f"And {turn}?"})
        history.append({"role": "assistant", "content": f"Reply {turn}."})
    return {
        "id": f"m{number}", "language": "en", "messages": [*history, {"role": "user", "content": "What was it?"}],
        "reference": "a red kite", "memory_type": kind, "turn_distance": distance,
        "recall_image_count": 0 if kind == "text" else 1,
    }  # fmt: skip


def copy_of(tmp_path: Path, lines: Sequence[dict[str, Any]]) -> Path:
    folder = tmp_path / "data/mmmb"
    (folder / "images").mkdir(parents=True)
    (folder / "images/a.png").write_bytes(PIXEL)
    (folder / "dialogues.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    return tmp_path / "data"


def test_the_card_names_the_published_columns_and_the_default_judge() -> None:
    task = plugins.load_task("mmmb")
    assert isinstance(task, Task)
    header = plugins.plugin("task", "mmmb").header
    wanted = {column for column in published.columns() if column.startswith("mmmb.")}
    assert set(header["columns"]) == set(task.columns) == wanted
    (judge,) = task.scorers
    assert isinstance(judge, JudgeScorer)
    assert (judge.rubric.id, judge.rubric.judge) == ("mmmb_answer", "gemini:gemini-2.5-pro")
    assert header["protocol"].split("judge:")[1].startswith(judge.rubric.id)


def test_the_example_of_the_card_is_a_dialogue(tmp_path: Path) -> None:
    card = plugins.plugin("task", "mmmb").text()
    example = json.loads(card.split("```json\n")[1].split("```")[0])
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(example) + "\n")
    source = plugins.load_task("mmmb").source  # type: ignore[union-attr]
    assert isinstance(source, Dialogues)
    (row,) = source.locate(tmp_path).read("all")
    assert row["dialogue"].turns == 2


def test_without_data_it_ends_before_a_model_is_loaded_with_what_can_be_done(tmp_path: Path) -> None:
    asked = Told()
    with pytest.raises(DataError) as refused:
        evalkit.evaluate(asked, "mmmb", out=tmp_path)
    assert "--data DIR" in str(refused.value)
    assert "--task mmmb_twin" in str(refused.value)
    with pytest.raises(DataError, match=r"neither mmmb/dialogues\.jsonl nor"):
        evalkit.evaluate(asked, "mmmb", out=tmp_path, data=tmp_path)
    assert not asked.started


def test_a_twin_does_not_pass_for_the_original(tmp_path: Path) -> None:
    data = copy_of(tmp_path, [line(1, "image")])
    (data / "mmmb/build.json").write_text('{"generator": "mmmb_twin"}')
    with pytest.raises(DataError, match="run --task mmmb_twin"):
        plugins.load_task("mmmb").source.locate(data)  # type: ignore[union-attr]


def ruled() -> Task:
    """The task with the rule of its twin in place of the judge."""
    task = plugins.load_task("mmmb")
    assert isinstance(task, Task)
    return dataclasses.replace(task, scorers=[accepted_answer()])


def test_sizes_of_the_paper_give_its_printed_cells_and_pooled_average(tmp_path: Path) -> None:
    """InteractiveOmni-4B's row: 70 of 99, 31 of 102 and 37 of 62 right."""
    printed = {
        column: next(row.value for row in published.rows(column) if row.model_id == "interactive-omni-4b")
        for column in published.columns()
        if column.startswith("mmmb.")
    }
    right = {"text": 70, "image": 31, "mixed": 37}
    lines, asked = [], Told()
    for kind, size in SIZES.items():
        for place in range(size):
            entry = line(len(lines), kind, distance=1 + place % 3)
            lines.append(entry)
            if place < right[kind]:
                asked.answers[entry["id"]] = "It was a red kite."
    (outcome,) = evalkit.evaluate(asked, ruled(), out=tmp_path / "out", data=copy_of(tmp_path, lines))
    assert outcome.summary is not None
    assert {name: round(value.value or 0, 2) for name, value in outcome.summary.columns.items()} == printed
    request = asked.asked["m2"]
    assert [message.role for message in request.messages] == [*(["user", "assistant"] * 3), "user"]
    assert request.messages[1].text == "Reply 0."
    found = {(result.breakdown, result.group): result.n for result in outcome.summary.results}
    assert found["turn_distance", "3"] == 33 + 34 + 20
    assert found["recall_image_count", "0"] == 99


def test_a_missing_image_fails_its_own_sample(tmp_path: Path) -> None:
    data = copy_of(tmp_path, [line(1, "image"), line(2, "image", image="images/gone.png")])
    asked = Told()
    asked.answers["m1"] = "red kite"
    (outcome,) = evalkit.evaluate(asked, ruled(), out=tmp_path / "out", data=data)
    assert outcome.summary is not None
    counts = outcome.summary.counts
    assert (counts.n_total, counts.n_scored, counts.n_model_failed) == (2, 1, 1)
    assert outcome.summary.columns["mmmb.average"].strict == 50.0


def test_judged_by_the_rubric_with_rules_in_place_of_the_judge(tmp_path: Path, main: Callable[..., Any]) -> None:
    data = copy_of(tmp_path, [line(1, "image"), line(2, "text")])
    words = (
        "--model",
        "constant",
        "--model-arg",
        "text=a red kite",
        "--data",
        data,
        "--out",
        tmp_path / "out",
        "--json",
    )
    done = main("run", *words, "--task", "mmmb", "--judge", "rules:contains")
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert summary["columns"]["mmmb.average"]["value"] == 100.0
    assert "mmmb_answer" in summary["columns"]["mmmb.average"]["protocol"]
    assert "rules:contains" in summary["columns"]["mmmb.average"]["protocol"]


def test_a_row_is_checked_before_the_model_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "of-the-judge")  # which is looked for first
    broken = line(2, "image")
    broken["messages"].append({"role": "assistant", "content": "Hm."})
    data = copy_of(tmp_path, [line(1, "image"), broken])
    asked = Told()
    with pytest.raises(DataError, match="line 2: dialogue 'm2': the last message must be the user's"):
        evalkit.evaluate(asked, "mmmb", out=tmp_path / "out", data=data)
    assert not asked.started
    assert DialogueRows(data / "mmmb/dialogues.jsonl", plugins.load_task("mmmb").source.rules)  # type: ignore[union-attr]
