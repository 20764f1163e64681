"""A table of the reader's own, described in a TOML file: any rows, any columns (docs/tables.md)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pydantic
from pydantic import Field

from evalkit.core.columns import AveragingError, Formula, Rounding, Rule
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.published import numbers as published
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.records.samples import Strict
from evalkit.report.entries import Entry, TableColumn
from evalkit.report.layouts import plain_layout
from evalkit.report.paper_tables import UNSTATED, assembled
from evalkit.report.quoted_rows import quoted_entry
from evalkit.report.run_rows import RunRowOptions, load_rows, own_entries
from evalkit.report.table_model import Table

Better = Literal["higher", "lower"]


class SpecAverage(Strict):
    """`average` of a column: a formula of `evalkit.statistics.averages` over column ids."""

    formula: Formula = "mean"
    of: list[str]
    weights: list[float] | None = None
    scale: dict[str, float] = Field(default_factory=dict)
    rounding: Rounding = "nearest"


class SpecColumn(Strict):
    """One `[[columns]]`: an id, or an average of ids."""

    id: str | None = None
    average: SpecAverage | None = None
    label: str | None = None
    head: str = Field("", description="heading above; equal neighbours share it")
    note: str = Field("", description="footnote of the heading")
    digits: int | None = Field(None, ge=0, le=12)
    better: Better | None = Field(None, description="where the id is not known, or to turn it round")

    @property
    def key(self) -> str:
        """What the column is called in the table: its id, or the label of an average."""
        return self.id or self.label or "average"


class SpecRow(Strict):
    """One `[[rows]]`: a model of the papers, or runs."""

    model: str | None = Field(None, description="model id as papers' tables have it")
    paper: str | None = Field(None, description="where papers differ about the model: which one to quote")
    table: str | None = None
    run: str | list[str] | None = Field(None, description="run directories, results folders, leaderboards")
    label: str | None = None
    group: str = ""


class Spec(Strict):
    """The whole file."""

    caption: str = "Results"
    label: str = "tab:results"
    heading: str = Field("Model", description="heading of the names")
    groups: str = Field("", description="heading of a column with the rows' groups; without it rules part them")
    digits: int | None = Field(None, ge=0, le=12)
    sort: str | None = Field(None, description="a column, best first; with '-' in front best last")
    best: bool = True
    second: bool = True
    notes: bool = True
    columns: list[SpecColumn] = Field(min_length=1)
    rows: list[SpecRow] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Plan:
    shown: dict[str, TableColumn]
    all: dict[str, TableColumn]
    rules: list[tuple[str, Rule]]


def spec_table(path: Path, own: RunRowOptions, runs: Sequence[Path] = ()) -> Table:
    """The table that a file describes.

    Args:
        path: the TOML file; run directories in it are looked for from the working directory, then beside the file.
        own: how values are shown; its digits go before those of the file.
        runs: further runs, below the rows of the file.

    Raises:
        UsageError: the file cannot be read, is not TOML, or describes no table; a model without any of the columns.
        UnknownNameError: an unknown key, column, model or paper, with the nearest there are.
    """
    spec = read_spec(path)
    sources = [_runs(row, path) for row in spec.rows]
    results = [load_rows(paths) for paths in sources]
    further = load_rows(runs)
    plan = _plan(spec, path, [*(row for rows in results for row in rows), *further], own)
    entries: list[Entry] = []
    for number, (row, found) in enumerate(zip(spec.rows, results, strict=True), 1):
        where = f"{path}, [[rows]] {number}"
        if row.run is None:
            entries.append(quoted_entry(row.model or "", row.paper, row.table, plan.all, plan.rules, where))
        else:
            made = own_entries(found, plan.all, plan.rules, entries, own)
            if not made:
                has = ", ".join(sorted({result.column for result in found})) or "no published column"
                raise UsageError(f"{where}: its runs have none of the table's columns; they have {has}")
            entries += made
        count = 1 if row.run is None else len(made)
        for i in range(len(entries) - count, len(entries)):
            label = row.label if row.label and count == 1 else entries[i].label
            entries[i] = replace(entries[i], label=label, group=row.group)
    entries += own_entries(further, plan.all, plan.rules, entries, own)
    if not entries:
        raise UsageError(f"{path}: a table needs [[rows]], or runs by --with-run")
    return _assemble(spec, path, plan, entries)


def read_spec(path: Path) -> Spec:
    """Read and check a file.

    Raises:
        UsageError: it cannot be read, is not TOML, or a value is wrong.
        UnknownNameError: an unknown key.
    """
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        document = toml.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a table spec ({error})") from error
    except toml.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    try:
        spec = Spec.model_validate(document)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise UnknownNameError(f"key in {path}, {place}:", str(first["loc"][-1]), _keys(first["loc"])) from error
        raise UsageError(f"{path}: {place}: {first['msg']}") from error
    for number, column in enumerate(spec.columns, 1):
        if column.id is None and column.average is None:
            raise UsageError(f"{path}, [[columns]] {number}: name an id, or an average")
    for number, row in enumerate(spec.rows, 1):
        if (row.model is None) == (row.run is None):
            raise UsageError(f"{path}, [[rows]] {number}: name a model of the papers, or a run")
    keys = [column.key for column in spec.columns]
    if len(set(keys)) != len(keys):
        raise UsageError(f"{path}: a column occurs twice; give averages different labels")
    return spec


def _keys(place: Sequence[Any]) -> Iterable[str]:
    if len(place) >= 4 and place[2] == "average":
        return SpecAverage.model_fields
    parts: dict[str, type[Strict]] = {"columns": SpecColumn, "rows": SpecRow}
    return parts.get(str(place[0]), Spec).model_fields


def _runs(row: SpecRow, path: Path) -> list[Path]:
    names = [row.run] if isinstance(row.run, str) else row.run or []
    return [Path(name) if Path(name).exists() else path.parent / name for name in names]


def _plan(spec: Spec, path: Path, results: Iterable[LeaderboardRow], own: RunRowOptions) -> _Plan:
    """All columns, those that only averages need included."""
    known: dict[str, tuple[bool, str, int | None, Rounding]] = {
        row.column: (row.higher_is_better, row.unit, row.decimals, row.rounding) for row in results
    }
    for name, info in published.columns().items():
        known.setdefault(name, (info.higher_is_better, info.unit, None, "nearest"))
    every: dict[str, TableColumn] = {}
    shown: dict[str, TableColumn] = {}
    rules: list[tuple[str, Rule]] = []
    for column in spec.columns:
        average = column.average
        needed = average.of if average else [column.key]
        for name in needed:
            if name not in known and (average or column.better is None):
                raise UnknownNameError(f"column in {path}:", name, known)
        higher, unit, decimals, rounding = known.get(needed[0], (True, "", None, "nearest"))
        if average and column.better is None and len({known[name][0] for name in needed}) > 1:
            raise UsageError(f"{path}, column {column.key}: averages both directions; say better = 'higher' or 'lower'")
        digits = next((d for d in (own.digits, column.digits, spec.digits, decimals) if d is not None), 2)
        made = TableColumn(
            id=column.key,
            label=column.label or column.key,
            unit=unit,
            higher_is_better=higher if column.better is None else column.better == "higher",
            decimals=digits,
            rounding=average.rounding if average else rounding,
            note=column.note if spec.notes else "",
        )
        shown[column.key] = every[column.key] = made
        if average:
            rules.append((column.key, _rule(average, path, column.key)))
            for name in needed:
                every.setdefault(name, TableColumn(name, name, known[name][1], known[name][0], digits))
    return _Plan(shown, every, rules)


def _rule(average: SpecAverage, path: Path, key: str) -> Rule:
    weights = tuple(average.weights) if average.weights is not None else None
    try:
        return Rule(average.formula, tuple(average.of), weights, tuple(average.scale.items()), average.rounding)
    except AveragingError as error:
        raise UsageError(f"{path}, column {key}: {error}") from error


def _assemble(spec: Spec, path: Path, plan: _Plan, entries: list[Entry]) -> Table:
    if spec.sort is not None:
        entries = _sorted(entries, spec.sort, plan.shown, path)
    if any(entry.kind == "model" for entry in entries):
        entries = [replace(entry, competes=entry.competes and entry.kind == "model") for entry in entries]
    labels = [column.label or column.key for column in spec.columns]
    layout = plain_layout(list(plan.shown), labels, [column.head for column in spec.columns])
    layout = replace(layout, model=spec.heading, type=spec.groups)
    own, quoted = (
        {name for entry in entries if entry.own is kind for name in entry.values if name in plan.shown}
        for kind in (True, False)
    )
    shown = ("best",) * spec.best + ("second",) * spec.second
    table = assembled(
        entries if spec.notes else [_quiet(entry) for entry in entries],
        plan.shown,
        layout,
        "all" if shown else "none",
        spec.caption,
        spec.label,
        [UNSTATED] if own & quoted and spec.notes else [],
        emphases=shown,
    )
    return table


def _quiet(entry: Entry) -> Entry:
    values = {name: replace(value, notes=()) for name, value in entry.values.items()}
    return replace(entry, values=values, notes=())


def _sorted(entries: list[Entry], sort: str, columns: dict[str, TableColumn], path: Path) -> list[Entry]:
    """Best first inside each group, groups in the order of the file; entries without the value last."""
    name = sort.removeprefix("-")
    labels = {column.label: key for key, column in columns.items()}
    key = name if name in columns else labels.get(name)
    if key is None:
        raise UnknownNameError(f"column in {path}, sort:", name, [*columns, *labels])
    sign = -1 if columns[key].higher_is_better != sort.startswith("-") else 1
    groups = list(dict.fromkeys(entry.group for entry in entries))

    def order(entry: Entry) -> tuple[int, bool, Any]:
        value = entry.values.get(key)
        number = value.number if value is not None else None
        return groups.index(entry.group), number is None, 0 if number is None else sign * number

    return sorted(entries, key=order)
