"""Tables for the terminal: aligned columns, *best* and _second best_ marked, notes below."""

from __future__ import annotations

import re
import textwrap

from evalkit.cli.text import width
from evalkit.report.table_model import Cell, Label, Part, Table, signs

_BOLD, _UNDERLINED = re.compile(r"\b[Bb]old:"), re.compile(r"\b[Uu]nderlined:")
WRAP = 80  # characters of a line of notes, or as many as the table has, up to twice this


def render_text(table: Table) -> str:
    """A table as plain text."""
    heads: list[list[str]] = []
    stubs = len(table.stubs)
    last = len(table.heads) - 1
    spans: list[tuple[int, int, int, str]] = []  # row, first column, columns, text
    for level, row in enumerate(table.heads):
        cells = [*(table.stubs if level == last else [""] * stubs)]
        for head in row:
            text = _flat(head.text) + _signs(head.notes)
            if head.span > 1:
                spans.append((level, len(cells), head.span, text))
                cells += [""] * head.span
            else:
                cells.append(text)
        heads.append([_flat(cell) for cell in cells])
    body: list[list[str] | str] = []
    for line in table.lines:
        if line.rule:
            body.append("")
        if line.section is not None:
            body.append(_label(line.section))
        else:
            labels = ["" if label is None else _label(label) for label in line.labels]
            body.append([*labels, *map(_cell, line.cells)])
    rows = [*heads, *(line for line in body if not isinstance(line, str))]
    widths = [max(width(row[i]) for row in rows) for i in range(stubs + table.width)]
    for _, first, span, text in spans:
        room = sum(widths[first : first + span]) + 2 * (span - 1)
        widths[first + span - 1] += max(0, width(text) - room)
    found = [table.caption, ""]
    for level, heading in enumerate(heads):
        here = {first: (span, text) for row, first, span, text in spans if row == level}
        found.append(_aligned(heading, widths, stubs, here, table.align))
    found.append("  ".join("-" * size for size in widths))
    found += [line if isinstance(line, str) else _aligned(line, widths, stubs, {}, table.align) for line in body]
    notes = [*table.remarks, *(f"[{signs((i,))}] {text}" for i, text in enumerate(table.footnotes, 1))]
    notes = [_UNDERLINED.sub("_x_:", _BOLD.sub("*x*:", note)) for note in notes]
    room = max(WRAP, min(sum(widths) + 2 * (len(widths) - 1), 2 * WRAP))
    wrapped = [line for note in notes for line in textwrap.wrap(_flat(note), room, subsequent_indent="    ")]
    return "\n".join([*found, *([""] if notes else []), *wrapped]) + "\n"


def _aligned(
    cells: list[str], widths: list[int], stubs: int, spans: dict[int, tuple[int, str]], align: tuple[str, ...]
) -> str:
    shown = []
    i = 0
    while i < len(cells):
        span, text = spans.get(i, (1, cells[i]))
        room = sum(widths[i : i + span]) + 2 * (span - 1)
        gap = room - width(text)
        left = i < stubs or (align and align[i - stubs] == "left")
        before = 0 if left else gap // 2 if span > 1 else gap
        shown.append(" " * before + text + " " * (gap - before))
        i += span
    return "  ".join(shown).rstrip()


def _label(label: Label) -> str:
    first, separator, rest = label.text.partition("\n")
    return _flat(first) + _signs(label.notes) + _flat(separator + rest)


def _cell(cell: Cell) -> str:
    texts = [_part(part) for part in cell.parts]
    joined = texts[0]
    for separator, text in zip(cell.separators, texts[1:], strict=True):
        joined += separator + text
    return joined


def _part(part: Part) -> str:
    text = {"best": f"*{part.text}*", "second": f"_{part.text}_", None: part.text}[part.emphasis]
    return _flat(text + _signs(part.notes) + (f" {part.extra}" if part.extra else ""))


def _signs(notes: tuple[int, ...]) -> str:
    return f"[{signs(notes)}]" if notes else ""


def _flat(text: str) -> str:
    """One line, without characters that move the cursor."""
    return "".join(char if char.isprintable() else " " for char in text)
