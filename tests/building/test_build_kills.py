"""kill -9 in every stage of a build, then the same command: nothing answered is asked again, the same result."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WORKERS = 2


def kill_when(process: subprocess.Popen[bytes], log: Path, lines: int) -> None:
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        if log.exists() and log.read_bytes().count(b"\n") >= lines:
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the kill came before the end"


def lines_of(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def result(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(folder).parts
    }


@pytest.mark.parametrize("benchmark", ["mmmb", "msib"])
def test_kills_in_every_stage_change_nothing(
    benchmark: str, workshop: Any, start: Callable[..., subprocess.Popen[bytes]], main: Callable[..., Any]
) -> None:
    workshop.faults("write", {"d0002": ["prose"], "d0005": ["leak", "short"], "d0007": ["prose"] * 3})
    workshop.seconds = 0.03
    words = getattr(workshop, benchmark)(8, WORKERS) + (
        ["--tts", workshop.word("speak", WORKERS)] if benchmark == "mmmb" else []
    )
    assert main(*words).code == 1, "d0007 stays unusable"
    workshop.decide("accept")
    assert main("build", benchmark, "--out", workshop.out, "--finish").code == 1
    whole, total = result(workshop.out), {role: len(workshop.asked(role)) for role in ("see", "write", "speak")}
    review = (workshop.out / "review.jsonl").read_bytes()
    workshop.out.rename(workshop.root / "straight")
    workshop.forget()

    kills = {"see": 0, "write": 0, "speak": 0}
    stages = (
        {"see": (2, 4), "write": (3, 7), "speak": (2, 5)} if benchmark == "mmmb" else {"write": (3, 7), "speak": (4, 9)}
    )
    workshop.seconds = 0.05

    for role, places in stages.items():
        if role == "speak":
            assert main(*words).code == 1
            assert (workshop.out / "review.jsonl").read_bytes() == review.replace(b'"accept"', b'""')
            workshop.decide("accept")
        for place in places:
            before = lines_of(workshop.root / f"{role}.log")
            process = start(*words)
            kill_when(process, workshop.root / f"{role}.log", max(before + 1, place))
            kills[role] += 1
    done = main(*words)
    assert done.code == 1, done.err
    assert result(workshop.out) == whole
    for role, count in kills.items():
        asked = len(workshop.asked(role))
        assert total[role] <= asked <= total[role] + count * WORKERS, "only what was in flight is asked again"


def test_an_interrupted_build_says_how_to_go_on(
    workshop: Any, start: Callable[..., subprocess.Popen[bytes]], main: Callable[..., Any]
) -> None:
    workshop.seconds = 0.2
    process = start(*workshop.mmmb())
    log = workshop.root / "see.log"
    while process.poll() is None and lines_of(log) < 2:
        time.sleep(0.005)
    busy = main("build", "mmmb", "--out", workshop.out)
    assert busy.code == 2 and "is working in this" in busy.err
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"repeat the command to go on" in err
    assert main("build", "mmmb", "--out", workshop.out).code == 0
    assert sum(workshop.counts("see").values()) <= 7
