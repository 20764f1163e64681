"""Run a command and read what the operating system says it used."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Used:
    """What one process and its children used.

    Args:
        wall: seconds from start to end.
        cpu: user and system seconds.
        peak_mb: largest resident set of a single process, MB.
        code: exit code.
    """

    wall: float
    cpu: float
    peak_mb: float
    code: int


def measure(command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None) -> Used:
    """Run a command to its end; its output goes to `log`."""
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def best_of(
    runs: int, command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Used:
    """The run with the least CPU time: what the program needs when nothing disturbs it."""
    return min((measure(command, folder, log, environment) for _ in range(runs)), key=lambda used: used.cpu)
