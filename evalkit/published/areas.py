"""The areas of a paper's evaluation (leaderboards/areas.json), and which tasks have their columns.

An area is a part of a paper's tables: all columns of a table, or those that begin with some names.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evalkit import plugins
from evalkit.core.errors import UnknownNameError
from evalkit.published import numbers as published

FILE = "areas.json"


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a paper's tables, or all of them.

    Args:
        paper: its id.
        name: of the area; "" for the whole paper.
        tables: numbers as printed.
        columns: ids, in the order of the tables.
    """

    paper: str
    name: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def word(self) -> str:
        """What `--suite` takes: PAPER or PAPER:AREA."""
        return f"{self.paper}:{self.name}" if self.name else self.paper

    def makers(self) -> dict[str, tuple[str, ...]]:
        """Column -> the tasks whose cards name it; columns that no task has are left out."""
        known = makers()
        return {column: known[column] for column in self.columns if column in known}


def areas() -> list[Area]:
    """Every area of every paper, after the whole of it."""
    return [area for paper in published.papers() for area in _of_paper(paper).values()]


def area(word: str) -> Area:
    """The area of a word, PAPER or PAPER:AREA.

    Raises:
        UnknownNameError: no such paper, or no such area of it; the nearest names are suggested.
    """
    paper, _, name = word.partition(":")
    if paper not in published.papers():
        raise UnknownNameError("paper of --suite:", paper, published.papers())
    found = _of_paper(paper)
    if name not in found:
        raise UnknownNameError(f"area of {paper}:", name, [one for one in found if one])
    return found[name]


def makers() -> dict[str, tuple[str, ...]]:
    """Column id -> tasks and suites whose cards name it; tasks go before suites, then by name."""
    found: dict[str, list[tuple[bool, str]]] = {}
    for name, plugin in plugins.plugins("task").items():
        for column in plugin.header.get("columns", ()):
            found.setdefault(column, []).append((not plugin.header.get("splits"), name))
    return {column: tuple(name for _, name in sorted(names)) for column, names in found.items()}


@functools.cache
def _of_paper(paper: str) -> dict[str, Area]:
    tables = published.load_paper(paper).tables
    parts: Mapping[str, Mapping[str, list[str]]] = _parts().get(paper, {})
    made = {"": Area(paper, "", tuple(tables), tuple(_columns(paper, dict.fromkeys(tables, ()))))}
    for name, wanted in parts.items():
        for number in wanted:
            if number not in tables:
                raise UnknownNameError(f"table of {paper} in {FILE}:", number, tables)
        made[name] = Area(paper, name, tuple(wanted), tuple(_columns(paper, wanted)))
    return made


def _columns(paper: str, wanted: Mapping[str, list[str] | tuple[str, ...]]) -> Iterator[str]:
    seen: set[str] = set()
    for number, beginnings in wanted.items():
        for column in published.load_paper(paper).tables[number].columns:
            fits = not beginnings or any(column == one or column.startswith(f"{one}.") for one in beginnings)
            if fits and column not in seen:
                seen.add(column)
                yield column


@functools.cache
def _parts() -> dict[str, dict[str, dict[str, list[str]]]]:
    found: dict[str, dict[str, dict[str, list[str]]]] = json.loads(
        (plugins.folder("leaderboards") / FILE).read_text(encoding="utf-8")
    )
    return found
