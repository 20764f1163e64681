"""A metric is a mergeable statistic: vectors of samples add up, one function turns the sum into the value.

Because addition does not care about order, sharded, resumed and distributed runs give bit-equal results. The
tally keeps distinct vectors with their counts, not samples, so memory is flat and a bootstrap resample is one
draw from a multinomial distribution over the distinct vectors (Efron's bootstrap, exactly).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.core.score import Vector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CELLS_AT_ONCE = 4_000_000  # bounds the memory of one block of resamples (32 MB of float64)


Reduction = Callable[[Any], Any]
REDUCTIONS: dict[str, Reduction] = {}


def reduction(function: Reduction) -> Reduction:
    """Register a reduction under its function's name, so that records can name it and readers recompute with it."""
    REDUCTIONS[function.__name__] = function
    return function


@reduction
def ratio(total: Any) -> Any:
    """100 * first / second entry: accuracies and corpus error rates in %."""
    return 100.0 * total[0] / total[1]


@reduction
def mean(total: Any) -> Any:
    """First / second entry: a plain mean of (value, 1) vectors."""
    return total[0] / total[1]


Join = Callable[[Vector], Vector | None]
JOINS: dict[str, Join] = {
    "all": lambda total: (float(total[0] >= total[1]), 1.0),
    "any": lambda total: (float(total[0] > 0), 1.0),
    "mean": lambda total: (total[0] / total[1], 1.0) if total[1] else None,
    "majority": lambda total: (float(2 * total[0] > total[1]), 1.0),
    "whole": lambda total: None if total[2] else (total[0], 1.0),
}


def join(name: str) -> Join:
    """How the samples of one unit become one vector (value, 1), or None where there are too few of them.

    Args:
        name: "all" (right where all are), "any", "mean", "majority" (more than half), "whole" (the weighted sum, of
            units that have a value for every sample: the third entry counts those without one), or "pass@K": the
            chance that one of K answers drawn without replacement from those of the unit is right (Chen et al. 2021,
            unbiased).

    Raises:
        ValueError: no such name.
    """
    if name in JOINS:
        return JOINS[name]
    kind, _, number = name.partition("@")
    if kind != "pass" or not number.isdecimal() or int(number) < 1:
        raise ValueError(f"unknown join '{name}'; known: {', '.join(JOINS)}, pass@K")
    k = int(number)

    def passes(total: Vector) -> Vector | None:
        right, answers = round(total[0]), round(total[1])
        if answers < k:
            return None
        return (1.0 - math.comb(answers - right, k) / math.comb(answers, k), 1.0)

    return passes


@dataclass(frozen=True, slots=True)
class Metric:
    """Name and reduction of a statistic.

    Args:
        name: key in records, for example "error_rate".
        label: what tables print, for example "WER".
        fields: names of the vector's entries.
        reduce: maps the summed entries to the value; a registered reduction. Written with arithmetic on `total[i]`
            only, it serves one sum (floats) and many resamples (arrays of shape (resamples,)) alike.
        unit: unit of the value, for example "%".
        higher_is_better: direction.
        decimals: digits tables print.
        range: lowest and highest value where the metric has such; None where the unit says it or there is none.
        join: how the samples of a unit (see `Scorer.units`) become one vector before they are summed; None for samples
            that stand for themselves. Takes vectors whose first two entries are a number of hits and of tries.
        binary: each sample's vector is (1, 1, ...) or (0, 1, ...): right or wrong.
    """

    name: str
    label: str
    fields: tuple[str, ...]
    reduce: Reduction
    unit: str = "%"
    higher_is_better: bool = True
    decimals: int = 2
    range: tuple[float, float] | None = None
    join: str | None = None
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile bootstrap interval."""

    low: float
    high: float


class Tally:
    """The summed statistics of any set of samples, with what a bootstrap needs and no more.

    Tallies add: a tally of all samples equals, bit for bit, the merged tallies of any split of them, in any order.
    """

    __slots__ = ("_cluster_of", "_clusters", "_counts", "_units", "n")

    def __init__(self) -> None:
        self.n = 0
        self._counts: dict[Vector, int] = {}
        self._clusters: dict[str, dict[Vector, int]] = {}
        self._units: dict[str, dict[Vector, int]] = {}  # empty when joined
        self._cluster_of: dict[str, str | None] = {}  # unit -> its cluster; None where it has none, or several

    def add(self, vector: Vector, cluster: str | None = None, unit: str | None = None) -> None:
        """Count one sample; a sample without cluster is a cluster of its own.

        Args:
            vector: its statistics.
            cluster: of samples that are not independent.
            unit: of samples that a metric joins; see `joined`.
        """
        if unit is not None:
            self._unit(unit, cluster, {vector: 1})
            self.n += 1
            return
        counts = self._counts if cluster is None else self._clusters.setdefault(cluster, {})
        counts[vector] = counts.get(vector, 0) + 1
        self.n += 1

    def merge(self, other: Tally) -> Tally:
        """Add another tally in place; returns self."""
        self.n += other.n
        for vector, count in other._counts.items():
            self._counts[vector] = self._counts.get(vector, 0) + count
        for cluster, theirs in other._clusters.items():
            ours = self._clusters.setdefault(cluster, {})
            for vector, count in theirs.items():
                ours[vector] = ours.get(vector, 0) + count
        for unit, theirs in other._units.items():
            self._unit(unit, other._cluster_of[unit], theirs)
        return self

    def _unit(self, unit: str, cluster: str | None, counted: Mapping[Vector, int]) -> None:
        if self._cluster_of.setdefault(unit, cluster) != cluster:
            self._cluster_of[unit] = None
        ours = self._units.setdefault(unit, {})
        for vector, count in counted.items():
            ours[vector] = ours.get(vector, 0) + count

    def joined(self, how: Join) -> Tally:
        """A tally in which each unit is one sample: its summed vector, joined; `n` counts units.

        A unit of samples of several clusters is a cluster of its own.
        """
        made = Tally()
        for unit, counts in self._units.items():
            vector = how(_sum(counts))
            if vector is not None:
                made.add(vector, self._cluster_of[unit])
        return made

    @property
    def n_clusters(self) -> int:
        """Number of independent units."""
        return sum(self._counts.values()) + len(self._clusters)

    @property
    def clustered(self) -> bool:
        """True when samples named clusters."""
        return bool(self._clusters) or any(cluster is not None for cluster in self._cluster_of.values())

    def distinct(self) -> set[Vector]:
        """The different vectors that were counted."""
        return {vector for counts in (self._counts, *self._clusters.values()) for vector in counts}

    def total(self) -> Vector:
        """Sum of all vectors; exact for whole numbers, correctly rounded sums of the distinct terms otherwise."""
        pooled = dict(self._counts)
        for counts in self._clusters.values():
            for vector, count in counts.items():
                pooled[vector] = pooled.get(vector, 0) + count
        return _sum(pooled)

    def value(self, metric: Metric) -> float | None:
        """The metric's value, or None when it is undefined (no sample, zero denominator)."""
        if self.n == 0:
            return None
        try:
            value = float(metric.reduce(self.total()))
        except ZeroDivisionError:
            return None
        return value if math.isfinite(value) else None

    def units(self) -> tuple[list[Vector], list[int]]:
        """Distinct sums of the independent units and how often each occurs, sorted."""
        distinct = dict(self._counts)
        for counts in self._clusters.values():
            summed = _sum(counts)
            distinct[summed] = distinct.get(summed, 0) + 1
        rows = sorted(distinct)
        return rows, [distinct[row] for row in rows]

    def interval(self, metric: Metric, *, seed: int, resamples: int = 1000, level: float = 0.95) -> Interval | None:
        """Percentile bootstrap interval over independent units (clusters where samples name one).

        Returns None with fewer than two units, and where the resamples tell nothing; see `percentile_interval`.
        """
        if self.n_clusters < 2:
            return None
        return percentile_interval(self.resampled(metric, seed=seed, resamples=resamples), level)

    def resampled(self, metric: Metric, *, seed: int, resamples: int) -> NDArray[np.float64]:
        """Values of the metric over bootstrap resamples, shape (resamples,)."""
        import numpy as np

        rows, counts = self.units()
        matrix = np.asarray(rows, dtype=np.float64)
        weights = np.asarray(counts, dtype=np.int64)
        n = int(weights.sum())
        rng = np.random.default_rng(seed)
        totals = np.empty((resamples, matrix.shape[1]))
        if len(rows) <= max(1000, n // 8):
            step = max(1, _CELLS_AT_ONCE // len(rows))
            for start in range(0, resamples, step):
                size = min(step, resamples - start)
                drawn = rng.multinomial(n, weights / n, size=size)
                totals[start : start + size] = drawn @ matrix
        else:  # nearly every unit is distinct: drawing indices is cheaper than that many binomials
            expanded = np.repeat(np.arange(len(rows)), weights)
            # whole numbers add up to the same in any order, so many resamples can go through one product
            whole = bool((matrix == np.floor(matrix)).all())
            step = max(1, _CELLS_AT_ONCE // len(rows)) if whole else 1
            for start in range(0, resamples, step):
                size = min(step, resamples - start)
                counted = np.empty((size, len(rows)), dtype=np.float64 if whole else np.int64)
                for i in range(size):
                    counted[i] = np.bincount(expanded[rng.integers(0, n, n)], minlength=len(rows))
                if whole:
                    totals[start : start + size] = counted @ matrix
                else:
                    totals[start] = counted[0] @ matrix
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            values: NDArray[np.float64] = np.asarray(metric.reduce(totals.T), dtype=np.float64)
        return values


def percentile_interval(values: NDArray[np.float64], level: float) -> Interval | None:
    """The interval of resampled values, shape (resamples,).

    Returns None where a resample is undefined, and where all are alike: units without any spread (none right, all
    right) tell nothing about the spread of those not seen, and an interval without width would say that they did.
    """
    import numpy as np

    if not bool(np.isfinite(values).all()) or float(np.ptp(values)) == 0.0:
        return None
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def _sum(counts: Mapping[Vector, int]) -> Vector:
    rows = sorted(counts)
    return tuple(math.fsum(row[i] * counts[row] for row in rows) for i in range(len(rows[0]))) if rows else ()


def merged(tallies: Iterable[Tally]) -> Tally:
    """A new tally of all the given ones."""
    whole = Tally()
    for tally in tallies:
        whole.merge(tally)
    return whole


def named(metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Metrics by name; a name used twice is an error of the scorer."""
    table = {metric.name: metric for metric in metrics}
    if len(table) != len(metrics):
        raise ValueError(f"metric names are not unique: {[metric.name for metric in metrics]}")
    return table
