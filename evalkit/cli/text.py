"""Plain text tables and numbers for the terminal."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

from evalkit.core.shown import printable, redact, redacted_text

# Characters that JSON may hold as they are, but a terminal should not get: controls of all kinds, direction marks.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


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


def number(value: float | None, decimals: int) -> str:
    """A value, or '-' where it is undefined."""
    return "-" if value is None else f"{value:.{decimals}f}"


def interval(low: float | None, high: float | None, decimals: int) -> str:
    """Ends of an interval in brackets, or nothing."""
    return "" if low is None or high is None else f"[{low:.{decimals}f}, {high:.{decimals}f}]"


def say(text: str = "", *, error: bool = False) -> None:
    """Print a text on stdout, or on stderr, with control characters shown and keys left out."""
    print(printable(redact(text)), file=sys.stderr if error else sys.stdout)


def say_json(value: Any) -> None:
    """Print JSON on stdout without keys; see `json_text`."""
    print(json_text(redacted_text(value)))


def json_text(value: Any) -> str:
    """Indented JSON whose strings hold no character that steers a terminal."""
    return escaped_json(json.dumps(value, ensure_ascii=False, indent=2))


def escaped_json(text: str) -> str:
    """JSON with such characters written as escapes, which mean the same."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
