"""Tables as LaTeX: booktabs rules, multirow labels, notes below; compiles with pdfLaTeX as long as names allow."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from evalkit.report.latex_text import beyond_pdflatex, escape, guarded, number
from evalkit.report.table_model import Cell, Head, Label, Line, Part, Table, signs

_LINE = 92  # characters that fit on a text line in \small
_HEAD = 13  # characters after which a heading is broken
_ARROW = " \u2193"
_WORD = re.compile(r"\([^()]*\) *|[^ (-]+(?:-+| *)|[ (-] *")
_PACKAGES = r"\usepackage{booktabs,multirow,graphicx}"
_CJK = (
    "Noto Serif CJK SC",
    "Noto Sans CJK SC",
    "Source Han Serif SC",
    "Source Han Sans SC",
    "FandolSong-Regular.otf",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)


def render_latex(table: Table, *, standalone: bool = False) -> str:
    """A `table` environment, or with `standalone` a document that prints it.

    The first lines are comments that say which packages, and where needed which engine, it takes.
    """
    odd = beyond_pdflatex("".join(_texts(table)))
    needs = [f"% Needs {_PACKAGES}"]
    if odd:
        shown = odd if len(odd) <= 20 else f"{odd[:20]}..."
        needs.append(f"% Holds {shown}: compile with XeLaTeX or LuaLaTeX and fonts that have them (CJK: xeCJK).")
    body = _environment(table)
    if not standalone:
        return "\n".join([*needs, body, ""])
    return "\n".join([_preamble(table, cjk=bool(odd)), r"\begin{document}", body, r"\end{document}", ""])


def _environment(table: Table) -> str:
    small = r"\begin{table}[htbp]", r"\centering", r"\small"
    head = [*small, rf"\caption{{{escape(table.caption)}}}", rf"\label{{{_key(table.label)}}}", r"\vspace{4pt}"]
    tabular = _tabular(table)
    if _width(table) > _LINE:
        tabular = rf"\resizebox{{\linewidth}}{{!}}{{%{chr(10)}{tabular}%{chr(10)}}}"
    return "\n".join([*head, tabular, *_below(table), r"\end{table}"])


def _tabular(table: Table) -> str:
    letters = {"left": "l", "center": "c", "right": "r"}
    sides = "".join(letters[side] for side in table.align) or "c" * table.width
    lines = [rf"\begin{{tabular}}{{{'l' * len(table.stubs)}{sides}}}", r"\toprule", *_heads(table), r"\midrule"]
    for i, line in enumerate(table.lines):
        if line.rule:
            lines.append(_rule(table, i))
        lines.append(_line(table, line))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _heads(table: Table) -> list[str]:
    depth = len(table.heads)
    found = []
    for level, heads in enumerate(table.heads):
        cells = []
        for stub in table.stubs:
            text = _stacked(stub)
            tall = rf"\multirow[b]{{{depth}}}{{*}}{{{text}}}" if depth > 1 and stub else text
            cells.append(tall if level == 0 else "")
        cells += [_head(head) for head in heads]
        found.append(guarded(" & ".join(cells)) + r" \\")
        place = len(table.stubs) + 1
        rules = ""
        for head in heads if level < depth - 1 else ():
            if head.text:
                rules += rf"\cmidrule(lr){{{place}-{place + head.span - 1}}}"
            place += head.span
        if rules:
            found.append(rules)
    return found


def _head(head: Head) -> str:
    if head.span > 1:
        return rf"\multicolumn{{{head.span}}}{{c}}{{{_stacked(head.text, notes=head.notes)}}}"
    text = _stacked(_broken(head.text), "[b]", "c", head.notes)
    return rf"\textit{{{text}}}" if head.own else text


def _rule(table: Table, index: int) -> str:
    """A rule above a line, leaving out label columns whose label spans it."""
    line = table.lines[index]
    covered = 0
    for label in line.labels:
        if label is not None:
            break
        covered += 1
    width = len(table.stubs) + table.width
    return r"\midrule" if not covered else rf"\cmidrule(l){{{covered + 1}-{width}}}"


def _line(table: Table, line: Line) -> str:
    if line.section is not None:
        width = len(table.stubs) + table.width
        return rf"\multicolumn{{{width}}}{{l}}{{\textit{{{_label(line.section)}}}}} \\"
    cells = ["" if label is None else _side(label) for label in line.labels]
    return guarded(" & ".join([*cells, *(_cell(cell) for cell in line.cells)])) + r" \\"


def _side(label: Label) -> str:
    text = _label(label)
    return rf"\multirow{{{label.span}}}{{*}}{{{text}}}" if label.span > 1 else text


def _label(label: Label) -> str:
    text = _stacked(label.text, notes=label.notes)
    return rf"\textit{{{text}}}" if label.own else text


def _cell(cell: Cell) -> str:
    texts = [_part(part) for part in cell.parts]
    joined = texts[0]
    for separator, text in zip(cell.separators, texts[1:], strict=True):
        joined += escape(separator) + text
    return joined


def _part(part: Part) -> str:
    text = "--" if part.text == "-" else number(part.text)
    if part.emphasis == "best":
        text = rf"\textbf{{{text}}}"
    elif part.emphasis == "second":
        text = rf"\underline{{{text}}}"
    extra = re.sub(r"(?<![\w$])-(?=\d)", "$-$", escape(part.extra))
    small = rf" {{\scriptsize {extra}}}" if extra else ""
    return text + _signs(part.notes) + small


def _below(table: Table) -> list[str]:
    notes = [escape(text) for text in table.remarks]
    notes += [rf"\textsuperscript{{{signs((i,))}}}\,{escape(text)}" for i, text in enumerate(table.footnotes, 1)]
    if not notes:
        return []
    opening = r"\par\vspace{4pt}\begin{minipage}{\linewidth}\footnotesize\raggedright"
    return [opening, *(rf"{text}\par" for text in notes), r"\end{minipage}"]


def _broken(text: str) -> str:
    """A heading over one column, broken at blanks and hyphens, but not inside brackets."""
    arrow = text.endswith(_ARROW)
    lines = [""]
    for word in _WORD.findall(text.removesuffix(_ARROW)):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > _HEAD:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.strip() for line in lines) + (_ARROW if arrow else "")


def _stacked(text: str, place: str = "[c]", side: str = "l", notes: tuple[int, ...] = ()) -> str:
    lines = [escape(line) for line in text.split("\n")]
    lines[0] += _signs(notes)
    if len(lines) == 1:
        return lines[0]
    lines = [guarded(line) for line in lines]
    return rf"\begin{{tabular}}{place}{{@{{}}{side}@{{}}}}{(chr(92) * 2).join(lines)}\end{{tabular}}"


def _signs(notes: tuple[int, ...]) -> str:
    return rf"\textsuperscript{{{signs(notes)}}}" if notes else ""


def _key(label: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in ":-.") else "-" for char in label)


def _preamble(table: Table, *, cjk: bool) -> str:
    lines = [r"\documentclass[10pt]{article}", r"\usepackage[margin=1.5cm]{geometry}", _PACKAGES]
    if cjk:
        lines[0:0] = ["% Compile with XeLaTeX: some names have characters that pdfLaTeX cannot print."]
        lines += [r"\usepackage{fontspec}", r"\usepackage{xeCJK}"]
        lines += [rf"\IfFontExistsTF{{{_CJK[0]}}}{{\setCJKmainfont{{{_CJK[0]}}}}}{{%"]
        lines += [rf"\IfFontExistsTF{{{font}}}{{\setCJKmainfont{{{font}}}}}{{%" for font in _CJK[1:]]
        lines += ["}" * len(_CJK)]
    else:
        lines += [r"\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}"]
    return "\n".join([*lines, r"\pagestyle{empty}"])


def _texts(table: Table) -> list[str]:
    found = [table.caption, *table.stubs, *table.footnotes, *table.remarks]
    found += [head.text for row in table.heads for head in row]
    for line in table.lines:
        found += [label.text for label in (*line.labels, line.section) if label is not None]
        found += [text for cell in line.cells for part in cell.parts for text in (part.text, part.extra)]
    return found


def _width(table: Table) -> int:
    """Width of the table in characters, estimated."""
    gap = 3
    columns = [0] * (len(table.stubs) + table.width)
    rows: list[Sequence[str]] = [[*table.stubs, *(_broken(head.text) for head in table.heads[-1])]]
    for line in table.lines:
        if line.section is None:
            rows.append([*(label.text if label else "" for label in line.labels), *map(_plain, line.cells)])
    for row in rows:
        for i, text in enumerate(row):
            columns[i] = max(columns[i], *(_columns(part) for part in text.split("\n")))
    return sum(columns) + gap * (len(columns) - 1)


def _plain(cell: Cell) -> str:
    return "   ".join(part.text + (f" {part.extra}" if part.extra else "") for part in cell.parts)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
