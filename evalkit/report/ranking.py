"""Ranks: places among rows that can be compared, and for every other row why it has none.

Comparable are complete runs over all samples that share protocol, judge and rubric. A column is ranked on the
basis that most models share. Numbers from papers have no rank, as a paper does not say its protocol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from evalkit.core.errors import UnknownNameError
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.leaderboard_merge import CONFLICT
from evalkit.report.own_columns import is_own

# Protocol, judge, rubric, data; "" where there is none. Data matter where the column is not that of a benchmark.
Basis: TypeAlias = tuple[str, str, str, str]


def ranked(rows: Iterable[LeaderboardRow], protocol: str | None = None) -> list[LeaderboardRow]:
    """The same rows in the same order, each with `rank` or `unranked`.

    Equal values share a rank, and as many ranks are left out after them (1, 2, 2, 4).

    Args:
        rows: rows of any columns.
        protocol: rank the rows of this protocol; None for each column's commonest. Commonest is what most models
            were run by; of equally common ones the first by name.

    Raises:
        UnknownNameError: no row has that protocol.
    """
    table = list(rows)
    known = {row.protocol for row in table if row.protocol is not None}
    if protocol is not None and protocol not in known:
        raise UnknownNameError("protocol", protocol, known)
    columns: dict[str, list[LeaderboardRow]] = {}
    for row in table:
        columns.setdefault(row.column, []).append(row)
    chosen = {name: _commonest(found, protocol) for name, found in columns.items()}
    reasons = [_reason(row, chosen[row.column]) for row in table]
    values: dict[str, list[float]] = {name: [] for name in columns}
    for row, reason in zip(table, reasons, strict=True):
        if reason is None and row.value is not None:
            values[row.column].append(-row.value if row.higher_is_better else row.value)
    places = {name: _places(found) for name, found in values.items()}
    return [_placed(row, reason, places[row.column]) for row, reason in zip(table, reasons, strict=True)]


def basis(row: LeaderboardRow) -> Basis:
    """What two rows must share to be compared; the data where a column is a task's own value and names no benchmark."""
    data = (row.data_revision or "") if is_own(row) else ""
    return row.protocol or "", row.judge or "", row.rubric or "", data


def _placed(row: LeaderboardRow, reason: str | None, places: dict[float, int]) -> LeaderboardRow:
    rank = None
    if reason is None and row.value is not None:
        rank = places[-row.value if row.higher_is_better else row.value]
    return row.model_copy(update={"rank": rank, "unranked": reason})


def _places(values: Sequence[float]) -> dict[float, int]:
    places: dict[float, int] = {}
    for place, value in enumerate(sorted(values), 1):
        places.setdefault(value, place)
    return places


def _commonest(rows: Sequence[LeaderboardRow], protocol: str | None) -> Basis | None:
    able = [row for row in rows if _fault(row) is None and protocol in (None, row.protocol)]
    models = Counter(key for key, _ in {(basis(row), row.model) for row in able})
    return min(models, key=lambda key: (-models[key], key)) if models else None


def _fault(row: LeaderboardRow) -> str | None:
    """Why a row cannot be ranked whatever the others are."""
    if row.source == "paper":
        return "protocol not stated"
    if row.value is None:
        return "no value"
    if any(mark.startswith(CONFLICT) for mark in row.marks):
        return "conflict"
    if row.limit is not None:
        return f"limit {row.limit}"
    if any(mark.startswith("incomplete data") for mark in row.marks):
        return "incomplete data"
    return None if row.complete else "incomplete"


def _reason(row: LeaderboardRow, chosen: Basis | None) -> str | None:
    fault = _fault(row)
    if fault is not None or chosen is None:
        return fault or "other protocol"
    if row.protocol != chosen[0]:
        return "other protocol"
    if basis(row)[3] != chosen[3]:
        return "other data"
    return None if basis(row) == chosen else "other judge or rubric"
