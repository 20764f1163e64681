"""How each published table is arranged on paper (leaderboards/layouts), which its values do not tell.

Two kinds. In "rows" a line is a model; blocks of columns may stand below each other (one per data set, with several
values in one cell). In "columns" a line is a benchmark and every model has a column. A table without a layout gets a
plain one: a line per model, and a common heading where the labels of neighbouring columns begin alike.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from evalkit import plugins
from evalkit.core.errors import DataError
from evalkit.published.tables import Table

SCHEMA = "table-layouts/1"
Source: TypeAlias = Literal["paper", "inferred"]
Group: TypeAlias = tuple[str, ...]

_TABLE_KEYS = {
    "rows": {"heads", "blocks", "block", "type", "groups", "breaks", "model", "params"},
    "columns": {"lines", "stubs", "column_groups", "variants"},
}
_SHARED_KEYS = {"source", "kind", "decimals", "printed", "highlight"}


@dataclass(frozen=True, slots=True)
class LayoutCell:
    """Which values one cell shows: groups of column ids; ids of a group are joined by "/", groups by `separator`."""

    groups: tuple[Group, ...]
    separator: str = " | "

    @property
    def ids(self) -> tuple[str, ...]:
        """Column ids in the order of print."""
        return tuple(name for group in self.groups for name in group)


@dataclass(frozen=True, slots=True)
class LayoutBlock:
    """Columns of one block of a "rows" layout; `order`: the models in this block, None for the table's order."""

    cells: tuple[LayoutCell, ...]
    label: str = ""
    section: str = ""
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class LayoutLine:
    """A line of a "columns" layout: its label, its group's label on the first line of the group, its cells."""

    label: str = ""
    group: str = ""
    section: str = ""
    cells: tuple[LayoutCell, ...] = ()
    rule: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The arrangement of one table.

    Attributes:
        kind: what a line is: a model ("rows") or a benchmark ("columns").
        source: "paper" where the arrangement was read from the paper's text, "inferred" where only the values and
            labels were at hand.
        heads: "rows": headings above the cells from top to bottom, with the number of cells each spans.
        blocks: "rows": blocks below each other.
        block, type, params: "rows": headings of the label columns for block, group and size; "" for no such column.
        model: heading of the models' label column.
        groups: "rows": group of the data -> its printed name.
        breaks: "rows": models with a rule above.
        stubs: "columns": headings of the label columns.
        lines: "columns": the lines.
        column_groups: "columns": headings above a repetition of all models.
        variants: "columns": variant of a row -> heading in place of the model's name.
        decimals: column id -> decimals, where trailing zeros are printed that the values lost.
        printed: model id -> column id -> the number exactly as printed, where it has other decimals than its column.
        highlight: whether best and second best mean something.
    """

    kind: Literal["rows", "columns"]
    source: Source = "inferred"
    heads: tuple[tuple[tuple[str, int], ...], ...] = ()
    blocks: tuple[LayoutBlock, ...] = ()
    block: str = ""
    type: str = ""
    params: str = ""
    model: str = "Model"
    groups: Mapping[str, str] = field(default_factory=dict)
    breaks: frozenset[str] = frozenset()
    stubs: tuple[str, ...] = ()
    lines: tuple[LayoutLine, ...] = ()
    column_groups: tuple[str, ...] = ()
    variants: Mapping[str, str] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)
    printed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    highlight: bool = True

    @property
    def ids(self) -> tuple[str, ...]:
        """All column ids in the order of print."""
        cells = [cell for block in self.blocks for cell in block.cells]
        cells += [cell for line in self.lines for cell in line.cells]
        return tuple(name for cell in cells for name in cell.ids)


def table_layout(table: Table) -> Layout:
    """The layout of a published table; a plain one where none is stored.

    Raises:
        DataError: the stored layout is wrong or does not show every column once.
    """
    stored = _stored(table.paper)
    if table.table not in stored:
        return plain_layout(tuple(table.columns), [_label(table, name) for name in table.columns])
    layout = stored[table.table]
    if sorted(layout.ids) != sorted(table.columns):
        odd = ", ".join(sorted(set(layout.ids) ^ set(table.columns))) or "a column twice"
        raise DataError(_path(table.paper), f"table {table.table} must show every column once; differing: {odd}")
    return layout


def plain_layout(ids: Sequence[str], labels: Sequence[str], heads: Sequence[str] | None = None) -> Layout:
    """A line per model and a column per id.

    Args:
        ids: the column ids.
        labels: their headings.
        heads: a heading above each; equal neighbours share one. None: the words that labels of neighbours share.
    """
    above = list(heads) if heads is not None else _shared_heads(labels)
    below = [
        label[len(head) :].strip(" -/,:") or label if heads is None and head else label
        for head, label in zip(above, labels, strict=True)
    ]
    spans: list[list[Any]] = []
    for head in above:
        if spans and head and spans[-1][0] == head:
            spans[-1][1] += 1
        else:
            spans.append([head, 1])
    rows = [tuple((label, 1) for label in below)]
    if any(above):
        rows.insert(0, tuple((head, span) for head, span in spans))
    block = LayoutBlock(tuple(LayoutCell(((name,),)) for name in ids))
    return Layout("rows", heads=tuple(rows), blocks=(block,))


def _shared_heads(labels: Sequence[str]) -> list[str]:
    """For each label its first word where a neighbour begins with the same word, else ""."""
    first = [label.split()[0] if len(label.split()) > 1 else "" for label in labels]
    beside = [{*first[max(i - 1, 0) : i], *first[i + 1 : i + 2]} for i in range(len(first))]
    return [word if word in near else "" for word, near in zip(first, beside, strict=True)]


def _label(table: Table, name: str) -> str:
    column = table.columns[name]
    return column.label_corrected or column.label


def _path(paper: str) -> Path:
    return plugins.folder("leaderboards") / "layouts" / f"{paper}.json"


@functools.cache
def _stored(paper: str) -> dict[str, Layout]:
    path = _path(paper)
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(path, f"is not valid JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or document.get("paper") != paper:
        raise DataError(path, f"expected schema '{SCHEMA}' and paper '{paper}'")
    return {number: parse_layout(record, f"{path}, table {number}") for number, record in document["tables"].items()}


def parse_layout(record: Mapping[str, Any], where: str) -> Layout:
    """Read one layout.

    Raises:
        DataError: an unknown key or kind, or headings that do not span the cells.
    """
    kind = record.get("kind")
    if kind not in _TABLE_KEYS:
        raise DataError(where, f"kind must be rows or columns, found {kind!r}")
    odd = record.keys() - _TABLE_KEYS[kind] - _SHARED_KEYS
    if odd:
        raise DataError(where, f"unknown keys for kind '{kind}': {', '.join(sorted(odd))}")
    heads = tuple(tuple(_head(head) for head in row) for row in record.get("heads", []))
    layout = Layout(
        kind=kind,
        source=record.get("source", "inferred"),
        heads=heads,
        blocks=tuple(_block(block) for block in record.get("blocks", [])),
        block=record.get("block", ""),
        type=record.get("type", ""),
        params=record.get("params", ""),
        model=record.get("model", "Model"),
        groups=record.get("groups", {}),
        breaks=frozenset(record.get("breaks", [])),
        stubs=tuple(record.get("stubs", [])),
        lines=tuple(_line(line) for line in record.get("lines", [])),
        column_groups=tuple(record.get("column_groups", [])),
        variants=record.get("variants", {}),
        decimals=record.get("decimals", {}),
        printed=record.get("printed", {}),
        highlight=record.get("highlight", True),
    )
    width = max(len(layout.column_groups), 1)
    if kind == "columns" and any(len(line.cells) != width for line in layout.lines if not line.section):
        raise DataError(where, f"every line must have {width} cells")
    spans = {sum(span for _, span in row) for row in heads} | {len(block.cells) for block in layout.blocks}
    if kind == "rows" and len(spans) != 1:
        raise DataError(where, f"headings and blocks span different numbers of cells: {sorted(spans)}")
    return layout


def _head(head: str | Sequence[Any]) -> tuple[str, int]:
    return (head, 1) if isinstance(head, str) else (str(head[0]), int(head[1]))


def _block(record: Mapping[str, Any]) -> LayoutBlock:
    order = record.get("order")
    return LayoutBlock(
        tuple(_cell(cell) for cell in record["cells"]),
        record.get("label", ""),
        record.get("section", ""),
        tuple(order) if order is not None else None,
    )


def _line(record: Mapping[str, Any]) -> LayoutLine:
    separator = record.get("separator", " | ")
    return LayoutLine(
        record.get("label", ""),
        record.get("group", ""),
        record.get("section", ""),
        tuple(_cell(cell, separator) for cell in record.get("cells", [])),
        record.get("rule", False),
    )


def _cell(cell: str | Sequence[Any], separator: str = " | ") -> LayoutCell:
    if isinstance(cell, str):
        return LayoutCell(((cell,),), separator)
    return LayoutCell(tuple((part,) if isinstance(part, str) else tuple(part) for part in cell), separator)
