"""Tables as GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from evalkit.core.shown import visible
from evalkit.report.table_model import Cell, Head, Label, Line, Part, Table, signs

# Characters that mean something inside a GitHub table cell. An entity cannot be undone by a neighbour; the pipe must be
# escaped by a backslash, as the cell is cut before entities are read. A word joiner keeps "@name" from being a mention.
_ESCAPES = {
    "\\": "&#92;", "|": "\\|", "<": "&lt;", ">": "&gt;", "&": "&amp;", "`": "&#96;", "$": "&#36;", "\r": "",
    "\n": "<br>", "*": "\\*", "_": "\\_", "~": "\\~", "[": "\\[", "]": "\\]",
    "@": "@&#8288;",
}  # fmt: skip
_SPECIAL = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")


def render_markdown(table: Table) -> str:
    """A table with a heading row, bold best, underlined second best, and its notes as a list below.

    Headings of several levels are joined, as Markdown tables have one heading row.
    """
    heads = [*map(escape, table.stubs), *_heads(table)]
    align = [":--"] * len(table.stubs) + [_RULES[side] for side in table.align or ("center",) * table.width]
    lines = [f"**{escape(table.caption)}**", "", _row(heads), _row(align)]
    lines += [_row(_line(table, line)) for line in table.lines]
    notes = [f"<sup>{signs((i,))}</sup> {escape(text)}" for i, text in enumerate(table.footnotes, 1)]
    below = [*map(escape, table.remarks), *notes]
    if below:
        lines += ["", *(f"{text}  " for text in below[:-1]), below[-1]]
    return "\n".join(lines) + "\n"


_RULES = {"left": ":--", "center": ":-:", "right": "--:"}


def escape(text: str) -> str:
    """Text that GitHub shows as it is, inside a table cell or outside; line breaks become <br>."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], visible(text.replace("\r", "")))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _heads(table: Table) -> list[str]:
    columns: list[list[str]] = [[] for _ in range(table.width)]
    for row in table.heads:
        place = 0
        for head in row:
            for i in range(place, place + head.span):
                if head.text:
                    columns[i].append(_head(head))
            place += head.span
    return ["<br>".join(texts) for texts in columns]


def _head(head: Head) -> str:
    text = escape(head.text)
    return (f"*{text}*" if head.own else text) + _signs(head.notes)


def _line(table: Table, line: Line) -> list[str]:
    if line.section is not None:
        empty = [""] * (len(table.stubs) + table.width - 1)
        return [f"**{_label(line.section)}**", *empty]
    return [*(_label(label) if label else "" for label in line.labels), *map(_cell, line.cells)]


def _label(label: Label) -> str:
    first, separator, rest = label.text.partition("\n")
    text = escape(first) + _signs(label.notes) + escape(separator + rest)
    return f"*{text}*" if label.own and label.text else text


def _cell(cell: Cell) -> str:
    texts = [_part(part) for part in cell.parts]
    joined = texts[0]
    for separator, text in zip(cell.separators, texts[1:], strict=True):
        joined += escape(separator) + text
    return joined


def _part(part: Part) -> str:
    text = escape(part.text)
    if part.emphasis == "best":
        text = f"**{text}**"
    elif part.emphasis == "second":
        text = f"<ins>{text}</ins>"
    small = f" <sub>{escape(part.extra)}</sub>" if part.extra else ""
    return text + _signs(part.notes) + small


def _signs(notes: tuple[int, ...]) -> str:
    return f"<sup>{signs(notes)}</sup>" if notes else ""
