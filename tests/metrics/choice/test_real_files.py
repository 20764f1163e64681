"""Choice rules on the real question files, where they lie beside the checkout; every figure was measured before."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit.metrics.choice.question import LETTERS
from evalkit.metrics.choice.scorer import Choice

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
Row = dict[str, Any]
MMAU = ("original", "v05.15.25")


def rows_of(version: str) -> list[Row]:
    path = DATA / "mmau" / f"mmau-test-mini.{version}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))
    assert len(rows) == 1000
    return rows


def right(profile: str, rows: Sequence[Row], reply: Callable[[Row], str]) -> int:
    metric = Choice(profile)
    count = 0
    for number, row in enumerate(rows):
        line = {**row, "response": reply(row)}
        metric.check(line, f"row {number}")
        count += int(metric.assess(line, f"row {number}").faithful["choice"][0])
    return count


def letter(row: Row) -> str:
    return LETTERS[row["choices"].index(row["answer"])]


def text(row: Row) -> str:
    return str(row["answer"])


@pytest.mark.parametrize(("version", "marked", "bare"), [("original", 35, 0), ("v05.15.25", 33, 2)])
def test_mmau_traps(version: str, marked: int, bare: int) -> None:
    rows = rows_of(version)
    assert right("mmau", rows, text) == 1000
    assert right("mmau", rows, lambda row: f"({letter(row)}) {text(row)}") == 1000 - marked
    assert right("mmau", rows, letter) == bare, "a bare letter is right where an option's text is that letter"


@pytest.mark.parametrize(("version", "collisions", "equal"), [("original", 4, 20), ("v05.15.25", 9, 27)])
def test_mmau_collisions(version: str, collisions: int, equal: int) -> None:
    rows = rows_of(version)
    assert sum(len(set(row["choices"])) < len(row["choices"]) for row in rows) == equal
    metric = Choice("mmau")
    wrong_but_right = 0
    for row in rows:
        others = [{**row, "response": choice} for choice in set(row["choices"]) - {row["answer"]}]
        wrong_but_right += any(metric.assess(line, "row").faithful["choice"][0] for line in others)
    assert wrong_but_right == collisions


@pytest.mark.parametrize("version", MMAU)
def test_a_lead_in_costs_right_answers_and_mmau_leadin_gives_them_back(version: str) -> None:
    rows = rows_of(version)

    def led(row: Row) -> str:
        return f"The correct answer is: {text(row)}"

    lost = 1000 - right("mmau", rows, led)
    assert lost == {"original": 72, "v05.15.25": 93}[version]
    assert right("mmau+leadin", rows, led) == 1000
    assert right("mmau+leadin", rows, lambda row: f"The correct answer is: ({letter(row)}) {text(row)}") == 1000


@pytest.mark.parametrize("version", MMAU)
@pytest.mark.parametrize(
    "form", ["({letter}) {text}", "**{letter}. {text}**", "I believe it is {text}.", "Answer: {letter}) {text}"]
)
def test_robust_reads_every_row_whose_options_differ(version: str, form: str) -> None:
    rows = [row for row in rows_of(version) if len(set(row["choices"])) == len(row["choices"])]
    assert right("robust", rows, lambda row: form.format(letter=letter(row), text=text(row))) == len(rows)


@pytest.mark.parametrize("version", MMAU)
@pytest.mark.parametrize("form", [letter, text])
def test_robust_leaves_open_what_is_letter_and_text(version: str, form: Callable[[Row], str]) -> None:
    rows = [row for row in rows_of(version) if len(set(row["choices"])) == len(row["choices"])]
    open_rows = [row for row in rows if any(len(choice) == 1 for choice in row["choices"])]
    assert len(rows) - right("robust", rows, form) <= 4 < len(open_rows)
    settled = [row for row in rows if row not in open_rows]
    assert right("robust", settled, form) == len(settled)


def test_always_no_scores_52_9_on_the_spoken_bbh() -> None:
    subsets = ("sports_understanding", "hyperbaton", "navigate", "web_of_lies")
    rows: list[Row] = []
    for subset in subsets:
        path = DATA / "voicebench_sources" / f"bbh_{subset}.json"
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
        rows += [{"id": f"{subset}_{at}", "answer": example["target"]} for at, example in enumerate(examples)]
    assert right("voicebench_bbh", rows, lambda row: "a" if "hyperbaton" in row["id"] else "no") == 529
    assert right("voicebench_bbh", rows, lambda row: f"So the answer is {row['answer']}.") == 1000


def test_mmar_traps() -> None:
    path = DATA / "mmar" / "MMAR-meta.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not there (its licence lets nobody copy it)")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert right("mmar", rows, text) == 1000
    assert right("mmar", rows, lambda row: f"({letter(row)}) {text(row)}") == 1000 - 15
    assert right("mmar", rows, letter) == 0
