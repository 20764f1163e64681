"""`evalkit metric`: values as JSON on stdout, lines with their results in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Main = Callable[..., Any]
PAIRS = [
    {"reference": "the cat sat", "hypothesis": "the cat sit", "mine": 1},
    {"reference": "red green", "hypothesis": "red green blue"},
    {"reference": "gone", "hypothesis": ""},
]


@pytest.fixture
def pairs(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    return write_lines(tmp_path / "pairs.jsonl", PAIRS)


def test_error_rate(main: Main, pairs: Path, tmp_path: Path, lines_of: Callable[..., Any]) -> None:
    output = tmp_path / "out.jsonl"
    done = main("metric", "error_rate", "--input", pairs, "--output", output)
    assert done.code == 0, done.err
    found = done.json
    assert (found["errors"], found["tokens"], found["n_total"], found["n_scored"]) == (3, 6, 3, 3)
    assert (found["substitutions"], found["deletions"], found["insertions"]) == (1, 1, 1)
    assert found["value"] == pytest.approx(0.5)
    assert (found["unit"], found["profile"], found["language"]) == ("WER", "plain", "en")
    lines = lines_of(output)
    assert [line["errors"] for line in lines] == [1, 1, 1]
    assert lines[0]["mine"] == 1, "further fields are kept"


def test_error_rate_of_dropped_lines_ends_with_1(main: Main, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    lines = write_lines(tmp_path / "p.jsonl", [*PAIRS, {"reference": "x", "hypothesis": None}])
    done = main("metric", "error_rate", "--profile", "kimi", "--input", lines)
    assert done.code == 1
    assert (done.json["n_total"], done.json["n_scored"], done.json["n_dropped"]) == (4, 3, 1)


def test_error_rate_of_nothing_is_undefined(main: Main, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    done = main("metric", "error_rate", "--input", empty)
    assert "NaN" not in done.out
    assert done.json["value"] is None


def test_exact_match(main: Main, pairs: Path, tmp_path: Path, lines_of: Callable[..., Any]) -> None:
    done = main("metric", "exact_match", "--input", pairs)
    assert (done.code, done.json["value"], done.json["n_total"]) == (0, 0.0, 3)


def test_normalize(main: Main, tmp_path: Path, write_lines: Callable[..., Path], lines_of: Callable[..., Any]) -> None:
    lines = write_lines(
        tmp_path / "t.jsonl", [{"id": 1, "text": "Mr. Brown's COLOUR"}, {"id": 2, "text": "\u2028 caf\u00e9"}]
    )
    done = main("metric", "normalize", "--profile", "whisper_english", "--input", lines)
    assert done.code == 0, done.err
    shown = [json.loads(line) for line in done.out.split("\n") if line]
    assert [line["normalized"] for line in shown] == ["mister brown is color", "cafe"]
    output = tmp_path / "out.jsonl"
    done = main("metric", "normalize", "--profile", "whisper_english", "--input", lines, "--output", output)
    assert done.json == {"normalizer": "whisper_english", "n_total": 2}
    assert lines_of(output) == shown


@pytest.mark.parametrize("name", ["normalize", "error_rate", "exact_match"])
def test_output_over_input_loses_nothing(
    name: str, main: Main, tmp_path: Path, write_lines: Callable[..., Path], lines_of: Callable[..., Any]
) -> None:
    lines = [{"text": f"text {i}", "reference": "a", "hypothesis": "b"} for i in range(5)]
    path = write_lines(tmp_path / "t.jsonl", lines)
    profile = ["--profile", "whisper_english"] if name == "normalize" else []
    done = main("metric", name, *profile, "--input", path, "--output", path)
    assert done.code in (0, 2)
    assert [line["text"] for line in lines_of(path)] == [line["text"] for line in lines], "the input was destroyed"


def test_a_broken_line_leaves_an_earlier_output_alone(
    main: Main, tmp_path: Path, write_lines: Callable[..., Path]
) -> None:
    path = write_lines(tmp_path / "t.jsonl", [{"text": "fine"}, {"txt": "no text"}])
    output = tmp_path / "out.jsonl"
    output.write_text("what was there\n")
    done = main("metric", "normalize", "--profile", "whisper_english", "--input", path, "--output", output)
    assert done.code == 2
    assert "line 2" in done.err
    assert output.read_text() == "what was there\n", "half of a result looks like a result"


def test_an_output_that_cannot_be_written(main: Main, pairs: Path) -> None:
    done = main("metric", "exact_match", "--input", pairs, "--output", "/nowhere/out.jsonl")
    assert done.code == 2
    assert "/nowhere/out.jsonl" in done.err
