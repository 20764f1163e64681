"""Judges, and rows without media, where nothing found them once: inside combinators, in Parquet, in tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from in_memory import Five, Says, run, task, values

from evalkit.authoring import (
    Cell,
    Dataset,
    EvalkitError,
    Mean,
    Score,
    Scorer,
    Suite,
    Task,
    by,
    exact_match,
    joined,
    judged,
    layouts,
    on,
    question,
    rewritten,
)  # fmt: skip

DATA = {
    "a": [
        {"id": f"q{at}", "reference": said, "cluster": "c", "meta": {"question": "?", "language": "en"}}
        for at, said in enumerate(("yes", "yes", "no"))
    ],
    "b": [{"id": "r", "reference": "no", "meta": {"question": "?", "language": "zh"}}],
}


def rubric() -> Scorer:
    return judged("voicebench_qa", metric="right")


COMPOSED: dict[str, tuple[Callable[[], Any], float | None]] = {
    "on": (lambda: [on("a", rubric()), on("b", exact_match())], 200 / 3),
    "by": (lambda: [on("a", by("language", {"en": rubric()})), on("b", exact_match())], 200 / 3),
    "by another": (lambda: [on("a", by("language", {"zh": rubric()}, other=rubric())), on("b", exact_match())], 200 / 3),
    "rewritten": (lambda: [on("a", rewritten(rubric(), "no-no", reference=lambda text: "yes")), on("b", rubric())], 100.0),
    "on of by of rewritten": (
        lambda: [on("a", by("language", {"en": rewritten(rubric(), "same", answer=str)})), on("b", exact_match())],
        200 / 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPOSED)
def test_a_judge_is_configured_wherever_it_lies(name: str, tmp_path: Path) -> None:
    scorers, value = COMPOSED[name]
    outcome = run(Says(), task(DATA, scorers(), {"c": Cell("a", "right")}), tmp_path, judge="rules:contains")
    assert values(outcome)["c"] == (pytest.approx(value), 3)
    assert outcome.summary is not None
    assert "rules:contains" in outcome.summary.columns["c"].protocol


def test_joined_verdicts(tmp_path: Path) -> None:
    scorers = [on("a", joined(rubric(), how="majority")), on("b", exact_match())]
    columns = {"joined": Cell("a", "right_majority"), "plain": Cell("a", "right")}
    outcome = run(Says(), task(DATA, scorers, columns), tmp_path, judge="rules:contains")
    assert values(outcome) == {"joined": (pytest.approx(100.0), 1), "plain": (pytest.approx(200 / 3), 3)}


def test_grades_from_one_are_not_taken_for_right_answers(tmp_path: Path) -> None:
    with pytest.raises(EvalkitError, match=r"joined\(how='all'\): no metric of five is a share"):
        joined(Five(), how="all")
    data = {"a": DATA["a"]}
    assert values(run(Says(), task(data, [joined(Five(), how="mean")], {"c": Cell()}), tmp_path)) == {"c": (4.0, 1)}


class Kept(Scorer):
    """A wrapper of somebody else's: it holds to one split by itself, and gives nothing elsewhere."""

    def __init__(self, split: str, inner: Scorer) -> None:
        self.split, self.inner = split, inner
        self.name, self.profile, self.metrics = inner.name, inner.profile, inner.metrics

    def identity(self) -> Mapping[str, Any]:
        return {**self.inner.identity(), "on": self.split}

    def score(self, answers: Sequence[Any]) -> Iterator[Score]:
        for answer in answers:
            yield from self.inner.score([answer]) if answer.split == self.split else [Score("scored", {}, {})]

    def worst(self, answer: Any) -> Mapping[str, tuple[float, ...]]:
        return self.inner.worst(answer)


def test_two_wrappers_of_one_metric_are_not_taken_for_each_other(tmp_path: Path) -> None:
    data = {split: [{"id": f"{split}{n}", "reference": "yes " if n else "yes"} for n in range(2)] for split in "ab"}
    pair = [Kept("a", exact_match("strip")), Kept("b", exact_match("exact"))]
    with pytest.raises(EvalkitError, match=r"say which by scorer="):
        task(data, pair, {"a": Cell("a"), "b": Cell("b")})
    columns = {"a": Cell("a", scorer="exact_match:strip"), "b": Cell("b", scorer="exact_match:exact")}
    assert values(run(Says(), task(data, pair, columns), tmp_path)) == {"a": (100.0, 2), "b": (50.0, 2)}


ROWS = [{"question": "2 + 2?", "answer": "yes"}, {"question": "3, or 4?", "answer": "no"}]


def parquet(folder: Path) -> Any:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (folder / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(ROWS), folder / "data" / "test-00000-of-00001.parquet")
    return layouts.Parquet("{split}", id="{split}_{index}", fields=FIELDS)


def table(folder: Path) -> Any:
    with (folder / "test.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["question", "answer"])
        writer.writeheader()
        writer.writerows(ROWS)
    return layouts.Csv("{split}.csv", "{split}_{index}", FIELDS)


def lines(folder: Path) -> Any:
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return layouts.JsonLines("{split}.jsonl", "{split}_{index}", FIELDS)


def whole(folder: Path) -> Any:
    (folder / "test.json").write_text(json.dumps(ROWS))
    return layouts.Json("{split}.json", "{split}_{index}", FIELDS)


FIELDS = {"question": "question", "reference": "answer"}


@pytest.mark.parametrize("write", [parquet, table, lines, whole], ids=lambda one: one.__name__)
def test_questions_without_media_are_asked_and_scored(write: Callable[[Path], Any], tmp_path: Path) -> None:
    folder = tmp_path / "data" / "quiz"
    folder.mkdir(parents=True)
    source = Dataset("quiz", ("test",), [write(folder)])
    model = Says()
    what = Task(source, question(), [exact_match()], {"c": Cell("test")}, name="quiz")
    assert values(run(model, what, tmp_path / "out", data=tmp_path / "data")) == {"c": (50.0, 2)}
    assert [request.messages[-1].text for request in model.asked] == ["2 + 2?", "3, or 4?"]


def test_a_suite_over_an_average_of_a_member_has_its_value(tmp_path: Path) -> None:
    """Members of a plugin file; the suite's column is made of a member's average."""
    file = tmp_path / "both.py"
    file.write_text(
        """
from evalkit.authoring import Cell, Dataset, Mean, Suite, Task, exact_match, layouts, question, task

@task("inner")
def inner():
    lines = layouts.JsonLines("{split}.jsonl", fields={"question": "q", "reference": "r"})
    columns = {"inner.a": Cell("a"), "inner.b": Cell("b"), "inner.mean": Mean("inner.a", "inner.b")}
    return Task(Dataset("inner", ("a", "b"), [lines]), question(), [exact_match()], columns)

@task("outer")
def outer():
    return Suite({"inner": ()}, {"outer.x": Mean("inner.mean", "inner.a")})

@task("wrong")
def wrong():
    return Suite({"inner": ()}, {"outer.x": Mean("inner.maen", "inner.a")})
"""
    )
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.jsonl").write_text('{"id": 1, "q": "?", "r": "yes"}\n')
    (tmp_path / "inner" / "b.jsonl").write_text('{"id": 2, "q": "?", "r": "no"}\n')
    outcome = run(Says(), f"{file}:outer", tmp_path / "out", data=tmp_path)  # type: ignore[arg-type]
    assert values(outcome)["outer.x"][0] == 75.0
    model = Says()
    with pytest.raises(EvalkitError, match=r"inner\.maen.*Did you mean inner\.mean"):
        run(model, f"{file}:wrong", tmp_path / "other", data=tmp_path)  # type: ignore[arg-type]
    assert model.asked == []
    assert Suite({}, {"x": Mean("y")}).file == ""
