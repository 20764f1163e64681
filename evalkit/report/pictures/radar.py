"""Radar of a suite: one axis per column, one outline per model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from evalkit.core.errors import UsageError
from evalkit.published import numbers as published
from evalkit.report.pictures.points import Point, models_of, remarks
from evalkit.report.pictures.style import PAPER_GREY, footer, legend, look, new_figure, widen, wrapped
from evalkit.statistics.averages import Rounding, fixed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Scale = Literal["range", "shown"]
MOST_MODELS = 7
_INNER = 0.15  # where the worst value shown stands, with scale "shown"


def radar(found: Sequence[Point], scale: Scale = "range") -> Figure:
    """The outlines; outside is better on every axis.

    Args:
        found: values; of several values of a model on one column, the run's comes before the papers'.
        scale: "range" draws each column over its whole range; "shown" from the worst to the best value shown.

    Raises:
        UsageError: fewer than three columns, or more models than can be told apart.
    """
    columns = list(dict.fromkeys(point.column for point in found))
    models = models_of(found)
    if len(columns) < 3:
        raise UsageError(f"a radar needs three columns; there are {len(columns)}. A forest plot shows fewer")
    if len(models) > MOST_MODELS:
        raise UsageError(
            f"{len(models)} models cannot be told apart in one radar; choose up to {MOST_MODELS} by --model"
        )
    ends = {name: _ends([point for point in found if point.column == name], scale) for name in columns}
    figure = new_figure(6.6, 5.8)
    ax = figure.add_subplot(projection="polar")
    ax.set_theta_offset(math.pi / 2)  # type: ignore[attr-defined]
    ax.set_theta_direction(-1)  # type: ignore[attr-defined]
    angles = [2 * math.pi * place / len(columns) for place in range(len(columns))]
    lacking = []
    for place, (model, own) in enumerate(models):
        values = _values(found, model, own)
        lacking += [model] if len(values) < len(columns) else []
        radii = [_radius(values[name], ends[name], scale) if name in values else math.nan for name in columns]
        style = look(place)
        starred = any(point.partial for point in found if (point.model, point.own) == (model, own))
        label = f"{model}{'*' * starred}" if own else f"{model} (printed)"
        ax.plot([*angles, angles[0]], [*radii, radii[0]], label=label, linewidth=1.5, markersize=4.5, **style)
        if not any(math.isnan(radius) for radius in radii):
            ax.fill(angles, radii, color=style["color"], alpha=0.06)
    prefix = shared_prefix(columns)
    labels = [f"{wrapped(name.removeprefix(prefix))}\n{_span(ends[name], found, name)}" for name in columns]
    ax.set_xticks(angles, labels, fontsize=7.5)
    for text, angle in zip(ax.get_xticklabels(), angles, strict=True):
        side = math.sin(angle)
        text.set_horizontalalignment("center" if abs(side) < 0.1 else "left" if side > 0 else "right")
    ax.set_ylim(0, 1)
    ax.set_yticks([0.25, 0.5, 0.75, 1.0], [""] * 4)
    ax.grid(color="#CCCCCC", linewidth=0.6)
    ax.spines["polar"].set_color(PAPER_GREY)
    legend(figure, *ax.get_legend_handles_labels(), most=2, fontsize=8)
    if prefix:
        ax.set_title(prefix.removesuffix("."), pad=18)
    notes = ["outside is better; small print: value in the centre to value at the rim"]
    if scale == "shown":
        notes = [
            f"outside is better; small print: worst value shown (at {_INNER:.0%} of the radius) to best (at the rim)"
        ]
    if lacking:
        notes.append(f"no value on some axes: {', '.join(lacking)}")
    footer(figure, [*notes, *remarks(found)])
    widen(figure, [ax], square=True)
    return figure


def shared_prefix(columns: Sequence[str]) -> str:
    """What all column ids begin with, up to a dot: "mmmb." of mmmb.text_memory and mmmb.average."""
    first = columns[0].split(".")[:-1]
    while first and not all(name.startswith(".".join(first) + ".") for name in columns):
        first.pop()
    return ".".join(first) + "." if first else ""


def _values(found: Sequence[Point], model: str, own: bool) -> Mapping[str, float]:
    values: dict[str, float] = {}
    for point in found:
        if (point.model, point.own) == (model, own):
            values.setdefault(point.column, point.value)
    return values


def _ends(block: Sequence[Point], scale: Scale) -> tuple[float, float]:
    """(worst, best) of an axis."""
    values = [point.value for point in block]
    low, high = min(values), max(values)
    if scale == "range":
        info = published.columns().get(block[0].column)
        low, high = info.range if info is not None else (0.0, 100.0) if block[0].unit == "%" else (min(0.0, low), high)
    elif low == high:
        low, high = low - 1.0, high
    return (low, high) if block[0].higher_is_better else (high, low)


def _radius(value: float, ends: tuple[float, float], scale: Scale) -> float:
    worst, best = ends
    share = (value - worst) / (best - worst)
    inner = _INNER if scale == "shown" else 0.0
    return min(1.0, max(0.0, inner + share * (1 - inner)))


def _span(ends: tuple[float, float], found: Sequence[Point], name: str) -> str:
    decimals = max(point.decimals for point in found if point.column == name)
    rounding: Rounding = next((point.rounding for point in found if point.column == name and point.own), "nearest")
    worst, best = (fixed(end, 0 if float(end).is_integer() else decimals, rounding) for end in ends)
    return f"{worst} \N{RIGHTWARDS ARROW} {best}"
