"""Merging leaderboards of many machines: a union of rows, so that order and repetition do not matter."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pydantic

from evalkit.core.errors import ResultsError
from evalkit.records.leaderboard import LEADERBOARD_SCHEMA, Leaderboard, LeaderboardRow
from evalkit.report.leaderboard import ordered

CONFLICT = "conflict"
_KEY = ("source", "model", "column", "run", "protocol", "judge", "rubric", "paper", "table", "variant")
_DERIVED: dict[str, Any] = {"rank": None, "unranked": None}


def merge(boards: Iterable[Leaderboard]) -> Leaderboard:
    """The union of all rows, each distinct row once.

    Rows of one run (or printed cell) that differ in more than their date contradict each other: all of them stay,
    marked "conflict: ...". Ranks are dropped, as they depend on the whole; rank the result anew.

    The merge is commutative, associative and idempotent.
    """
    distinct: dict[str, LeaderboardRow] = {}
    for board in boards:
        for row in board.rows:
            plain = _underived(row)
            distinct.setdefault(plain.model_dump_json(), plain)
    groups: dict[tuple[Any, ...], list[LeaderboardRow]] = {}
    for row in distinct.values():
        groups.setdefault(tuple(getattr(row, name) for name in _KEY), []).append(row)
    found: list[LeaderboardRow] = []
    for group in groups.values():
        contents = {row.model_dump_json(exclude={"date"}) for row in group} if len(group) > 1 else set()
        if len(contents) > 1:
            mark = f"{CONFLICT}: {len(contents)} contents of one {'run' if group[0].source == 'run' else 'cell'}"
            group = [row.model_copy(update={"marks": [*row.marks, mark]}) for row in group]
        found += group
    return Leaderboard(rows=ordered(found))


def read_leaderboard(path: Path) -> Leaderboard:
    """Read a leaderboard written with `--format json`.

    Raises:
        ResultsError: missing, truncated, of another schema, or a row that is wrong (named by its number).
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        return Leaderboard.model_validate_json(content)
    except pydantic.ValidationError as error:
        again = "Write it anew with 'evalkit leaderboard --format json --to FILE' where its runs are"
        raise ResultsError(f"{path}: {_problem(content, error)}. {again}") from error


def _underived(row: LeaderboardRow) -> LeaderboardRow:
    kept = [mark for mark in row.marks if not mark.startswith(CONFLICT)]
    if row.rank is None and row.unranked is None and len(kept) == len(row.marks):
        return row
    return row.model_copy(update={**_DERIVED, "marks": kept})


def _problem(content: bytes, error: pydantic.ValidationError) -> str:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as broken:
        return f"not JSON, probably truncated ({broken})"
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != LEADERBOARD_SCHEMA:
        return f"schema {schema!r}, but this version of evalkit reads '{LEADERBOARD_SCHEMA}'"
    first = error.errors()[0]
    place = first["loc"]
    where = f"row {place[1]}, {'.'.join(map(str, place[2:]))}" if len(place) > 2 else ".".join(map(str, place))
    return f"{where}: {first['msg']}"
