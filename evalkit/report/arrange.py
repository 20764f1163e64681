"""Entries and columns arranged as a layout says: the heads and lines of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.report.entries import Entry, TableColumn
from evalkit.report.footnotes import Footnotes
from evalkit.report.layouts import Layout, LayoutBlock, LayoutCell
from evalkit.report.table_model import NONE, Cell, Emphasis, Head, Label, Line, Part

DOWN = "\u2193"  # after a heading: lower is better
OWN_GROUP = "Own runs"
_UNPRINTED = frozenset({"ours", "baseline", "ablation", ""})  # groups of the data that no table prints


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be arranged.

    Attributes:
        entries: the systems, printed ones first.
        columns: the columns by id.
        emphasis: (index of an entry, column id) -> best or second.
        footnotes: takes the footnotes in the order of their cells.
    """

    entries: Sequence[Entry]
    columns: Mapping[str, TableColumn]
    emphasis: Mapping[tuple[int, str], Emphasis]
    footnotes: Footnotes

    def cell(self, index: int, layout: LayoutCell) -> Cell:
        """The cell of one entry."""
        parts: list[Part] = []
        separators: list[str] = []
        for group in layout.groups:
            for i, name in enumerate(group):
                if parts:
                    separators.append("/" if i else layout.separator)
                parts.append(self._part(index, name))
        return Cell(tuple(parts), tuple(separators))

    def has(self, index: int, cells: Iterable[LayoutCell]) -> bool:
        """Whether an entry has a value, or a remark on a missing one, in any of the cells."""
        values = self.entries[index].values
        return any(
            (value := values.get(name)) is not None and (value.number is not None or bool(value.notes))
            for cell in cells
            for name in cell.ids
        )

    def name(self, index: int, text: str | None = None) -> Label:
        """The label of an entry."""
        entry = self.entries[index]
        return Label(entry.label if text is None else text, self.footnotes(entry.notes), own=entry.own)

    def heading(self, text: str, ids: Iterable[str], *, arrow: bool = True) -> tuple[str, tuple[int, ...]]:
        """A heading with its direction, and the footnotes on the headings of its columns."""
        found = [self.columns[name] for name in ids]
        down = arrow and all(not column.higher_is_better for column in found)
        marked = _before_break(text, f" {DOWN}") if down and text else text
        return marked, self.footnotes(column.note for column in found if column.note)

    def _part(self, index: int, name: str) -> Part:
        value = self.entries[index].values.get(name)
        if value is None:
            return Part(NONE)
        emphasis = self.emphasis.get((index, name))
        return Part(value.text, emphasis, self.footnotes(value.notes), value.small)


@dataclass(frozen=True, slots=True)
class Arranged:
    """Label headings, headings and lines of a table."""

    stubs: tuple[str, ...]
    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[Line, ...]


def arrange(content: Content, layout: Layout) -> Arranged:
    """Arrange entries and columns."""
    return _rows(content, layout) if layout.kind == "rows" else _columns(content, layout)


def _rows(content: Content, layout: Layout) -> Arranged:
    blocks = layout.blocks
    several = bool(layout.block)
    leaves = [[name for block in blocks for name in block.cells[i].ids] for i in range(len(blocks[0].cells))]
    # The direction stands at the columns, or, where they differ between blocks, at the blocks.
    at_blocks = several and any(_mixed(content, ids) for ids in leaves)
    heads = [tuple(Head(text, span) for text, span in row) for row in layout.heads]
    last = []
    for (text, _), ids in zip(layout.heads[-1], leaves, strict=True):
        shown, notes = content.heading(text, ids if not several else (), arrow=False)
        down = not at_blocks and not _mixed(content, ids) and not content.columns[ids[0]].higher_is_better
        last.append(Head(f"{shown} {DOWN}" if down else shown, 1, notes))
    heads[-1] = tuple(last)
    grouped = bool(layout.type)
    sized = bool(layout.params) and any(entry.params for entry in content.entries)
    several_models = len(content.entries) > 1 or not several
    stubs = [layout.block] if several else []
    stubs += [layout.type] if grouped else []
    stubs += [layout.model] if several_models else []
    stubs += [layout.params] if sized else []
    lines: list[Line] = []
    tall = len(content.entries) > 1
    for block in blocks:
        body = list(_block(content, layout, block, grouped=grouped, sized=sized, named=several_models))
        if block.section:
            lines.append(Line(section=Label(block.section), rule=bool(lines)))
        if several and body:
            ids = [name for cell in block.cells for name in cell.ids]
            text, notes = content.heading(block.label, ids, arrow=at_blocks)
            first = Label(text, notes, span=len(body))
            body = [replace(line, labels=(None if i else first, *line.labels)) for i, line in enumerate(body)]
            body[0] = replace(body[0], rule=bool(lines) and not block.section and tall)
        lines += body
    return Arranged(tuple(stubs), tuple(heads), tuple(lines))


def _block(
    content: Content, layout: Layout, block: LayoutBlock, *, grouped: bool, sized: bool, named: bool
) -> Iterator[Line]:
    indices = _in_block(content, block, every=not layout.block)
    groups = [_group(content.entries[i], layout) for i in indices]
    for place, index in enumerate(indices):
        entry = content.entries[index]
        new = place == 0 or groups[place] != groups[place - 1]
        labels: list[Label | None] = []
        if grouped:
            span = next((n for n in range(1, len(groups) - place) if groups[place + n] != groups[place]), 0)
            labels.append(Label(groups[place], span=span or len(groups) - place) if new else None)
        if named:
            labels.append(content.name(index))
        if sized:
            labels.append(Label(entry.params or NONE))
        cells = tuple(content.cell(index, cell) for cell in block.cells)
        yield Line(tuple(labels), cells, rule=place > 0 and (new or entry.id in layout.breaks))


def _in_block(content: Content, block: LayoutBlock, *, every: bool) -> list[int]:
    """Entries that stand in a block, printed ones in the block's own order; models without a value only in a table
    of one block."""
    indices = [i for i in range(len(content.entries)) if every or content.has(i, block.cells)]
    if block.order is None:
        return indices
    rank = {name: place for place, name in enumerate(block.order)}
    return sorted(
        indices, key=lambda i: len(rank) if content.entries[i].own else rank.get(content.entries[i].id, len(rank))
    )


def _group(entry: Entry, layout: Layout) -> str:
    """What an entry stands with: lines of another group are set apart by a rule."""
    if entry.own:
        return entry.group or OWN_GROUP
    if layout.type:
        return layout.groups.get(entry.group, entry.group)
    if entry.group not in _UNPRINTED:
        return entry.group
    return "ours" if entry.group == "ours" and not layout.block else ""


def _columns(content: Content, layout: Layout) -> Arranged:
    above = layout.column_groups or ("",)
    names = []
    for i, entry in enumerate(content.entries):
        label = content.name(i, layout.variants.get(entry.variant or "") or None)
        names.append(Head(label.text, 1, label.notes, entry.own))
    # The direction stands at the column groups, or, where there is none, at the lines.
    tops = []
    for g, text in enumerate(above):
        ids = [name for line in layout.lines if line.cells for name in line.cells[g].ids]
        shown, _ = content.heading(text, ids)
        tops.append(Head(shown, len(names)))
    heads = [tuple(names) * len(above)]
    if layout.column_groups:
        heads.insert(0, tuple(tops))
    width = len(layout.stubs)
    lines: list[Line] = []
    for place, line in enumerate(layout.lines):
        if line.section:
            lines.append(Line(section=Label(line.section), rule=place > 0))
            continue
        ids = [name for cell in line.cells for name in cell.ids]
        text, notes = content.heading(line.label, ids, arrow=not layout.column_groups)
        labels: tuple[Label | None, ...] = (Label(text, notes),)
        if width == 2:
            rest = layout.lines[place + 1 :]
            span = next((n for n, other in enumerate(rest, 1) if other.group), len(rest) + 1)
            labels = (Label(line.group, span=span) if line.group else None, *labels)
        cells = tuple(content.cell(i, cell) for cell in line.cells for i in range(len(content.entries)))
        lines.append(Line(labels, cells, rule=place > 0 and (line.rule or (width == 2 and bool(line.group)))))
    return Arranged(layout.stubs, tuple(heads), tuple(lines))


def _mixed(content: Content, ids: Sequence[str]) -> bool:
    return len({content.columns[name].higher_is_better for name in ids}) > 1


def _before_break(text: str, addition: str) -> str:
    first, separator, rest = text.partition("\n")
    return f"{first}{addition}{separator}{rest}"
