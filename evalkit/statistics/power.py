"""What a paired test can see: the smallest p it can give, and the difference it finds with a given probability.

Both follow the test that is used. McNemar's exact test looks at the units that changed sides, and a permutation test at
those that moved at all, so neither can be significant over fewer units than `fewest_units` says, however large the
difference. Over many units both come near the normal approximation, and over few they stay behind it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Sides = Literal[1, 2]
_ENUMERATED = 100  # units that change sides, up to which the power of the exact test is summed over all outcomes
_LONG = 30  # units from which the steps of a permutation test's p-values are too small to matter
_TIE = 1.0 + 1e-9
_MOST = 10**9


def fewest_units(level: float, sides: Sides = 1) -> int:
    """Units that must move, all the same way, before a sign or permutation test gives p <= level.

    The smallest p-value over n units is sides / 2^n.

    Raises:
        ValueError: a level outside 0-1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level lies between 0 and 1, got {level}")
    units = 1
    while sides > level * _TIE * 2**units:
        units += 1
    return units


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What decides how much the test of one paired value can see.

    Args:
        units: independent units (samples or clusters).
        losable: those that can still get worse; `units` where nothing bounds them.
        moved: share of the units whose result differs between the two runs.
        reach: difference of the value if every unit moved the same way, by the root mean square of those that moved;
            None where none moved, unless a unit's move has a known size (right or wrong).
        error: standard error of the difference; None where every unit is right or wrong, as `moved` then says it.
        least_p: smallest p-value of random exchanges; 0 where all are tried.
    """

    units: int
    losable: int
    moved: float
    reach: float | None
    error: float | None = None
    least_p: float = 0.0

    def possible(self, level: float, sides: Sides = 1) -> bool:
        """Whether any outcome is significant at this level."""
        return self.losable >= fewest_units(level, sides) and self.least_p <= level * _TIE

    def units_to_begin(self, level: float, sides: Sides = 1) -> int:
        """Units that would do for an outcome to be significant, the share that can get worse being as it is."""
        needed = fewest_units(level, sides)
        return needed if not self.losable else math.ceil(needed * self.units / self.losable)

    def detectable(self, level: float, power: float, sides: Sides = 1, tolerance: float = 0.0) -> float | None:
        """Smallest true difference that is found with probability `power`, in the value's unit.

        Found means: significant at `level`, and larger than `tolerance`. The true difference is spread over the units
        as the observed ones are: as many units move, or more where the difference needs more, by the same amount.

        - Right-or-wrong answers: the power of the exact McNemar test, summed over all outcomes; beyond 100 units that
          change sides Connor's normal approximation with a continuity correction (Biometrics 43, 1987).
        - Other values: the larger of two. That sum, for units that all move by the same amount, as a permutation test
          needs as many moving units as a sign test; and (t[1 - level/sides] + t[power]) x the standard error, with
          units - 1 degrees of freedom and the largest level that the permutation test attains over so few units.

        Returns:
            None where it is not known (nothing moved), or no difference is found so often.

        Raises:
            ValueError: level or power outside 0-1.
        """
        if not 0.0 < power < 1.0:
            raise ValueError(f"a power lies between 0 and 1, got {power}")
        if self.reach is None or not self.possible(level, sides):
            return None
        margin = max(0.0, tolerance) / self.reach
        most = self.losable / self.units
        share = _detectable_share(self.units, min(self.moved, most), most, margin, level, power, sides)
        if share is None:
            return None
        found = share * self.reach
        return found if self.error is None else max(found, _by_error(self, level, power, sides, tolerance))

    def units_for(self, difference: float, level: float, power: float, sides: Sides = 1) -> int | None:
        """Units that make `difference` detectable, all else being as observed; None where that is not known.

        Raises:
            ValueError: a difference of zero or less, or level or power outside 0-1.
        """
        if not difference > 0:
            raise ValueError(f"a difference to detect is above zero, got {difference}")

        def enough(units: int) -> bool:
            found = self._with(units).detectable(level, power, sides)
            return found is not None and found <= difference * _TIE

        if self.reach is None or self.least_p > level * _TIE or not self.losable:
            return None
        high = 1
        while not enough(high):
            high *= 2
            if high > _MOST:
                return None
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high

    def _with(self, units: int) -> Sensitivity:
        error = None if self.error is None else self.error * math.sqrt(self.units / units)
        losable = units if self.losable == self.units else math.floor(units * self.losable / self.units)
        return Sensitivity(units, losable, self.moved, self.reach, error, self.least_p)


def _by_error(found: Sensitivity, level: float, power: float, sides: Sides, tolerance: float) -> float:
    """By the standard error, which a bootstrap makes smaller by sqrt(1 - 1/units) than it is."""
    assert found.error is not None
    freedom = found.units - 1
    if freedom < 1:
        return math.inf
    tail = level / sides
    if found.units < _LONG:
        tail = math.floor(tail * _TIE * 2**found.units) / 2**found.units
    error = found.error * math.sqrt(found.units / freedom)
    beyond = student_quantile(power, freedom) * error
    return max(student_quantile(1.0 - tail, freedom) * error + beyond, tolerance + beyond if tolerance > 0 else 0.0)


@functools.lru_cache(maxsize=4096)
def _detectable_share(
    units: int, moved: float, most: float, margin: float, level: float, power: float, sides: Sides
) -> float | None:
    """Smallest (share of units that get worse) - (share that get better) that the exact test finds."""
    needed = max(fewest_units(level, sides), math.floor(units * margin * _TIE) + 1 if margin > 0 else 0)

    def alone(share: float) -> float:  # all that move get worse
        return _at_least(needed, units, share)

    if moved > 0 and (both := _with_gains(units, moved, margin, level, sides)) is not None and both(moved) >= power:
        return _smallest(both, 0.0, moved, power)
    if moved * units > _ENUMERATED:
        share = _connor(units, moved, margin, level, power, sides)
        if share <= min(moved, most):
            return share
    return (
        _smallest(alone, 0.0 if moved * units > _ENUMERATED else moved, most, power) if alone(most) >= power else None
    )


def _smallest(chance: Callable[[float], float], low: float, high: float, power: float) -> float:
    """Where a growing chance reaches the power, to a thousandth."""
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if chance(middle) >= power else (middle, high)
    return high


def _with_gains(units: int, moved: float, margin: float, level: float, sides: Sides) -> Callable[[float], float] | None:
    """Power of the exact test for a share of units that move, by the difference; None where there are too many."""
    expected = units * moved
    if expected > _ENUMERATED:
        return None
    reach = 8.0 * math.sqrt(expected) + 8.0
    low, high = max(0, math.floor(expected - reach)), min(units, math.ceil(expected + reach))
    moving = np.arange(low, high + 1, dtype=np.float64)
    logs = _log_choose(float(units), moving) + _powers(moved, moving) + _powers(1.0 - moved, units - moving)
    worse = np.arange(high + 1, dtype=np.float64)
    inside = worse[None, :] <= moving[:, None]
    better = np.where(inside, moving[:, None] - worse[None, :], 0.0)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, high + 1)))])
    ways = factorials[low : high + 1, None] - factorials[None, :] - factorials[better.astype(np.int64)]
    ways = np.where(inside, ways, -np.inf)
    coins = np.exp(ways - moving[:, None] * math.log(2.0))
    tails = np.cumsum(coins[:, ::-1], axis=1)[:, ::-1]
    rejected = inside & (sides * tails <= level * _TIE) & (worse[None, :] - better > units * margin * _TIE)

    rows, lost = np.nonzero(rejected)
    logs, gained = logs[rows] + ways[rejected], better[rejected]

    def chance(share: float) -> float:
        toward = (1.0 + share / moved) / 2.0
        found = logs + _powers(toward, lost.astype(np.float64)) + _powers(1.0 - toward, gained)
        return float(np.exp(found).sum())

    return chance


def _connor(units: int, moved: float, margin: float, level: float, power: float, sides: Sides) -> float:
    """Connor's formula solved for the difference; one unit more, as the exact test's p-values come in steps."""
    normal = NormalDist()
    z, beyond = normal.inv_cdf(1.0 - level / sides), normal.inv_cdf(power)
    step = 1.0 / units
    share = z * math.sqrt(moved / units)
    for _ in range(50):
        spread = beyond * math.sqrt(max(0.0, moved - share * share) / units)
        share = max(z * math.sqrt(moved / units) + spread, margin + spread if margin > 0 else 0.0)
    return share + step


def _at_least(needed: int, units: int, share: float) -> float:
    """P(X >= needed) for X binomial."""
    if needed > units:
        return 0.0
    below = np.arange(needed, dtype=np.float64)
    logs = _log_choose(float(units), below) + _powers(share, below) + _powers(1.0 - share, units - below)
    return max(0.0, 1.0 - float(np.exp(logs).sum()))


def _powers(base: float, exponents: Array) -> Array:
    """Logarithm of base ** exponents; 0 ** 0 is 1."""
    if base > 0.0:
        return exponents * math.log(base)
    return np.where(exponents == 0, 0.0, -np.inf)


def _log_choose(total: float, chosen: Array) -> Array:
    """Logarithms of the binomial coefficients of one total."""
    parts = [math.lgamma(k + 1.0) + math.lgamma(total - k + 1.0) for k in chosen.tolist()]
    return math.lgamma(total + 1.0) - np.array(parts)


def student_quantile(share: float, freedom: int) -> float:
    """Quantile of Student's t distribution.

    Raises:
        ValueError: a share outside 0-1, or less than one degree of freedom.
    """
    if not 0.0 < share < 1.0 or freedom < 1:
        raise ValueError(f"a share between 0 and 1 and one degree of freedom or more, got {share} and {freedom}")
    if share < 0.5:
        return -student_quantile(1.0 - share, freedom)
    low, high = 0.0, 1.0
    while _student(high, freedom) < share:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if _student(middle, freedom) >= share else (middle, high)
    return high


def _student(t: float, freedom: int) -> float:
    """P(T <= t) for t >= 0: the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4, and 26.7.8 beyond 1000."""
    if freedom > 1000:
        return NormalDist().cdf(t * (1.0 - 1.0 / (4.0 * freedom)) / math.sqrt(1.0 + t * t / (2.0 * freedom)))
    angle = math.atan2(t, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    term, total = (1.0, 1.0) if freedom % 2 == 0 else (cosine, cosine if freedom > 1 else 0.0)
    for k in range(1 if freedom % 2 == 0 else 2, freedom - 2, 2):
        term *= k / (k + 1) * cosine * cosine
        total += term
    inside = sine * total if freedom % 2 == 0 else 2.0 / math.pi * (angle + sine * total)
    return (1.0 + inside) / 2.0
