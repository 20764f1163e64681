"""Runs a task on a small copy of its data through the command line, with a model that answers from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

STAND_INS = Path(__file__).parents[1] / "forms" / "stand_ins.py"


class Bench:
    """Runs a task on its small copy, with a model that answers from a file."""

    def __init__(self, main: Callable[..., Any], folder: Path) -> None:
        self.main, self.folder = main, folder
        self.log = folder / "asked.log"

    def run(self, task: str, replies: Mapping[str, Any], *words: object) -> tuple[int, Any]:
        """Exit code, and the summary."""
        answers = self.folder / "answers.json"
        answers.write_text(json.dumps(replies))
        self.log.write_text("")
        done = self.main(
            "run", "--task", task, "--data", self.folder, "--out", self.folder / "out",
            "--model", f"{STAND_INS}:scripted", "--model-arg", f"file={answers}", "--model-arg", f"log={self.log}",
            "--json", *words,
        )  # fmt: skip
        assert done.code in (0, 1), done.err
        (summary,) = json.loads(done.out)
        return done.code, summary

    def asked(self) -> list[str]:
        return self.log.read_text().split()


def values(summary: Any, kind: str = "value") -> dict[str, Any]:
    return {name: column[kind] for name, column in summary["columns"].items()}
