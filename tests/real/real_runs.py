"""evalkit as a process on real weights, and what its files say afterwards."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
QUESTIONS = HERE / "questions.jsonl"
NEW_TOKENS = 24
LIBRARIES = re.compile(r"\[transformers\]|Warning:|warnings\.warn|it/s|huggingface|tokenizers")  # how they sound


@dataclass(frozen=True)
class Ran:
    """A command that has ended.

    Args:
        code, out, err: of the process.
        seconds: wall time, start and loading included.
        folder: its results folder.
    """

    code: int
    out: str
    err: str
    seconds: float
    folder: Path

    @property
    def run(self) -> Path:
        """The only run directory."""
        (found,) = (path.parent for path in self.folder.glob("*/*/*/run.json"))
        return found

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.run / "summary.json").read_bytes())
        return found

    @property
    def samples(self) -> list[dict[str, Any]]:
        return lines(self.run / "samples.jsonl")

    @property
    def texts(self) -> dict[str, str]:
        """What was answered, by the id of the sample; every sample once."""
        found = {line["id"]: line["text"] for line in self.samples}
        assert len(found) == len(self.samples)
        return found

    def value(self, **where: Any) -> dict[str, Any]:
        """The only result of the summary with these keys."""
        rows = self.summary["results"]
        (found,) = (row for row in rows if all(row[key] == value for key, value in where.items()))
        return dict(found)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def questions() -> list[dict[str, Any]]:
    return lines(QUESTIONS)


def words(*given: object) -> list[str]:
    return [sys.executable, "-m", "evalkit", *map(str, given)]


def environment() -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("EVALKIT_", "TRANSFORMERS_", "PYTHON"))
    }
    return {**kept, "HF_HUB_OFFLINE": "1"}


def evalkit(command: str, *given: object, out: Path, codes: tuple[int, ...] = (0,)) -> Ran:
    """Run a command to its end, which must be one of these exit codes, without a word of a library on stderr.

    Args:
        command: of evalkit.
        given: its arguments.
        out: results folder; `judge` finds it by its run.
        codes: exit codes that are right.
    """
    began = time.monotonic()
    where = () if command == "judge" else ("--out", out)
    full = words(command, *given, *where)
    done = subprocess.run(full, capture_output=True, text=True, env=environment(), cwd=out.parent, check=False)
    ran = Ran(done.returncode, done.stdout, done.stderr, time.monotonic() - began, out)
    assert ran.code in codes, f"{full}\n{ran.out}\n{ran.err}"
    strange = [line for line in ran.err.splitlines() if LIBRARIES.search(line)]
    assert not strange, f"a library spoke on stderr: {strange}"
    return ran


def right(ran: Ran) -> str:
    """Accuracy with its interval, as the table has it."""
    found = ran.value(split=None, breakdown=None)
    return f"{found['value']:.1f} [{found['low']:.1f}, {found['high']:.1f}] % right"
