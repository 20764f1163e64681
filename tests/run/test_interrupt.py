"""Ctrl-C and SIGTERM in the middle: a clear end, and the next command goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(("number", "codes"), [(signal.SIGINT, {130}), (signal.SIGTERM, {130, 143})])
def test_a_signal_in_the_middle_ends_the_run_and_the_next_goes_on(
    number: int,
    codes: set[int],
    tmp_path: Path,
    start: Callable[..., subprocess.Popen[bytes]],
    evalkit: Callable[..., Any],
    program: Any,
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    lines = [{"id": f"q{i}", "prompt": f"question {i}", "reference": f"QUESTION {i}"} for i in range(60)]
    task = write_lines(tmp_path / "quiz.jsonl", lines)
    program.sleep = 0.02
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    process = start(*words)
    while len(program.asked()) < 10:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert process.returncode in codes
    assert b"Traceback" not in err, err.decode()
    if number == signal.SIGINT:
        assert b"interrupted; repeat the command" in err
        record = json.loads((run_of(tmp_path / "out") / "run.json").read_text())
        assert record["stretches"][-1]["interrupted"] == "KeyboardInterrupt"
        assert record["stretches"][-1]["asked"] >= 8
    asked = len(program.asked())
    time.sleep(0.2)
    assert len(program.asked()) == asked, "the program goes on although nobody listens"

    again = evalkit(*words)
    assert again.code == 0, again.err
    run = run_of(tmp_path / "out")
    assert Counter(line["id"] for line in lines_of(run / "samples.jsonl")) == Counter(line["id"] for line in lines)
    assert len(program.asked()) <= 61, "at most the one request in flight is asked again"


def test_ctrl_c_ends_a_program_that_hangs(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]], program: Any, write_lines: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", [{"id": "a", "prompt": "hang", "reference": ""}])
    process = start("run", *program.words, "--task", task, "--out", tmp_path / "out")
    while not program.asked():
        time.sleep(0.005)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - began < 3
