"""Evaluating the graph of columns: values by the published rules, intervals by a joint bootstrap.

Resamples go through the graph as values do. Cells of one task over the same samples are drawn together, whatever their
metrics and scorers, so that the interval of their average knows how they hang together; cells over different samples
are independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from evalkit.core.columns import Cell, Columns, Groups, Node, Rule, cells, exact, ordered, resolved
from evalkit.core.metric import Metric, Tally, percentile_interval
from evalkit.core.task import Task
from evalkit.records.summary import ColumnCell, ColumnValue
from evalkit.run.summarize import LEVEL, RESAMPLES, Scoring, cell_seed, dropped
from evalkit.statistics import averages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True)
class ColumnPart:
    """One value with its resamples, ready to be averaged with others.

    Args:
        value, strict: by the official rule; with everything not scored counted as wrong.
        resamples: shape (resamples,); None where there are too few units.
        n, n_dropped: samples in it; samples the official rule leaves out.
        protocols: of the scorers behind it.
        unit, higher_is_better, decimals, rounding: how it is read and printed.
        cells: what it is the weighted sum of; None where it is none.
        unanswered: the strict value of samples of which not one was answered; it stands nowhere by itself.
    """

    value: float | None
    strict: float | None
    resamples: NDArray[np.float64] | None
    n: int
    n_dropped: int
    protocols: tuple[str, ...]
    unit: str
    higher_is_better: bool
    decimals: int
    rounding: Literal["nearest", "cut"] = "nearest"
    cells: tuple[ColumnCell, ...] | None = None
    unanswered: float | None = None

    def column(self) -> ColumnValue:
        """As it stands in a summary."""
        interval = percentile_interval(self.resamples, LEVEL) if self.resamples is not None else None
        value, decimals, rounding = self.value, self.decimals, self.rounding
        return ColumnValue(
            value=value,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            strict=self.strict,
            n=self.n,
            n_dropped=self.n_dropped,
            protocol=" + ".join(self.protocols),
            unit=self.unit,
            higher_is_better=self.higher_is_better,
            decimals=decimals,
            rounding=rounding,
            printed=None if value is None else f"{averages.rounded(value, decimals, rounding):.{decimals}f}",
            cells=None if self.cells is None else list(self.cells),
        )


PartOf = Callable[[Cell], ColumnPart | None]
_Cut = tuple[tuple[str, ...], Groups]


def combined(rule: Rule, parts: Sequence[ColumnPart | None]) -> ColumnPart | None:
    """The value of a rule; None where a part it needs is not there.

    Raises:
        AveragingError: the values do not fit the formula.
    """
    there = [part for part in parts if part is not None]
    if not there or (len(there) < len(parts) and rule.formula != "mean_available"):
        return None
    sizes = [part.n if part is not None else 0 for part in parts]
    draws = [part.resamples if part is not None else None for part in parts]
    first, answered = there[0], any(part.strict is not None for part in there)
    return ColumnPart(
        value=_recomputed(rule, [part.value if part is not None else None for part in parts], sizes),
        strict=_recomputed(rule, [_strict(rule, part) if answered else None for part in parts], sizes),
        resamples=averages.resampled(rule, draws, sizes),
        n=sum(sizes),
        n_dropped=sum(part.n_dropped for part in there),
        protocols=tuple(sorted({protocol for part in there for protocol in part.protocols})),
        unit=first.unit,
        higher_is_better=first.higher_is_better,
        decimals=rule.decimals if rule.decimals is not None else first.decimals,
        rounding="cut" if rule.rounding == "cut" else "nearest",
        cells=_weighted_cells(rule, parts, sizes),
    )


def _strict(rule: Rule, part: ColumnPart | None) -> float | None:
    """The strict value of a part; where a mean takes what there is, samples without any answer are there strictly."""
    if part is None:
        return None
    return part.unanswered if part.strict is None and rule.formula == "mean_available" else part.strict


def _weighted_cells(
    rule: Rule, parts: Sequence[ColumnPart | None], sizes: Sequence[int]
) -> tuple[ColumnCell, ...] | None:
    """The cells behind a rule with their weights in its value; None where it is no weighted sum of them."""
    optional = rule.formula == "mean_available"  # a part without a value has no share there
    there = [place for place, part in enumerate(parts) if part is not None and (part.value is not None or not optional)]
    if rule.formula == "rtf_80ms":
        return None
    if rule.formula in ("sum", "difference"):
        weights = dict.fromkeys(there, 1.0)
        if rule.formula == "difference":
            weights[1] = -1.0
    else:
        shares = dict.fromkeys(there, 1.0)
        if rule.formula == "pooled_counts":
            shares = {place: float(sizes[place]) for place in there}
        elif rule.weights is not None:
            shares = {place: float(exact(rule.weights[place])) for place in there}
        scale = {name: float(exact(factor)) for name, factor in rule.scale}
        total = math.fsum(shares.values())
        if not total:
            return None
        weights = {place: share / total * scale.get(rule.names[place], 1.0) for place, share in shares.items()}
    found: list[ColumnCell] = []
    for place in there:
        part = parts[place]
        assert part is not None
        if part.cells is None:
            return None
        found += [cell.model_copy(update={"weight": cell.weight * weights[place]}) for cell in part.cells]
    return tuple(found)


def _recomputed(rule: Rule, values: Sequence[float | None], sizes: Sequence[int]) -> float | None:
    if rule.formula == "pooled_counts" and not all(sizes):
        return None
    weights = dict(zip(rule.names, sizes, strict=True)) if rule.formula == "pooled_counts" else None
    found = averages.recompute(rule, dict(zip(rule.names, values, strict=True)), weights=weights)
    return float(found.value) if found is not None else None


def graph(columns: Columns, part_of: PartOf, known: Mapping[str, ColumnPart], place: str) -> dict[str, ColumnPart]:
    """The values of all columns that can be made, in dependency order.

    Args:
        columns: the graph.
        part_of: gives the value of a cell; None where its samples were left out.
        known: values of columns that are made elsewhere.
        place: whose columns they are, for errors.
    """
    found: dict[str, ColumnPart] = {}

    def value(node: Node) -> ColumnPart | None:
        if isinstance(node, str):
            return found.get(node) or known.get(node)
        if isinstance(node, Cell):
            return part_of(node)
        return combined(node, [value(part) for part in node.of])

    for name in ordered(columns, place, known):
        made = value(columns[name])
        if made is not None:
            found[name] = made
    return {name: found[name] for name in columns if name in found}


@dataclass(slots=True)
class Measurements:
    """What one task's run measured, for the cells of its columns.

    Args:
        task: its protocol.
        scorings: its scorers with their tallies.
        splits: those that were done.
        seed: of the run.
    """

    task: Task
    scorings: Sequence[Scoring]
    splits: Sequence[str]
    seed: int
    _joint: dict[tuple[_Cut, str, str], NDArray[np.float64]] = field(default_factory=dict)

    def parts(self) -> dict[str, ColumnPart]:
        """The task's columns; those whose splits were not asked for are left out."""
        columns = self.task.columns
        for column in columns.values():
            if isinstance(column, Rule):
                self._draw_together(list(cells(column, columns)))
        return graph(columns, self.part, {}, f"task '{self.task.name}'")

    def part(self, cell: Cell) -> ColumnPart | None:
        """The value of a cell; None where the plan leaves its samples out, or another rule has scored them."""
        found = self._found(cell)
        if found is None:
            return None
        scoring, metric, place = found
        whole = scoring.tallies.cut(*place)
        cut = whole.answered
        faithful = cut.faithful.get(metric.name, Tally())
        drawn = self._joint.get((place, scoring.name, metric.name)) if faithful.n else None
        if drawn is None and faithful.n_clusters >= 2:
            groups = cell.groups[0] if len(cell.groups) == 1 else cell.groups or None
            seed = cell_seed(self.seed, cell.split, groups, metric.name)
            drawn = faithful.resampled(metric, seed=seed, resamples=RESAMPLES)
        return ColumnPart(
            value=faithful.value(metric),
            strict=cut.strict.get(metric.name, Tally()).value(metric),
            resamples=drawn,
            n=faithful.n,
            unanswered=whole.strict.get(metric.name, Tally()).value(metric) if cut is not whole else None,
            n_dropped=dropped(cut, metric),
            protocols=(scoring.protocol,),
            unit=metric.unit,
            higher_is_better=metric.higher_is_better,
            decimals=metric.decimals,
            cells=(
                ColumnCell(
                    task=self.task.name,
                    scoring=scoring.name,
                    metric=metric.name,
                    splits=None if cell.split is None and scoring.scorer.splits is None else list(place[0]),
                    groups=dict(cell.groups),
                    reduction=metric.reduce.__name__,
                    join=metric.join,
                    fields=list(metric.fields),
                ),
            ),
        )

    def _found(self, cell: Cell) -> tuple[Scoring, Metric, _Cut] | None:
        splits = self.task.source.splits
        scorer, metric = resolved(cell, self.task.scorers, splits, f"task '{self.task.name}'")
        wanted = cell.splits or tuple(split for split in splits if scorer.runs_on(split))
        if not set(wanted) <= set(self.splits):
            return None
        own = [scoring for scoring in self.scorings if scoring.scorer is scorer]
        # Scored by another rule, or by the task's own made anew: a scorer that gives the metric stands for it.
        others = [one for one in self.scorings if one.scorer not in self.task.scorers and _runs_alike(one, scorer)]
        for scoring in own or others:
            for one in scoring.scorer.metrics:
                if one.name == metric.name:
                    return scoring, one, (wanted, cell.groups)
        return None

    def _draw_together(self, averaged: Sequence[Cell]) -> None:
        by_cut: dict[_Cut, dict[tuple[str, str], tuple[Scoring, Metric]]] = {}
        for cell in averaged:
            found = self._found(cell)
            if found is not None and found[1].join is None:
                scoring, metric, cut = found
                by_cut.setdefault(cut, {})[scoring.name, metric.name] = scoring, metric
        for cut, members in by_cut.items():
            if len(members) > 1 and any((cut, *key) not in self._joint for key in members):
                self._draw(cut, list(members.values()))

    def _draw(self, cut: _Cut, members: Sequence[tuple[Scoring, Metric]]) -> None:
        """Resample the samples of a cut once for several metrics: their statistics side by side are one vector."""
        rows: dict[str, list[float]] = {}
        clusters: dict[str, str | None] = {}
        starts: list[int] = []
        width = 0
        for scoring, metric in members:
            starts.append(width)
            width += len(metric.fields)
            for record in scoring.records():
                vector = record["faithful"].get(metric.name)
                if vector is not None and _inside(record, cut):
                    row = rows.setdefault(record["id"], [])
                    row.extend([0.0] * (width - len(metric.fields) - len(row)))
                    row.extend(vector)
                    clusters[record["id"]] = scoring.tallies.cluster_of(record)
        tally = Tally()
        for key, row in rows.items():
            tally.add((*row, *[0.0] * (width - len(row))), clusters[key])
        if tally.n_clusters < 2:
            return
        together = Metric("together", "", tuple(str(place) for place in range(width)), _as_it_is)
        seed = cell_seed(self.seed, "together", *cut[0], *cut[1])
        totals = tally.resampled(together, seed=seed, resamples=RESAMPLES)
        for (scoring, metric), start in zip(members, starts, strict=True):
            own = totals[start : start + len(metric.fields)]
            self._joint[cut, scoring.name, metric.name] = _reduced(metric, own)


def _runs_alike(scoring: Scoring, scorer: Any) -> bool:
    return bool(scoring.scorer.splits is None or scoring.scorer.splits == scorer.splits)


def _inside(record: Mapping[str, Any], cut: _Cut) -> bool:
    groups = record.get("groups") or {}
    return record["split"] in cut[0] and all(groups.get(key) == value for key, value in cut[1])


def _as_it_is(total: Any) -> Any:
    return total


def _reduced(metric: Metric, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(metric.reduce(totals), dtype=np.float64)
