"""Cost against score: what a point of quality costs, in dollars, seconds or tokens per thousand samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalkit.core.errors import UsageError
from evalkit.records import journals
from evalkit.records.summary import ColumnValue, Summary
from evalkit.report.leaderboard import twin_mark
from evalkit.report.own_columns import headline
from evalkit.report.pictures.points import run_label
from evalkit.report.pictures.style import crowded, footer, legend, look, new_figure, widen
from evalkit.report.summaries import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Axis = Literal["cost", "seconds", "tokens"]
AXES: Mapping[Axis, str] = {
    "cost": "US dollars per 1,000 samples",
    "seconds": "seconds of the model per sample",
    "tokens": "tokens written per sample",
}


@dataclass(frozen=True, slots=True)
class CostPoint:
    """One run on one column.

    Args:
        model: of the run, with its id where there are several of the model.
        column: column id.
        value: of the column, with its interval.
        cost: in the unit of the axis; None where unknown.
        answered: samples with an answer.
        run: id of the run.
        partial: a run with a limit, or one that is not complete.
        twin: what to know about its task, where that is a twin.
    """

    model: str
    column: str
    value: ColumnValue
    cost: float | None
    answered: int
    run: str
    partial: bool = False
    twin: str = ""

    def row(self) -> dict[str, object]:
        """A row of a CSV file."""
        return {
            "model": self.model,
            "column": self.column,
            "value": self.value.value,
            "low": self.value.low,
            "high": self.value.high,
            "unit": self.value.unit,
            "cost": self.cost,
            "answered": self.answered,
            "run": self.run,
        }


def cost_points(runs: Sequence[tuple[Path, Summary]], column: str | None, axis: Axis) -> list[CostPoint]:
    """What runs cost and scored on one column.

    Args:
        runs: (run directory, summary).
        column: column id; None where all runs have only one.
        axis: what cost is.

    Raises:
        UsageError: no run has the column, several columns and none chosen, or no cost is known at all.
    """
    values = [dict(headline(run)) for _, run in runs]
    have = list(dict.fromkeys(name for columns in values for name in columns))
    if column is None and len(have) != 1:
        raise UsageError(f"choose one column by --columns: {', '.join(have) or 'the runs have none'}")
    name = column or have[0]
    if name not in have:
        raise UsageError(f"no run there has the column {name}; they have {', '.join(have)}")
    several = Counter(run.model for (_, run), columns in zip(runs, values, strict=True) if name in columns)
    found = []
    for (directory, run), columns in zip(runs, values, strict=True):
        if name in columns and columns[name].value is not None:
            label = run.model if several[run.model] == 1 else run_label(run.model, run.run)
            cost = _cost(directory, run, axis)
            told = twin_mark(run.task)
            found.append(CostPoint(label, name, columns[name], cost, _answered(run), run.run, not whole(run), told))
    if all(point.cost is None for point in found):
        other = ", ".join(f"--x {kind}" for kind in AXES if kind != axis)
        raise UsageError(f"no run there knows its {axis}; try {other}")
    return found


def cost_picture(found: Sequence[CostPoint], axis: Axis) -> Figure:
    """One point per run, cost on a logarithmic scale where costs differ much; unknown costs are named, not drawn."""
    known = [point for point in found if point.cost is not None]
    costs = [float(point.cost or 0.0) for point in known]
    figure = new_figure(6.0, 3.7)
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax = figure.add_subplot()
    for place, point in enumerate(known):
        value = float(point.value.value or 0.0)
        low = value if point.value.low is None else point.value.low
        high = value if point.value.high is None else point.value.high
        style = look(place)
        style["linestyle"] = "none"
        ax.errorbar(
            [costs[place]],
            [value],
            yerr=[[value - low], [high - value]],
            label=f"{point.model}{'*' * point.partial}",
            capsize=3,
            markersize=6,
            **style,
        )
    if min(costs) > 0 and max(costs) / min(costs) > 8:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:g}"))  # powers would need math text
        ax.xaxis.set_minor_formatter(NullFormatter())
    elif min(costs) >= 0:
        ax.set_xlim(left=0, right=max(costs) * 1.25 or 1.0)
    better = "higher" if found[0].value.higher_is_better else "lower"
    ax.set_xlabel(AXES[axis])
    ax.set_ylabel(f"{found[0].column}, {found[0].value.unit} ({better} is better)")
    ax.grid(color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    unknown = [point.model for point in found if point.cost is None]
    notes = ["bars: 95 % intervals; cost of the model's answers, without judges"]
    notes += [f"{axis} unknown: {', '.join(unknown)}"] if unknown else []
    notes += ["*: a part of the samples, or not complete"] if any(point.partial for point in known) else []
    notes += dict.fromkeys(f"{point.column.split('.')[0]}: {point.twin}" for point in found if point.twin)
    footer(figure, notes)
    if ax.get_xscale() == "log":
        figure.draw_without_rendering()
        if crowded(ax):  # many decades: their powers alone
            ax.xaxis.set_major_locator(LogLocator(subs=(1.0,)))
    widen(figure, [ax])
    legend(figure, *ax.get_legend_handles_labels(), most=3, fontsize=8)
    return figure


def _answered(run: Summary) -> int:
    return run.counts.n_total - run.counts.n_pending - run.counts.n_model_failed


def _cost(directory: Path, run: Summary, axis: Axis) -> float | None:
    answered = _answered(run)
    if not answered:
        return None
    if axis == "cost":
        return None if run.cost is None else 1000 * run.cost / answered
    if axis == "tokens":
        tokens = run.usage.get("output_tokens")
        return None if tokens is None else tokens / answered
    spent = [_seconds(record) for record in journals.read(directory / "samples.jsonl", journals.FAILED)]
    times = [seconds for seconds in spent if seconds is not None]
    return sum(times) / len(times) if times else None


def _seconds(record: Mapping[str, Any]) -> float | None:
    seconds = record.get("seconds")
    return float(seconds) if seconds is not None and not record.get("failure") else None
