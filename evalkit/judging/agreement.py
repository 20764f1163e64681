"""Agreement of raters: judges with judges, with people, and with themselves; each value with a bootstrap interval.

All are functions of counted pairs of labels, or of units with a few ratings, so that a bootstrap resample is a change
of weights. Definitions: Cohen (1960, 1968), Spearman (1904), Krippendorff (2004, Content Analysis, ch. 11).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its percentile bootstrap interval over items.

    Args:
        value: None where undefined (no variation, no item).
        low, high: ends of the interval; None where fewer than two items, or most resamples, leave it undefined.
        n: items.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


def percent_agreement(a: Array, b: Array, weights: Array) -> float:
    """Share of items with equal labels, %."""
    return float(100.0 * weights[a == b].sum() / weights.sum())


def cohen_kappa(a: Array, b: Array, weights: Array) -> float:
    """Agreement beyond chance, labels as categories; -1..1."""
    import numpy as np

    total = weights.sum()
    observed = weights[a == b].sum() / total
    labels = np.unique(np.concatenate([a, b]))
    first = np.bincount(np.searchsorted(labels, a), weights, labels.size) / total
    second = np.bincount(np.searchsorted(labels, b), weights, labels.size) / total
    chance = float(first @ second)
    return float((observed - chance) / (1.0 - chance)) if chance < 1.0 else math.nan


def quadratic_kappa(a: Array, b: Array, weights: Array) -> float:
    """Kappa with disagreement weighted by the squared difference of the labels; -1..1."""
    total = weights.sum()
    observed = float(weights @ (a - b) ** 2) / total
    mean_a, mean_b = float(weights @ a) / total, float(weights @ b) / total
    chance = float(weights @ a**2) / total + float(weights @ b**2) / total - 2.0 * mean_a * mean_b
    return 1.0 - observed / chance if chance > 0.0 else math.nan


def spearman(a: Array, b: Array, weights: Array) -> float:
    """Correlation of the ranks, ties at their mean rank; -1..1."""
    import numpy as np

    x, y = _ranks(a, weights), _ranks(b, weights)
    total = weights.sum()
    x, y = x - weights @ x / total, y - weights @ y / total
    spread = math.sqrt(float(weights @ x**2) * float(weights @ y**2))
    return float(np.clip(float(weights @ (x * y)) / spread, -1.0, 1.0)) if spread > 0.0 else math.nan


Pairwise = Callable[["Array", "Array", "Array"], float]
PAIRWISE: Mapping[str, Pairwise] = {
    "percent_agreement": percent_agreement,
    "cohen_kappa": cohen_kappa,
    "quadratic_kappa": quadratic_kappa,
    "spearman": spearman,
}


def krippendorff_alpha(ratings: Array, weights: Array, scale: str = "interval") -> float:
    """Krippendorff's alpha; 1 is perfect, 0 is chance.

    Args:
        ratings: shape (units, raters), NaN where a rater gave none; units with fewer than two are left out.
        weights: how often each unit counts, shape (units,).
        scale: "nominal", "ordinal" or "interval".
    """
    import numpy as np

    given = ~np.isnan(ratings)
    enough = (given.sum(axis=1) >= 2) & (weights > 0)
    ratings, given, weights = ratings[enough], given[enough], weights[enough]
    if not ratings.size:
        return math.nan
    each = given.sum(axis=1).astype(np.float64)
    pairable = float(weights @ each)
    values = np.where(given, ratings, 0.0)
    spread = weights[:, None] * given
    if scale == "nominal":
        labels = np.unique(ratings[given])
        counts = np.stack([(given & (ratings == label)).sum(axis=1) for label in labels], axis=1).astype(np.float64)
        within = each**2 - (counts**2).sum(axis=1)
        totals = weights @ counts
        expected = (pairable**2 - float((totals**2).sum())) / (pairable * (pairable - 1.0))
    else:
        if scale == "ordinal":
            values[given] = _ranks(ratings[given], spread[given])
        within = 2.0 * (each * (values**2).sum(axis=1) - values.sum(axis=1) ** 2)
        squares, total = float((spread * values**2).sum()), float((spread * values).sum())
        expected = 2.0 * (pairable * squares - total**2) / (pairable * (pairable - 1.0))
    observed = float(weights @ (within / (each - 1.0))) / pairable
    return 1.0 - observed / expected if expected > 1e-12 else math.nan


def agreement(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> dict[str, Estimate]:
    """All measures of two raters over the same items.

    Args:
        first: labels as numbers, one per item.
        second: the other rater's, in the same order.
        seed: of the bootstrap.

    Raises:
        ValueError: different numbers of items.
    """
    import numpy as np

    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} labels")
    pairs = np.asarray([first, second], dtype=np.float64)
    if not pairs.size:
        return dict.fromkeys((*PAIRWISE, "krippendorff_alpha"), Estimate(None, None, None, 0))
    distinct, counts = np.unique(pairs, axis=1, return_counts=True)

    def measured(function: Pairwise) -> Callable[[Array], float]:
        def value(weights: Array) -> float:
            there = weights > 0
            return function(distinct[0][there], distinct[1][there], weights[there])

        return value

    found = {name: bootstrapped(measured(function), counts, seed) for name, function in PAIRWISE.items()}

    def alpha(weights: Array) -> float:
        return krippendorff_alpha(distinct.T, weights)

    return {**found, "krippendorff_alpha": bootstrapped(alpha, counts, seed)}


def bootstrapped(value: Callable[[Array], float], counts: Sequence[int] | NDArray[np.int64], seed: int) -> Estimate:
    """A statistic of weighted units with its interval.

    Args:
        value: weights of the units, shape (units,), to the statistic.
        counts: how often each distinct unit occurs.
        seed: of the bootstrap.
    """
    import numpy as np

    known = np.asarray(counts, dtype=np.int64)
    n = int(known.sum())
    if not n:
        return Estimate(None, None, None, 0)
    point = value(known.astype(np.float64))
    if n < 2:
        return Estimate(_finite(point), None, None, n)
    rng = np.random.default_rng(seed)
    drawn = np.asarray([value(rng.multinomial(n, known / n).astype(np.float64)) for _ in range(RESAMPLES)])
    defined = drawn[np.isfinite(drawn)]
    if defined.size < RESAMPLES // 2 or not math.isfinite(point):
        return Estimate(_finite(point), None, None, n)
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail])
    return Estimate(float(point), float(low), float(high), n)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _ranks(values: Array, weights: Array) -> Array:
    """Mean rank of each value among weighted values, from 1."""
    import numpy as np

    labels, places = np.unique(values, return_inverse=True)
    counts = np.bincount(places, weights, labels.size)
    middle = np.cumsum(counts) - (counts - 1.0) / 2.0
    ranks: Array = middle[places]
    return ranks
