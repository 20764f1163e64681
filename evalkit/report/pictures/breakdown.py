"""A value by groups of samples, as InteractiveOmni's Figure 5 has MMMB's accuracy by turn distance and images."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.records.summary import Result, Summary
from evalkit.report.leaderboard import twin_mark
from evalkit.report.pictures.points import run_label
from evalkit.report.pictures.style import footer, legend, look, new_figure, part_labels, wrapped
from evalkit.report.summaries import chosen_part

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class GroupValue:
    """One model's value on one group.

    Args:
        model: of the run, with its id where a task has several runs of the model.
        task: of the run.
        metric: its label.
        breakdown: what the samples are grouped by.
        group: which group.
        value, low, high: the value and its interval, in `unit`; None where no sample counts.
        n: samples in it.
        unit: unit of the value.
        part: of the samples that the run was asked for; "" for all.
    """

    model: str
    task: str
    metric: str
    breakdown: str
    group: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    part: str = ""

    def row(self) -> dict[str, object]:
        """A row of a CSV file."""
        return asdict(self)


def group_values(runs: Iterable[Summary], by: Sequence[str], metric: str | None = None) -> list[GroupValue]:
    """Values of all runs on the groups of some breakdowns.

    Args:
        runs: summaries.
        by: names of breakdowns; [] for all there are.
        metric: name of a metric; None for the first one of each run.

    Raises:
        UnknownNameError: no run has such a breakdown or metric.
        UsageError: no run has any breakdown.
    """
    runs = list(runs)
    found = [(run, result) for run in runs for result in run.results if result.breakdown and result.split is None]
    if not found:
        raise UsageError("no run there has a breakdown; 'evalkit show task NAME' says what a task is broken down by")
    known = dict.fromkeys(str(result.breakdown) for _, result in found)
    for name in by:
        if name not in known:
            raise UnknownNameError("breakdown", name, known)
    metrics = dict.fromkeys(result.metric for _, result in found)
    if metric is not None and metric not in metrics:
        raise UnknownNameError("metric", metric, metrics)
    several = Counter((run.task, run.model) for run in runs)
    names = {id(run): run.model if several[run.task, run.model] == 1 else run_label(run.model, run.run) for run in runs}
    return [
        _value(run, result, names[id(run)])
        for name in (by or known)
        for run, result in found
        if result.breakdown == name and result.metric == (metric or _first(run))
    ]


def breakdown(found: Sequence[GroupValue]) -> Figure:
    """One panel per task and breakdown, one line per model, with intervals and the number of samples of each group."""
    panels = list(dict.fromkeys((value.task, value.breakdown) for value in found))
    models = list(dict.fromkeys(value.model for value in found))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(3.6 * columns + 0.4 * (columns == 1), 2.9 * rows + 0.25)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, (task, name) in zip(axes, panels, strict=False):
        block = [value for value in found if (value.task, value.breakdown) == (task, name)]
        _panel(ax, block, models)
        ax.set_title(f"{task}: {name.replace('_', ' ')}")
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    legend(figure, handles, labels, most=3)
    notes = ["bars: 95 % intervals; in brackets: samples of the group"]
    limited = sorted({value.model for value in found if value.part})
    notes += [f"limited runs: {', '.join(limited)}"] if limited else []
    footer(
        figure,
        notes + [f"{task}: {twin_mark(task)}" for task in sorted({task for task, _ in panels}) if twin_mark(task)],
    )
    part_labels(figure, list(axes[: len(panels)]))
    return figure


def _panel(ax: Axes, block: Sequence[GroupValue], models: Sequence[str]) -> None:
    groups = ordered({value.group for value in block})
    numeric = all(_number(group) is not None for group in groups)
    even = {group: float(place) for place, group in enumerate(groups)}
    places = {group: _number(group) or 0.0 for group in groups} if numeric else even
    if numeric and _close(list(places.values())):
        places = even
        ax.set_xlabel("evenly spaced")
    shift = 0.12 * min((b - a for a, b in itertools.pairwise(places.values())), default=1.0)
    for place, model in enumerate(models):
        mine = sorted((v for v in block if v.model == model and v.value is not None), key=lambda v: places[v.group])
        if not mine:
            continue
        x = [places[v.group] + (place - (len(models) - 1) / 2) * shift for v in mine]
        y = [float(v.value or 0.0) for v in mine]
        ends = [(v.low if v.low is not None else v.value, v.high if v.high is not None else v.value) for v in mine]
        bars = [[value - float(low or 0.0) for value, (low, _) in zip(y, ends, strict=True)],
                [float(high or 0.0) - value for value, (_, high) in zip(y, ends, strict=True)]]  # fmt: skip
        style = look(place)
        if not numeric:
            style["linestyle"] = "none"  # a line between kinds would say that there is something between them
        ax.errorbar(
            x,
            y,
            yerr=bars,
            label=model,
            capsize=2.5,
            linewidth=1.4,
            elinewidth=0.9,
            markersize=4.5,
            clip_on=False,
            **style,
        )
    sizes = {group: max((v.n for v in block if v.group == group), default=0) for group in groups}
    ax.set_xticks(list(places.values()), [f"{wrapped(group)}\n({sizes[group]})" for group in groups], fontsize=8)
    ax.set_ylabel(f"{block[0].metric}, {block[0].unit}")
    if block[0].unit == "%":
        ax.set_ylim(0, max(100.0, *(v.high or v.value or 0.0 for v in block)))
    ax.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)


def _close(places: Sequence[float]) -> bool:
    """Whether numbers lie so close, for the room they span, that their labels could not stand side by side."""
    gaps = [b - a for a, b in itertools.pairwise(places)]
    return bool(gaps) and min(gaps) < 0.1 * sum(gaps) and min(gaps) < 0.4 * sum(gaps) / len(gaps)


def ordered(groups: Iterable[str]) -> list[str]:
    """Groups by number where all are numbers, else by name."""
    names = sorted(groups)
    if all(_number(name) is not None for name in names):
        names.sort(key=lambda name: _number(name) or 0.0)
    return names


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def _first(run: Summary) -> str:
    return next(result.metric for result in run.results)


def _value(run: Summary, result: Result, name: str) -> GroupValue:
    return GroupValue(
        name, run.task, result.label, str(result.breakdown), str(result.group), result.value, result.low,
        result.high, result.n, result.unit, chosen_part(run),
    )  # fmt: skip
