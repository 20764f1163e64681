"""Published tables as they are printed, with the reader's own runs beside them where wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evalkit.core.errors import UnknownNameError
from evalkit.published import numbers as published
from evalkit.published.notes import remarks
from evalkit.published.tables import Paper
from evalkit.published.tables import Table as PublishedTable
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.arrange import DOWN, Content, arrange
from evalkit.report.entries import Entry, Notes, TableColumn, emphasized, printed_entries, table_columns
from evalkit.report.footnotes import Footnotes
from evalkit.report.layouts import Layout, table_layout
from evalkit.report.run_rows import RunRowOptions, load_rows, own_entries
from evalkit.report.table_model import Record, Table

Highlight = Literal["all", "papers", "none"]
_NAMED = 4  # columns that runs have, named where none is the table's
UNSTATED = "Papers do not state their protocol: a difference from an own run may come from it."


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a published table is shown.

    Attributes:
        runs: run directories, results folders or saved leaderboards whose models are added.
        own: how these are shown.
        notes: "none", "short" (footnotes of cells, misprints) or "all" (also other sources, remarks on the table).
        recompute: show averages as their columns give them, instead of as printed.
        highlight: who takes part in best and second best: complete runs and papers, papers alone, or nobody.
    """

    runs: Sequence[Path] = ()
    own: RunRowOptions = field(default_factory=RunRowOptions)
    notes: Notes = "short"
    recompute: bool = False
    highlight: Highlight = "all"


@dataclass(frozen=True, slots=True)
class Listed:
    """One published table in a listing."""

    paper: str
    table: str
    title: str
    rows: int
    columns: int
    layout: str


def listed() -> list[Listed]:
    """Every published table, by paper and number."""
    found = []
    for paper_id in published.papers():
        for table in published.load_paper(paper_id).tables.values():
            layout = table_layout(table)
            found.append(Listed(paper_id, table.table, table.title, len(table.rows), len(table.columns), layout.source))
    return found


def find(paper_id: str, number: str) -> tuple[Paper, PublishedTable]:
    """A paper and one of its tables.

    Raises:
        UnknownNameError: there is no such paper or table, with the nearest there are.
    """
    paper = published.load_paper(paper_id)
    if number not in paper.tables:
        raise UnknownNameError(f"table of {paper_id}", number, paper.tables)
    return paper, paper.tables[number]


def paper_table(paper_id: str, number: str, options: TableOptions | None = None) -> Table:
    """A published table, ready to be written in any format.

    Raises:
        UnknownNameError: there is no such paper or table.
        ResultsError: a run that cannot be read.
    """
    chosen = options or TableOptions()
    paper, table = find(paper_id, number)
    layout = table_layout(table)
    columns = table_columns(table, layout, chosen.own.digits)
    entries = printed_entries(paper, table, layout, columns, chosen.notes, recompute=chosen.recompute)
    rows = load_rows(chosen.runs)
    rules = [(aggregate.column, aggregate.rule) for aggregate in table.aggregates]
    own = own_entries(rows, columns, rules, entries, chosen.own)
    texts = remarks(paper, table, everything=chosen.notes == "all") if chosen.notes != "none" else []
    if chosen.notes == "all":
        texts.append(_origin(layout))
    if own:
        texts.insert(0, UNSTATED)
    if rows and not own:
        texts.insert(0, _nothing_of(rows))
    name = paper.title.partition(":")[0]
    return assembled(
        entries=[*entries, *own],
        columns=columns,
        layout=layout,
        highlight=chosen.highlight if layout.highlight else "none",
        caption=f"{name} (arXiv:{paper.arxiv}), Table {number}: {table.title}",
        label=f"tab:{paper_id}-{number}",
        remarks=texts,
    )


def assembled(
    entries: Sequence[Entry],
    columns: dict[str, TableColumn],
    layout: Layout,
    highlight: Highlight,
    caption: str,
    label: str,
    remarks: Sequence[str] = (),
    emphases: Sequence[str] = ("best", "second"),
) -> Table:
    """A table of entries and columns in a layout; `emphases`: which are shown."""
    taking_part = [entry for entry in entries if not (entry.own and highlight == "papers")]
    marked = emphasized(taking_part, columns) if highlight != "none" else {}
    places = {id(entry): i for i, entry in enumerate(entries)}
    emphasis = {(places[id(taking_part[i])], name): kind for (i, name), kind in marked.items() if kind in emphases}
    footnotes = Footnotes()
    arranged = arrange(Content(entries, columns, emphasis, footnotes), layout)
    legend = []
    if emphasis:
        kinds = set(emphasis.values())
        said = ["bold: best"] * ("best" in kinds) + ["underlined: second best"] * ("second" in kinds)
        legend.append("; ".join(said).capitalize() + ".")
    if any(not column.higher_is_better for column in columns.values()):
        legend.append(f"{DOWN} lower is better.")
    return Table(
        caption=caption,
        label=label,
        stubs=arranged.stubs,
        heads=arranged.heads,
        lines=arranged.lines,
        footnotes=footnotes.texts,
        remarks=tuple([" ".join(legend)] if legend else []) + tuple(remarks),
        columns=tuple(columns),
        records=tuple(_record(entry, columns) for entry in entries),
    )


def _record(entry: Entry, columns: dict[str, TableColumn]) -> Record:
    values = {name: entry.values[name] for name in columns if name in entry.values}
    return Record(
        facts={
            "model": entry.label,
            "model_id": entry.id,
            "variant": entry.variant or "",
            "group": entry.group,
            "params": entry.params,
            "source": "run" if entry.own else "paper",
        },
        values={name: value.text for name, value in values.items() if value.number is not None},
        extras={name: value.extras for name, value in values.items() if value.extras},
        marks={
            **({"model": entry.notes} if entry.notes else {}),
            **{name: value.notes for name, value in values.items() if value.notes},
        },
    )


def _origin(layout: Layout) -> str:
    if layout.source == "paper":
        return "Arrangement and headings follow the paper's text."
    return "Arrangement inferred from labels and values; the paper may group its lines otherwise."


def _nothing_of(rows: Sequence[LeaderboardRow]) -> str:
    """What is said where runs have other columns than the table."""
    names = sorted({row.column for row in rows})
    more = ", ..." if len(names) > _NAMED else ""
    return (
        f"None of the given runs has a column of this table. They have {', '.join(names[:_NAMED])}{more}; "
        "--spec sets such columns beside those of papers."
    )
