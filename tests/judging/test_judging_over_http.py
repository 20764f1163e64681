"""A provider's wire between `evalkit judge` and its verdicts: failing calls, kill -9, and a second run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")
SERVER = Path(__file__).parents[1] / "models" / "servers" / "openai_server.py"


@pytest.fixture
def server() -> Iterator[str]:
    """A server whose verdict is "lol", after 20 ms; a tenth of the questions fail the first time."""
    process = subprocess.Popen([sys.executable, str(SERVER), "0", "0.02", "10"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = process.stdout.readline().split()[-1]
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()
    process.stdout.close()


def stats(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/stats") as reply:
        found: dict[str, int] = json.load(reply)
    return found


def test_killed_and_repeated_against_a_server_with_faults(
    server: str,
    main: Callable[..., Any],
    start: Callable[..., subprocess.Popen[bytes]],
    write_rubric: Callable[..., Path],
    write_lines: Callable[..., Path],
    tmp_path: Path,
) -> None:
    data = write_lines(tmp_path / "q.jsonl", [{"id": f"s{n}", "prompt": f"{n}?", "reference": "x"} for n in range(150)])
    texts = write_lines(tmp_path / "a.jsonl", [{"id": f"s{n}", "text": f"answer {n}"} for n in range(150)])
    main("score", "--task", data, "--responses", texts, "--out", tmp_path / "out")
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    rubric = write_rubric(output="{verdict: lol=1 | meh=0}", parse="choice", scale="0..100")
    judge = ["--judge", "openai-compatible", "--judge-arg", f"base_url={server}/v1", "--judge-arg", "model=m"]
    words = ["judge", run, "--rubric", rubric, *judge, "--concurrency", 8, "--json"]
    process = start(*words)
    deadline = time.monotonic() + 60
    while stats(server)["answers"] < 40:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    killed = stats(server)
    assert killed["answers"] < 150
    done = main(*words)
    assert done.code == 0, done.err
    (found,) = done.json
    assert found["results"][0]["counts"]["n_scored"] == 150
    after = stats(server)
    assert after["distinct"] == 150
    assert after["twice"] <= 9  # what was on its way when the process was killed
    assert found["calls"] <= 150 - killed["answers"] + 9
    again = main(*words)
    assert again.json[0]["calls"] == 0
    assert again.json[0]["results"] == found["results"]
    assert stats(server) == after


@pytest.fixture
def faultless() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, str(SERVER), "0", "0.02", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield f"http://127.0.0.1:{process.stdout.readline().split()[-1]}"
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("killed", [False, True], ids=["all-live", "one-killed"])
def test_five_processes_with_the_same_questions_pay_once(
    killed: bool,
    faultless: str,
    main: Callable[..., Any],
    start: Callable[..., subprocess.Popen[bytes]],
    write_rubric: Callable[..., Path],
    write_lines: Callable[..., Path],
    tmp_path: Path,
) -> None:
    data = write_lines(tmp_path / "q.jsonl", [{"id": f"s{n}", "prompt": f"{n}?", "reference": "x"} for n in range(100)])
    texts = write_lines(tmp_path / "a.jsonl", [{"id": f"s{n}", "text": f"answer {n}"} for n in range(100)])
    for name in "abcde":
        main("score", "--task", data, "--responses", texts, "--out", tmp_path / "out", "--name", name)
    runs = [next(iter((tmp_path / "out" / name).glob("*/*/run.json"))).parent for name in "abcde"]
    rubric = write_rubric(output="{verdict: lol=1 | meh=0}", parse="choice", scale="0..100")
    judge = ["--judge", "openai-compatible", "--judge-arg", f"base_url={faultless}/v1", "--judge-arg", "model=m"]
    more = ["--rubric", rubric, *judge, "--concurrency", 4, "--json", "--cache", tmp_path / "verdicts.sqlite"]
    working = [start("judge", run, *more) for run in runs]
    if killed:
        while stats(faultless)["answers"] < 20:
            time.sleep(0.01)
        working[0].kill()
        working[0].wait()
    for process in working[killed:]:
        assert process.wait(timeout=120) == 0
    after = stats(faultless)
    for run in runs[killed:]:
        (found,) = main("judge", run, *more).json
        assert (found["calls"], found["results"][0]["counts"]["n_scored"]) == (0, 100)
    assert after["distinct"] == 100
    # Of the killed one: what was in flight, and as much that had come and was not kept yet.
    assert after["answers"] <= 100 + (2 * 4 if killed else 0)
