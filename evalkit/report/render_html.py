"""Tables as one self-contained HTML page: no script, nothing loaded, readable on white and on dark."""

from __future__ import annotations

import functools
import html
from collections.abc import Sequence

from evalkit.core.shown import visible
from evalkit.report.table_model import Cell, Head, Label, Line, Part, Table, signs

_STYLE = """
:root { color-scheme: light dark; --line: #b8bcc4; --faint: #5b6270; --own: #eaf2fb; --head: #f4f5f7; }
@media (prefers-color-scheme: dark) {
  :root { --line: #4b515c; --faint: #a9b0bd; --own: #1d2c3f; --head: #24272d; }
  body { background: #16181d; color: #e6e8ec; }
}
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: max-content; }
figure { margin: 0 0 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; border-block: 2px solid currentcolor; font-variant-numeric: tabular-nums; }
caption { caption-side: top; text-align: start; font-weight: 600; padding-bottom: .5rem; }
th, td { padding: .22rem .7rem; text-align: center; vertical-align: middle; white-space: nowrap; }
thead th { font-weight: 600; vertical-align: bottom; }
thead th, thead td { background: var(--head); }
thead th[scope=col] { white-space: normal; max-width: 9rem; overflow-wrap: break-word; }
thead tr:last-child th { border-bottom: 1px solid currentcolor; }
thead th[colspan] { border-bottom: 1px solid var(--line); }
tbody th { text-align: start; font-weight: 400; }
thead th.stub { text-align: start; vertical-align: bottom; border-bottom: 1px solid currentcolor; }
th.section { font-style: italic; background: var(--head); }
tr.rule > * { border-top: 1px solid var(--line); }
tr.own > * { background: var(--own); }
thead th.own { background: var(--own); }
.left { text-align: start; } .right { text-align: end; }
u { text-underline-offset: 3px; }
small { color: var(--faint); margin-inline-start: .3em; }
sup { color: var(--faint); margin-inline-start: .15em; line-height: 0; }
.notes { font-size: .86rem; color: var(--faint); max-width: 62rem; }
.notes p { margin: .35rem 0; } .notes ol { list-style: lower-alpha; margin: .35rem 0; padding-inline-start: 1.5rem; }
"""


def render_html(table: Table) -> str:
    """A page with one table."""
    return render_page([table], table.caption)


def render_page(tables: Sequence[Table], title: str) -> str:
    """A page with several tables below each other."""
    figures = "\n".join(_figure(table, f"t{i}") for i, table in enumerate(tables, 1))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{figures}\n</body>\n</html>\n"
    )


def _figure(table: Table, anchor: str) -> str:
    notes = "".join(f"<p>{_text(text)}</p>\n" for text in table.remarks)
    if table.footnotes:
        items = "".join(f'<li id="{anchor}-{i}">{_text(text)}</li>\n' for i, text in enumerate(table.footnotes, 1))
        notes += f"<ol>\n{items}</ol>\n"
    below = f'<figcaption class="notes">\n{notes}</figcaption>\n' if notes else ""
    return f'<figure>\n<div class="wide" tabindex="0">\n{_table(table, anchor)}</div>\n{below}</figure>'


def _table(table: Table, anchor: str) -> str:
    depth = len(table.heads)
    rows = []
    for level, heads in enumerate(table.heads):
        cells = ""
        if level == 0:
            for stub in table.stubs:
                cells += f'<th scope="col" class="stub"{_span("rowspan", depth)}>{_text(stub)}</th>'
        sides = _sides(table) if level == depth - 1 else ["center"] * len(heads)
        cells += "".join(
            _head(head, side, anchor, last=level == depth - 1) for head, side in zip(heads, sides, strict=True)
        )
        rows.append(f"<tr>{cells}</tr>\n")
    body = "".join(_line(table, line, anchor) for line in table.lines)
    return (
        f"<table>\n<caption>{_text(table.caption)}</caption>\n"
        f"<thead>\n{''.join(rows)}</thead>\n<tbody>\n{body}</tbody>\n</table>\n"
    )


def _head(head: Head, side: str, anchor: str, *, last: bool) -> str:
    if not head.text:
        return f"<td{_span('colspan', head.span)}></td>"
    scope = "col" if last else "colgroup"
    opening = (
        f'<th scope="{scope}"{_span("colspan", head.span)}{_classes(["own"] * head.own + [side] * (side != "center"))}>'
    )
    return f"{opening}{_text(head.text)}{_signs(head.notes, anchor)}</th>"


def _sides(table: Table) -> Sequence[str]:
    return table.align or ("center",) * table.width


def _line(table: Table, line: Line, anchor: str) -> str:
    classes = ["rule"] if line.rule else []
    if line.section is not None:
        width = len(table.stubs) + table.width
        inner = f'<th scope="row" class="section" colspan="{width}">{_label(line.section, anchor)}</th>'
    else:
        inner = "".join(_side(label, anchor) for label in line.labels if label is not None)
        sides = _sides(table)
        inner += "".join(_cell(cell, side, anchor) for cell, side in zip(line.cells, sides, strict=True))
        if any(label is not None and label.own for label in line.labels):
            classes.append("own")
    return f"<tr{_classes(classes)}>{inner}</tr>\n"


def _side(label: Label, anchor: str) -> str:
    scope = "rowgroup" if label.span > 1 else "row"
    return f'<th scope="{scope}"{_span("rowspan", label.span)}>{_label(label, anchor)}</th>'


def _label(label: Label, anchor: str) -> str:
    first, separator, rest = label.text.partition("\n")
    return _text(first) + _signs(label.notes, anchor) + _text(separator + rest)


def _cell(cell: Cell, side: str, anchor: str) -> str:
    if len(cell.parts) == 1:
        return f"<td{_classes([side] if side != 'center' else [])}>{_part(cell.parts[0], anchor)}</td>"
    texts = [_part(part, anchor) for part in cell.parts]
    joined = texts[0]
    for separator, text in zip(cell.separators, texts[1:], strict=True):
        joined += _text(separator) + text
    return f"<td{_classes([side] if side != 'center' else [])}>{joined}</td>"


def _part(part: Part, anchor: str) -> str:
    text = _text(part.text)
    if part.emphasis == "best":
        text = f"<strong>{text}</strong>"
    elif part.emphasis == "second":
        text = f"<u>{text}</u>"
    small = f"<small>{_text(part.extra)}</small>" if part.extra else ""
    return text + _signs(part.notes, anchor) + small


def _signs(notes: tuple[int, ...], anchor: str) -> str:
    if not notes:
        return ""
    links = ",".join(f'<a href="#{anchor}-{number}">{signs((number,))}</a>' for number in notes)
    return f"<sup>{links}</sup>"


@functools.lru_cache(maxsize=1 << 12)
def _text(text: str) -> str:
    return html.escape(visible(text)).replace("\n", "<br>")


def _span(name: str, number: int) -> str:
    return f' {name}="{number}"' if number > 1 else ""


def _classes(names: Sequence[str]) -> str:
    return f' class="{" ".join(names)}"' if names else ""
