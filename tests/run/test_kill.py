"""kill -9 at any moment: nothing answered twice in the journal, nothing lost, the same summary to the byte."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLES = 240
KILLS = 20
WORKERS = 2


def questions() -> list[dict[str, Any]]:
    return [
        {
            "id": f"q{i}",
            "prompt": f"question {i}",
            "reference": f"QUESTION {i if i % 3 else 'unknown'}",
            "cluster": f"speaker {i % 30}",
            "note": "\u2028 kept" * (i % 5),
        }
        for i in range(SAMPLES)
    ]


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@pytest.mark.campaign
def test_twenty_kills_in_a_row_change_nothing(
    tmp_path: Path,
    start: Callable[..., subprocess.Popen[bytes]],
    evalkit: Callable[..., Any],
    program: Any,
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", questions())
    rng = random.Random(20251120)
    program.sleep = 0.01
    words = ["run", *program.words, "--model-arg", f"workers={WORKERS}", "--task", task, "--out", tmp_path / "killed"]
    killed = 0
    for number in range(KILLS):
        seen = size(program.log)
        process = start(*words)
        if number % 5 == 4:  # somewhere in the start of the program
            time.sleep(rng.uniform(0.05, 0.5))
        else:  # in the middle of answers, which is where most of the time goes
            wanted = rng.randint(1, 7) * 300
            while process.poll() is None and size(program.log) < seen + wanted:
                time.sleep(0.001)
            time.sleep(rng.uniform(0.0, 0.012))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed == KILLS
    half = run_of(tmp_path / "killed") / "samples.jsonl"
    assert 0 < half.read_bytes().count(b"\n") < SAMPLES, "the kills came before the end"

    last = evalkit(*words)
    assert last.code == 0, last.err
    run = run_of(tmp_path / "killed")
    ids = Counter(line["id"] for line in lines_of(run / "samples.jsonl"))
    assert ids == Counter(f"q{i}" for i in range(SAMPLES)), "every sample answered exactly once"
    (scores,) = (run / "scores").glob("*.jsonl")
    assert Counter(line["id"] for line in lines_of(scores)) == ids

    asked = Counter(program.asked())
    assert set(asked) == set(ids)
    assert sum(asked.values()) - SAMPLES <= KILLS * WORKERS, "only what was in flight is asked again"

    whole = evalkit(
        "run", "--model", "command", "--model-arg", f"cmd={program.cmd}", "--task", task, "--out", tmp_path / "whole"
    )
    assert whole.code == 0, whole.err
    assert (run_of(tmp_path / "whole") / "summary.json").read_bytes() == (run / "summary.json").read_bytes()


@pytest.mark.parametrize("stage", ["score", "summarize"])
def test_kills_in_the_later_stages(
    stage: str,
    tmp_path: Path,
    start: Callable[..., subprocess.Popen[bytes]],
    evalkit: Callable[..., Any],
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    count = 6000
    texts = (f"the {i} words of sentence number {i % 77} are spoken by {i % 13} people" for i in range(count))
    lines = [{"id": f"q{i}", "prompt": "?", "reference": text} for i, text in enumerate(texts)]
    task = write_lines(tmp_path / "many.jsonl", lines)
    words = ["run", "--model", "constant", "--model-arg", "text=the words of people", "--task", task,
             "--scorer", "error_rate:plain", "--scorer-arg", "language=en", "--out"]  # fmt: skip
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert evalkit(*words, whole).code == 0
    assert evalkit(*words, parts, "--stage", "generate").code == 0
    if stage == "summarize":
        assert evalkit(*words, parts, "--stage", "score").code == 0
    rng = random.Random(7)
    run = run_of(parts)
    for number in range(6):
        process = start(*words, parts, "--stage", stage)
        if stage == "score" and number % 2:
            seen = sum(map(size, (run / "scores").glob("*.jsonl")))
            while process.poll() is None and sum(map(size, (run / "scores").glob("*.jsonl"))) == seen:
                time.sleep(0.0005)
        else:
            time.sleep(rng.uniform(0.25, 0.5))
        process.kill()
        process.wait()
    done = evalkit(*words, parts)
    assert done.code == 0, done.err
    (scores,) = (run / "scores").glob("*.jsonl")
    assert Counter(line["id"] for line in lines_of(scores)) == Counter(line["id"] for line in lines)
    assert (run / "summary.json").read_bytes() == (run_of(whole) / "summary.json").read_bytes()
