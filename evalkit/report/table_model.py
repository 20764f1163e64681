"""A table as what it says, before it is written in any format: heads, lines, cells, emphasis, footnotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Emphasis: TypeAlias = Literal["best", "second"] | None
Align: TypeAlias = Literal["left", "center", "right"]

NONE = "-"  # a cell without a value


@dataclass(frozen=True, slots=True)
class Part:
    """One value in a cell.

    Attributes:
        text: as shown; NONE where there is no value.
        emphasis: best or second best of its column.
        notes: numbers of its footnotes, counted from 1.
        extra: what follows in small print: an interval, a difference.
    """

    text: str
    emphasis: Emphasis = None
    notes: tuple[int, ...] = ()
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with one value, or several printed together (15.30 | 32.27), with what stands between them."""

    parts: tuple[Part, ...]
    separators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """Text beside the cells: a model, a data set, a group.

    Attributes:
        text: may hold line breaks.
        notes: numbers of its footnotes.
        span: lines it stands beside; the labels it covers are None.
        own: belongs to a run of the reader's own.
    """

    text: str
    notes: tuple[int, ...] = ()
    span: int = 1
    own: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A heading over `span` columns of cells; an empty text is an empty field. `own` as in Label."""

    text: str
    span: int = 1
    notes: tuple[int, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: as many labels as the table has stubs, then the cells; or a section heading across the table.

    Attributes:
        labels: None where a label above spans this line.
        cells: empty for a section.
        section: heading across the table.
        rule: a rule stands above the line.
    """

    labels: tuple[Label | None, ...] = ()
    cells: tuple[Cell, ...] = ()
    section: Label | None = None
    rule: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A line of the plain form of the table: one system, its values by column id as shown."""

    facts: Mapping[str, str]
    values: Mapping[str, str]
    extras: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be written.

    Attributes:
        caption: what it shows.
        label: identifier for references.
        stubs: headings of the label columns.
        heads: rows of headings from top to bottom, each spanning all cell columns; the last has one per column.
        lines: the body.
        footnotes: texts; footnote n of a cell is the n-th.
        remarks: further texts below the table, without number.
        columns: ids of the columns of the plain form.
        records: the plain form.
        align: of the cells.
    """

    caption: str
    label: str
    stubs: tuple[str, ...]
    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[Line, ...]
    footnotes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    align: tuple[Align, ...] = ()

    @property
    def width(self) -> int:
        """Number of cell columns."""
        return len(self.heads[-1])


def note_letters(number: int) -> str:
    """Sign of a footnote: 1 is a, 26 is z, 27 is aa."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def signs(notes: tuple[int, ...]) -> str:
    """Signs of several footnotes: "a,c"."""
    return ",".join(note_letters(number) for number in notes)
