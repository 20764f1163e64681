"""The types of a published table, and the strict reading of one paper's JSON document into them.

The format is described in leaderboards/README.md. Numbers stay as printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from evalkit.core.columns import AveragingError, Rule, exact
from evalkit.core.errors import DataError

SCHEMA = "published-tables/1"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a printed table.

    Attributes:
        id: column id, shared between papers when benchmark, split and metric are the same.
        label: heading as printed.
        label_corrected: the right heading where the printed one is wrong, else None.
        unit: unit as printed.
        common_unit: unit of the common scale.
        factor: printed value x factor = value on the common scale.
        higher_is_better: direction.
        range: lowest and highest possible printed value.
        decimals: most decimals printed in this column of this table.
    """

    id: str
    label: str
    label_corrected: str | None
    unit: str
    common_unit: str
    factor: Fraction
    higher_is_better: bool
    range: tuple[float, float]
    decimals: int


@dataclass(frozen=True, slots=True)
class Row:
    """One model's row; `values` and `marks` go by column id, a value is None where the paper prints none."""

    model: str
    model_id: str
    variant: str | None
    group: str
    params: str | None
    printed_as: tuple[str, ...]
    note: str | None
    values: Mapping[str, float | None]
    marks: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str | None]:
        """What identifies the row in its table: model id and variant."""
        return self.model_id, self.variant


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column that averages others; `exceptions`: row key -> why its printed average does not follow."""

    column: str
    rule: Rule
    exceptions: Mapping[tuple[str, str | None], str]


@dataclass(frozen=True, slots=True)
class FigureAggregate:
    """An average that only a figure shows: model id -> printed value, made from columns of `tables`."""

    figure: str
    name: str
    rule: Rule
    tables: tuple[str, ...]
    published: Mapping[str, float]
    exceptions: Mapping[tuple[str, str | None], str]


@dataclass(frozen=True, slots=True)
class Table:
    """One printed table; `aggregation` says in words what `aggregates` says as rules."""

    paper: str
    table: str
    section: str | None
    title: str
    benchmark: str
    columns: Mapping[str, Column]
    rows: tuple[Row, ...]
    aggregation: str
    aggregates: tuple[Aggregate, ...]
    notes: tuple[str, ...]

    @property
    def places(self) -> dict[str, int]:
        """Column id -> decimals it is printed with."""
        return {name: column.decimals for name, column in self.columns.items()}


@dataclass(frozen=True, slots=True)
class CellReading:
    """A cell damaged in the source text: the value read, why, and, where repaired, what confirmed it."""

    table: str
    model_id: str
    column: str
    read_as: float | None
    why: str
    confirmed_by: str | None


@dataclass(frozen=True, slots=True)
class Paper:
    """All evaluation tables of one paper; claims and discrepancies are kept as plain records."""

    id: str
    title: str
    arxiv: str
    authors_org: str
    tables: Mapping[str, Table]
    figures: tuple[FigureAggregate, ...]
    uncertain: tuple[CellReading, ...]
    repaired: tuple[CellReading, ...]
    claims: tuple[Mapping[str, Any], ...]
    discrepancies: tuple[Mapping[str, Any], ...]


def parse_paper(document: object, where: str) -> Paper:
    """Read one paper's document.

    Args:
        document: the parsed JSON.
        where: file name, for error messages.

    Raises:
        DataError: a key is missing, a value has the wrong type, or a row or rule does not fit its table.
    """
    if not isinstance(document, dict):
        raise DataError(where, f"expected a JSON object, found {type(document).__name__}")
    schema = _get(document, "schema", str, where)
    if schema != SCHEMA:
        raise DataError(where, f"schema is '{schema}', this version of evalkit reads '{SCHEMA}'")
    paper = _get(document, "paper", dict, where)
    paper_id = _get(paper, "id", str, f"{where}, paper")
    tables: dict[str, Table] = {}
    for record in _records(document, "tables", where):
        table = _table(record, paper_id, where)
        if table.table in tables:
            raise DataError(where, f"table {table.table} occurs twice")
        tables[table.table] = table
    return Paper(
        id=paper_id,
        title=_get(paper, "title", str, f"{where}, paper"),
        arxiv=_get(paper, "arxiv", str, f"{where}, paper"),
        authors_org=_get(paper, "authors_org", str, f"{where}, paper"),
        tables=tables,
        figures=tuple(_figure(r, tables, where) for r in _records(document, "figure_aggregates", where)),
        uncertain=tuple(_reading(r, f"{where}, uncertain") for r in _records(document, "uncertain", where)),
        repaired=tuple(_reading(r, f"{where}, repaired") for r in _records(document, "repaired", where)),
        claims=tuple(_records(document, "claims", where)),
        discrepancies=tuple(_records(document, "discrepancies", where)),
    )


def printed_decimals(value: float) -> int:
    """Decimals a number is written with in the file: 2 for 57.25, 1 for 83.0, 0 for 814."""
    return len(repr(value).partition(".")[2]) if isinstance(value, float) else 0


def _table(record: Mapping[str, Any], paper: str, where: str) -> Table:
    number = _get(record, "table", str, f"{where}, tables")
    where = f"{where}, table {number}"
    column_records = _records(record, "columns", where)
    ids = [_get(column, "id", str, f"{where}, columns") for column in column_records]
    if len(set(ids)) != len(ids):
        raise DataError(where, "a column id occurs twice")
    rows = tuple(_row(row, ids, where) for row in _records(record, "rows", where))
    if len({row.key for row in rows}) != len(rows):
        raise DataError(where, "a row (model_id and variant) occurs twice")
    return Table(
        paper=paper,
        table=number,
        section=_optional(record, "section", str, where),
        title=_get(record, "title", str, where),
        benchmark=_get(record, "benchmark", str, where),
        columns={name: _column(c, name, rows, where) for name, c in zip(ids, column_records, strict=True)},
        rows=rows,
        aggregation=_get(record, "aggregation", str, where),
        aggregates=tuple(_aggregate(a, ids, where) for a in _records(record, "aggregates", where)),
        notes=_strings(record, "notes", where),
    )


def _column(record: Mapping[str, Any], name: str, rows: tuple[Row, ...], where: str) -> Column:
    where = f"{where}, column {name}"
    unit = _get(record, "unit", str, where)
    rescale = _optional(record, "rescale", dict, where) or {}
    bounds = [_number(bound, where) for bound in _get(record, "range", list, where)]
    if len(bounds) != 2 or not bounds[0] < bounds[1]:
        raise DataError(where, f"range must be [lowest, highest], found {bounds}")
    factor = exact(_number(_get(rescale, "factor", object, where), where)) if rescale else Fraction(1)
    if factor <= 0:
        raise DataError(where, "the rescale factor must be above zero")
    return Column(
        id=name,
        label=_get(record, "label", str, where),
        label_corrected=_optional(record, "label_corrected", str, where),
        unit=unit,
        common_unit=_get(rescale, "to_unit", str, where) if rescale else unit,
        factor=factor,
        higher_is_better=_get(record, "higher_is_better", bool, where),
        range=(bounds[0], bounds[1]),
        decimals=max((printed_decimals(v) for row in rows if (v := row.values[name]) is not None), default=0),
    )


def _row(record: Mapping[str, Any], ids: list[str], where: str) -> Row:
    model_id = _get(record, "model_id", str, f"{where}, rows")
    where = f"{where}, row {model_id}"
    cells = _get(record, "values", dict, where)
    if cells.keys() != set(ids):
        odd = ", ".join(sorted(cells.keys() ^ set(ids)))
        raise DataError(where, f"values must name every column and no other; differing: {odd}")
    marks = _optional(record, "marks", dict, where) or {}
    for name in marks:
        if cells.get(name) is None:
            raise DataError(where, f"mark on '{name}', which is no column of the table or has no value here")
    return Row(
        model=_get(record, "model", str, where),
        model_id=model_id,
        variant=_optional(record, "variant", str, where),
        group=_get(record, "group", str, where),
        params=_optional(record, "params", str, where),
        printed_as=_strings(record, "printed_as", where) if "printed_as" in record else (),
        note=_optional(record, "note", str, where),
        values={name: None if cells[name] is None else _number(cells[name], where) for name in ids},
        marks={name: _get(marks, name, str, where) for name in marks},
    )


def _aggregate(record: Mapping[str, Any], ids: list[str], where: str) -> Aggregate:
    column = _get(record, "column", str, f"{where}, aggregates")
    where = f"{where}, aggregate {column}"
    rule = _rule(record, ids, where)
    if column not in ids:
        raise DataError(where, f"'{column}' is no column of the table")
    return Aggregate(column, rule, _exceptions(record, where))


def _figure(record: Mapping[str, Any], tables: Mapping[str, Table], where: str) -> FigureAggregate:
    name = _get(record, "name", str, f"{where}, figure_aggregates")
    where = f"{where}, figure aggregate {name}"
    numbers = _strings(record, "tables", where)
    for number in numbers:
        if number not in tables:
            raise DataError(where, f"there is no table {number}")
    published = _get(record, "published", dict, where)
    ids = [column for number in numbers for column in tables[number].columns]
    return FigureAggregate(
        figure=_get(record, "figure", str, where),
        name=name,
        rule=_rule(record, ids, where),
        tables=numbers,
        published={model: _number(value, where) for model, value in published.items()},
        exceptions=_exceptions(record, where),
    )


def _rule(record: Mapping[str, Any], ids: list[str], where: str) -> Rule:
    of = _strings(record, "of", where)
    for name in of:
        if name not in ids:
            raise DataError(where, f"averages '{name}', which is no column of its table")
    weights = _optional(record, "weights", list, where)
    scale = _optional(record, "scale", dict, where) or {}
    try:
        return Rule(
            formula=_get(record, "formula", object, where),  # type: ignore[arg-type]  # Rule checks both names
            of=of,
            weights=tuple(_number(weight, where) for weight in weights) if weights is not None else None,
            scale=tuple((name, _number(factor, where)) for name, factor in scale.items()),
            rounding=record.get("rounding", "nearest"),
            tolerance=_number(record.get("tolerance", 0), where),
        )
    except AveragingError as error:
        raise DataError(where, str(error)) from error


def _exceptions(record: Mapping[str, Any], where: str) -> dict[tuple[str, str | None], str]:
    found = _records(record, "exceptions", where) if "exceptions" in record else []
    return {
        (_get(e, "model_id", str, where), _optional(e, "variant", str, where)): _get(e, "why", str, where)
        for e in found
    }


def _reading(record: Mapping[str, Any], where: str) -> CellReading:
    value = _get(record, "read_as", object, where)
    return CellReading(
        table=_get(record, "table", str, where),
        model_id=_get(record, "model", str, where),
        column=_get(record, "column", str, where),
        read_as=None if value is None else _number(value, where),
        why=_get(record, "why", str, where),
        confirmed_by=_optional(record, "confirmed_by", str, where),
    )


def _get(record: Mapping[str, Any], key: str, kind: type[T], where: str) -> T:
    if key not in record:
        raise DataError(where, f"the key '{key}' is missing")
    value = record[key]
    if not isinstance(value, kind):
        raise DataError(where, f"'{key}' must be of type {kind.__name__}, found {type(value).__name__}")
    return value


def _optional(record: Mapping[str, Any], key: str, kind: type[T], where: str) -> T | None:
    return _get(record, key, kind, where) if key in record else None


def _records(record: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    found: list[Any] = _get(record, key, list, where)
    if not all(isinstance(item, dict) for item in found):
        raise DataError(where, f"'{key}' must be a list of objects")
    return found


def _strings(record: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found: list[Any] = _get(record, key, list, where)
    if not all(isinstance(item, str) for item in found):
        raise DataError(where, f"'{key}' must be a list of strings")
    return tuple(found)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise DataError(where, f"expected a number, found {value!r}")
    return value
