"""Two commands on one run at the same time: one works, the other ends at once, and nothing is damaged."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COUNT = 12
QUIZ = [{"id": f"q{i}", "prompt": f"question {i}", "reference": f"QUESTION {i}"} for i in range(COUNT)]
Process = subprocess.Popen[bytes]
Start = Callable[..., Process]

GATED = """
import json, os, sys, time
gate, log = sys.argv[1:]
for line in sys.stdin:
    request = json.loads(line)
    with open(log, "a") as file:
        file.write(request["id"] + "\\n")
    while len(open(log).read().split()) > 3 and not os.path.exists(gate):
        time.sleep(0.01)
    text = request["messages"][-1]["content"][-1]["text"].upper()
    print(json.dumps({"id": request["id"], "text": text}), flush=True)
"""


class Gated:
    """A program that answers three requests, and the others once its gate is open."""

    def __init__(self, folder: Path) -> None:
        self.gate, self.log, self.code = folder / "gate", folder / "gated.log", folder / "gated.py"
        self.code.write_text(GATED)

    @property
    def words(self) -> list[str]:
        cmd = shlex.join([sys.executable, str(self.code), str(self.gate), str(self.log)])
        return ["--model", "command", "--model-arg", f"cmd={cmd}"]

    def asked(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []

    def wait(self, process: Process) -> None:
        """Until the program is asked what it does not answer yet."""
        while len(self.asked()) < 4:
            assert process.poll() is None
            time.sleep(0.005)


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path)


@pytest.fixture
def task(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    return write_lines(tmp_path / "quiz.jsonl", QUIZ)


def assert_undamaged(run: Path, lines_of: Callable[..., list[dict[str, Any]]]) -> None:
    (scores,) = (run / "scores").glob("*.jsonl")
    expected = Counter(line["id"] for line in QUIZ)
    assert Counter(line["id"] for line in lines_of(run / "samples.jsonl")) == expected
    assert Counter(line["id"] for line in lines_of(scores)) == expected
    assert json.loads((run / "summary.json").read_text())["results"][0]["value"] == 100.0


def test_the_second_ends_at_once_and_names_the_first(
    tmp_path: Path,
    start: Start,
    evalkit: Callable[..., Any],
    task: Path,
    gated: Gated,
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    words = ["run", *gated.words, "--task", task, "--out", tmp_path / "out"]
    first = start(*words)
    gated.wait(first)
    for more in ([], ["--fresh"], ["--stage", "score"], ["--limit", 3]):
        second = evalkit(*words, *more)
        assert second.code == 2
        assert f"process {first.pid} is working" in second.err
        assert "Traceback" not in second.err
        assert second.out == ""
    gated.gate.touch()
    _, err = first.communicate(timeout=30)
    assert first.returncode == 0, err.decode()
    run = run_of(tmp_path / "out")
    assert_undamaged(run, lines_of)
    assert len(gated.asked()) == COUNT
    assert [path.name for path in run.parent.iterdir()] == [run.name], "--fresh moved nothing"
    assert len(json.loads((run / "run.json").read_text())["stretches"]) == 1
    assert evalkit(*words).code == 0, "the lock ended with the process"


def test_several_that_start_together_ask_nothing_twice(
    tmp_path: Path,
    start: Start,
    task: Path,
    gated: Gated,
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    words = ["run", *gated.words, "--task", task, "--out", tmp_path / "out"]
    processes = [start(*words) for _ in range(4)]
    deadline = time.monotonic() + 30
    while sum(process.poll() is not None for process in processes) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    (works,) = [process for process in processes if process.poll() is None]
    gated.gate.touch()
    assert works.wait(timeout=30) == 0
    for process in processes:
        _, err = process.communicate(timeout=30)
        if process is not works:
            assert process.returncode == 2
            assert b"is working in this run directory" in err
    assert sorted(gated.asked()) == sorted(line["id"] for line in QUIZ)
    assert_undamaged(run_of(tmp_path / "out"), lines_of)


def test_other_settings_and_readers_do_not_wait(
    tmp_path: Path, start: Start, main: Callable[..., Any], task: Path, gated: Gated
) -> None:
    import evalkit

    first = start("run", *gated.words, "--task", task, "--out", tmp_path / "out")
    gated.wait(first)
    other = main("run", "--model", "constant", "--task", task, "--out", tmp_path / "out")
    assert other.code == 0, other.err
    assert main("leaderboard", "--out", tmp_path / "out").code == 0
    assert list(evalkit.load_results(tmp_path / "out")["model"]) == ["constant"]
    assert first.poll() is None
    gated.gate.touch()
    assert first.wait(timeout=30) == 0
    assert sorted(evalkit.load_results(tmp_path / "out")["model"]) == ["command", "constant"]


def test_kill_9_frees_the_run_for_the_next(
    tmp_path: Path,
    start: Start,
    evalkit: Callable[..., Any],
    task: Path,
    gated: Gated,
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    """At once, while the orphaned program still sits in its last request."""
    words = ["run", *gated.words, "--task", task, "--out", tmp_path / "out"]
    first = start(*words)
    gated.wait(first)
    first.kill()
    first.wait()
    scored = evalkit(*words, "--stage", "score", "--stage", "summarize", "--json")
    assert scored.code == 1, scored.err
    assert scored.json[0]["counts"]["n_scored"] == 3
    assert scored.json[0]["counts"]["n_pending"] == COUNT - 3
    gated.gate.touch()
    second = evalkit(*words)
    assert second.code == 0, second.err
    assert_undamaged(run_of(tmp_path / "out"), lines_of)
    assert len(gated.asked()) == COUNT + 1, "what was in flight is asked again"
