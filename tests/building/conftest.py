"""Images with a manifest, stand-ins of the models, and what a reviewer does to the review file."""

from __future__ import annotations

import csv
import json
import shlex
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "building_program.py"
NAMES = ("harbour", "kitchen", "menu", "market", "platform", "garden")


def png(colour: int) -> bytes:
    """A picture of one colour, 2 by 2."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([colour % 256, colour // 256, 7]) * 2) * 2
    header = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass
class Workshop:
    """Folders of one build and the models it asks."""

    root: Path
    seconds: float = 0.0

    @property
    def out(self) -> Path:
        return self.root / "built"

    @property
    def images(self) -> Path:
        return self.root / "images"

    def word(self, role: str, workers: int = 1, timeout: float = 20) -> str:
        """The model of a role, by a word."""
        cmd = shlex.join([sys.executable, "-S", "-E", str(PROGRAM), role, str(self.root), str(self.seconds)])
        return f"command,cmd={cmd},workers={workers},timeout={timeout}"

    def faults(self, role: str, faults: Mapping[str, list[str]]) -> None:
        """What goes wrong, by item."""
        (self.root / f"{role}.json").write_text(json.dumps(faults))

    def asked(self, role: str) -> list[dict[str, Any]]:
        """Requests a model got."""
        log = self.root / f"{role}.log"
        return [json.loads(line) for line in log.read_bytes().splitlines()] if log.exists() else []

    def counts(self, role: str) -> Counter[str]:
        """How often each request came."""
        return Counter(request["id"] for request in self.asked(role))

    def forget(self) -> None:
        for log in self.root.glob("*.log"):
            log.unlink()

    def mmmb(self, dialogues: int = 6, workers: int = 1, timeout: float = 20, out: Path | None = None) -> list[Any]:
        return ["build", "mmmb", "--images", self.images, "--vlm", self.word("see", workers, timeout), "--llm",
                self.word("write", workers, timeout), "--out", out or self.out, "--dialogues", dialogues]  # fmt: skip

    def msib(self, dialogues: int = 6, workers: int = 1, timeout: float = 20, out: Path | None = None) -> list[Any]:
        return ["build", "msib", "--llm", self.word("write", workers, timeout), "--tts",
                self.word("speak", workers, timeout), "--out", out or self.out, "--dialogues", dialogues]  # fmt: skip

    def drafts(self, out: Path | None = None) -> list[dict[str, Any]]:
        """Lines of the review file."""
        return [json.loads(line) for line in ((out or self.out) / "review.jsonl").read_text().split("\n")[:-1]]

    def decide(self, edit: Callable[[dict[str, Any]], None] | str = "accept", out: Path | None = None) -> None:
        """Review: a decision for all lines, or an edit of each."""
        lines = self.drafts(out)
        for line in lines:
            if isinstance(edit, str):
                line["decision"] = edit
            else:
                edit(line)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        ((out or self.out) / "review.jsonl").write_text(text)

    def rows(self, out: Path | None = None) -> list[dict[str, Any]]:
        """The result."""
        return [json.loads(line) for line in ((out or self.out) / "dialogues.jsonl").read_text().split("\n")[:-1]]

    def record(self, out: Path | None = None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(((out or self.out) / "build.json").read_text())
        return found


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    made.images.mkdir()
    with (made.images / "images.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "provenance", "licence"])
        for number, name in enumerate(NAMES):
            (made.images / f"{name}.png").write_bytes(png(number * 40))
            writer.writerow([f"{name}.png", f"own photograph {number}", "CC0-1.0" if number % 2 else "CC-BY-4.0"])
    return made
