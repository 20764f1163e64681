"""Two runs over the same samples: the difference of a value, its interval, its test.

Everything rests on the summed statistics of independent units (samples, or clusters of samples). A unit is always
taken with both runs' statistics together; that keeps what the runs share, such as hard samples, out of the noise.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.statistics import resampling
from evalkit.statistics.power import Sensitivity
from evalkit.statistics.significance import Alternative, mcnemar

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the values that a statistic averages.

    Args:
        reduce: maps summed entries to the value; written with arithmetic on `total[i]` only.
        size: number of entries of its vectors.
        weight: its weight in the average.
    """

    reduce: Callable[[Any], Any]
    size: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Statistic:
    """A value, or a weighted mean or sum of values, of the summed statistics; the parts' entries stand side by side.

    Args:
        parts: the values.
        absolute: a weighted sum instead of a weighted mean.
    """

    parts: tuple[Part, ...]
    absolute: bool = False

    def __call__(self, totals: Matrix) -> Matrix:
        """Values of sums of shape (entries, ...): shape (...); not finite where a value is undefined."""
        found = np.zeros(totals.shape[1:])
        start = 0
        with np.errstate(divide="ignore", invalid="ignore"):
            for part in self.parts:
                value = np.asarray(part.reduce(totals[start : start + part.size]), dtype=np.float64)
                found = found + part.weight * value
                start += part.size
            return np.asarray(found if self.absolute else found / math.fsum(part.weight for part in self.parts))


@dataclass(frozen=True, slots=True)
class Test:
    """Outcome of a test.

    Args:
        p: p-value.
        method: "McNemar", "permutation" or "cluster permutation".
        exact: False when random permutations stand for all of them.
    """

    __test__ = False  # pytest: not a test case

    p: float
    method: str
    exact: bool


@dataclass(frozen=True)  # no slots: what several figures need is kept
class Pairs:
    """Summed statistics of the same independent units in two runs.

    Args:
        a, b: shape (units, entries); a unit that a rule drops in one run holds zeros there.
        statistic: what the sums mean.
        strata: number of the stratum of each unit, shape (units,); the bootstrap keeps the strata's sizes.
        clustered: True when units are clusters of several samples.
    """

    a: Matrix
    b: Matrix
    statistic: Statistic
    strata: NDArray[np.int64]
    clustered: bool = False

    @property
    def units(self) -> int:
        """Number of independent units."""
        return len(self.a)

    def values(self) -> tuple[float | None, float | None]:
        """The value in each run; None where it is undefined."""
        return self._values

    @functools.cached_property
    def _values(self) -> tuple[float | None, float | None]:
        return self._value(self.a), self._value(self.b)

    def _value(self, matrix: Matrix) -> float | None:
        if not len(matrix):
            return None
        value = float(self.statistic(matrix.sum(axis=0)))
        return value if math.isfinite(value) else None

    def resampled(self, *, seed: int, resamples: int) -> Matrix:
        """Differences second minus first over bootstrap resamples of the units, shape (resamples,).

        Not finite where a resample leaves a value undefined.
        """
        a, b, statistic = self._compact
        rng = np.random.default_rng(seed)
        totals = np.zeros((resamples, 2 * a.shape[1]))
        joint = np.hstack([a, b])
        for stratum in np.unique(self.strata):
            totals += resampling.bootstrap_totals(joint[self.strata == stratum], rng, resamples)
        first, second = totals.T[: a.shape[1]], totals.T[a.shape[1] :]
        return np.asarray(statistic(second) - statistic(first))

    def table(self) -> tuple[int, int, int, int] | None:
        """Pairs right in both, gained, lost, wrong in both; None unless every unit is one right-or-wrong answer."""
        return self._table

    @functools.cached_property
    def _table(self) -> tuple[int, int, int, int] | None:
        if self.clustered or len(self.statistic.parts) != 1:
            return None
        a, b, _ = self._compact
        if a.shape[1] != 2:
            return None
        present = (a[:, 1] != 0) | (b[:, 1] != 0)
        a, b = a[present], b[present]
        if not ((a[:, 1] == 1) & (b[:, 1] == 1)).all() or not np.isin([a[:, 0], b[:, 0]], (0.0, 1.0)).all():
            return None
        right_a, right_b = a[:, 0] == 1, b[:, 0] == 1
        both, gained = int((right_a & right_b).sum()), int((~right_a & right_b).sum())
        lost = int((right_a & ~right_b).sum())
        return both, gained, lost, len(a) - both - gained - lost

    def test(self, alternative: Alternative = "two-sided", *, seed: int, permutations: int) -> Test | None:
        """Test the null hypothesis that the two runs' answers are exchangeable.

        Right-or-wrong answers of independent samples: the exact McNemar test. Otherwise the permutation test that
        exchanges the runs' statistics unit by unit (for equal denominators: flips the sign of each difference), with
        whole clusters where there are any; over all exchanges where those are few, else over random ones with
        p = (k + 1) / (permutations + 1).

        Args:
            alternative: "greater": the second value is higher; "less": it is lower.
            seed: of the random exchanges.
            permutations: their number.

        Returns:
            None where a value is undefined.
        """
        first, second = self.values()
        if first is None or second is None:
            return None
        table = self.table()
        if table is not None:
            return Test(mcnemar(table[1], table[2], alternative), "McNemar", True)
        a, b, statistic = self._compact
        drawn = resampling.exchanged_totals(a, b, np.random.default_rng(seed), permutations)
        method = "cluster permutation" if self.clustered else "permutation"
        observed = float(statistic(b.sum(axis=0)) - statistic(a.sum(axis=0)))
        differences = np.asarray(statistic(drawn.second.T) - statistic(drawn.first.T))
        differences[~np.isfinite(differences)] = math.inf if alternative != "less" else -math.inf  # never in our favour
        # Sums of many floats differ in the last digits by their order; what differs by no more counts as equal.
        slack = 1e-9 * max(abs(observed), abs(first) * 1e-3, abs(second) * 1e-3)
        if alternative == "greater":
            extreme = differences >= observed - slack
        elif alternative == "less":
            extreme = differences <= observed + slack
        else:
            extreme = np.abs(differences) >= abs(observed) - slack
        if drawn.weights is not None:
            return Test(min(1.0, float(drawn.weights[extreme].sum())), method, True)
        return Test((int(extreme.sum()) + 1) / (permutations + 1), method, False)

    def sensitivity(
        self, alternative: Alternative = "two-sided", *, permutations: int, error: float | None = None
    ) -> Sensitivity | None:
        """What the test over these pairs can see.

        A unit can get worse unless its value is at the end that shares and scores cannot leave: falling values stop at
        zero, right-or-wrong answers at both ends.

        Args:
            alternative: direction of a worsening: "less" where higher values are better; "two-sided" for any change.
            permutations: number of random exchanges where not all are tried.
            error: standard error of the difference.

        Returns:
            None where a value is undefined.
        """
        first, second = self.values()
        if first is None or second is None or not self.units:
            return None
        a, b, statistic = self._compact
        table = self.table()
        if table is not None:
            right, gained, lost = table[0] + table[2], table[1], table[2]
            units = sum(table)
            losable = {"less": right, "greater": units - right, "two-sided": units}[alternative]
            whole = np.array([0.0, 1.0]), np.array([1.0, 1.0])
            size = abs(float(statistic(whole[1]) - statistic(whole[0])))
            return Sensitivity(units, losable, (gained + lost) / units, size)
        effects = self._effects(a, b, statistic)
        moving = np.abs(effects) > 1e-9 * max(abs(first), abs(second), float(np.abs(effects).max()))
        reach = self.units * float(np.sqrt(np.square(effects[moving]).mean())) if moving.any() else None
        exhaustive = resampling.enumerable(b - a)
        losable = self._falling(a, statistic) if alternative == "less" else self.units
        least = 0.0 if exhaustive else 1.0 / (permutations + 1)
        return Sensitivity(self.units, losable, float(moving.mean()), reach, error or 0.0, least)

    @staticmethod
    def _effects(a: Matrix, b: Matrix, statistic: Statistic) -> Matrix:
        """How much each unit moves the difference: half of what exchanging its two results changes, shape (units,)."""
        moved = (b - a).T
        first, second = a.sum(axis=0)[:, None], b.sum(axis=0)[:, None]
        observed = statistic(second) - statistic(first)
        exchanged = statistic(second - moved) - statistic(first + moved)
        effects = (observed - exchanged) / 2.0
        return np.asarray(np.where(np.isfinite(effects), effects, 0.0))

    @staticmethod
    def _falling(a: Matrix, statistic: Statistic) -> int:
        """Units whose own value lies above zero in any part."""
        above = np.zeros(len(a), dtype=bool)
        start = 0
        for part in statistic.parts:
            with np.errstate(divide="ignore", invalid="ignore"):
                own = np.asarray(part.reduce(a[:, start : start + part.size].T), dtype=np.float64)
            above |= np.isfinite(own) & (own > 0)
            start += part.size
        return int(above.sum())

    @functools.cached_property
    def _compact(self) -> tuple[Matrix, Matrix, Statistic]:
        """The same pairs with the entries that the statistic reads and no others: far fewer distinct rows."""
        kept: list[int] = []
        parts: list[Part] = []
        start = 0
        for part in self.statistic.parts:
            used = _used_entries(part)
            if used is None:
                parts.append(part)
                kept.extend(range(start, start + part.size))
            else:
                parts.append(Part(_Narrowed(part.reduce, used), len(used), part.weight))
                kept.extend(start + i for i in used)
            start += part.size
        return self.a[:, kept], self.b[:, kept], Statistic(tuple(parts))


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """A reduction over some entries only; asking for another one is an error, never a wrong number."""

    reduce: Callable[[Any], Any]
    used: tuple[int, ...]

    def __call__(self, totals: Any) -> Any:
        return self.reduce(dict(zip(self.used, totals, strict=True)))


class _Recorder:
    """Stands for summed entries and notes which ones are read."""

    def __init__(self, size: int, value: float) -> None:
        self.size, self.value, self.read = size, value, set[int]()

    def __getitem__(self, entry: int) -> float:
        if not isinstance(entry, int) or not 0 <= entry < self.size:
            raise IndexError(entry)
        self.read.add(entry)
        return self.value


def _used_entries(part: Part) -> tuple[int, ...] | None:
    """Entries a reduction reads; None where it wants more than arithmetic on `total[i]`."""
    read: set[int] = set()
    for value in (1.0, 0.5, 0.0):
        recorder = _Recorder(part.size, value)
        try:
            part.reduce(recorder)
        except ZeroDivisionError:
            pass  # undefined there; what it read until then counts
        except Exception:  # a reduction may do anything; then it gets all entries
            return None
        read |= recorder.read
    return tuple(sorted(read)) or None


def interval(differences: Matrix, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of resampled differences; None where a resample was undefined or there is none."""
    if not differences.size or not bool(np.isfinite(differences).all()):
        return None
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(differences, [tail, 1.0 - tail])
    return float(low), float(high)


def standard_error(differences: Matrix) -> float | None:
    """Bootstrap standard error of the difference; None where a resample was undefined."""
    if differences.size < 2 or not bool(np.isfinite(differences).all()):
        return None
    return float(np.std(differences, ddof=1))
