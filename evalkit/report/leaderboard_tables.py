"""A leaderboard as CSV, and as one table per column for Markdown, HTML and the terminal."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import json
from collections.abc import Iterable
from typing import Any

from evalkit.core.shown import printable
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.csv_safe import inert
from evalkit.report.own_columns import is_own, short_revision
from evalkit.report.table_model import NONE, Align, Cell, Emphasis, Head, Label, Line, Part, Table
from evalkit.statistics.averages import fixed

FIELDS = tuple(LeaderboardRow.model_fields)
_HEADS = ("Value", "Interval", "n", "Protocol", "Source", "Marks")
_ALIGN: tuple[Align, ...] = ("right", "center", "right", "left", "left", "left")


def leaderboard_csv(rows: Iterable[LeaderboardRow], *, safe: bool = True) -> str:
    """One line per row, a column per field of the JSON schema; lists and objects as JSON, null as nothing.

    With `safe`, an apostrophe stands before what a spreadsheet would take for a formula.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for row in rows:
        cells = (_plain(getattr(row, name)) for name in FIELDS)
        writer.writerow([inert(cell) if safe else cell for cell in cells])
    return text.getvalue()


def leaderboard_tables(rows: Iterable[LeaderboardRow]) -> list[Table]:
    """One table per column id, the rows in the order given; ranks are shown where rows have been ranked."""
    return [_table(name, list(found)) for name, found in itertools.groupby(rows, key=lambda row: row.column)]


def _table(column: str, rows: list[LeaderboardRow]) -> Table:
    ranked = any(row.rank is not None or row.unranked is not None for row in rows)
    if len({row.data_revision for row in rows if is_own(row)}) > 1:  # files of one name: say which
        data = "data {}".format
        rows = [row.model_copy(update={"marks": [*row.marks, data(short_revision(row.data_revision))]}) for row in rows]
    first = rows[0]
    direction = "higher is better" if first.higher_is_better else "lower is better"
    remarks = []
    if ranked:
        chosen = next((row for row in rows if row.rank is not None), None)
        basis = f"Ranked: complete runs by {_basis(chosen)}." if chosen else "No row can be ranked."
        remarks.append(f"{basis} Numbers of papers, and rows marked with a reason, have no rank.")
    return Table(
        caption=printable(f"{column} ({first.unit}, {direction})"),
        label=f"tab:{column}",
        stubs=("Rank", "Model") if ranked else ("Model",),
        heads=(tuple(Head(text) for text in _HEADS),),
        lines=tuple(_line(row, ranked=ranked) for row in rows),
        remarks=tuple(remarks),
        align=_ALIGN,
    )


def _line(row: LeaderboardRow, *, ranked: bool) -> Line:
    decimals = row.decimals if row.decimals is not None else 2
    own = row.source == "run"
    name = Label(f"{row.model} ({row.variant})" if row.variant else row.model, own=own)
    labels = (Label(str(row.rank) if row.rank is not None else ""), name) if ranked else (name,)
    best: Emphasis = "best" if row.rank == 1 else None
    interval = NONE
    if row.low is not None and row.high is not None:
        interval = f"[{fixed(row.low, decimals, row.rounding)}, {fixed(row.high, decimals, row.rounding)}]"
    source = f"run {row.run}" if own else f"{row.paper}, Table {row.table}"
    if own and row.date:
        source += f", {row.date[:10]}"
    reason = row.unranked if own and row.unranked not in row.marks else None  # a paper's is in the protocol column
    marks = [*row.marks, reason] if reason else row.marks
    texts = [interval, str(row.n) if row.n is not None else NONE, _basis(row), source, "; ".join(marks)]
    value = Part(NONE if row.value is None else fixed(row.value, decimals, row.rounding), best)
    return Line(labels, (Cell((value,)), *map(_cell, texts)))


@functools.lru_cache(maxsize=1 << 12)
def _cell(text: str) -> Cell:
    """Most texts occur in many lines."""
    return Cell((Part(text),))


def _basis(row: LeaderboardRow) -> str:
    if row.protocol is None:
        return "not stated"
    judge = f", judge {row.judge}" if row.judge else ""
    return row.protocol + judge + (f", rubric {row.rubric}" if row.rubric else "")


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    if hasattr(value, "model_dump_json"):
        return value.model_dump_json()
    return value
