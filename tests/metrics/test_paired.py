"""Paired bootstrap and permutation: against enumeration, closed forms, scipy, and simulated truth."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from evalkit.core.metric import mean, ratio
from evalkit.statistics import resampling
from evalkit.statistics.paired import Pairs, Part, Statistic, interval, standard_error
from evalkit.statistics.significance import mcnemar

Matrix = NDArray[np.float64]


def pairs(a: Any, b: Any, reduce: Any = ratio, *, clustered: bool = False) -> Pairs:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    strata = np.zeros(len(first), dtype=np.int64)
    return Pairs(first, second, Statistic((Part(reduce, first.shape[1]),)), strata, clustered)


def answers(a: Any, b: Any, *, clustered: bool = False) -> Pairs:
    """Right-or-wrong answers."""
    columns = [np.stack([np.asarray(x, dtype=np.float64), np.ones(len(x))], axis=1) for x in (a, b)]
    return pairs(*columns, clustered=clustered)


def by_enumeration(a: Matrix, b: Matrix, alternative: str) -> float:
    """Share of all 2^n exchanges that are at least as extreme, one by one."""
    observed = 100 * b[:, 0].sum() / b[:, 1].sum() - 100 * a[:, 0].sum() / a[:, 1].sum()
    extreme = 0
    for coins in itertools.product((False, True), repeat=len(a)):
        swap = np.array(coins)[:, None]
        first, second = np.where(swap, b, a).sum(axis=0), np.where(swap, a, b).sum(axis=0)
        found = 100 * second[0] / second[1] - 100 * first[0] / first[1]
        if alternative == "two-sided":
            extreme += abs(found) >= abs(observed) - 1e-9
        else:
            extreme += (found >= observed - 1e-9) if alternative == "greater" else (found <= observed + 1e-9)
    return extreme / 2 ** len(a)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("seed", range(4))
def test_exact_permutation_is_enumeration(alternative: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 9
    a = np.stack([rng.integers(0, 5, n), rng.integers(3, 9, n)], axis=1).astype(np.float64)
    b = np.stack([rng.integers(0, 5, n), a[:, 1] if seed % 2 else rng.integers(3, 9, n)], axis=1).astype(np.float64)
    if seed == 2:
        b[0], a[1] = 0.0, 0.0  # samples that a rule drops on one side
    found = pairs(a, b).test(alternative, seed=0, permutations=100)
    assert found is not None
    assert found.exact
    assert found.p == pytest.approx(by_enumeration(a, b, alternative), abs=1e-12)


@pytest.mark.parametrize(("alternative", "p"), [("two-sided", 0.296875), ("greater", 0.1484375), ("less", 0.875)])
def test_permutation_of_means_as_scipy_has_it(alternative: Any, p: float) -> None:
    # scipy.stats.permutation_test(permutation_type="samples", n_resamples=inf), difference of means
    a = [0.5, 0.8, 0.3, 0.9, 0.4, 0.7, 0.65, 0.2]
    b = [0.55, 0.7, 0.45, 0.95, 0.6, 0.72, 0.5, 0.41]
    made = pairs([(x, 1) for x in a], [(x, 1) for x in b], mean)
    found = made.test(alternative, seed=0, permutations=100)
    assert found is not None
    assert (found.p, found.exact) == (pytest.approx(p, abs=1e-12), True)


@pytest.mark.parametrize(
    ("gained", "lost", "same"), [(7, 1, 12), (16, 6, 139), (900, 1000, 4000), (0, 3, 5), (0, 0, 4)]
)
def test_permutation_of_right_or_wrong_answers_is_mcnemar(gained: int, lost: int, same: int) -> None:
    """The same null hypothesis, two algorithms: exchanges of 'clusters' of one against the binomial tail."""
    a = [0] * gained + [1] * lost + [1] * same
    b = [1] * gained + [0] * lost + [1] * same
    assert answers(a, b).table() == (same, gained, lost, 0)
    for alternative in ("two-sided", "greater", "less"):
        by_table = answers(a, b).test(alternative, seed=0, permutations=100)  # type: ignore[arg-type]
        by_exchange = answers(a, b, clustered=True).test(alternative, seed=0, permutations=100)  # type: ignore[arg-type]
        assert by_table is not None
        assert by_exchange is not None
        assert (by_table.method, by_exchange.method) == ("McNemar", "cluster permutation")
        assert by_exchange.p == pytest.approx(by_table.p, rel=1e-9)
        assert by_table.p == mcnemar(gained, lost, alternative)  # type: ignore[arg-type]


def test_random_permutations_approach_the_exact_value() -> None:
    rng = np.random.default_rng(5)
    a = rng.normal(0.0, 1.0, 16)
    b = a + rng.normal(0.35, 1.0, 16)
    made = pairs(np.stack([a, np.ones(16)], 1), np.stack([b, np.ones(16)], 1), mean)
    exact = made.test(seed=0, permutations=20_000)
    assert exact is not None
    assert exact.exact
    both = np.concatenate([made.a, made.a + rng.normal(0, 1e-13, made.a.shape)]), np.concatenate([made.b, made.a])
    drawn = pairs(*both, mean).test(seed=3, permutations=20_000)  # pairs without a difference change nothing
    assert drawn is not None
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=4 * math.sqrt(exact.p * (1 - exact.p) / 20_000))


def test_the_smallest_random_p_is_one_in_all_permutations() -> None:
    rng = np.random.default_rng(1)
    a = rng.random(60)
    made = pairs(np.stack([a, np.ones(60)], 1), np.stack([a + rng.random(60), np.ones(60)], 1), mean)
    found = made.test(seed=0, permutations=999)
    assert found is not None
    assert found.p == 1 / 1000, "(k + 1) / (B + 1) is never zero"


def test_clusters_are_exchanged_whole() -> None:
    """Twenty repeats of each of six answers are no 120 samples: the p-value is that of six."""
    gain = np.array([1.0, 1.0, 1.0, 1.0, 1.0, -1.0])
    a, b = np.zeros(6), gain
    six = pairs(np.stack([a, np.ones(6)], 1), np.stack([b, np.ones(6)], 1), mean)
    summed = pairs(
        np.stack([20 * a, np.full(6, 20.0)], 1), np.stack([20 * b, np.full(6, 20.0)], 1), mean, clustered=True
    )
    one, other = six.test(seed=0, permutations=100), summed.test(seed=0, permutations=100)
    assert one is not None
    assert other is not None
    assert one.p == pytest.approx(14 / 64), "(1 + 6) of 2^6 exchanges on each side"
    assert other.p == pytest.approx(one.p)


def test_undefined_values_are_not_tested() -> None:
    made = pairs([(0, 0), (0, 0)], [(1, 4), (0, 2)])
    assert made.values() == (None, pytest.approx(100 / 6))
    assert made.test(seed=0, permutations=100) is None
    assert interval(made.resampled(seed=0, resamples=100)) is None


def test_bootstrap_draws_from_the_exact_distribution_of_three_units() -> None:
    rows = np.array([[1.0, 10.0], [2.0, 10.0], [4.0, 10.0]])
    chances = Counter(sum(draw) for draw in itertools.product((1, 2, 4), repeat=3))
    drawn = resampling.bootstrap_totals(rows, np.random.default_rng(0), 27_000)
    assert (drawn[:, 1] == 30).all()
    found = Counter(drawn[:, 0].astype(int).tolist())
    assert found.keys() == chances.keys()
    chi2 = sum((found[k] - 1000 * c) ** 2 / (1000 * c) for k, c in chances.items())
    assert chi2 < 27.9, "0.999 quantile of chi2 with 9 degrees of freedom"


def test_frequent_and_rare_rows_together_have_the_moments_of_the_bootstrap() -> None:
    """Mean n * m and covariance n * S of a resample's sum, for rows drawn in both ways."""
    rng = np.random.default_rng(2)
    rows = np.concatenate([np.repeat([[1.0, 2.0], [0.0, 5.0]], 60, axis=0), rng.normal(3.0, 2.0, (80, 2))])
    n, resamples = len(rows), 40_000
    drawn = resampling.bootstrap_totals(rows, np.random.default_rng(3), resamples)
    covariance = n * np.cov(rows.T, ddof=0)
    error = np.sqrt(np.diag(covariance) / resamples)
    assert np.abs(drawn.mean(axis=0) - rows.sum(axis=0)).max() < 4 * error.max()
    assert np.cov(drawn.T) == pytest.approx(covariance, rel=0.03)


def test_resamples_depend_on_the_seed_and_not_on_the_order_of_samples() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 9, (300, 2)) + 1.0, rng.integers(0, 9, (300, 2)) + 1.0
    order = rng.permutation(300)
    one = pairs(a, b).resampled(seed=7, resamples=200)
    assert (one == pairs(a[order], b[order]).resampled(seed=7, resamples=200)).all()
    assert (one != pairs(a, b).resampled(seed=8, resamples=200)).any()


def test_a_resample_takes_both_runs_of_a_sample() -> None:
    """Two runs with equal statistics differ in no resample, however much the samples differ."""
    rng = np.random.default_rng(4)
    a = np.stack([rng.integers(0, 9, 200), np.full(200, 9)], axis=1)
    drawn = pairs(a, a).resampled(seed=0, resamples=100)
    assert (drawn == 0).all()


def test_strata_keep_their_sizes() -> None:
    """An average of two accuracies over 10 and 1,000 samples: no resample may lose the small set."""
    a = np.zeros((1010, 4))
    a[:10, 1], a[10:, 3] = 1.0, 1.0
    b = a.copy()
    b[:5, 0], b[10:510, 2] = 1.0, 1.0
    strata = np.array([0] * 10 + [1] * 1000)
    made = Pairs(a, b, Statistic((Part(ratio, 2, 1.0), Part(ratio, 2, 3.0))), strata)
    assert made.values() == (0.0, 50.0)
    drawn = made.resampled(seed=0, resamples=4000)
    assert np.isfinite(drawn).all()
    expected = 100 * math.sqrt(0.25**2 * 0.25 / 10 + 0.75**2 * 0.25 / 1000)
    assert standard_error(drawn) == pytest.approx(expected, rel=0.06)


def test_entries_that_the_value_does_not_read_change_nothing() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.integers([0, 4], [4, 8], (400, 2)), rng.integers([0, 4], [4, 8], (400, 2))
    detail = rng.random((400, 4))
    wide = pairs(np.hstack([a, detail]), np.hstack([b, detail]))
    assert (wide.resampled(seed=1, resamples=300) == pairs(a, b).resampled(seed=1, resamples=300)).all()


def test_reductions_may_do_more_than_arithmetic() -> None:
    def geometric(total: Any) -> Any:
        return 100 * np.exp(np.log(np.asarray(total[:2]) / np.asarray(total[2:])).mean(axis=0))

    rng = np.random.default_rng(6)
    a = rng.integers(1, 9, (50, 4)).astype(np.float64)
    made = pairs(a, a[::-1].copy(), geometric)
    assert made.values()[0] == pytest.approx(
        100 * math.sqrt(a[:, 0].sum() * a[:, 1].sum() / a[:, 2].sum() / a[:, 3].sum())
    )
    assert np.isfinite(made.resampled(seed=0, resamples=100)).all()


def _runs_of_recognisers(rng: np.random.Generator, clusters: int, size: int) -> tuple[Matrix, Matrix]:
    """Errors and tokens summed over clusters: shared difficulty, run noise; no true difference in rate."""
    tokens = rng.integers(5, 20, (clusters, size))
    hard = np.clip(rng.beta(1.0, 6.0, (clusters, 1)) + rng.normal(0, 0.05, (clusters, size)), 0.01, 0.9)
    runs = []
    for _ in range(2):
        drift = np.clip(hard + rng.normal(0, 0.06, (clusters, 1)), 0.0, 1.0)  # a cluster's samples err together
        runs.append(np.stack([rng.binomial(tokens, drift).sum(axis=1), tokens.sum(axis=1)], axis=1).astype(np.float64))
    return runs[0], runs[1]


def test_coverage_of_the_paired_interval_and_level_of_the_cluster_permutation() -> None:
    """1,000 pairs of runs without a true difference, 120 clusters of 3: both at their nominal rates.

    Tolerance: 3.5 standard errors of a binomial proportion over 1,000 trials; and one percentage point more for the
    interval, which percentile bootstraps of about a hundred units are known to lack.
    """
    rng = np.random.default_rng(2026)
    trials, covered, alarms = 1000, 0, 0
    for _ in range(trials):
        a, b = _runs_of_recognisers(rng, 120, 3)
        made = pairs(a, b, clustered=True)
        ends = interval(made.resampled(seed=1, resamples=399))
        assert ends is not None
        covered += ends[0] <= 0.0 <= ends[1]
        test = made.test(seed=2, permutations=199)
        assert test is not None
        alarms += test.p <= 0.05
    error = math.sqrt(0.05 * 0.95 / trials)
    assert 0.95 - 3.5 * error - 0.01 <= covered / trials <= 0.95 + 3.5 * error
    assert alarms / trials == pytest.approx(0.05, abs=3.5 * error)


def test_samples_of_a_cluster_taken_as_independent_would_give_false_alarms() -> None:
    """Why clusters matter: the same data, its samples exchanged one by one, alarm far above the level."""
    rng = np.random.default_rng(77)
    trials, alarms = 200, 0
    for _ in range(trials):
        gain = np.repeat(rng.normal(0, 1, 30), 10) + rng.normal(0, 0.3, 300)
        made = pairs(np.stack([np.zeros(300), np.ones(300)], 1), np.stack([gain, np.ones(300)], 1), mean)
        test = made.test(seed=0, permutations=199)
        assert test is not None
        alarms += test.p <= 0.05
    assert alarms / trials > 0.3


def test_a_hundred_thousand_pairs_are_resampled_in_seconds() -> None:
    rng = np.random.default_rng(8)
    n = 100_000
    tokens = rng.geometric(1 / 12, n) + 3
    a, b = (np.stack([rng.binomial(tokens, 0.08), tokens], axis=1) for _ in range(2))
    made = pairs(a, b)
    began = time.process_time()
    drawn = made.resampled(seed=0, resamples=2000)
    test = made.test(seed=0, permutations=2000)
    assert time.process_time() - began < 4, "2,000 of 10,000 resamples; measured: 0.5 s"
    assert test is not None
    error = standard_error(drawn)
    rates = [x[:, 0] - x[:, 0].sum() / x[:, 1].sum() * x[:, 1] for x in (a, b)]
    linear = 100 * math.sqrt(((rates[1] - rates[0]) ** 2).sum()) / tokens.sum()
    assert error == pytest.approx(linear, rel=0.06), "the delta method's standard error"
