"""Runs of tasks by the command line, in this process, with a model that opens what it is shown."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

MODEL = Path(__file__).parent / "looking_model.py"


class Looking:
    """Runs tasks on the data of one folder.

    Args:
        main: the command line.
        folder: DIR of `--data`, with `out/` and the model's files beside.
    """

    def __init__(self, main: Callable[..., Any], folder: Path) -> None:
        self.main, self.folder, self.data = main, folder, folder / "data"
        self.log, self.answers = folder / "asked.jsonl", folder / "answers.json"

    def words(self, *words: object) -> list[object]:
        return [
            "--data", self.data, "--out", self.folder / "out", "--model", f"{MODEL}:looking",
            "--model-arg", f"file={self.answers}", "--model-arg", f"log={self.log}", *words,
        ]  # fmt: skip

    def call(self, replies: Mapping[str, str], *words: object) -> Any:
        """What the process leaves: code, out, err."""
        self.answers.write_text(json.dumps(replies))
        self.log.write_text("")
        return self.main("run", *self.words(*words))

    def run(self, replies: Mapping[str, str], *words: object) -> tuple[int, Any]:
        """Exit code, and the only summary."""
        done = self.call(replies, *words, "--json")
        assert done.code in (0, 1), done.err
        (summary,) = done.json
        return done.code, summary

    def refused(self, *words: object) -> str:
        """The message of a command that is refused before anything is asked."""
        done = self.call({}, *words)
        assert (done.code, self.asked()) == (2, {}), done.err
        return str(done.err)

    def asked(self) -> dict[str, list[Any]]:
        return {line["id"]: line["parts"] for line in map(json.loads, self.log.read_text().splitlines())}


def values(summary: Any) -> dict[str, Any]:
    return {name: column["value"] for name, column in summary["columns"].items()}


def tone(seconds: float = 0.3, rate: int = 16000, kind: str = "WAV", pitch: float = 440.0) -> bytes:
    """A tone in any format that libsndfile writes."""
    wave = 0.3 * np.sin(2 * math.pi * pitch * np.arange(round(seconds * rate)) / rate)
    file = io.BytesIO()
    sf.write(file, wave, rate, format=kind)
    return file.getvalue()


def put(path: Path, content: bytes | str | Any) -> Path:
    """Write a file; what is neither text nor bytes becomes JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def put_lines(path: Path, rows: list[Any]) -> Path:
    return put(path, "".join(json.dumps(row) + "\n" for row in rows))
