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
