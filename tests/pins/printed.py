"""Values of a table as they stand in a paper's text: neighbours that stand together, in a line or below one another.

The text of one paper was read from pictures of its pages and lost decimal points; there digits are compared alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import tables

RUN = 3  # values that must stand together for one of them to be found; two do where they have six digits or more
ALONE = 6
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?:,\d\d)?(?![\w])")
_WITHOUT_POINTS = ("interactive-omni",)
Place = tuple[str, int, str]  # table, row, column


def lines_of(paper: str) -> list[list[str]]:
    """Numbers of each line of the text, in order, in one form."""
    text = (tables.PAPERS_TEXT / f"{paper}.txt").read_text(encoding="utf-8")
    found = []
    for line in text.splitlines():
        cleaned = re.sub(r"<[^>]+>|\*\*|[*†‡]", " ", line)
        cleaned = re.sub(r"(?<=\d)(?:ms|%)(?!\w)", " ", cleaned)
        if numbers := [_form(word, paper) for word in _NUMBER.findall(cleaned)]:
            found.append(numbers)
    return found


def _form(word: str, paper: str) -> str:
    if paper in _WITHOUT_POINTS:
        return re.sub(r"\D", "", word).strip("0") or "0"
    return repr(float(word.replace(",", "").replace("−", "-")))


def runs_of(lines: list[list[str]], length: int) -> set[tuple[str, ...]]:
    """Numbers beside one another in a line, or below one another: at one place from either end."""
    found = {tuple(line[at : at + length]) for line in lines for at in range(len(line) - length + 1)}
    for group in zip(*(lines[at:] for at in range(length)), strict=False):
        for at in range(min(len(line) for line in group)):
            found.add(tuple(line[at] for line in group))
            found.add(tuple(line[-1 - at] for line in group))
    return found


def found_in_text(paper: str, folder: Path) -> tuple[set[Place], int]:
    """Cells that stand in the paper's text with neighbours of their row or column, and how many there are.

    Neighbours are those without the empty cells.
    """
    lines = lines_of(paper)
    runs = {length: runs_of(lines, length) for length in (2, RUN)}
    found: set[Place] = set()
    count = 0
    for table in tables.documents(folder)[paper]["tables"]:
        along = defaultdict(list)
        for at, row in enumerate(table["rows"]):
            for column in table["columns"]:
                value = row["values"].get(column["id"])
                if value is not None:
                    count += 1
                    cell = ((table["table"], at, column["id"]), _form(repr(value), paper))
                    along["row", at].append(cell)
                    along["column", column["id"]].append(cell)
        for cells in along.values():
            for window in _windows(cells):
                if tuple(value for _, value in window) in runs[len(window)]:
                    found |= {place for place, _ in window}
    return found, count


def _windows(cells: Sequence[tuple[Place, str]]) -> Iterator[Sequence[tuple[Place, str]]]:
    for at in range(len(cells)):
        yield from (cells[at : at + RUN],) if at + RUN <= len(cells) else ()
        two = cells[at : at + 2]
        if len(two) == 2 and sum(len(re.sub(r"\D|\.0$", "", value)) for _, value in two) >= ALONE:
            yield two
