"""Values to draw: columns of runs, and what papers print for the same columns."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.published import numbers as published
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.kinds import row_kind
from evalkit.report.leaderboard import twin_mark
from evalkit.report.own_columns import is_own, short_revision
from evalkit.report.printed_once import Printed, printed_once
from evalkit.report.run_rows import load_rows, model_id
from evalkit.statistics.averages import Rounding

Which = Literal["none", "same", "all"]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one model.

    Args:
        column: column id.
        model: name as shown.
        value: on the column's common scale.
        low, high: ends of its interval, where it has one.
        unit: unit of the scale.
        higher_is_better: direction.
        decimals: decimals it is shown with.
        source: "run", or the paper and table it is printed in.
        n: samples behind it, where known.
        remark: what to know about it: limit, incomplete, quoted by the paper from elsewhere.
        partial: a run with a limit, or one that is not complete.
        twin: what to know about its task, where that is a twin.
        rounding: how the value is brought to its decimals.
    """

    column: str
    model: str
    value: float
    low: float | None
    high: float | None
    unit: str
    higher_is_better: bool
    decimals: int
    source: str
    n: int | None = None
    remark: str = ""
    partial: bool = False
    twin: str = ""
    rounding: Rounding = "nearest"

    @property
    def own(self) -> bool:
        """True for a run of the reader's."""
        return self.source == "run"

    def row(self) -> dict[str, object]:
        """The point as a row of a CSV file."""
        return {
            "column": self.column,
            "model": self.model,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "higher_is_better": self.higher_is_better,
            "n": self.n,
            "source": self.source,
            "remark": self.remark,
        }


def points(
    paths: Sequence[Path],
    columns: str | None,
    models: str | None,
    which: Which,
    same: Mapping[str, str],
) -> list[Point]:
    """Values of runs and of papers, column by column in the order the runs have them.

    Args:
        paths: run directories, results folders, or leaderboards saved as JSON; may be empty with `which` "all".
        columns: patterns of column ids, separated by commas; None for all that the runs have.
        models: patterns of model names, separated by commas, for runs and papers; None for all.
        which: printed values to add: none, those of the same models, or all models'.
        same: model of ours -> model id of the papers.

    Raises:
        UsageError: nothing is left to draw.
        UnknownNameError: a pattern that matches nothing.
    """
    rows = load_rows(paths) if paths else []
    ids = _columns(rows, columns)
    ours = [row for row in rows if row.column in ids and row.value is not None]
    several = Counter((row.column, row.model) for row in ours)
    same_run = Counter((row.column, row.model, row.run) for row in ours)

    data: dict[str, set[str | None]] = {}
    for row in ours:
        data.setdefault(row.column, set()).add(row.data_revision if is_own(row) else None)

    def label(row: LeaderboardRow) -> str:
        if len(data[row.column]) > 1:
            return f"{run_label(row.model, row.run or '')} on {short_revision(row.data_revision)}"
        if several[row.column, row.model] == 1:
            return row.model
        name = run_label(row.model, row.run or "")
        return name if same_run[row.column, row.model, row.run] == 1 else f"{name} {row.protocol}"

    found = [_own(row, label(row)) for row in sorted(ours, key=lambda row: ids.index(row.column))]
    ids_of_ours = {same.get(row.model, model_id(row.model)) for row in ours}
    for name in ids if which != "none" else ():
        if name in published.columns():
            found += [
                _printed(printed, name)
                for printed in printed_once(published.rows(name), across_papers=True)
                if which == "all" or printed.row.model_id in ids_of_ours
                if row_kind(printed.row.model_id, printed.row.group, printed.row.paper, printed.row.table)
                != "reference"
            ]
    found = _chosen(found, models)
    if not found:
        raise UsageError("nothing to draw: no run there has a column with a value; 'evalkit leaderboard' lists them")
    order = {name: place for place, name in enumerate(ids)}
    return sorted(found, key=lambda point: order[point.column])


def _columns(rows: Sequence[LeaderboardRow], patterns: str | None) -> list[str]:
    have = list(dict.fromkeys(row.column for row in rows))
    if patterns is None:
        return have
    known = list(dict.fromkeys([*have, *published.columns()]))
    chosen: list[str] = []
    for pattern in patterns.split(","):
        # what our runs have first; a pattern that no run has may still name printed columns
        matching = fnmatch.filter(have, pattern.strip()) or fnmatch.filter(known, pattern.strip())
        if not matching:
            raise UnknownNameError("column", pattern.strip(), known)
        chosen += [name for name in matching if name not in chosen]
    return chosen


def _chosen(found: Sequence[Point], patterns: str | None) -> list[Point]:
    if patterns is None:
        return list(found)
    known = {point.model for point in found}
    chosen: set[str] = set()
    for pattern in patterns.split(","):
        matching = set(fnmatch.filter(known, pattern.strip()))
        if not matching:
            raise UnknownNameError("model", pattern.strip(), known)
        chosen |= matching
    return [point for point in found if point.model in chosen]


def _own(row: LeaderboardRow, model: str) -> Point:
    value = float(row.value) if row.value is not None else 0.0
    places = 2 if row.decimals is None else row.decimals
    remark = "; ".join(row.marks)
    return Point(
        row.column, model, value, row.low, row.high, row.unit, row.higher_is_better, places, "run", row.n, remark,
        partial=not row.complete or row.limit is not None, twin=twin_mark(row.task or ""), rounding=row.rounding,
    )  # fmt: skip


def _printed(printed: Printed, column: str) -> Point:
    row, info = printed.row, published.columns()[column]
    label = row.model if row.variant is None else f"{row.model} ({row.variant})"
    places = "; ".join(f"{paper} table {tables}" for paper, tables in printed.places)
    remarks = [row.mark or "", "" if row.reading == "clear" else row.reading]
    return Point(
        column, label, row.value, None, None, info.unit, info.higher_is_better, row.decimals,
        places, None, "; ".join(remark for remark in remarks if remark),
    )  # fmt: skip


def run_label(model: str, run: str) -> str:
    """Name of one of several runs of a model."""
    return f"{model} ({run[:6]})"


def remarks(found: Iterable[Point]) -> list[str]:
    """What a reader must know about some of the values: what a star means, and which tasks are twins."""
    found = list(found)
    lines = ["*: a part of the samples, or not complete"] if any(point.partial for point in found) else []
    twins = dict.fromkeys(f"{point.column.split('.')[0]}: {point.twin}" for point in found if point.twin)
    return [*lines, *twins]


def models_of(found: Iterable[Point]) -> list[tuple[str, bool]]:
    """(model, own) in order of first appearance, own first."""
    names = dict.fromkeys((point.model, point.own) for point in found)
    return sorted(names, key=lambda name: not name[1])
