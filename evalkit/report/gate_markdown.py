"""The gate's outcome as Markdown, for the step summary of a CI job or a comment."""

from __future__ import annotations

import re

from evalkit.core.shown import visible
from evalkit.report.gate_report import Check, GateReport, remarks
from evalkit.statistics.averages import Rounding, fixed

_ICONS = {"pass": "✅", "regression": "❌", "cannot judge": "⚠️", "ignored": "➖"}
_TITLES = {"pass": "no regression", "regression": "regression", "cannot judge": "cannot judge"}


def gate_markdown(report: GateReport) -> str:
    """A heading, a table with one line per column, and the reasons of what did not pass."""
    lines = [
        f"## {_ICONS[report.outcome]} evalkit gate: {_TITLES[report.outcome]}",
        "",
        f"{_code(report.model_current or report.current)} against {_code(report.model_baseline or report.baseline)}, "
        f"policy {_code(report.policy)}",
        "",
    ]
    if report.problem is not None:
        lines += [f"**{_text(report.problem)}**", ""]
    if report.checks:
        lines += [
            "| | column | baseline | current | change | interval | p | allowed drop | n |",
            "|---|---|--:|--:|--:|:-:|--:|--:|--:|",
            *(_row(check) for check in report.checks),
            "",
        ]
    for status, columns, text in remarks(report):
        icon = "" if status == "pass" else f"{_ICONS[status]} "
        lines.append(f"- {icon}{', '.join(_code(column) for column in columns)}: {_text(text)}")
    lines += [f"- {_text(note)}" for note in report.notes]
    return "\n".join(lines).rstrip() + "\n"


def facts(check: Check) -> str:
    """The figures of a check on one line."""
    digits = check.decimals
    parts = [
        f"baseline {_number(check.baseline, digits, check.rounding)}",
        f"current {_number(check.current, digits, check.rounding)} {check.unit}",
    ]
    if check.difference is not None:
        ends = interval(check)
        parts.append(f"change {fixed(check.difference, digits, signed=True)}" + (f" {ends}" if ends else ""))
    if check.allowed is not None:
        parts.append(f"allowed drop {fixed(check.allowed, digits)}")
    if check.p_adjusted is not None:
        parts.append(f"p {p_value(check.p_adjusted)} ({check.test})")
    if check.n is not None:
        parts.append(f"n {check.n}")
    return ", ".join(parts)


def interval(check: Check) -> str:
    """The interval of the change in brackets, or nothing."""
    if check.low is None or check.high is None:
        return ""
    low, high = (fixed(end, check.decimals, signed=True) for end in (check.low, check.high))
    return f"[{low}, {high}]"


def p_value(p: float | None) -> str:
    """A p-value with three decimals, or what it is below."""
    if p is None:
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _row(check: Check) -> str:
    digits = check.decimals
    cells = [
        _ICONS[check.status],
        _code(check.column),
        _number(check.baseline, digits, check.rounding),
        _number(check.current, digits, check.rounding),
        "-" if check.difference is None else fixed(check.difference, digits, signed=True),
        interval(check) or "-",
        _text(p_value(check.p_adjusted)),
        _number(check.allowed, digits),
        "-" if check.n is None else str(check.n),
    ]
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None, decimals: int, rounding: Rounding = "nearest") -> str:
    return "-" if value is None else fixed(value, decimals, rounding)


def _text(text: str) -> str:
    """Text that Markdown and HTML leave as it is, on one line."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|#~])", r"\\\1", visible(text)).replace("@", "@&#8288;")


def _code(text: str) -> str:
    """A name in code type; inside a table even there a bar would end the cell."""
    text = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"
