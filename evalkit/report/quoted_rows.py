"""A model of the papers as one row of a reader's own table: its printed values, on the common scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.published import numbers as published
from evalkit.published.notes import mark
from evalkit.published.numbers import PublishedRow
from evalkit.report.entries import Entry, TableColumn, Value
from evalkit.report.kinds import row_kind
from evalkit.statistics import averages
from evalkit.statistics.averages import Rule


def quoted_entry(
    model: str,
    paper: str | None,
    table: str | None,
    columns: Mapping[str, TableColumn],
    rules: Sequence[tuple[str, Rule]],
    where: str,
) -> Entry:
    """The values papers print for a model.

    Args:
        model: model id.
        paper: quote only this paper; None for any.
        table: quote only this table; None for any.
        columns: the columns wanted.
        rules: (column id, rule) of the averages among them.
        where: place in the reader's file, for messages.

    Raises:
        UnknownNameError: no paper has the model, or no such paper.
        UsageError: the model has none of the columns, or papers differ about a value.
    """
    if paper is not None and paper not in published.papers():
        raise UnknownNameError(f"paper in {where}:", paper, published.papers())
    found: dict[str, list[PublishedRow]] = {}
    for name in columns:
        rows = published.rows(name) if name in published.columns() else []
        fitting = [row for row in rows if row.model_id == model and paper in (None, row.paper)]
        found[name] = [row for row in fitting if table in (None, row.table)]
    quoted = {name: _agreed(name, rows, where) for name, rows in found.items() if rows}
    if not quoted:
        _refuse(model, paper, table, columns, where)
    values = {name: _value(row, columns[name]) for name, row in quoted.items()}
    numbers = {name: averages.exact(row.value) for name, row in quoted.items()}
    for name, rule in rules:
        again = averages.recompute(rule, numbers)
        if again is not None:
            values[name] = Value(again.value, columns[name].shown(again.value))
    first = next(iter(quoted.values()))
    places = sorted({f"{row.paper}, Table {row.table}" for row in quoted.values()})
    return Entry(
        id=model,
        label=first.model,
        values=values,
        variant=first.variant,
        params=first.params or "",
        kind=(kind := row_kind(model, first.group, first.paper, first.table)),
        competes=kind != "reference",
        notes=(f"as printed: {'; '.join(places)}",),
    )


def _agreed(name: str, rows: Sequence[PublishedRow], where: str) -> PublishedRow:
    if len({row.value for row in rows}) == 1:
        return rows[0]
    said = "; ".join(f"{row.value:g} ({row.paper}, Table {row.table}" + _variant(row) + ")" for row in rows)
    raise UsageError(f"{where}: papers differ about {rows[0].model_id} on {name}: {said}. Name a paper or a table")


def _variant(row: PublishedRow) -> str:
    return f", {row.variant}" if row.variant else ""


def _value(row: PublishedRow, column: TableColumn) -> Value:
    """As printed, with no more decimals than the paper has; a value on another scale with as many as asked for."""
    number: Fraction = averages.exact(row.value)
    same_scale = row.value == row.printed
    decimals = min(column.decimals, row.decimals) if same_scale else column.decimals
    notes = [mark(row.mark)] if row.mark else []
    if row.reading == "uncertain":
        notes += [note for note in row.notes if note.startswith("uncertain")]
    if row.exception:
        notes.append(f"does not follow from its columns: {row.exception}")
    if not same_scale:
        notes.append(f"printed as {averages.fixed(row.printed, row.decimals)}, on another scale")
    return Value(number, column.shown(number, decimals), tuple(notes))


def _refuse(model: str, paper: str | None, table: str | None, columns: Iterable[str], where: str) -> None:
    everywhere = {
        row.model_id: row
        for paper_id in published.papers()
        for printed in published.load_paper(paper_id).tables.values()
        for row in printed.rows
    }
    if model not in everywhere:
        raise UnknownNameError(f"model in {where}:", model, everywhere)
    narrowed = f" in {paper or 'any paper'}" + (f", Table {table}" if table else "")
    raise UsageError(f"{where}: no paper prints {model} under any of {', '.join(columns)}{narrowed}")
