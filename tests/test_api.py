"""The Python entry points: `evalkit.evaluate` runs what the command line runs, `evalkit.load_results` reads it back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit import plugins
from evalkit.authoring import (
    BatchModel,
    Cell,
    DataError,
    EvalkitError,
    JsonLines,
    Request,
    Response,
    Row,
    Sample,
    Suite,
    Task,
    UsageError,
    exact_match,
    model,
    user,
)
from evalkit.core.columns import Mean
from evalkit.core.errors import ResultsError, UnknownNameError
from evalkit.core.model import Answer

QUIZ = [
    {"id": f"q{i}", "word": word, "prompt": word, "reference": word.upper()}
    for i, word in enumerate(("one", "two", "three"))
]
Write = Callable[..., Path]


@model("shouting")
class Shouting(BatchModel):
    """Answers in capitals; counts what it is asked.

    Args:
        mark: stands at the end of every answer.
    """

    batch_size = 2

    def __init__(self, mark: str = "") -> None:
        self.mark = mark
        self.asked: list[str] = []
        self.opened = 0

    def start(self) -> None:
        self.opened += 1

    def close(self) -> None:
        self.opened -= 1

    def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
        assert self.opened == 1
        self.asked += [request.id for request in batch]
        return [Response(text=request.messages[-1].text.upper() + self.mark) for request in batch]


@pytest.fixture
def quiz(tmp_path: Path, write_lines: Write) -> Path:
    return write_lines(tmp_path / "quiz.jsonl", QUIZ)


def task_of(path: Path, name: str, before: str = "", **more: Any) -> Task:
    def sample(row: Row, split: str) -> Sample:
        return Sample(row["id"], (user(before + row["word"]),), row["reference"])

    return Task(source=JsonLines(path), sample=sample, scorers=[exact_match()], name=name, **more)


def value(outcome: Any) -> float | None:
    assert outcome.summary is not None
    result: float | None = outcome.summary.results[0].value
    return result


def test_names_paths_tasks_and_lists_of_them(tmp_path: Path, quiz: Path) -> None:
    given: list[tuple[Any, list[str]]] = [
        ("asr_demo:clean+telephone", ["asr_demo"]),
        (str(quiz), ["quiz"]),
        (quiz, ["quiz"]),
        (task_of(quiz, "made"), ["made"]),
        ([quiz, "asr_demo:clean", task_of(quiz, "made")], ["quiz", "asr_demo", "made"]),
        ((quiz,), ["quiz"]),
        ([], []),
    ]
    for tasks, names in given:
        outcomes = evalkit.evaluate("constant", tasks, model_arguments={"text": "ONE"}, out=tmp_path / "out", limit=4)
        assert [outcome.task.name for outcome in outcomes] == names
        assert all(outcome.complete and outcome.summary is not None for outcome in outcomes)
    assert outcomes == []


def test_it_is_the_run_of_the_command_line(tmp_path: Path, quiz: Path, main: Callable[..., Any]) -> None:
    words = ["--model", "constant", "--model-arg", "text=ONE", "--task", quiz, "--seed", 3, "--limit", 2, "--scorer",
             "error_rate:kimi", "--scorer-arg", "language=en", "--json", "--out", tmp_path / "out"]  # fmt: skip
    done = main("run", *words)
    (outcome,) = evalkit.evaluate(
        "constant", quiz, model_arguments={"text": "ONE"}, seed=3, limit=2, scorer="error_rate:kimi",
        scorer_arguments={"language": "en"}, out=str(tmp_path / "out"),
    )  # fmt: skip
    assert outcome.asked == 0
    assert outcome.summary is not None
    assert {"directory": str(outcome.directory), **outcome.summary.model_dump(by_alias=True)} == done.json[0]
    assert outcome.summary_path is not None
    assert json.loads(outcome.summary_path.read_text()) == outcome.summary.model_dump(by_alias=True)


def test_a_model_object_answers_is_closed_and_can_be_used_again(tmp_path: Path, quiz: Path) -> None:
    shouting = Shouting()
    first, second = evalkit.evaluate(shouting, [quiz, task_of(quiz, "made")], out=tmp_path / "out")
    assert (value(first), value(second), first.asked, second.asked) == (100.0, 100.0, 3, 3)
    assert shouting.asked == ["q0", "q1", "q2"] * 2
    assert shouting.opened == 0
    (again,) = evalkit.evaluate(Shouting(), quiz, out=tmp_path / "out")
    assert (again.asked, again.directory) == (0, first.directory)
    (other,) = evalkit.evaluate(Shouting(mark="!"), quiz, out=tmp_path / "out")
    assert (value(other), other.asked) == (0.0, 3)


def test_a_model_that_raises_is_closed_and_its_answers_are_kept(
    tmp_path: Path, quiz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shouting = Shouting()

    def failing(batch: Sequence[Request]) -> Sequence[Response]:
        if shouting.asked:
            raise RuntimeError("out of memory")
        return Shouting.answer(shouting, batch)

    monkeypatch.setattr(shouting, "answer", failing)
    with pytest.raises(RuntimeError, match="out of memory"):
        evalkit.evaluate(shouting, quiz, out=tmp_path / "out")
    assert shouting.opened == 0
    (outcome,) = evalkit.evaluate(Shouting(), quiz, out=tmp_path / "out")
    assert outcome.asked == 1, "the two answers before are kept"
    assert value(outcome) == 100.0


@pytest.mark.parametrize(
    ("kind", "words"), [("leaves one out", "'q2'"), ("answers twice", "'q0'"), ("invents", "'q99'")]
)
def test_a_model_that_breaks_the_rules_is_told(
    kind: str, words: str, tmp_path: Path, quiz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(requests: Iterator[Request]) -> Iterator[Answer]:
        asked = list(requests)
        for request in asked[: 2 if kind == "leaves one out" else 3]:
            yield request.id, Response(text=request.messages[-1].text.upper())
        if kind == "answers twice":
            yield asked[0].id, Response(text="again")
        if kind == "invents":
            yield "q99", Response(text="?")

    broken = Shouting()
    monkeypatch.setattr(broken, "stream", stream)
    with pytest.raises(ResultsError, match=words):
        evalkit.evaluate(broken, quiz, out=tmp_path / "out")
    (outcome,) = evalkit.evaluate(Shouting(), quiz, out=tmp_path / "out")
    assert outcome.asked == (1 if kind == "leaves one out" else 0), "the good answers are kept"
    assert value(outcome) == 100.0


def test_the_arguments_of_a_subclass_count(tmp_path: Path, quiz: Path) -> None:
    class Heir(Shouting):
        """Not registered itself: the constructor is inherited."""

    (plain,) = evalkit.evaluate(Heir(), quiz, out=tmp_path / "out")
    (marked,) = evalkit.evaluate(Heir(mark="!"), quiz, out=tmp_path / "out")
    assert (value(plain), value(marked)) == (100.0, 0.0)


def test_models_without_a_name_do_not_share_answers(tmp_path: Path, quiz: Path) -> None:
    """Either each is refused, or each is asked; never are the answers of one scored as the other's."""

    class Loud(BatchModel):
        def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
            return [Response(text=request.messages[-1].text.upper()) for request in batch]

    class Mute(BatchModel):
        def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
            return [Response(text="") for request in batch]

    found: object
    try:
        outcomes = [evalkit.evaluate(made, quiz, out=tmp_path / "out")[0] for made in (Loud(), Mute())]
        found = [value(outcome) for outcome in outcomes]
    except EvalkitError as error:
        found = "name" in str(error)
    assert found in ([100.0, 0.0], True)


def test_task_objects_without_a_name_do_not_share_answers(tmp_path: Path, quiz: Path) -> None:
    """Either each is refused, or each is asked; never are the answers of one scored as the other's."""
    found: object
    try:
        tasks = [task_of(quiz, ""), task_of(quiz, "", "say ")]
        found = [value(outcome) for outcome in evalkit.evaluate(Shouting(), tasks, out=tmp_path / "out")]
    except EvalkitError as error:
        found = "name" in str(error)
    assert found in ([100.0, 0.0], True)


def test_a_suite_averages_its_members(tmp_path: Path, quiz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {
        "plain": task_of(quiz, "plain", columns={"plain.em": Cell()}),
        "polite": task_of(quiz, "polite", "please ", columns={"polite.em": Cell("all")}),
    }
    monkeypatch.setattr(plugins, "load_task", made.__getitem__)
    suite = Suite(
        members={"plain": (), "polite": ()},
        columns={"both.em": Mean("plain.em", "polite.em", weights=(3.0, 1.0))},
        name="both",
    )
    outcomes = evalkit.evaluate(Shouting(), suite, out=tmp_path / "out")
    assert [outcome.summary.task for outcome in outcomes if outcome.summary] == ["plain", "polite", "both"]
    summary = outcomes[-1].summary
    assert summary is not None
    assert summary.columns["both.em"].value == 75.0
    assert summary.counts.n_total == 6
    assert summary.members == [f"shouting/{o.task.name}/{o.directory.name}" for o in outcomes[:2]]


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "unknown model": ({"model": "constnat"}, UnknownNameError, "constant"),
    "unknown argument of the model": ({"model_arguments": {"txt": "x"}}, UnknownNameError, "txt"),
    "unknown task": ({"tasks": "asr_dmo"}, UnknownNameError, "asr_demo"),
    "unknown second task": ({"tasks": ["asr_demo", "asr_dmo"]}, UnknownNameError, "asr_demo"),
    "unknown split": ({"tasks": "asr_demo:clen"}, UnknownNameError, "clean"),
    "no such file": ({"tasks": Path("none.jsonl")}, DataError, "none.jsonl"),
    "another kind of file": ({"tasks": Path("none.csv")}, UnknownNameError, "none.csv"),
    "limit of 0": ({"limit": 0}, UsageError, "limit 0"),
    "limit below 0": ({"limit": -3}, UsageError, "limit -3"),
    "unknown scorer": ({"scorer": "exact_mach"}, UnknownNameError, "exact_match"),
    "unknown argument of the scorer": (
        {"scorer": "error_rate", "scorer_arguments": {"langage": "en"}}, UnknownNameError, "language"),
    "arguments of no scorer": ({"scorer_arguments": {"language": "zh"}}, UsageError, "scorer"),
    "arguments of a model object": (
        {"model": Shouting, "tasks": "{quiz}", "model_arguments": {"mark": "!"}}, UsageError, "model_arguments"),
    "a model that takes no audio": ({"model": Shouting}, UsageError, "audio"),
    "no such folder of data": ({"data": "/nowhere"}, EvalkitError, "/nowhere"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_arguments_end_before_anything_is_asked(kind: str, tmp_path: Path, quiz: Path) -> None:
    arguments, error, words = WRONG[kind]
    given: dict[str, Any] = {"model": "constant", "tasks": "asr_demo", "out": tmp_path / "out", **arguments}
    given["model"] = given["model"]() if isinstance(given["model"], type) else given["model"]
    given["tasks"] = quiz if given["tasks"] == "{quiz}" else given["tasks"]
    with pytest.raises(error, match=words):
        evalkit.evaluate(given.pop("model"), given.pop("tasks"), **given)
    assert not list(tmp_path.glob("out/**/samples.jsonl"))


def test_a_folder_that_cannot_be_written(tmp_path: Path, quiz: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ResultsError, match="file"):
        evalkit.evaluate("constant", quiz, out=tmp_path / "file" / "out")


@pytest.fixture
def results(tmp_path: Path, quiz: Path) -> Path:
    out = tmp_path / "out"
    evalkit.evaluate("constant", ["asr_demo", quiz], model_arguments={"text": "ONE"}, out=out)
    evalkit.evaluate(Shouting(), quiz, out=out)
    return out


def test_results_by_metric_split_and_breakdown(results: Path) -> None:
    frame = evalkit.load_results(results)
    demo = frame[frame["task"] == "asr_demo"]
    assert len(demo) == (1 + 3) * (1 + 6), "all and three conditions, whole and by six voices"
    assert set(demo["split"].dropna()) == {"clean", "noise_10db", "telephone"}
    assert set(demo["breakdown"].dropna()) == {"voice"}
    pooled = demo[demo["split"].isna()]
    assert pooled["n_total"].tolist() == [108] + [18] * 6
    assert demo[demo["breakdown"].isna()]["n_total"].tolist() == [108, 36, 36, 36]
    assert demo.dropna(subset=["split", "breakdown"])["n_total"].tolist() == [6] * 18
    assert (frame["n_scored"] == frame["n_total"]).all()
    shown = frame[frame["task"] == "quiz"].set_index("model")["value"].to_dict()
    assert shown == {"constant": pytest.approx(100 / 3), "shouting": 100.0}
    needed = {
        "model",
        "task",
        "protocol",
        "metric",
        "value",
        "low",
        "high",
        "strict",
        "n",
        "seed",
        "data_revision",
        "run",
        "complete",
    }
    assert needed <= set(frame.columns)
    assert frame["complete"].all()


def test_results_by_sample(results: Path) -> None:
    frame = evalkit.load_results(str(results), per="sample")
    assert len(frame) == 108 + 3 + 3
    shouted = frame[frame["model"] == "shouting"].set_index("id")
    assert shouted["text"].to_dict() == {"q0": "ONE", "q1": "TWO", "q2": "THREE"}
    assert [list(vector) for vector in shouted["statistics.exact_match"]] == [[1, 1]] * 3
    demo = frame[frame["task"] == "asr_demo"]
    assert demo["group.voice"].nunique() == 6
    errors = sum(vector[0] for vector in demo["statistics.error_rate"])
    tokens = sum(vector[1] for vector in demo["statistics.error_rate"])
    overall = evalkit.load_results(results).query("task == 'asr_demo' and split.isna() and breakdown.isna()")
    assert float(overall["value"].iloc[0]) == pytest.approx(100 * errors / tokens)


def test_results_by_sample_where_an_answer_is_gone(results: Path) -> None:
    """As between `Remove that line to go on (its sample is asked again)` and going on."""
    (path,) = results.glob("shouting/*/*/samples.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    try:
        found = len(evalkit.load_results(results, per="sample").query("model == 'shouting'")) >= 2
    except EvalkitError as error:
        found = "q0" in str(error)
    assert found


def test_failures_are_in_the_frames(tmp_path: Path, quiz: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "q0", "text": "ONE"}\n{"id": "q1", "error": "too long"}\n')
    (outcome,) = evalkit.evaluate("replay", quiz, model_arguments={"file": str(answers)}, out=tmp_path / "out")
    assert not outcome.complete
    (row,) = evalkit.load_results(tmp_path / "out").to_dict("records")
    assert (row["n_total"], row["n_model_failed"], row["complete"]) == (3, 2, False)
    assert row["strict"] == pytest.approx(100 / 3)
    frame = evalkit.load_results(tmp_path / "out", per="sample").set_index("id")
    assert frame["status"].to_dict() == {"q0": "scored", "q1": "model_failed", "q2": "model_failed"}
    assert frame["failure"]["q1"] == "too long"
    assert frame["failure"]["q0"] is None or math.isnan(frame["failure"]["q0"])


def test_no_results_are_an_empty_frame_and_no_folder_an_error(tmp_path: Path) -> None:
    assert len(evalkit.load_results(tmp_path)) == 0
    assert len(evalkit.load_results(tmp_path, per="sample")) == 0
    with pytest.raises(ResultsError, match="nowhere"):
        evalkit.load_results(tmp_path / "nowhere")


def test_a_damaged_summary_is_named(results: Path) -> None:
    path = next(iter(sorted(results.glob("*/*/*/summary.json"))))
    path.write_text("{")
    with pytest.raises(ResultsError, match=r"summary\.json"):
        evalkit.load_results(results)


def test_a_kind_of_rows_that_there_is_not(results: Path) -> None:
    with pytest.raises((EvalkitError, ValueError), match="samples"):
        evalkit.load_results(results, per="samples")  # type: ignore[arg-type]
