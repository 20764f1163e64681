"""Plain text tables and numbers for the terminal."""

from __future__ import annotations

import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.shown import printable, redact, redacted_text

if TYPE_CHECKING:
    from evalkit.statistics.averages import Rounding

# Characters that JSON may hold as they are, but a terminal should not get: controls of all kinds, direction marks.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


_LEAST = 8  # columns of a terminal that no column of a list is narrowed below


def width(text: str) -> int:
    """Columns a text takes in a terminal: wide East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def columns_of_text(rows: Sequence[Sequence[str]], right: Collection[int] = (), room: int | None = None) -> str:
    """Rows as aligned columns, the first row being the heading.

    Args:
        rows: cells; all rows of one length.
        right: columns to align at the right.
        room: columns of the terminal; longer texts are broken into lines, the widest columns first. None: as wide as
            the texts.
    """
    rows = [[printable(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    if room is not None:
        _narrow(widths, room - 2 * (len(widths) - 1))
    lines = []
    for row in rows:
        pieces = [broken(cell, size) for cell, size in zip(row, widths, strict=True)]
        for line in range(max(map(len, pieces))):
            cells = []
            for i, piece in enumerate(pieces):
                cell = piece[line] if line < len(piece) else ""
                gap = " " * (widths[i] - width(cell))
                cells.append(gap + cell if i in right else cell + gap)
            lines.append("  ".join(cells).rstrip())
        if row is rows[0]:
            lines.append("  ".join("-" * size for size in widths).rstrip())
    return "\n".join(lines)


def terminal_room() -> int | None:
    """Columns of the terminal that standard output is; None where it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def broken(text: str, size: int) -> list[str]:
    """A text in lines of so many columns, broken at blanks, and inside a word that is longer than a line."""
    if width(text) <= size:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        if line and width(line) + 1 + width(word) > size:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        while width(line) > size:
            end = 1
            while end < len(line) and width(line[: end + 1]) <= size:
                end += 1
            lines.append(line[:end])
            line = line[end:]
    return [*lines, line] if line else lines


def _narrow(widths: list[int], room: int) -> None:
    """Take columns from the widest of them until they fit; none gets narrower than a word's worth."""
    while sum(widths) > room and max(widths) > _LEAST:
        widest = widths.index(max(widths))
        second = max([size for size in widths if size < widths[widest]], default=_LEAST)
        widths[widest] = max(second, widths[widest] - (sum(widths) - room), _LEAST)


def number(value: float | None, decimals: int, rounding: Rounding = "nearest", *, signed: bool = False) -> str:
    """A value, rounded as everywhere, or '-' where it is undefined."""
    from evalkit.statistics.averages import fixed  # lists have no numbers to round

    return "-" if value is None else fixed(value, decimals, rounding, signed=signed)


def interval(low: float | None, high: float | None, decimals: int, rounding: Rounding = "nearest") -> str:
    """Ends of an interval in brackets, or nothing."""
    from evalkit.statistics.averages import fixed

    if low is None or high is None:
        return ""
    return f"[{fixed(low, decimals, rounding)}, {fixed(high, decimals, rounding)}]"


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
