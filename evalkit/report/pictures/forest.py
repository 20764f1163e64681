"""Forest plot: every value with its interval, column by column, printed values beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.report.pictures.points import Point, remarks
from evalkit.report.pictures.style import COLOURS, PAPER_GREY, footer, new_figure, wrapped
from evalkit.statistics.averages import fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.21  # inches


def forest(found: Sequence[Point]) -> Figure:
    """One panel per unit and direction; in it one block per column, best value on top.

    Args:
        found: values in the order of their columns.
    """
    panels: dict[tuple[str, bool], dict[str, list[Point]]] = {}
    for point in found:
        panels.setdefault((point.unit, point.higher_is_better), {}).setdefault(point.column, []).append(point)
    sizes = [sum(1 + len(block) for block in blocks.values()) + 2 for blocks in panels.values()]
    figure = new_figure(7.2, max(1.8, _ROW * sum(sizes) + 0.5 * len(sizes) + 0.5))
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, ((unit, higher), blocks) in zip(axes, panels.items(), strict=True):
        _panel(ax, unit, higher, blocks)
    lines = ["filled, with bar: runs, 95 % interval"] if any(point.own for point in found) else []
    if any(not point.own for point in found):
        lines.append("hollow: printed in a paper, without interval")
    footer(figure, ["; ".join(lines), *remarks(found)])
    return figure


def _panel(ax: Axes, unit: str, higher: bool, blocks: dict[str, list[Point]]) -> None:
    height, ticks, labels = 0.0, [], []
    for name, block in blocks.items():
        ax.text(0.008, height, wrapped(name, 60), transform=ax.get_yaxis_transform(), fontweight="bold", va="center")
        height += 1
        for point in sorted(block, key=lambda point: -point.value if higher else point.value):
            _draw(ax, point, height)
            ticks.append(height)
            labels.append(f"{point.model}{'*' * point.partial}  {fixed(point.value, point.decimals, point.rounding)}")
            height += 1
    ax.set_yticks(ticks, labels)
    ax.set_ylim(height - 0.4, -0.8)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(f"{unit}, {'higher' if higher else 'lower'} is better")


def _draw(ax: Axes, point: Point, height: float) -> None:
    if not point.own:
        ax.plot(point.value, height, marker="D", markersize=4.5, markerfacecolor="white", color=PAPER_GREY)
        return
    if point.low is not None and point.high is not None:
        ax.plot([point.low, point.high], [height, height], color=COLOURS[0], linewidth=1.6, solid_capstyle="butt")
        ax.plot([point.low, point.high], [height, height], "|", color=COLOURS[0], markersize=6)
    ax.plot(point.value, height, marker="o", markersize=5, color=COLOURS[0])
