"""How often the gate is wrong: false alarms on the noise of one model, and true drops it misses."""

from __future__ import annotations

import functools
import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest
from scored_runs import Matrix, made_side, right_or_wrong

from evalkit.report.gate import judge
from evalkit.report.policy import Policy, Rule
from evalkit.statistics.significance import half_binomial_cdf

# 199 permutations: p <= 0.05 for exactly 10 of the 200 equally likely ranks, so the level is exact.
QUICK = {"resamples": 199}
LEVEL = 0.05


def trials(few: int, many: int) -> pytest.MarkDecorator:
    """A simulation over few trials, and over many, whose bounds are narrower, in the campaign."""
    return pytest.mark.parametrize("trials", [few, pytest.param(many, marks=pytest.mark.campaign)])


def tolerance(rate: float, trials: int) -> float:
    """3.5 standard errors of a proportion: a right gate fails such a test once in 2,000 times."""
    return 3.5 * math.sqrt(rate * (1 - rate) / trials)


def quiz_answers(rng: np.random.Generator, n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Chances of a right answer per question: mean 0.8, most questions easy, some hopeless."""
    return rng.beta(2.0, 0.5, n)


@functools.cache
def exact_size(differing: int) -> float:
    """Chance that the exact one-sided McNemar test alarms where that many pairs differ and nothing changed."""
    tails = itertools.takewhile(lambda tail: tail <= LEVEL, (half_binomial_cdf(k, differing) for k in range(differing)))
    return max(tails, default=0.0)


@trials(150, 1000)
def test_false_alarms_on_pairs_of_runs_of_the_same_model(trials: int) -> None:
    """Right-or-wrong answers: near the level, below it by no more than McNemar's test is discrete."""
    rng = np.random.default_rng(1)
    n, alarms, expected = 1000, 0, 0.0
    policy = Policy(**QUICK)
    for _ in range(trials):
        chance = quiz_answers(rng, n)
        right = [rng.random(n) < chance for _ in range(2)]
        expected += exact_size(int((right[0] != right[1]).sum())) / trials
        a, b = (made_side({"quiz.acc": right_or_wrong(answers)}) for answers in right)
        alarms += judge(a, b, policy).exit_code == 1
    assert 0.035 <= expected <= LEVEL
    assert alarms / trials == pytest.approx(expected, abs=tolerance(expected, trials))


@trials(200, 1000)
def test_false_alarms_with_error_rates_in_clusters(trials: int) -> None:
    rng = np.random.default_rng(2)
    clusters, alarms = 60, 0
    numbers = np.repeat(np.arange(clusters), 3).tolist()
    policy = Policy(**QUICK)
    for _ in range(trials):
        tokens = np.repeat(rng.integers(6, 20, clusters), 3)
        hard = np.repeat(rng.beta(1.0, 6.0, clusters), 3)
        sides = []
        for _ in range(2):
            drift = np.clip(hard + np.repeat(rng.normal(0, 0.05, clusters), 3), 0.0, 1.0)
            rows: Matrix = np.stack([rng.binomial(tokens, drift), tokens], axis=1).astype(np.float64)
            sides.append(made_side({"speech.wer": rows}, clusters=numbers, higher=False))
        alarms += judge(*sides, policy).exit_code == 1
    assert alarms / trials == pytest.approx(LEVEL, abs=tolerance(LEVEL, trials))


@trials(40, 300)
def test_false_alarms_do_not_grow_with_the_number_of_columns(trials: int) -> None:
    rng = np.random.default_rng(3)
    n, columns = 400, 10
    alarms = {"holm": 0, "none": 0}
    for _ in range(trials):
        chance = quiz_answers(rng, n)
        a, b = (
            made_side({f"quiz.{k}": right_or_wrong(rng.random(n) < chance) for k in range(columns)}) for _ in range(2)
        )
        report = judge(a, b, Policy(resamples=100))
        alarms["holm"] += report.exit_code == 1
        alarms["none"] += any(check.p is not None and check.p <= LEVEL for check in report.checks)
    assert alarms["holm"] / trials <= LEVEL + tolerance(LEVEL, trials)
    assert alarms["none"] / trials > 0.2, "ten tests at 5 % each, uncorrected"


@pytest.mark.parametrize(
    ("n", "least", "trials"),
    [
        (2000, 0.1, 40),
        pytest.param(2000, 0.3, 150, marks=pytest.mark.campaign),
        pytest.param(10_000, 0.97, 150, marks=pytest.mark.campaign),
    ],
)
def test_a_true_drop_of_two_points_is_caught_as_often_as_the_normal_approximation_predicts(
    n: int, least: float, trials: int
) -> None:
    """Every question is answered right two points less often; both runs are noisy draws of their own."""
    rng = np.random.default_rng(4)
    caught, detectable = 0, []
    policy = Policy(**QUICK)
    spread = 0.0
    for _ in range(trials):
        chance = 0.02 + 0.98 * quiz_answers(rng, n)
        worse = chance - 0.02
        a, b = (made_side({"quiz.acc": right_or_wrong(rng.random(n) < p)}) for p in (chance, worse))
        report = judge(a, b, policy)
        caught += report.exit_code == 1
        spread += float((chance * (1 - chance) + worse * (1 - worse)).mean()) / trials
        detectable.append(report.checks[0].detectable or 0.0)
    error = 100 * math.sqrt(spread / n)
    power = NormalDist().cdf(2.0 / error - NormalDist().inv_cdf(1 - LEVEL))
    assert caught / trials == pytest.approx(power, abs=tolerance(power, trials) + 0.03)  # 0.03: McNemar is discrete
    assert caught / trials >= least
    stated = (NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(0.8)) * error
    assert float(np.mean(detectable)) == pytest.approx(stated, rel=0.05), "what the gate says it can detect"


def test_a_drop_within_the_tolerance_passes_however_sure() -> None:
    rng = np.random.default_rng(5)
    n = 20_000
    right = rng.random(n) < 0.8
    worse = right.copy()
    worse[np.flatnonzero(right)[:200]] = False  # exactly one point, and beyond doubt
    a, b = made_side({"quiz.acc": right_or_wrong(right)}), made_side({"quiz.acc": right_or_wrong(worse)})
    for allowed, code in ((0.5, 1), (1.0, 0), (1.5, 0)):
        report = judge(a, b, Policy(**QUICK, default=Rule(max_drop=allowed)))
        assert (report.exit_code, report.checks[0].p) == (code, pytest.approx(0.5**200))
    assert judge(b, a, Policy(**QUICK)).exit_code == 0, "a gain is no regression"
