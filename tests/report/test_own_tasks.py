"""Benchmarks of one's own in every report: leaderboard, tables, pictures, exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scored_runs import quiz_run, speech_run, without_last_words, write_jsonl

from evalkit.published import numbers as published
from evalkit.report.leaderboard import paper_rows
from evalkit.report.pictures.points import points
from evalkit.report.printed_once import printed_once

Main = Callable[..., Any]
COLUMN = "quiz/all/exact_match"


@pytest.fixture
def two(main: Main, tmp_path: Path) -> Path:
    """Two models on one file of questions, and the folder of their results."""
    rows = [{"id": f"q{i}", "prompt": "x", "reference": "yes" if i < 3 else "no"} for i in range(4)]
    file = write_jsonl(tmp_path / "quiz.jsonl", rows)
    for text in ("yes", "no"):
        done = main(
            "run",
            "--model",
            "constant",
            "--model-arg",
            f"text={text}",
            "--name",
            text,
            "--task",
            file,
            "--out",
            tmp_path / "o",
        )
        assert done.code == 0, done.err
    return tmp_path / "o"


def test_a_leaderboard_ranks_them(main: Main, two: Path) -> None:
    rows = main("leaderboard", "--out", two, "--rank", "--json").json["rows"]
    assert [(row["model"], row["column"], row["value"], row["rank"]) for row in rows] == [
        ("yes", COLUMN, 75.0, 1), ("no", COLUMN, 25.0, 2),
    ]  # fmt: skip
    for words in (("--task", "quiz.jsonl"), ("--task", "quiz"), ("--columns", "quiz/*"), ("--columns", COLUMN)):
        assert len(main("leaderboard", "--out", two, *words, "--json").json["rows"]) == 2, words
    assert main("leaderboard", "--out", two, "--task", "asr_demo", "--columns", "asr_demo*").code == 2
    assert "75.00" in main("leaderboard", "--out", two, "--format", "md").out
    unknown = main("leaderboard", "--out", two, "--task", "quizz.jsonl")
    assert unknown.code == 2
    assert "Did you mean quiz" in unknown.err


def test_files_of_one_name_and_other_content_are_not_ranked_together(main: Main, two: Path, tmp_path: Path) -> None:
    other = write_jsonl(tmp_path / "elsewhere" / "quiz.jsonl", [{"id": "q0", "prompt": "x", "reference": "maybe"}])
    assert (
        main(
            "run", "--model", "constant", "--model-arg", "text=maybe", "--name", "maybe", "--task", other, "--out", two
        ).code
        == 0
    )
    rows = {row["model"]: row for row in main("leaderboard", "--out", two, "--rank", "--json").json["rows"]}
    assert (rows["yes"]["rank"], rows["no"]["rank"]) == (1, 2)
    assert (rows["maybe"]["rank"], rows["maybe"]["unranked"]) == (None, "other data")
    text = main("leaderboard", "--out", two, "--format", "text").out
    assert len({word for word in text.split() if word.startswith("blake2b:")}) == 2
    shown = {point.model for point in points([two], None, None, "none", {})}
    assert len(shown) == 3
    assert all(" on blake2b:" in name for name in shown)


def test_tables_pictures_and_exports_have_them(main: Main, two: Path, tmp_path: Path) -> None:
    spec = tmp_path / "s.toml"
    spec.write_text(f'[[columns]]\nid = "{COLUMN}"\n[[rows]]\nrun = "{two}"\n', encoding="utf-8")
    lines = list(csv.DictReader(io.StringIO(main("table", "--spec", spec, "--format", "csv").out)))
    assert [line[COLUMN] for line in lines] == ["25.00", "75.00"]
    picture = main("plot", "forest", two, "--to", tmp_path / "f.csv")
    assert picture.code == 0, picture.err
    assert {line["value"] for line in csv.DictReader((tmp_path / "f.csv").open())} == {"25.0", "75.0"}
    done = main("export", "--out", two, "--to", tmp_path / "e.csv")
    assert done.code == 0, done.err
    assert {line["column"] for line in csv.DictReader((tmp_path / "e.csv").open())} == {COLUMN}


def test_a_leaderboard_without_rows_says_why(main: Main, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    done = main("leaderboard", "--out", tmp_path / "o", "--json")
    assert done.json["rows"] == []
    assert "no run there has a value" in done.err


def test_a_value_has_one_name_in_every_command(main: Main, two: Path) -> None:
    names = {row["column"] for row in main("leaderboard", "--out", two, "--json").json["rows"]}
    runs = sorted(two.glob("*/*/*"))
    assert {row["name"] for row in main("compare", *runs, "--json").json["rows"]} == names


def test_the_gate_takes_the_run_of_the_baselines_model(main: Main, tmp_path: Path) -> None:
    """README's sequence: results hold the runs of several models by the time the gate is called."""
    (own,) = speech_run(tmp_path, without_last_words(0))
    answers = write_jsonl(tmp_path / "a.jsonl", [{"id": "s01_clean", "text": "nothing"}])
    assert (
        main(
            "score", "--task", "asr_demo", "--responses", answers, "--name", "other", "--out", tmp_path / "results"
        ).code
        == 1
    )
    assert main("baseline", "save", own, "--to", tmp_path / "b.json").code == 0
    done = main("gate", "--baseline", tmp_path / "b.json", "--current", tmp_path / "results")
    assert done.code == 0, done.out
    assert "of 2 runs of 'asr_demo', that of 'replay' is taken" in done.out
    alone = quiz_run(tmp_path / "quiz", [True])
    assert "no run of asr_demo" in main("gate", "--baseline", tmp_path / "b.json", "--current", alone).out


def test_a_number_that_a_paper_repeats_is_one_row() -> None:
    rows = [row for row in paper_rows({"common_voice_15.en.wer"}) if row.model == "voxtral-mini"]
    assert [(row.value, row.paper, row.table) for row in rows] == [(9.47, "qwen3-omni", "6, 17")]
    for name in published.columns():
        found = [(row.paper, row.model, row.variant, row.value) for row in paper_rows({name}) if not row.marks]
        assert len(found) == len(set(found)), name
        drawn = [
            (p.row.model_id, p.row.variant, p.row.value) for p in printed_once(published.rows(name), across_papers=True)
        ]
        assert {row.value for row in published.rows(name)} == {value for _, _, value in drawn}, "none is lost"
