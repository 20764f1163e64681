"""What stands in a table: columns with their scale, and entries (one system each) with values ready to print.

Values are on the scale the table prints, which for some columns is another than the id's common one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from evalkit.published import notes as wording
from evalkit.published.tables import Aggregate, Paper, Row, Table
from evalkit.report.kinds import Kind, row_kind
from evalkit.report.layouts import Layout
from evalkit.report.table_model import NONE
from evalkit.statistics import averages
from evalkit.statistics.averages import Recomputed, Rounding

Notes = Literal["none", "short", "all"]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of values.

    Attributes:
        id: column id.
        label: heading.
        unit: unit as printed.
        higher_is_better: direction.
        decimals: decimals shown.
        factor: printed value x factor = value on the id's common scale.
        rounding: how numbers of ours are brought to these decimals.
        note: what to know about the heading.
    """

    id: str
    label: str
    unit: str
    higher_is_better: bool
    decimals: int
    factor: Fraction = Fraction(1)
    rounding: Rounding = "nearest"
    note: str = ""

    def shown(self, number: Fraction, decimals: int | None = None) -> str:
        """A number on the printed scale as text."""
        places = self.decimals if decimals is None else decimals
        return f"{averages.rounded(number, places, self.rounding):.{places}f}"


@dataclass(frozen=True, slots=True)
class Value:
    """One number of an entry.

    Attributes:
        number: exact, on the printed scale; None where there is none.
        text: as shown.
        notes: footnotes.
        extras: further columns of the plain form, such as low and high.
        small: what follows in small print.
    """

    number: Fraction | None
    text: str
    notes: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)
    small: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One system in a table: a printed row, or a model of the reader's runs.

    Attributes:
        id: model id.
        label: name as shown.
        values: column id -> value; columns without one may be missing.
        own: from runs, not from a paper.
        kind: what kind of system it is.
        competes: whether it takes part in best and second best.
        notes: footnotes to the name.
    """

    id: str
    label: str
    values: Mapping[str, Value]
    variant: str | None = None
    group: str = ""
    params: str = ""
    own: bool = False
    kind: Kind = "model"
    competes: bool = True
    notes: tuple[str, ...] = ()


def table_columns(table: Table, layout: Layout, digits: int | None) -> dict[str, TableColumn]:
    """The columns of a published table; `digits` limits the decimals, as nobody knows more than were printed."""
    rounding = {aggregate.column: aggregate.rule.rounding for aggregate in table.aggregates}
    found = {}
    for name, column in table.columns.items():
        decimals = layout.decimals.get(name, column.decimals)
        found[name] = TableColumn(
            id=name,
            label=column.label_corrected or column.label,
            unit=column.unit,
            higher_is_better=column.higher_is_better,
            decimals=decimals if digits is None else min(digits, decimals),
            factor=column.factor,
            rounding=rounding.get(name, "nearest"),
            note=wording.heading(column) if column.label_corrected else "",
        )
    return found


def printed_entries(
    paper: Paper, table: Table, layout: Layout, columns: Mapping[str, TableColumn], notes: Notes, *, recompute: bool
) -> list[Entry]:
    """The rows of a published table.

    Args:
        paper: the paper.
        table: one of its tables.
        layout: its arrangement.
        columns: its columns as they are to be shown.
        notes: "none" leaves every remark out.
        recompute: show averages as their columns give them instead of as printed.
    """
    found = []
    for row in table.rows:
        values = {name: _printed(paper, table, row, name, layout, columns[name]) for name in table.columns}
        if recompute:
            values |= _recomputed(table, row, columns, values)
        kind = row_kind(row.model_id, row.group, paper.id, table.table)
        label, above, values = _hoisted(row, values)
        found.append(
            Entry(
                id=row.model_id,
                label=label,
                values=values if notes != "none" else _bare(values),
                variant=row.variant,
                group=row.group,
                params=row.params or "",
                kind=kind,
                competes=kind != "reference",
                notes=above if notes != "none" else (),
            )
        )
    return found


def recomputed(table: Table, row: Row, aggregate: Aggregate) -> Recomputed | None:
    """One average of one row, from the cells as printed; None where a column it needs has no value."""
    return averages.recompute(aggregate.rule, row.values, places=table.places)


def _printed(paper: Paper, table: Table, row: Row, name: str, layout: Layout, column: TableColumn) -> Value:
    number = row.values[name]
    notes = wording.cell(paper, table, row, name)
    if number is None:
        return Value(None, NONE, notes)
    exact = averages.exact(number)
    text = layout.printed.get(row.model_id, {}).get(name)
    if text is None or len(text.partition(".")[2]) > column.decimals:
        places = min(column.decimals, layout.decimals.get(name, table.columns[name].decimals))
        text = f"{averages.nearest(exact, places):.{places}f}"
    return Value(exact, text, notes)


def _recomputed(
    table: Table, row: Row, columns: Mapping[str, TableColumn], values: Mapping[str, Value]
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for aggregate in table.aggregates:
        again = recomputed(table, row, aggregate)
        name = aggregate.column
        if again is None or name in found:
            continue
        text, printed = columns[name].shown(again.value), values[name]
        notes = printed.notes if text == printed.text else (*printed.notes, f"printed as {printed.text}")
        found[name] = Value(again.value, text, notes)
    return found


def _hoisted(row: Row, values: Mapping[str, Value]) -> tuple[str, tuple[str, ...], dict[str, Value]]:
    """Move notes that all values of a row share to its name."""
    present = [value for value in values.values() if value.number is not None]
    shared: list[str] = []
    if len(present) > 1:
        shared = [note for note in present[0].notes if all(note in value.notes for value in present)]
    kept = {
        name: Value(value.number, value.text, tuple(note for note in value.notes if note not in shared))
        for name, value in values.items()
    }
    above = tuple(shared) + ((row.note,) if row.note else ())
    return row.model, above, kept


def _bare(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: Value(value.number, value.text) for name, value in values.items()}


def emphasized(
    entries: Sequence[Entry], columns: Mapping[str, TableColumn]
) -> dict[tuple[int, str], Literal["best", "second"]]:
    """Best and second best of every column: (index of the entry, column id) -> emphasis.

    What is shown is compared, so values that look equal share a place. Best needs two competing entries, second
    best three.
    """
    found: dict[tuple[int, str], Literal["best", "second"]] = {}
    for name, column in columns.items():
        numbers = {
            i: Fraction(value.text)
            for i, entry in enumerate(entries)
            if entry.competes and (value := entry.values.get(name)) is not None and value.number is not None
        }
        order = sorted(set(numbers.values()), reverse=column.higher_is_better)
        for i, number in numbers.items():
            if len(numbers) > 1 and number == order[0]:
                found[i, name] = "best"
            elif len(numbers) > 2 and len(order) > 1 and number == order[1]:
                found[i, name] = "second"
    return found
