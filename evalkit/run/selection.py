"""Which of a task's samples a command is about: the first N, a share, a stretch, or named ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.core.errors import DataError, UsageError


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a task's samples, counted in the order of its splits.

    Args:
        limit: samples in all, shared out evenly over the splits.
        percent: share of every split, from its beginning, at least one sample; 0 < percent <= 100.
        span: first and last place within the chosen splits together, from 1.
        ids: ids of samples; of a conversation or a repeated sample, the whole.
    """

    limit: int | None = None
    percent: float | None = None
    span: tuple[int, int] | None = None
    ids: frozenset[str] | None = None

    @property
    def partial(self) -> bool:
        """True when it may leave samples out."""
        return self != Selection()

    def __str__(self) -> str:
        words = []
        if self.limit is not None:
            words.append(f"limit {self.limit}")
        if self.percent is not None:
            words.append(f"first {self.percent:g} %")
        if self.span is not None:
            words.append(f"samples {self.span[0]}-{self.span[1]}")
        if self.ids is not None:
            words.append(f"{len(self.ids)} named samples")
        return ", ".join(words)


def parse_limit(text: str) -> Selection:
    """What `--limit` says: N, P% or A-B.

    Raises:
        UsageError: none of these.
    """
    found = re.fullmatch(r"\s*(\d+)\s*", text)
    if found and int(found[1]) >= 1:
        return Selection(limit=int(found[1]))
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text)
    if found and 0 < float(found[1]) <= 100:
        return Selection(percent=float(found[1]))
    found = re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", text)
    if found and 1 <= int(found[1]) <= int(found[2]):
        return Selection(span=(int(found[1]), int(found[2])))
    raise UsageError(f"--limit {text}: expected at least 1: N samples, P% of each split, or A-B for places from 1")


def parse_ids(words: Sequence[str]) -> frozenset[str]:
    """What `--ids` says: ids, or files with one id a line.

    Raises:
        UsageError: no id at all.
        DataError: a file that cannot be read.
    """
    found: list[str] = []
    for word in words:
        path = Path(word)
        if path.is_file():
            found += _lines(path)
        elif word.endswith((".txt", ".lst", ".ids")):
            raise DataError(path, "no such file; --ids takes ids, or a file with one id a line")
        else:
            found += [part.strip() for part in word.split(",") if part.strip()]
    if not found:
        raise UsageError("--ids names no sample")
    return frozenset(found)


def _lines(path: Path) -> Iterable[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
