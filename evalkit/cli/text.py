"""Plain text tables and numbers for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from evalkit.statistics.averages import Rounding, fixed


def width(text: str) -> int:
    """Columns a text takes in a terminal: wide East Asian characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def columns_of_text(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Rows as aligned columns, the first row being the heading.

    Args:
        rows: cells; all rows of one length.
        right: columns to align at the right.
    """
    rows = [[printable(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for i, cell in enumerate(row):
            gap = " " * (widths[i] - width(cell))
            cells.append(gap + cell if i in right else cell + gap)
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * size for size in widths).rstrip())
    return "\n".join(lines)


def number(value: float | None, decimals: int, rounding: Rounding = "nearest", *, signed: bool = False) -> str:
    """A value, rounded as everywhere, or '-' where it is undefined."""
    return "-" if value is None else fixed(value, decimals, rounding, signed=signed)


def interval(low: float | None, high: float | None, decimals: int, rounding: Rounding = "nearest") -> str:
    """Ends of an interval in brackets, or nothing."""
    if low is None or high is None:
        return ""
    return f"[{fixed(low, decimals, rounding)}, {fixed(high, decimals, rounding)}]"


def printable(text: str) -> str:
    """A text from elsewhere, safe for a terminal: control characters, which could rewrite the screen, are escaped."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)
