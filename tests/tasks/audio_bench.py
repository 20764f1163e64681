"""What the tests of audio tasks share: clips, and a task run by the command line on a small copy of its data."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

REPLYING = Path(__file__).with_name("replying.py")


def clip(seconds: float = 0.05, rate: int = 16000, channels: int = 1, kind: str = "WAV") -> bytes:
    """A sound file: faint noise, the same in all channels."""
    noise = np.random.default_rng(7).uniform(-0.1, 0.1, round(seconds * rate))
    file = io.BytesIO()
    sf.write(file, np.repeat(noise[:, None], channels, axis=1), rate, format=kind)
    return file.getvalue()


def put(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Bench:
    """Runs a task on the data below a folder.

    Args:
        main: the command line.
        folder: holds the data, and what the runs write.
        task: its name, with splits where they are chosen.
    """

    def __init__(self, main: Callable[..., Any], folder: Path, task: str) -> None:
        self.main, self.folder, self.task = main, folder, task
        self.log = folder / "asked.jsonl"

    def run(self, replies: Mapping[str, str | None], *words: object) -> tuple[int, Any]:
        """Exit code and summary of a run."""
        done = self.tried(replies, *words)
        assert done.code in (0, 1), done.err
        (summary,) = json.loads(done.out)
        return done.code, summary

    def tried(self, replies: Mapping[str, str | None], *words: object) -> Any:
        """A run, whatever becomes of it."""
        answers = put(self.folder / "replies.json", json.dumps(replies))
        self.log.write_text("")
        return self.main(
            "run", "--task", self.task, "--data", self.folder, "--out", self.folder / "out", "--model",
            f"{REPLYING}:replying", "--model-arg", f"file={answers}", "--model-arg", f"log={self.log}", "--json", *words,
        )  # fmt: skip

    def scored(self, answers: Mapping[str, str | None], name: str, *words: object) -> Any:
        """Summary of `evalkit score` on answers made elsewhere."""
        lines = [json.dumps({"id": key, "text": text}) for key, text in answers.items()]
        file = put(self.folder / f"{name}.jsonl", "".join(f"{line}\n" for line in lines))
        done = self.main(
            "score", "--task", self.task, "--responses", file, "--name", name, "--data", self.folder,
            "--out", self.folder / "scored", "--json", *words,
        )  # fmt: skip
        assert done.code in (0, 1), done.err
        (summary,) = json.loads(done.out)
        return summary

    def asked(self) -> dict[str, Any]:
        """Id -> what the model was asked in the last run."""
        return {line["id"]: line for line in map(json.loads, self.log.read_text().splitlines())}


def columns(summary: Any) -> dict[str, Any]:
    return {name: column["value"] for name, column in summary["columns"].items()}
