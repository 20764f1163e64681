"""Summarize: tallies in, `summary.json` out; the same scores give the same bytes, however they came about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.core.errors import EvalkitError
from evalkit.core.metric import Metric, Tally, percentile_interval
from evalkit.core.scorer import Scorer
from evalkit.core.task import Average, Cell, Task
from evalkit.records.summary import ColumnValue, Counts, Result
from evalkit.run.tallies import Cut, Group, Tallies
from evalkit.statistics import averages

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(slots=True)
class Scoring:
    """A scorer with the name of its scores file and the tallies of its scores."""

    scorer: Scorer
    name: str
    tallies: Tallies


def cell_seed(seed: int, *place: object) -> int:
    """Bootstrap seed of one cell: cells of one run are resampled independently, the same cell always alike."""
    text = "/".join(map(str, (seed, *place)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def counts(cut: Cut, planned: int) -> Counts:
    """What became of `planned` samples."""
    status = cut.statuses
    return Counts(
        n_total=planned,
        n_scored=status["scored"],
        n_unparsed=status["unparsed"],
        n_model_failed=status["model_failed"],
        n_judge_failed=status["judge_failed"],
        n_pending=planned - cut.n,
    )


def results(scoring: Scoring, sizes: Mapping[str, int], seed: int) -> list[Result]:
    """All values of one scoring: pooled, by split, by breakdown."""
    places: list[tuple[str | None, Group]] = [(None, None)]
    if len(sizes) > 1:
        places += [(split, None) for split in sizes]
    places += [(None, group) for group in sorted(scoring.tallies.groups)]
    found = []
    for split, group in places:
        cut = scoring.tallies.cut(split, group)
        planned = cut.n if group else sizes[split] if split is not None else sum(sizes.values())
        for metric in scoring.scorer.metrics:
            concerned = metric.name in cut.faithful or metric.name in cut.strict
            if concerned or group is None:
                found.append(_result(scoring, metric, cut, planned, split, group, seed))
    return found


def _result(
    scoring: Scoring, metric: Metric, cut: Cut, planned: int, split: str | None, group: Group, seed: int
) -> Result:
    cut = cut.answered
    faithful = cut.faithful.get(metric.name, Tally())
    interval = faithful.interval(
        metric, seed=cell_seed(seed, split, group, metric.name), resamples=RESAMPLES, level=LEVEL
    )
    return Result(
        scorer=scoring.scorer.name,
        scoring=scoring.name,
        protocol=scoring.scorer.protocol,
        metric=metric.name,
        label=metric.label,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        decimals=metric.decimals,
        split=split,
        breakdown=group[0] if group else None,
        group=group[1] if group else None,
        value=faithful.value(metric),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        strict=cut.strict.get(metric.name, Tally()).value(metric),
        n=faithful.n,
        n_dropped=_dropped(cut, metric),
        fields=list(metric.fields),
        reduction=metric.reduce.__name__,
        n_clusters=faithful.n_clusters,
        sums=dict(zip(metric.fields, faithful.total(), strict=False)),
        counts=counts(cut, planned),
        flags=dict(sorted(cut.flags.items())),
    )


def _dropped(cut: Cut, metric: Metric) -> int:
    """Samples the official rule leaves out: counted strictly only. Those a metric does not concern are in neither."""
    return cut.strict.get(metric.name, Tally()).n - cut.faithful.get(metric.name, Tally()).n


def columns(task: Task, scorings: Sequence[Scoring], splits: Sequence[str], seed: int) -> dict[str, ColumnValue]:
    """The published columns these scores reproduce; those whose splits were not asked for are left out."""
    found = {}
    for name, column in task.columns.items():
        cells = column.of if isinstance(column, Average) else (column,)
        drawn = [part(task, scorings, splits, cell, seed) for cell in cells if isinstance(cell, Cell)]
        parts = [found_part for found_part in drawn if found_part is not None]
        if len(parts) == len(cells):
            found[name] = combined(column if isinstance(column, Average) else None, parts)
    return found


@dataclass(slots=True)
class ColumnPart:
    """One value with its resamples, ready to be averaged with others."""

    value: float | None
    strict: float | None
    resamples: NDArray[np.float64] | None
    n: int
    n_dropped: int
    protocol: str
    unit: str
    higher_is_better: bool
    decimals: int


def part(task: Task, scorings: Sequence[Scoring], splits: Sequence[str], cell: Cell, seed: int) -> ColumnPart | None:
    """The value of one cell with its resamples, or None where the plan leaves its samples out."""
    if cell.split is not None and cell.split not in splits:
        return None
    if cell.split is None and cell.group is None and len(splits) < len(task.source.splits):
        return None
    own = [metric.name for scorer in task.scorers for metric in scorer.metrics]
    wanted = cell.metric or own[0]
    if wanted not in own:
        raise EvalkitError(f"task '{task.name}': no scorer of it gives the metric '{wanted}' its columns name")
    for scoring in scorings:
        for metric in scoring.scorer.metrics:
            if metric.name == wanted:
                cut = scoring.tallies.cut(cell.split, cell.group).answered
                faithful = cut.faithful.get(metric.name, Tally())
                drawn = None
                if faithful.n_clusters >= 2:
                    place = cell_seed(seed, cell.split, cell.group, metric.name)
                    drawn = faithful.resampled(metric, seed=place, resamples=RESAMPLES)
                return ColumnPart(
                    value=faithful.value(metric),
                    strict=cut.strict.get(metric.name, Tally()).value(metric),
                    resamples=drawn,
                    n=faithful.n,
                    n_dropped=_dropped(cut, metric),
                    protocol=scoring.scorer.protocol,
                    unit=metric.unit,
                    higher_is_better=metric.higher_is_better,
                    decimals=metric.decimals,
                )
    return None  # scored by another rule, which measures something else


def combined(average: Average | None, parts: Sequence[ColumnPart]) -> ColumnValue:
    """One column of its parts: a plain cell, or the average a paper prints, with its interval."""
    import numpy as np

    first = parts[0]
    values = [part.value for part in parts]
    stricts = [part.strict for part in parts]
    drawn = [part.resamples for part in parts if part.resamples is not None]
    interval = None
    if len(drawn) == len(parts):
        weights = average.weights if average is not None and average.weights else (1.0,) * len(parts)
        interval = percentile_interval(np.average(np.stack(drawn), axis=0, weights=np.asarray(weights)), LEVEL)
    value = _average(average, values)
    decimals = average.decimals if average else first.decimals
    rounding = average.rounding if average else "nearest"
    protocols = sorted({part.protocol for part in parts})
    return ColumnValue(
        value=value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        strict=_average(average, stricts),
        n=sum(part.n for part in parts),
        n_dropped=sum(part.n_dropped for part in parts),
        protocol=" + ".join(protocols),
        unit=first.unit,
        higher_is_better=first.higher_is_better,
        decimals=decimals,
        rounding=rounding,
        printed=None if value is None else f"{averages.rounded(value, decimals, rounding):.{decimals}f}",
    )


def _average(average: Average | None, values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    if average is None:
        return known[0]
    if average.weights is not None:
        return averages.weighted_mean(known, average.weights)
    return averages.mean(known)
