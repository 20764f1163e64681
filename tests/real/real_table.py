"""The table of what was run on real weights: kept in measured.json, shown in README.md between two marks."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KEPT = Path(__file__).with_name("measured.json")
README = ROOT / "README.md"
BEGIN, END = "<!-- real weights: written by `make real` -->\n", "<!-- end of real weights -->\n"

# What is run, in the order of the table.
KEYS = ("batches", "served", "judge_digit", "judge_line", "judge_json", "judge_echo", "recogniser", "transcriber",
        "cascade_images", "cascade_speech")  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        weights: what was run.
        role: as what evalkit ran it.
        on: data and settings.
        found: measured figures.
        seconds: wall time of the commands, loading included; None where other programs kept the machine busy.
    """

    weights: str
    role: str
    on: str
    found: str
    seconds: float | None


@dataclass
class Measured:
    """Rows by key, with the day and the machine."""

    rows: dict[str, Row] = field(default_factory=dict)
    date: str = ""
    machine: str = ""

    def tell(self, key: str, *cells: str, seconds: float) -> None:
        """Note what a test has measured, after all its checks."""
        if key not in KEYS:
            raise KeyError(key)
        self.rows[key] = Row(*cells, seconds=round(seconds, 1))

    @property
    def complete(self) -> bool:
        return set(self.rows) == set(KEYS)

    def keep(self) -> None:
        """Write the file, and the table into README.md."""
        self.date = f"{datetime.now(timezone.utc):%Y-%m-%d}"
        packages = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in ("torch", "transformers"))
        self.machine = f"{os.cpu_count()} cores of {platform.machine()}, no GPU, {packages}"
        KEPT.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        text = README.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        README.write_text(f"{before}{BEGIN}{table(self)}{END}{after}", encoding="utf-8")


def kept() -> Measured:
    """What was measured last."""
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    rows = {key: Row(**row) for key, row in found.pop("rows").items()}
    return Measured(rows, **found)


def table(measured: Measured) -> str:
    """Markdown."""
    return "\n".join(_lines(measured)) + "\n"


def _lines(measured: Measured) -> Iterator[str]:
    yield "| weights | run as | on | found | s |"
    yield "| :-- | :-- | :-- | :-- | --: |"
    for key in KEYS:
        if key in measured.rows:
            row = measured.rows[key]
            seconds = "-" if row.seconds is None else f"{row.seconds:.0f}"
            yield f"| {row.weights} | {row.role} | {row.on} | {row.found} | {seconds} |"
    yield ""
    timed = any(row.seconds is not None for row in measured.rows.values())
    seconds = "; seconds are of whole commands, loading included" if timed else ""
    yield f"Measured on {measured.date}: {measured.machine}{seconds}."
