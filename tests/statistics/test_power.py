"""What a paired test can see, held against enumeration of the test itself, scipy's figures and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from evalkit.core.metric import mean, ratio
from evalkit.statistics.paired import Pairs, Part, Statistic, standard_error
from evalkit.statistics.power import Sensitivity, fewest_units, student_quantile
from evalkit.statistics.significance import mcnemar

LEVEL, POWER = 0.05, 0.8


def pairs(a: list[float] | np.ndarray, b: list[float] | np.ndarray, reduce: object = ratio) -> Pairs:  # type: ignore[type-arg]
    first, second = (np.stack([np.asarray(x, dtype=float), np.ones(len(x))], axis=1) for x in (a, b))
    statistic = Statistic((Part(reduce, 2),))  # type: ignore[arg-type]
    return Pairs(first, second, statistic, np.zeros(len(first), dtype=np.int64))


@pytest.mark.parametrize(("columns", "units"), [(1, 5), (2, 6), (3, 6), (23, 9), (50, 10)])
def test_fewest_units_by_the_test_itself(columns: int, units: int) -> None:
    """A total loss of n right answers is significant, Holm-adjusted, from this n on and not before."""
    assert fewest_units(LEVEL / columns) == units
    assert mcnemar(0, units, "less") * columns <= LEVEL < mcnemar(0, units - 1, "less") * columns


@pytest.mark.parametrize(("level", "sides", "units"), [(0.5, 1, 1), (0.25, 1, 2), (0.25, 2, 3), (2.0**-7, 1, 7)])
def test_a_p_that_equals_the_level_is_significant(level: float, sides: int, units: int) -> None:
    assert fewest_units(level, sides) == units  # type: ignore[arg-type]


def chance_of_finding(n: int, moved: float, drop: float, level: float, sides: int, tolerance: float = 0.0) -> float:
    """Power of the exact McNemar test: every (lost, gained) in turn, by the test's own p-value."""
    lost_share, gained_share = (moved + drop) / 2, (moved - drop) / 2
    found = 0.0
    for lost, gained in itertools.product(range(n + 1), repeat=2):
        if lost + gained > n or lost <= gained or 100 * (lost - gained) / n <= tolerance + 1e-9:
            continue
        if mcnemar(gained, lost, "less" if sides == 1 else "two-sided") <= level:
            rest = n - lost - gained
            ways = math.factorial(n) // (math.factorial(lost) * math.factorial(gained) * math.factorial(rest))
            found += ways * lost_share**lost * gained_share**gained * (1 - moved) ** rest
    return found


@pytest.mark.parametrize(
    ("n", "moved", "level", "sides", "tolerance"),
    [
        (5, 0.0, 0.05, 1, 0.0), (6, 0.5, 0.05, 1, 0.0), (12, 0.5, 0.05, 1, 0.0), (30, 0.4, 0.0125, 1, 0.0),
        (40, 0.1, 0.05, 2, 0.0), (40, 0.6, 0.05, 2, 0.0), (40, 0.2, 0.05, 1, 15.0), (25, 0.0, 0.05, 1, 30.0),
    ],
)  # fmt: skip
def test_the_detectable_drop_is_found_with_the_power_and_a_smaller_one_is_not(
    n: int, moved: float, level: float, sides: int, tolerance: float
) -> None:
    drop = Sensitivity(n, n, moved, 100.0).detectable(level, POWER, sides, tolerance)  # type: ignore[arg-type]
    assert drop is not None
    share = drop / 100
    assert chance_of_finding(n, max(moved, share), share, level, sides, tolerance) >= POWER - 1e-9
    less = 0.99 * share
    assert chance_of_finding(n, max(moved, less), less, level, sides, tolerance) < POWER


@pytest.mark.parametrize("columns", [1, 23, 50])
@pytest.mark.parametrize("n", range(1, 12))
def test_nothing_is_detectable_where_a_total_loss_is_not_significant(n: int, columns: int) -> None:
    found = Sensitivity(n, n, 0.3, 100.0).detectable(LEVEL / columns, POWER)
    assert (found is None) == (mcnemar(0, n, "less") * columns > LEVEL)
    assert found is None or found <= 100


def test_many_units_come_near_the_normal_approximation_from_above() -> None:
    for n, moved in ((1000, 0.2), (3000, 0.1), (2000, 0.25), (100_000, 0.02)):
        normal = 100 * (1.6448536 + 0.8416212) * math.sqrt(moved / n)
        found = Sensitivity(n, n, moved, 100.0).detectable(LEVEL, POWER)
        assert found is not None
        assert normal < found < 1.06 * normal


def test_what_can_get_worse_bounds_what_can_be_found() -> None:
    few = pairs([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]).sensitivity("less", permutations=999)
    assert few is not None
    assert (few.units, few.losable, few.moved, few.reach) == (10, 3, 0.0, 100.0)
    assert not few.possible(LEVEL)
    assert few.units_to_begin(LEVEL) == math.ceil(5 * 10 / 3)
    assert few.detectable(LEVEL, POWER) is None
    errors = pairs([1, 0, 0, 0], [1, 0, 0, 0]).sensitivity("greater", permutations=999)
    assert errors is not None
    assert errors.losable == 3, "an error indicator can only rise where there is no error yet"


def test_scores_that_do_not_move_tell_nothing_and_random_exchanges_have_a_smallest_p() -> None:
    rng = np.random.default_rng(1)
    still = rng.random(50) * 7
    same = pairs(still, still, mean).sensitivity("less", permutations=999, error=0.0)
    assert same is not None
    assert same.reach is None
    assert same.detectable(LEVEL, POWER) is None
    moved = pairs(still, still + rng.normal(0, 1, 50), mean).sensitivity("less", permutations=99, error=0.1)
    assert moved is not None
    assert moved.least_p == 0.01
    assert moved.possible(0.01)
    assert not moved.possible(0.009)


@pytest.mark.parametrize("n", [8, 12, 30])
def test_the_permutation_test_finds_what_is_called_detectable(n: int) -> None:
    """Normal differences: the power of the test itself at the drop that a typical pair of runs calls detectable."""
    rng = np.random.default_rng(n)
    trials, stated = 250, []

    def run(drop: float) -> Pairs:
        first = 50 + rng.normal(0, 10, n)
        return pairs(first, first + rng.normal(-drop, 5, n), mean)

    for _ in range(40):
        pilot = run(0.0)
        error = standard_error(pilot.resampled(seed=1, resamples=300))
        found = pilot.sensitivity("less", permutations=999, error=error)
        assert found is not None
        stated.append(found.detectable(LEVEL, POWER) or math.inf)
    drop = float(np.median(stated))
    tests = [run(drop).test("less", seed=2, permutations=999) for _ in range(trials)]
    assert np.mean([test is not None and test.p <= LEVEL for test in tests]) == pytest.approx(POWER, abs=0.13)


def test_units_for_is_the_inverse_of_detectable() -> None:
    pilot = Sensitivity(50, 50, 0.1, 100.0)
    needed = pilot.units_for(2.0, LEVEL, POWER, 2)
    assert needed is not None
    at = Sensitivity(needed, needed, 0.1, 100.0).detectable(LEVEL, POWER, 2)
    before = Sensitivity(needed - 1, needed - 1, 0.1, 100.0).detectable(LEVEL, POWER, 2)
    assert at is not None
    assert before is not None
    assert at <= 2.0 < before
    assert pilot.units_for(100.0, LEVEL, POWER) == 5, "a total loss, found by five samples"
    assert Sensitivity(50, 50, 0.0, None).units_for(2.0, LEVEL, POWER) is None
    with pytest.raises(ValueError, match="above zero"):
        pilot.units_for(0.0, LEVEL, POWER)


@pytest.mark.parametrize(
    ("share", "freedom", "expected"),  # scipy 1.17.1, t.ppf
    [
        (0.95, 1, 6.313751514675037), (0.8, 1, 1.3763819204711738), (0.95, 2, 2.9199855803537242),
        (0.8, 5, 0.9195437802408271), (0.975, 7, 2.364624251592784), (0.95, 30, 1.697260886593957),
        (0.999, 299, 3.1177118932597843), (0.05, 4, -2.131846786326651),
    ],
)  # fmt: skip
def test_students_quantiles(share: float, freedom: int, expected: float) -> None:
    assert student_quantile(share, freedom) == pytest.approx(expected, rel=1e-9)


def test_students_quantile_with_many_degrees_is_near_the_normal() -> None:
    assert student_quantile(0.95, 5000) == pytest.approx(1.6451584375969708, rel=1e-5)  # scipy 1.17.1
    with pytest.raises(ValueError, match="degree of freedom"):
        student_quantile(0.9, 0)
