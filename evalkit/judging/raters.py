"""Several raters of the same answers: how far people agree among themselves, and where two raters part."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.judging.agreement import PAIRWISE, Estimate, Pairwise, bootstrapped, krippendorff_alpha

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MOST_LABELS = 12  # of a confusion table; with more, labels are rounded to whole numbers

Labels = Mapping[str, float]  # sample id -> label


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each label of one rater meets each of another's.

    Args:
        labels: in ascending order, of both.
        counts: [label of the first][label of the second], over the samples that both labelled.
        rounded: labels were rounded to whole numbers, as there were too many.
    """

    labels: Sequence[float]
    counts: Sequence[Sequence[int]]
    rounded: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One sample that two raters label differently."""

    id: str
    first: float
    second: float


def among(raters: Sequence[Labels], seed: int = 0, judge: Labels | None = None) -> dict[str, Estimate]:
    """Agreement of several raters: each measure as its mean over all pairs, Krippendorff's alpha over all at once.

    It is the ceiling of what a judge can reach: one that agrees with people as well as they do with each other cannot
    be told from one of them.

    Args:
        raters: at least two; a pair is compared over the samples that both labelled.
        seed: of the bootstrap over samples.
        judge: compared with each of the raters, over the same samples, instead of these with each other.
    """
    import numpy as np

    pairs = list(itertools.combinations(range(len(raters)), 2))
    if judge is not None:
        pairs = [(len(raters), place) for place in range(len(raters))]
    keys = sorted({key for rater in raters for key in rater})
    common = [key for key in keys if sum(key in rater for rater in raters) > 1]
    columns = [*raters, judge] if judge is not None else [*raters]
    table = np.asarray([[rater.get(key, math.nan) for rater in columns] for key in common], dtype=np.float64)
    table = table.reshape(len(common), len(columns))
    ones = np.ones(len(common), dtype=np.int64)

    def averaged(measure: Pairwise) -> Callable[[Array], float]:
        def value(weights: Array) -> float:
            found = []
            for one, other in pairs:
                there = (weights > 0) & ~np.isnan(table[:, one]) & ~np.isnan(table[:, other])
                if there.any():
                    found.append(measure(table[there, one], table[there, other], weights[there]))
            return float(np.mean(found)) if found else math.nan

        return value

    def alpha(weights: Array) -> float:
        return krippendorff_alpha(table, weights)

    found = {name: bootstrapped(averaged(measure), ones, seed) for name, measure in PAIRWISE.items()}
    if judge is not None:  # alpha would be of people and judge together
        return found
    return {**found, "krippendorff_alpha": bootstrapped(alpha, ones, seed)}


def confusion(first: Labels, second: Labels) -> Confusion:
    """The confusion table of two raters over the samples that both labelled."""
    pairs = [(first[key], second[key]) for key in first if key in second]
    rounded = len({label for pair in pairs for label in pair}) > MOST_LABELS
    if rounded:
        pairs = [(float(round(one)), float(round(other))) for one, other in pairs]
    labels = sorted({label for pair in pairs for label in pair})
    counts = [[0] * len(labels) for _ in labels]
    for one, other in pairs:
        counts[labels.index(one)][labels.index(other)] += 1
    return Confusion(labels, counts, rounded)


def disagreements(first: Labels, second: Labels) -> list[Disagreement]:
    """Samples that two raters label differently, the widest gap first."""
    found = [Disagreement(key, first[key], second[key]) for key in first if key in second and first[key] != second[key]]
    return sorted(found, key=lambda one: (-abs(one.first - one.second), one.id))
