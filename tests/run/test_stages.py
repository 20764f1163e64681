"""Stages apart and together, finished runs, failed samples asked again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
QUIZ = [{"id": f"q{i}", "prompt": f"text {i}", "reference": f"TEXT {i % 7}", "cluster": f"c{i % 4}"} for i in range(30)]
WITH_FAILURES = [*QUIZ[:5], {"id": "bad", "prompt": "die", "reference": "x"}, *QUIZ[5:]]


def test_stages_apart_give_the_bytes_of_one_command(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, run_of: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", WITH_FAILURES)
    words = ["run", *program.words, "--task", task, "--out"]
    assert main(*words, tmp_path / "whole").code == 1
    asked = len(program.asked())
    assert main(*words, tmp_path / "parts", "--stage", "generate").code == 1, "an answer is missing"
    parts = run_of(tmp_path / "parts")
    assert {path.name for path in parts.iterdir()} == {"run.json", "samples.jsonl", ".lock"}
    again = len(program.asked())
    assert again == 2 * asked
    assert main(*words, tmp_path / "parts", "--stage", "score").code == 1
    assert not (parts / "summary.json").exists()
    assert main(*words, tmp_path / "parts", "--stage", "summarize").code == 1
    assert len(program.asked()) == again
    assert (parts / "summary.json").read_bytes() == (run_of(tmp_path / "whole") / "summary.json").read_bytes()


def test_stages_of_a_complete_run_end_with_0(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    for stage in ("generate", "transcribe", "score", "summarize"):
        assert main("run", *program.words, "--task", task, "--out", tmp_path / "out", "--stage", stage).code == 0, stage


@pytest.mark.parametrize("stage", ["score", "summarize"])
def test_a_stage_before_its_time_is_incomplete(
    stage: str, tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", "--stage", stage)
    assert done.code == 1
    assert not program.asked()
    if stage == "summarize":
        assert "n_pending 30" in done.out


def test_a_finished_run_asks_nothing_and_changes_nothing(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, run_of: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    assert main(*words).code == 0
    run = run_of(tmp_path / "out")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"}
    asked, log = program.asked(), program.log.read_bytes()
    assert main(*words).code == 0
    assert program.log.read_bytes() == log
    assert len(asked) == 30
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"} == before


def test_a_finished_run_does_not_need_its_program_to_start(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, lines_of: Callable[..., Any]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    main(*words, "--limit", 10)
    assert len(program.asked()) == 10
    main(*words, "--limit", 20)
    assert len(program.asked()) == 20, "a larger limit asks for the rest alone"
    done = main(*words, "--limit", 5, "--json")
    assert (done.code, done.json[0]["counts"]["n_total"]) == (0, 5)
    assert len(program.asked()) == 20
    assert main(*words).code == 0
    assert sorted(program.asked()) == sorted(line["id"] for line in QUIZ)


def test_failed_samples_are_asked_again_and_success_replaces_failure_everywhere(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, run_of: Callable[..., Path]
) -> None:
    lines = [*QUIZ[:3], {"id": "flaky", "prompt": "die once", "reference": "alive"}, *QUIZ[3:6]]
    task = write_lines(tmp_path / "quiz.jsonl", lines)
    words = ["run", *program.words, "--model-arg", "retries=0", "--task", task, "--out", tmp_path / "out", "--json"]
    first = main(*words)
    assert first.code == 1
    assert first.json[0]["counts"]["n_model_failed"] == 1
    asked = len(program.asked())
    second = main(*words)
    assert second.code == 0, second.err
    assert program.asked()[asked:] == ["flaky"]
    counts = second.json[0]["counts"]
    assert (counts["n_total"], counts["n_scored"], counts["n_model_failed"]) == (7, 7, 0)

    whole = main(*words[:-3], "--out", tmp_path / "whole", "--json")
    assert whole.code == 0
    run, fresh = run_of(tmp_path / "out"), run_of(tmp_path / "whole")
    assert (run / "summary.json").read_bytes() == (fresh / "summary.json").read_bytes()

    import evalkit

    frame = evalkit.load_results(tmp_path / "out", per="sample")
    assert sorted(frame["id"]) == sorted(line["id"] for line in lines)
    (row,) = frame[frame["id"] == "flaky"].to_dict("records")
    assert (row["status"], row["text"]) == ("scored", "alive")


def test_the_order_of_the_journals_does_not_show_in_the_summary(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, run_of: Callable[..., Path]
) -> None:
    lines = [dict(line, prompt=line["prompt"] + " word" * (i % 5)) for i, line in enumerate(QUIZ)]
    task = write_lines(tmp_path / "quiz.jsonl", lines)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out", "--scorer", "error_rate:lmms_wenetspeech",
             "--scorer-arg", "language=en"]  # fmt: skip
    assert main(*words).code == 0
    run = run_of(tmp_path / "out")
    expected = (run / "summary.json").read_bytes()
    rng = random.Random(3)
    (scores,) = (run / "scores").glob("*.jsonl")
    for _ in range(4):
        for path in (scores, run / "samples.jsonl"):
            found = path.read_bytes().splitlines(keepends=True)
            rng.shuffle(found)
            path.write_bytes(b"".join(found))
        (run / "summary.json").unlink()
        assert main(*words, "--stage", "summarize").code == 0
        assert (run / "summary.json").read_bytes() == expected


def test_a_torn_last_line_is_cut_and_asked_again(
    tmp_path: Path,
    main: Callable[..., Any],
    write_lines: Write,
    program: Any,
    run_of: Callable[..., Path],
    lines_of: Any,
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    assert main(*words).code == 0
    run = run_of(tmp_path / "out")
    expected = (run / "summary.json").read_bytes()
    (scores,) = (run / "scores").glob("*.jsonl")
    for path in (run / "samples.jsonl", scores):
        data = path.read_bytes()
        path.write_bytes(data[:-20])
    assert main(*words).code == 0
    assert program.asked()[30:] == ["q29"]
    assert [line["id"] for line in lines_of(run / "samples.jsonl")] == [f"q{i}" for i in range(30)]
    assert (run / "summary.json").read_bytes() == expected


@pytest.mark.parametrize("name", ["samples.jsonl", "scores/*.jsonl", "run.json"])
def test_a_damaged_file_is_named_with_its_line_and_what_to_do(
    name: str, tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, run_of: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    assert main(*words).code == 0
    (path,) = run_of(tmp_path / "out").glob(name)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\x00garbage\x00\n", *lines[2:]]))
    done = main(*words)
    assert done.code == 2
    assert path.name in done.err
    assert "--fresh" in done.err
    if path.name != "run.json":
        assert "line 2" in done.err
    assert main(*words, "--fresh").code == 0


def test_what_run_json_says_of_every_stretch(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any, run_of: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    main(*words, "--limit", 10)
    main(*words)
    record = json.loads((run_of(tmp_path / "out") / "run.json").read_text())
    assert [(part["asked"], part["failed"], part["scored"]) for part in record["stretches"]] == [
        (10, 0, 10),
        (20, 0, 20),
    ]
    assert record["sizes"] == {"all": 30}
    assert record["command"][:2] == ["evalkit", "run"]
    assert record["identity"]["seed"] == 0
