"""Reading journals: each sample once, whatever the file holds; the latest line of a failure that was tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from evalkit.core.errors import ResultsError
from evalkit.records.shapes import problem_of

Chosen = Callable[[Mapping[str, Any]], bool]  # whether a line is one of those a command is about

# Patterns that every line has which a later line with the same id replaces.
FAILED = (b'"failure":{',)
RESCORED = (b'"status":"model_failed"', b'"status":"judge_failed"')
_PROVISIONAL = ("model_failed", "judge_failed")
_LONGEST = 1 << 28  # bytes of a line


class Record(dict[str, Any]):
    """A line of a journal, which knows where it stands: a field that is missing is told with file and line.

    Args:
        fields: of the line.
        path: of the journal.
        number: of the line, from 1.
    """

    __slots__ = ("number", "path")

    def __init__(self, fields: Mapping[str, Any], path: Path, number: int) -> None:
        super().__init__(fields)
        self.path, self.number = path, number

    def __missing__(self, key: str) -> Any:
        raise ResultsError(_damaged(self.path, self.number, f'not a line of this journal ("{key}" is missing)'))


def read(path: Path, provisional: tuple[bytes, ...]) -> Iterator[dict[str, Any]]:
    """The records of a journal, each id once, in file order.

    Args:
        path: the file; a missing one has no records. A torn last line is left out.
        provisional: `FAILED` for answers, `RESCORED` for scores. Where it is empty, every line is a record: the latest
            one of an id counts.

    Raises:
        ResultsError: a line that is not JSON, or not of the journal's form, with its number.
    """
    return (record for record, stands in read_all(path, provisional) if stands)


def read_all(path: Path, provisional: tuple[bytes, ...]) -> Iterator[tuple[dict[str, Any], bool]]:
    """As `read`, with the provisional records that another one has taken the place of; False stands beside those.

    A line that settles an id stands, and what follows of that id does not count: lines come twice where two processes
    appended, or somebody joined files.
    """
    dead = _replaced(path, provisional)
    settled: set[str] = set()
    for number, line in _lines(path):
        record = _parsed(path, number, line)
        if not provisional:
            yield record, True
            continue
        key = record["id"]
        if _is_provisional(record):
            yield record, number not in dead and key not in settled
        elif key not in settled:
            settled.add(key)
            yield record, True


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror})") from error
    with file:
        number = 0
        while line := file.readline(_LONGEST):
            number += 1
            if line.endswith(b"\n"):
                yield number, line
            elif len(line) == _LONGEST:
                raise ResultsError(_damaged(path, number, f"longer than {_LONGEST >> 20} MiB"))


def _replaced(path: Path, provisional: tuple[bytes, ...]) -> frozenset[int]:
    """Numbers of provisional lines that a later line replaces."""
    waiting: dict[str, int] = {}
    dead: set[int] = set()
    for number, line in _lines(path) if provisional else ():
        may_be = any(pattern in line for pattern in provisional)
        if not waiting and not may_be:
            continue
        record = _parsed(path, number, line)
        key = record["id"]
        if key in waiting:
            dead.add(waiting.pop(key))
        if may_be and _is_provisional(record):
            waiting[key] = number
    return frozenset(dead)


def _is_provisional(record: Mapping[str, Any]) -> bool:
    return record.get("failure") is not None or record.get("status") in _PROVISIONAL


def _parsed(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ResultsError(_damaged(path, number, f"not JSON ({error})")) from error
    problem = problem_of(path, record)
    if problem is not None:
        raise ResultsError(_damaged(path, number, f"not a line of this journal ({problem})"))
    return Record(record, path, number)


def _damaged(path: Path, number: int, problem: str) -> str:
    return (
        f"{path}, line {number}: {problem}; the file was damaged from outside. "
        "Remove that line to go on (its sample is asked again), or start over with --fresh"
    )
