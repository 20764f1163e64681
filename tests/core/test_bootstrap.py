"""Intervals: against a naive bootstrap that resamples the samples, and against what they promise to cover."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.core.metric import Interval, Metric, Tally, mean, ratio

ACCURACY = Metric("accuracy", "accuracy", ("right", "samples"), ratio)
WER = Metric("wer", "WER", ("errors", "tokens"), ratio)
MEAN = Metric("mean", "mean", ("value", "samples"), mean, unit="")


def tally_of(rows: np.ndarray, clusters: list[str] | None = None) -> Tally:
    tally = Tally()
    for i, row in enumerate(rows):
        tally.add(tuple(map(float, row)), clusters[i] if clusters else None)
    return tally


def naive(rows: np.ndarray, metric: Metric, resamples: int = 20_000) -> tuple[float, float, float]:
    """Ends of the 95% percentile interval and the standard error, by resampling rows one by one."""
    rng = np.random.default_rng(99)
    values = np.empty(resamples)
    for i in range(resamples):
        values[i] = metric.reduce(rows[rng.integers(0, len(rows), len(rows))].sum(axis=0))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high), float(values.std())


def right_or_wrong(n: int, share: float, seed: int = 1) -> np.ndarray:
    right = np.random.default_rng(seed).random(n) < share
    return np.stack([right, np.ones(n)], axis=1).astype(float)


def utterances(n: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    tokens = rng.integers(3, 40, n)
    return np.stack([rng.binomial(tokens, rng.beta(1, 8, n)), tokens], axis=1).astype(float)


def similarities(n: int) -> np.ndarray:
    return np.stack([np.random.default_rng(3).normal(0.7, 0.2, n), np.ones(n)], axis=1)


# The last case has more distinct vectors than the drawing by counts takes.
@pytest.mark.parametrize(
    ("rows", "metric"),
    [
        (right_or_wrong(300, 0.3), ACCURACY),
        (utterances(400), WER),
        (similarities(200), MEAN),
        (similarities(1500), MEAN),
    ],
    ids=["accuracy", "corpus rate", "mean of reals", "mean of many distinct reals"],
)
def test_agrees_with_resampling_the_samples(rows: np.ndarray, metric: Metric) -> None:
    low, high, error = naive(rows, metric, 4000 if len(rows) > 1000 else 20_000)
    found = tally_of(rows).interval(metric, seed=5, resamples=4000)
    assert found is not None
    assert found.low == pytest.approx(low, abs=0.2 * error)
    assert found.high == pytest.approx(high, abs=0.2 * error)
    values = tally_of(rows).resampled(metric, seed=5, resamples=4000)
    assert values.std() == pytest.approx(error, rel=0.06)


def test_covers_the_truth_as_often_as_it_says() -> None:
    truth, covered, experiments = 0.4, 0, 400
    for seed in range(experiments):
        found = tally_of(right_or_wrong(120, truth, seed)).interval(ACCURACY, seed=seed)
        assert found is not None
        covered += found.low <= 100 * truth <= found.high
    assert 0.91 <= covered / experiments <= 0.98


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    rows = utterances(200)
    first = tally_of(rows).interval(WER, seed=11)
    assert first == tally_of(rows[::-1]).interval(WER, seed=11)
    assert first != tally_of(rows).interval(WER, seed=12)


def test_a_wider_level_gives_a_wider_interval_around_the_value() -> None:
    tally = tally_of(utterances(200))
    wide, narrow = tally.interval(WER, seed=1, level=0.99), tally.interval(WER, seed=1, level=0.5)
    value = tally.value(WER)
    assert wide is not None and narrow is not None and value is not None
    assert wide.low < narrow.low < value < narrow.high < wide.high


def test_correlated_clusters_widen_the_interval_as_theory_says() -> None:
    """Ten copies of every sample carry the information of one: the interval is sqrt(10) as wide as it looks."""
    rows = np.repeat(right_or_wrong(200, 0.5), 10, axis=0)
    speakers = [f"speaker {i // 10}" for i in range(len(rows))]
    apart, together = tally_of(rows).interval(ACCURACY, seed=3), tally_of(rows, speakers).interval(ACCURACY, seed=3)
    assert apart is not None and together is not None

    def width(interval: Interval) -> float:
        return interval.high - interval.low

    assert width(together) / width(apart) == pytest.approx(10**0.5, rel=0.1)
    assert tally_of(rows).value(ACCURACY) == tally_of(rows, speakers).value(ACCURACY)


def test_clusters_of_one_are_samples() -> None:
    rows = utterances(150)
    names = [f"c{i}" for i in range(len(rows))]
    assert tally_of(rows, names).interval(WER, seed=4) == tally_of(rows).interval(WER, seed=4)


def test_all_alike_gives_no_interval() -> None:
    """Fifty of fifty right does not say that every further one is right: an interval without width would."""
    assert tally_of(right_or_wrong(50, 1.1)).interval(ACCURACY, seed=1) is None
    assert tally_of(right_or_wrong(50, -0.1)).interval(ACCURACY, seed=1) is None
    one_wrong = [*right_or_wrong(49, 1.1), *right_or_wrong(1, -0.1)]
    assert tally_of(one_wrong).interval(ACCURACY, seed=1) is not None


@pytest.mark.parametrize("scale", [1.0, 0.1], ids=["whole numbers", "reals"])
def test_resamples_of_distinct_vectors_are_those_drawn_one_by_one(scale: float) -> None:
    """Whole numbers go through one product for many resamples: not a bit of the result may depend on that."""
    rows = np.random.default_rng(6).integers(0, 50, (1700, 40)) * scale
    tally = tally_of(rows)
    found = tally.resampled(
        Metric("rate", "rate", (), lambda total: total[0] / (total[1] + total[39])), seed=4, resamples=300
    )
    distinct, weights = tally.units()
    matrix, draws = np.asarray(distinct), np.random.default_rng(4)
    expanded = np.repeat(np.arange(len(distinct)), weights)
    for value in found:
        drawn = np.bincount(expanded[draws.integers(0, len(rows), len(rows))], minlength=len(distinct))
        total = drawn @ matrix
        assert value == total[0] / (total[1] + total[39])
