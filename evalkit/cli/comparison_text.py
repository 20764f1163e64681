"""A comparison as text for the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from evalkit.cli.interval_plot import Bar, interval_plot
from evalkit.cli.text import columns_of_text, interval, number
from evalkit.report.comparison import ComparedValue, Comparison
from evalkit.report.flips import Flip, Flips

_TEXT = 160  # characters shown of a reference or an answer


def comparison_text(found: Comparison) -> str:
    """Table, drawing, methods, and the samples that flipped."""
    blocks = [columns_of_text([["", "model", "from"], ["A", found.model_a, found.a], ["B", found.model_b, found.b]])]
    blocks.append(columns_of_text(_table(found), right={1, 2, 3, 5, 6, 7, 8}))
    blocks += _plots(found)
    blocks.append("\n".join(_methods(found)))
    marks = list(_marks(found))
    if marks:
        blocks.append("\n".join(marks))
    blocks += [_flips(entry) for entry in found.flips]
    return "\n\n".join(blocks)


def p_value(p: float | None) -> str:
    """A p-value with three decimals, or what it is below."""
    if p is None:
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _table(found: Comparison) -> list[list[str]]:
    rows = [["value", "A", "B", "B - A", "interval", "p", "p Holm", "detectable", "n", "B is"]]
    for row in found.rows:
        digits = row.decimals
        mark = " *" if row.differences or row.only_a or row.only_b else ""
        rows.append(
            [
                row.name,
                number(row.a, digits, row.rounding),
                number(row.b, digits, row.rounding),
                number(row.difference, digits, signed=True),
                interval(row.low, row.high, digits),
                p_value(row.p),
                p_value(row.p_holm),
                number(row.detectable, digits),
                f"{row.n}/{row.units}" if row.clustered else str(row.n),
                row.verdict + mark,
            ]
        )
    return rows


def _plots(found: Comparison) -> list[str]:
    """One drawing per unit and direction, so that every scale means one thing."""
    drawn = [row for row in found.rows if row.difference is not None]

    def kind(row: ComparedValue) -> tuple[str, bool, int]:
        return row.unit, row.higher_is_better, row.decimals

    plots = []
    for (unit, higher, decimals), rows in groupby(sorted(drawn, key=kind), key=kind):
        bars = [Bar(row.name, row.difference or 0.0, row.low, row.high) for row in rows]
        left, right = ("B worse", "B better") if higher else ("B better", "B worse")
        plots.append(f"B - A, {unit}\n{interval_plot(bars, decimals, left, right)}")
    return plots


def _methods(found: Comparison) -> list[str]:
    rule = "strict values: everything not scored counts as wrong; " if found.strict else ""
    lines = [
        f"{rule}intervals: {1 - found.level:.0%} paired percentile bootstrap, {found.resamples} resamples, "
        f"seed {found.seed}",
        "p: " + "; ".join(_tests(found.rows)) + f"; two-sided. B is better or worse where p Holm <= {found.level:g}",
        f"detectable: the true difference of one row alone that is found with probability {found.power:g} by its test, "
        f"at level {found.level:g} after Holm",
    ]
    few = [f"{row.name} {row.units_to_begin}" for row in found.rows if row.units_to_begin is not None]
    if few:
        lines.append("too few for any difference to be significant; would do: " + ", ".join(few))
    if any(row.clustered for row in found.rows):
        lines.append("n: samples/clusters; clusters of samples are what is resampled and exchanged")
    if found.detect is not None:
        needed = [
            f"{row.name} {row.units_needed} {'clusters' if row.clustered else 'samples'}"
            for row in found.rows
            if row.units_needed is not None
        ]
        lines.append(f"to detect {found.detect:g}: " + (", ".join(needed) or "not known, nothing moved"))
    return lines


def _tests(rows: Sequence[ComparedValue]) -> list[str]:
    names = {
        ("McNemar", True): "exact McNemar test",
        ("permutation", True): "permutation test over all exchanges of samples",
        ("permutation", False): "permutation test over random exchanges of samples",
        ("cluster permutation", True): "permutation test over all exchanges of clusters",
        ("cluster permutation", False): "permutation test over random exchanges of clusters",
    }
    used = dict.fromkeys((row.test, row.exact) for row in rows if row.test is not None and row.exact is not None)
    return [names[test] for test in used if test in names] or ["no test was possible"]


def _marks(found: Comparison) -> list[str]:
    lines = []
    for row in found.rows:
        lines += [f"* {row.name}: NOT THE SAME PROTOCOL: {difference}" for difference in row.differences]
        if row.only_a or row.only_b:
            lines.append(f"* {row.name}: left out {row.only_a} samples only in A and {row.only_b} only in B")
        if row.dropped_a or row.dropped_b:
            lines.append(
                f"note: {row.name}: the official rule drops {row.dropped_a} samples of A alone, {row.dropped_b} of B "
                "alone; --strict counts them as wrong"
            )
    return lines + [f"note: {note}" for note in found.notes]


def _flips(entry: Flips) -> str:
    head = f"{entry.task}, {entry.metric}: {entry.worse} samples got worse, {entry.better} better"
    lines = [head]
    for title, listed, total in (
        ("worse", entry.listed_worse, entry.worse),
        ("better", entry.listed_better, entry.better),
    ):
        if listed:
            lines.append(f"\n{title}{f', the {len(listed)} largest of {total}' if len(listed) < total else ''}:")
            lines += [line for flip in listed for line in _flip(flip, entry)]
    return "\n".join(lines)


def _flip(flip: Flip, entry: Flips) -> list[str]:
    place = f" ({flip.split})" if flip.split and flip.split != "all" else ""
    change = f"{number(flip.a, entry.decimals)} -> {number(flip.b, entry.decimals)} {entry.unit}"
    lines = [f"  {plain(flip.id)}{plain(place)}  {change}"]
    if flip.answer_a is not None or flip.answer_b is not None:
        lines += [
            f"    reference  {plain(flip.reference)}",
            f"    A          {plain(flip.answer_a)}",
            f"    B          {plain(flip.answer_b)}",
        ]
    return lines


def plain(value: Any) -> str:
    """A text of a model on one line of a terminal: control characters escaped, long ones cut."""
    if value is None:
        return "(none)"
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        value = " | ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" if char != "\n" else " / " for char in text)
    return text if len(text) <= _TEXT else text[: _TEXT - 3] + "..."
