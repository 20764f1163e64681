"""Reading journals: each sample once, the latest line of a failure that was tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from evalkit.core.errors import ResultsError

Chosen = Callable[[Mapping[str, Any]], bool]  # whether a line is one of those a command is about

# Patterns of lines that a later line with the same id replaces. As quotes are escaped inside JSON strings, the text
# of an answer cannot hold them.
FAILED = (b'"failure":{',)
RESCORED = (b'"status":"model_failed"', b'"status":"judge_failed"')


def read(path: Path, provisional: tuple[bytes, ...]) -> Iterator[dict[str, Any]]:
    """The records of a journal, each id once, in file order.

    Args:
        path: the file; a missing one has no records. A torn last line is left out.
        provisional: `FAILED` for answers and transcripts, `RESCORED` for scores.

    Raises:
        ResultsError: a line that is not JSON, with its number.
    """
    return (record for record, stands in read_all(path, provisional) if stands)


def read_all(path: Path, provisional: tuple[bytes, ...]) -> Iterator[tuple[dict[str, Any], bool]]:
    """As `read`, with the records that a later one has taken the place of; False stands beside those."""
    if not path.exists():
        return
    dead = _replaced(path, provisional)
    for number, line in _lines(path):
        yield _parsed(path, number, line), number not in dead


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield number, line


def _replaced(path: Path, provisional: tuple[bytes, ...]) -> frozenset[int]:
    """Numbers of provisional lines that a later line replaces."""
    waiting: dict[str, int] = {}
    dead: set[int] = set()
    for number, line in _lines(path):
        is_provisional = any(pattern in line for pattern in provisional)
        if not waiting and not is_provisional:
            continue
        key = _parsed(path, number, line)["id"]
        if key in waiting:
            dead.add(waiting.pop(key))
        if is_provisional:
            waiting[key] = number
    return frozenset(dead)


def _parsed(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ResultsError(
            f"{path}, line {number}: not JSON ({error}); the file was damaged from outside. "
            "Remove that line to go on (its sample is asked again), or start over with --fresh"
        ) from error
    return record
