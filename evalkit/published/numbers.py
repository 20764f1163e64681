"""The numbers that papers print in their evaluation tables (leaderboards/published), by paper and by column.

Values are kept as printed; `rows` also gives them on the scale that a column id has in common between papers
(VoiceBench 1-5 scores x 20, OCRBench out of 1000 x 0.1). Reading all files takes a few milliseconds, once.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from evalkit import plugins
from evalkit.core.errors import DataError, UnknownNameError
from evalkit.published.tables import Column, Paper, Row, Table, parse_paper
from evalkit.statistics.averages import Rule, exact

Reading: TypeAlias = Literal["clear", "repaired", "uncertain"]


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """What all papers together say about one column id.

    Attributes:
        id: the column id.
        labels: headings, as printed but with wrong ones corrected, in order of appearance.
        unit: unit of the common scale.
        higher_is_better: direction.
        range: widest range a paper allows, on the common scale.
        papers: ids of the papers that use it.
        tables: (paper id, table number) pairs that hold it.
    """

    id: str
    labels: tuple[str, ...]
    unit: str
    higher_is_better: bool
    range: tuple[float, float]
    papers: tuple[str, ...]
    tables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One printed number.

    Attributes:
        column: the column id.
        model_id: the model, in lower case with hyphens.
        model: the model's name as printed.
        variant: setting of the row where one model has several, else None.
        params: number of parameters as printed, else None.
        group: block of the table: as printed, or ours / baseline / ablation.
        value: on the column's common scale.
        printed: as printed, in the table's own scale.
        decimals: most decimals that this column of the table is printed with.
        paper: id of the paper.
        table: printed number of the table.
        mark: where the paper took the cell from, or "reproduced"; None for its own.
        reading: "repaired" or "uncertain" where the source text was damaged.
        exception: for an average that does not follow from its columns, why.
        notes: further remarks: corrected heading, how a damaged cell was read, the row's note.
    """

    column: str
    model_id: str
    model: str
    variant: str | None
    params: str | None
    group: str
    value: float
    printed: float
    decimals: int
    paper: str
    table: str
    mark: str | None = None
    reading: Reading = "clear"
    exception: str | None = None
    notes: tuple[str, ...] = ()


def published_folder() -> Path:
    """Folder of the JSON files that are installed with evalkit."""
    return plugins.folder("leaderboards") / "published"


def papers() -> list[str]:
    """Ids of the papers there are, sorted; each is the name of a file."""
    return sorted(path.stem for path in published_folder().glob("*.json"))


@functools.cache
def load_paper(paper_id: str) -> Paper:
    """All tables of one paper.

    Raises:
        UnknownNameError: there is no such paper.
        DataError: the file is not what it should be.
    """
    if paper_id not in papers():
        raise UnknownNameError("paper", paper_id, papers())
    return read_paper(published_folder() / f"{paper_id}.json")


def read_paper(path: Path) -> Paper:
    """Read a file of published tables from any place.

    Raises:
        DataError: the file cannot be read, or its content or name is wrong.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(path, f"is not valid JSON: {error}") from error
    paper = parse_paper(document, str(path))
    if paper.id != path.stem:
        raise DataError(path, f"holds the paper '{paper.id}'; the file must be named {paper.id}.json")
    return paper


def columns() -> dict[str, ColumnInfo]:
    """Every column id of all papers, sorted by id."""
    return dict(_columns())


def rows(column_id: str) -> list[PublishedRow]:
    """Every number printed under a column id, in the order of papers, tables and rows.

    Base models and ablations share column ids with finished models (see `group`); do not rank them together.

    Raises:
        UnknownNameError: no paper has the column.
    """
    info = _column(column_id)
    found = []
    for paper_id, number in info.tables:
        paper = load_paper(paper_id)
        table = paper.tables[number]
        found += [_cell(paper, table, row, table.columns[column_id]) for row in table.rows]
    return [row for row in found if row is not None]


def averaging_rules(column_id: str) -> list[Rule]:
    """The distinct rules by which papers average into a column, for values on the common scale; [] for none.

    A run's average by `averages.recompute(rule, values)` then means what the papers' column means.

    Raises:
        UnknownNameError: no paper has the column.
    """
    found: list[Rule] = []
    for paper_id, number in _column(column_id).tables:
        table = load_paper(paper_id).tables[number]
        factors = {name: column.factor for name, column in table.columns.items()}
        for aggregate in table.aggregates:
            rule = aggregate.rule.rescaled(factors, table.columns[aggregate.column].factor)
            if aggregate.column == column_id and rule not in found:
                found.append(rule)
    return found


def decimals(column_id: str) -> int:
    """Decimals that most papers print a column with: those of the first table that has it.

    Raises:
        UnknownNameError: no paper has the column.
    """
    paper_id, number = _column(column_id).tables[0]
    return load_paper(paper_id).tables[number].columns[column_id].decimals


def _column(column_id: str) -> ColumnInfo:
    known = _columns()
    if column_id not in known:
        raise UnknownNameError("column", column_id, known)
    return known[column_id]


@functools.cache
def _columns() -> dict[str, ColumnInfo]:
    found: dict[str, list[tuple[Table, Column]]] = {}
    for paper_id in papers():
        for table in load_paper(paper_id).tables.values():
            for column in table.columns.values():
                found.setdefault(column.id, []).append((table, column))
    return {column_id: _info(column_id, found[column_id]) for column_id in sorted(found)}


def _info(column_id: str, uses: list[tuple[Table, Column]]) -> ColumnInfo:
    first_table, first = uses[0]
    for table, column in uses:
        if (column.common_unit, column.higher_is_better) != (first.common_unit, first.higher_is_better):
            raise DataError(
                f"{table.paper}, table {table.table}, column {column_id}",
                f"unit or direction differs from {first_table.paper}, table {first_table.table}",
            )
    bounds = [[float(exact(bound) * column.factor) for bound in column.range] for _, column in uses]
    return ColumnInfo(
        id=column_id,
        labels=tuple(dict.fromkeys(column.label_corrected or column.label for _, column in uses)),
        unit=first.common_unit,
        higher_is_better=first.higher_is_better,
        range=(min(low for low, _ in bounds), max(high for _, high in bounds)),
        papers=tuple(dict.fromkeys(table.paper for table, _ in uses)),
        tables=tuple((table.paper, table.table) for table, _ in uses),
    )


def _cell(paper: Paper, table: Table, row: Row, column: Column) -> PublishedRow | None:
    printed = row.values[column.id]
    if printed is None:
        return None
    reading: Reading = "clear"
    notes = []
    if column.label_corrected:
        notes.append(f"printed under the heading {column.label}; the column holds {column.label_corrected}")
    place = (table.table, row.model_id, column.id)
    for item in paper.repaired:
        if (item.table, item.model_id, item.column) == place:
            reading = "repaired"
            notes.append(f"repaired: {item.why}; confirmed by {item.confirmed_by}")
    for item in paper.uncertain:
        if (item.table, item.model_id, item.column) == place:
            reading = "uncertain"
            notes.append(f"uncertain: {item.why}")
    if row.note:
        notes.append(row.note)
    why = [a.exceptions[row.key] for a in table.aggregates if a.column == column.id and row.key in a.exceptions]
    return PublishedRow(
        column=column.id,
        model_id=row.model_id,
        model=row.model,
        variant=row.variant,
        params=row.params,
        group=row.group,
        value=float(exact(printed) * column.factor),
        printed=printed,
        decimals=column.decimals,
        paper=paper.id,
        table=table.table,
        mark=row.marks.get(column.id),
        reading=reading,
        exception="; ".join(why) or None,
        notes=tuple(notes),
    )
