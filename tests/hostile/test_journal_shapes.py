"""Result files from elsewhere: each id counts once, and what is no line is named with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Main = Callable[..., Any]

ODD = [
    "null", "5", '"text"', "[]", "{}", '{"id": 5}', '{"id": null, "split": "all"}', '{"id": ["a"]}', "true", "[[[[]]]]",
    '{"id": "1", "split": 5}', '{"id": "1", "split": "all", "messages": 5, "status": "scored", "faithful": []}',
    '{"id": "1", "split": "all", "status": "odd", "faithful": {}, "messages": [5], "reference": null, "text": 5}',
    '{"id": "1", "split": "all", "status": "scored", "faithful": {"exact_match": ["x"]}, "messages": [{}], "reference": 1}',
    '{"id": "1", "split": "all", "status": "scored", "faithful": {"exact_match": 1}, "messages": [], "reference": 1, '
    '"audio": "../../../etc/passwd"}',
    '{"id": "1", "split": "all", "status": "scored", "faithful": {}, "groups": {"a": 5}, "messages": [], "reference": 1}',
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, main: Main, write_lines: Callable[..., Path]) -> tuple[list[Any], Path]:
    """A finished run of four samples, of which one is right, with the words that repeat it."""
    lines = [{"id": str(n), "prompt": "x", "reference": "no" if n == 1 else "y"} for n in range(1, 5)]
    task = write_lines(tmp_path / "t.jsonl", lines)
    words = ["run", "--model", "constant", "--model-arg", "text=no", "--task", task, "--out", tmp_path / "out"]
    assert main(*words).code == 0
    (record,) = (tmp_path / "out").glob("*/*/*/run.json")
    return words, record.parent


def files(directory: Path) -> dict[str, Path]:
    (scores,) = (directory / "scores").glob("*.jsonl")
    return {"samples": directory / "samples.jsonl", "scores": scores}


@pytest.mark.parametrize("which", ["samples", "scores"])
@pytest.mark.parametrize("line", ODD)
def test_a_line_of_another_shape_is_named(which: str, line: str, run: tuple[list[Any], Path], main: Main) -> None:
    words, directory = run
    path = files(directory)[which]
    path.write_text(path.read_text() + line + "\n")
    for command in (
        words,
        ["export", "--format", "csv", "--per", "sample", "--out", directory, "--to", directory / "x"],
    ):
        done = main(*command)
        assert done.code == 2, done.err
        assert f"{path}, line 5: not a line of this journal" in done.err


@pytest.mark.parametrize("which", ["samples", "scores"])
@pytest.mark.parametrize("copies", [1, 3])
def test_lines_that_come_twice_count_once(which: str, copies: int, run: tuple[list[Any], Path], main: Main) -> None:
    words, directory = run
    before = json.loads((directory / "summary.json").read_bytes())
    path = files(directory)[which]
    path.write_text(path.read_text() * (1 + copies))
    assert main(*words).code == 0
    assert json.loads((directory / "summary.json").read_bytes()) == before


def test_a_score_never_has_more_samples_than_there_are(run: tuple[list[Any], Path], main: Main) -> None:
    words, directory = run
    path = files(directory)["scores"]
    first = json.loads(path.read_text().splitlines()[0])
    path.write_text(path.read_text() + json.dumps({**first, "id": "stranger"}, separators=(",", ":")) + "\n")
    done = main(*words)
    assert done.code == 2
    assert "has 5 samples where the task has 4" in done.err


@pytest.mark.parametrize("name", ["run.json", "summary.json"])
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b'{"schema": 5}', b"\xff\xfe", b"[" * 100_000])
def test_other_files_of_a_run_are_named_as_well(
    name: str, content: bytes, run: tuple[list[Any], Path], main: Main
) -> None:
    words, directory = run
    (directory / name).write_bytes(content)
    readers = {"run.json": words, "summary.json": ["leaderboard", "--out", directory.parents[2], "--format", "csv"]}
    done = main(*readers[name])
    assert done.code == 2, done.err
    assert name in done.err
