"""The reader's own runs as entries of a table, beside what papers print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.entries import Entry, TableColumn, Value
from evalkit.report.kinds import Kind, row_kind
from evalkit.report.leaderboard import summary_rows
from evalkit.report.leaderboard_merge import read_leaderboard
from evalkit.report.run_paths import find_summaries, is_summary
from evalkit.report.summaries import load_summary
from evalkit.report.table_model import NONE
from evalkit.statistics import averages
from evalkit.statistics.averages import Rule


@dataclass(frozen=True, slots=True)
class RunRowOptions:
    """How own rows are shown.

    Attributes:
        digits: decimals; None for those of the column.
        intervals: show confidence intervals.
        delta: show the difference from the printed row of the same model.
        same: model of ours -> model id of the paper, where the names do not tell.
    """

    digits: int | None = None
    intervals: bool = False
    delta: bool = False
    same: Mapping[str, str] = field(default_factory=dict)


def load_rows(paths: Iterable[Path]) -> list[LeaderboardRow]:
    """Result rows of run directories, results folders, or leaderboards saved as JSON; rows of papers are left out.

    Raises:
        ResultsError: a file that cannot be read.
        UsageError: no run there.
    """
    found: list[LeaderboardRow] = []
    for path in paths:
        if path.is_file() and not is_summary(path):
            found += [row for row in read_leaderboard(path).rows if row.source == "run"]
            continue
        for file in find_summaries(path):
            found += summary_rows(file.parent, load_summary(file))
    return list({row.model_dump_json(): row for row in found}.values())


def model_id(name: str) -> str:
    """A model's name as papers' tables are keyed: lower case, all but letters (of any script) and digits a hyphen."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def own_entries(
    rows: Sequence[LeaderboardRow],
    columns: Mapping[str, TableColumn],
    rules: Sequence[tuple[str, Rule]],
    printed: Sequence[Entry],
    options: RunRowOptions,
) -> list[Entry]:
    """One entry per model that has any of the columns; a second one where it has two results for the same column.

    Averages a model's runs lack are made of its other values, by the rule the table's average follows.

    Args:
        rows: result rows.
        columns: the table's columns.
        rules: (column id, rule) of the columns that are averages.
        printed: the table's other entries, for differences.
        options: how to show them.
    """
    useful = [row for row in rows if row.column in columns]
    names = _names(useful)
    made: list[tuple[str, str, dict[str, LeaderboardRow]]] = []
    for row in sorted(useful, key=_order):
        label = names[_identity(row)]
        for other, _, cells in made:
            if other == label and row.column not in cells:
                cells[row.column] = row
                break
        else:
            made.append((label, row.model, {row.column: row}))
    kinds: set[Kind] = {entry.kind for entry in printed if entry.kind != "reference"} or {"model"}
    return [_entry(label, model, cells, columns, rules, printed, options, kinds) for label, model, cells in made]


def _entry(
    label: str,
    model: str,
    cells: Mapping[str, LeaderboardRow],
    columns: Mapping[str, TableColumn],
    rules: Sequence[tuple[str, Rule]],
    printed: Sequence[Entry],
    options: RunRowOptions,
    kinds: set[Kind],
) -> Entry:
    key = options.same.get(model, model_id(model))
    twins = [entry for entry in printed if entry.id == key]
    theirs = twins[0] if len(twins) == 1 else None
    numbers = {
        name: averages.exact(row.value) / columns[name].factor for name, row in cells.items() if row.value is not None
    }
    values = {name: _value(row, columns[name], numbers.get(name), theirs, options) for name, row in cells.items()}
    sizes = {name: row.n for name, row in cells.items() if row.n}
    for name, again in averages.derived(rules, numbers, sizes).items():
        if name not in cells:
            values[name] = _made(again, columns[name], theirs, options, "average by the table's rule, from this row")
    whole = all(row.complete and row.limit is None for row in cells.values())
    provenance = {name: _provenance(row) for name, row in cells.items()}
    distinct = set(provenance.values())
    if len(distinct) > 1:
        values |= {
            name: Value(value.number, value.text, (*value.notes, provenance[name]), value.extras, value.small)
            for name, value in values.items()
            if name in provenance
        }
    kind = row_kind(key, "", "", "")
    return Entry(
        id=key,
        label=label,
        values=values,
        own=True,
        kind=kind,
        competes=whole and kind in kinds,
        notes=tuple(distinct) if len(distinct) == 1 else (),
    )


def _value(
    row: LeaderboardRow, column: TableColumn, number: Fraction | None, theirs: Entry | None, options: RunRowOptions
) -> Value:
    if number is None:
        return Value(None, NONE, ("undefined: no sample could be scored",))
    value = _made(number, column, theirs, options)
    if not options.intervals or row.low is None or row.high is None:
        return value
    low, high = (column.shown(averages.exact(end) / column.factor, options.digits) for end in (row.low, row.high))
    small = f"[{low}, {high}]" + (f" {value.small}" if value.small else "")
    return Value(value.number, value.text, value.notes, {"low": low, "high": high, **value.extras}, small)


def _made(number: Fraction, column: TableColumn, theirs: Entry | None, options: RunRowOptions, *notes: str) -> Value:
    text = column.shown(number, options.digits)
    if not options.delta or theirs is None or (other := theirs.values.get(column.id)) is None or other.number is None:
        return Value(number, text, notes)
    places = column.decimals if options.digits is None else options.digits
    delta = f"{averages.nearest(number - other.number, places):+.{places}f}"
    return Value(number, text, notes, {"delta": delta}, f"({delta})")


def _provenance(row: LeaderboardRow) -> str:
    """Which run a number comes from and by which protocol: one sentence."""
    parts = ["own run", f"protocol {row.protocol}"]
    if row.judge:
        parts.append(f"judge {row.judge}" + (f", rubric {row.rubric}" if row.rubric else ""))
    if row.data_revision:
        parts.append(f"data {_short(row.data_revision)}")
    parts += row.marks
    if row.date:
        parts.append(row.date[:10])
    return "; ".join([*parts, f"run {row.run}"])


def _short(revision: str, limit: int = 64) -> str:
    return revision if len(revision) <= limit else f"{revision[:limit]}..."


def _order(row: LeaderboardRow) -> tuple[str, ...]:
    """Rows of one run and protocol come together, so that a line does not mix protocols where it need not."""
    return row.model, row.date or "", row.run or "", row.protocol or "", row.column


def _identity(row: LeaderboardRow) -> tuple[str, str]:
    return row.model, json.dumps(row.arguments or {}, sort_keys=True, ensure_ascii=False)


def _names(rows: Iterable[LeaderboardRow]) -> dict[tuple[str, str], str]:
    """(model, arguments) -> name; arguments are shown where they tell two entries of one model apart."""
    found = sorted({_identity(row) for row in rows})
    models = [model for model, _ in found]
    return {
        (model, arguments): model if models.count(model) == 1 else f"{model} {_arguments(arguments)}"
        for model, arguments in found
    }


def _arguments(text: str) -> str:
    shown = ", ".join(f"{key}={value}" for key, value in json.loads(text).items())
    return f"({shown})" if shown else "(default)"
