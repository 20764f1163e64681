"""Differences and their intervals, drawn with plain characters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.cli.text import width
from evalkit.statistics.averages import fixed

WIDTH = 56


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the plot: a point and, where it has one, its interval."""

    name: str
    value: float
    low: float | None
    high: float | None


def interval_plot(bars: Sequence[Bar], decimals: int, left: str, right: str, columns: int = WIDTH) -> str:
    """Lines like `name  : (----o----)` over one common scale, ':' standing at zero.

    Args:
        bars: what to draw; at least one.
        decimals: digits of the scale.
        left: what lies on the left of zero.
        right: what lies on the right of it.
        columns: width of the drawing, in characters.
    """
    ends = [0.0]
    for bar in bars:
        ends += [bar.value] + [end for end in (bar.low, bar.high) if end is not None]
    lowest, highest = min(ends), max(ends)
    span = (highest - lowest) or 1.0

    def place(value: float) -> int:
        return round((value - lowest) / span * (columns - 1))

    longest = max(width(bar.name) for bar in bars)
    lines = [f"{bar.name}{' ' * (longest - width(bar.name))}  {_bar(bar, place, columns)}" for bar in bars]
    zero = place(0.0)
    marks = {0: fixed(lowest, decimals, signed=True), columns - 1: fixed(highest, decimals, signed=True)} | {zero: "0"}
    scale = _scale(marks, columns)
    sides = f"{left} " * (zero >= len(left) + 1)
    label = " " * (zero - len(sides)) + sides + "|" + f" {right}"
    return "\n".join([*lines, f"{' ' * longest}  {scale}", f"{' ' * longest}  {label}"])


def _bar(bar: Bar, place: Callable[[float], int], columns: int) -> str:
    cells = [" "] * columns
    if bar.low is not None and bar.high is not None:
        first, last = place(bar.low), place(bar.high)
        cells[first : last + 1] = "-" * (last - first + 1)
        cells[first], cells[last] = "(", ")"
    if cells[place(0.0)] in " -":
        cells[place(0.0)] = ":"
    cells[place(bar.value)] = "o"
    return "".join(cells).rstrip()


def _scale(marks: Mapping[int, str], columns: int) -> str:
    """Numbers under their places; one that would touch its left neighbour is left out."""
    text = ""
    for place, mark in sorted(marks.items()):
        start = min(max(0, place - len(mark) // 2), columns - len(mark))
        if not text or start > len(text):
            text += " " * (start - len(text)) + mark
    return text
