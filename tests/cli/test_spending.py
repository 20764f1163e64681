"""What a run says of values, money and time: none where nothing was answered, time where nothing is paid for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def questions(tmp_path: Path, write_lines: Any) -> Path:
    rows = ({"id": f"q{n}", "prompt": f"question {n}", "reference": "yes"} for n in range(4))
    path: Path = write_lines(tmp_path / "questions.jsonl", rows)
    return path


@pytest.mark.parametrize(
    "model",
    [
        ["--model", "openai-compatible:m,base_url=http://127.0.0.1:9/v1", "--max-retries", "0"],
        ["--model", "openai-compatible:m,base_url=http://127.0.0.1:9/v1,preset=vllm", "--max-retries", "0"],
    ],
)
def test_a_dead_server_has_no_value_and_no_cost(
    model: list[str], questions: Path, tmp_path: Path, evalkit: Any, run_of: Any
) -> None:
    pytest.importorskip("openai")
    done = evalkit("run", *model, "--task", questions, "--out", tmp_path / "out")
    assert done.code == 1, done.err
    assert "connection refused" in done.err
    assert not re.search(r"0\.00|\$|cost", done.out), done.out
    summary = json.loads((run_of(tmp_path / "out") / "summary.json").read_text())
    (result,) = summary["results"]
    assert [result[key] for key in ("value", "low", "high", "strict", "n")] == [None, None, None, None, 0]
    assert summary["counts"]["n_model_failed"] == 4


def test_a_local_model_tells_its_time_and_then_foretells_it(questions: Path, tmp_path: Path, evalkit: Any) -> None:
    words = ["run", "--model", "constant", "--model-arg", "text=yes", "--task", questions, "--out", tmp_path / "out"]
    first = evalkit(*words, "--dry-run")
    assert "4 calls, cost nothing\n" in first.out, "no time, as there were no earlier runs"
    done = evalkit(*words)
    assert done.code == 0, done.err
    assert re.search(r"^answers: .*time [0-9.]+ s$", done.out, re.MULTILINE)
    assert "cost" not in done.out
    again = evalkit(*words, "--dry-run", "--fresh")
    assert "as in earlier runs" in again.out
    (found,) = json.loads(evalkit(*words, "--dry-run", "--fresh", "--json").out)
    assert found["seconds"] > 0
    assert found["cost"] == 0.0


@pytest.mark.parametrize(
    ("option", "value"),
    [("--timeout", "0"), ("--timeout", "-1"), ("--timeout", "nan"), ("--max-retries", "-1"), ("--concurrency", "0")],
)
def test_limits_that_make_no_sense_are_refused(
    option: str, value: str, questions: Path, tmp_path: Path, evalkit: Any
) -> None:
    words = ["run", "--model", "constant", "--task", questions, "--out", tmp_path / "out"]
    done = evalkit(*words, f"{option}={value}")
    assert done.code == 2
    assert option in done.err
