"""A benchmark through the real command line: a model that speaks from a file, and a judge on loopback with faults."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from evalkit.models.api import retrying

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "forms"))
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply
from stand_ins import say, words

__all__ = ["STAND_INS", "Bench", "bench", "heard", "openai_wire", "say", "write_rows"]
STAND_INS = Path(__file__).resolve().parents[1] / "forms" / "stand_ins.py"


def heard(asked: Asked) -> str | None:
    """What the last recording says that a judge was given; None without one."""
    content = asked.json["messages"][-1]["content"]
    found = [part for part in content if isinstance(part, dict) and part["type"] == "input_audio"]
    if not found:
        return None
    wave, _ = sf.read(io.BytesIO(base64.b64decode(found[-1]["input_audio"]["data"])))
    return words(np.asarray(wave))


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


class Bench:
    """Runs a task on a small copy of its data.

    The judge says what the reply asks for, "verdict=...", where "_" is a space, "~" a line's end and "|" parts what it
    says the first time, the second time, ...; once in three questions it is overloaded the first time it is asked.
    """

    def __init__(self, main: Callable[..., Any], folder: Path) -> None:
        self.main, self.folder, self.data = main, folder, folder / "data"
        self.log = folder / "asked.log"
        self.seen: Counter[bytes] = Counter()
        self.told: Counter[bytes] = Counter()
        self.server = Loopback(self.answer)

    def answer(self, asked: Asked) -> Reply:
        self.seen[asked.body] += 1
        if len(self.seen) % 3 == 1 and self.seen[asked.body] == 1:
            return openai_wire.refuse(503, "overloaded")
        said = heard(asked)
        found = re.findall(r"verdict=(\S*)", said if said is not None else openai_wire.prompt(asked))
        text = found[-1].replace("_", " ").replace("~", "\n") if found else "none"
        question = re.sub(rb'"seed": ?\d+', b"", asked.body)  # each attempt has a seed of its own
        self.told[question] += 1
        several = text.split("|")
        return openai_wire.say(asked, several[min(self.told[question], len(several)) - 1])

    @property
    def prompts(self) -> list[str]:
        """What the judge was asked in words, each question once."""
        return list(dict.fromkeys(openai_wire.prompt(asked) for asked in self.server.asked))

    @property
    def judge(self) -> list[str]:
        told = {"model": "judge", "base_url": f"{self.server.url}/v1", "takes": "text,audio"}
        return [
            "--judge",
            "openai-compatible",
            *(word for item in told.items() for word in ("--judge-arg", "=".join(item))),
        ]

    def run(self, task: str, replies: Mapping[str, Any], *more: str) -> tuple[int, Any]:
        """Exit code, and the summary."""
        answers = self.folder / "answers.json"
        answers.write_text(json.dumps(replies))
        self.log.write_text("")
        done = self.main(
            "run", "--task", task, "--data", self.data, "--out", self.folder / "out", "--model",
            f"{STAND_INS}:scripted", "--model-arg", f"file={answers}", "--model-arg", f"log={self.log}", *self.judge,
            "--transcriber", f"{STAND_INS}:ear", "--json", *more,
        )  # fmt: skip
        assert done.code in (0, 1), done.err
        (summary,) = json.loads(done.out)
        return done.code, summary

    def asked(self) -> list[str]:
        return self.log.read_text().split()


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    pytest.importorskip("openai")
    monkeypatch.setattr(retrying, "BASE", 0.01)
    made = Bench(main, tmp_path)
    with made.server:
        yield made
