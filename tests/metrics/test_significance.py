"""Exact tails, published McNemar examples, Holm by hand.

Golden p-values: scipy 1.17.1 (`binom.cdf`, `binomtest`), quantiles likewise (`norm.ppf`).
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.statistics.significance import (
    half_binomial_cdf,
    holm,
    holm_once,
    mcnemar,
)


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    [
        (0, 1, 0.5),
        (3, 10, 0.171875),
        (6, 22, 0.026239395141601562),
        (86, 236, 1.8579680697856933e-05),
        (450, 1000, 0.0008652680424881513),
        (4800, 10000, 3.2967577993361714e-05),
        (49500, 100000, 0.0007911799394257577),
        (40, 50, 0.9999971929499534),
    ],
)
def test_tail_of_fair_coins(successes: int, trials: int, expected: float) -> None:
    assert half_binomial_cdf(successes, trials) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_tail_is_the_sum_of_binomial_coefficients(successes: int, trials: int) -> None:
    exact = sum(math.comb(trials, k) for k in range(min(successes, trials) + 1)) / 2**trials
    assert half_binomial_cdf(successes, trials) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    ("gained", "lost", "p", "source"),
    [
        # Airway hyper-responsiveness before and after a transplantation (Bentur et al. 2009): 7 and 1 of 21 children
        # changed; the exact conditional p in Fagerland, Lydersen, Laake 2013 is 0.0703.
        (7, 1, 0.0703125, "Bentur 2009"),
        # Complete response before and after consolidation (Cavo et al. 2012): 16 and 6; ibid. 0.0525.
        (16, 6, 0.052478790283203125, "Cavo 2012"),
        # Approval of a prime minister in two surveys of 1,600 voters (Agresti): 150 and 86 changed their minds.
        (150, 86, 3.7159361395713866e-05, "Agresti"),
        (0, 5, 0.0625, "two sided, 2 / 2^5"),
        (10, 10, 1.0, "a tie"),
        (0, 0, 1.0, "nothing changed"),
        (1200, 1100, 0.03896685268382023, "scipy"),
    ],
)
def test_mcnemar_examples(gained: int, lost: int, p: float, source: str) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p, rel=1e-9), source
    assert mcnemar(lost, gained) == mcnemar(gained, lost)


def test_mcnemar_one_sided() -> None:
    assert mcnemar(150, 86, "greater") == pytest.approx(1.8579680697856933e-05, rel=1e-9)
    assert mcnemar(150, 86, "less") == pytest.approx(0.9999896457855217, rel=1e-12)


def test_exact_mcnemar_keeps_its_level() -> None:
    """Over every outcome of n pairs that differ, the probability of p <= level never exceeds the level."""
    for n in (1, 5, 8, 30, 200):
        weights = [math.comb(n, k) / 2**n for k in range(n + 1)]
        for level in (0.01, 0.05, 0.1):
            for side in ("two-sided", "less"):
                size = sum(w for k, w in enumerate(weights) if mcnemar(k, n - k, side) <= level)  # type: ignore[arg-type]
                assert size <= level + 1e-12


def test_holm_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04: times 4, 3, 2, 1 gives 0.02, 0.03, 0.06, 0.04; the last is raised to 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([0.7, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_holm_does_not_count_tests_that_were_impossible() -> None:
    assert holm([None, 0.02, None, 0.03]) == [None, pytest.approx(0.04), None, pytest.approx(0.04)]


def test_holm_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.1, 1.5])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_no_more_than_plain_tests_and_no_less_than_bonferroni(values: list[float]) -> None:
    for p, adjusted in zip(values, holm(list(values)), strict=True):
        assert adjusted is not None
        assert p <= adjusted <= min(1.0, len(values) * p) + 1e-12


def test_one_test_under_two_names_counts_once() -> None:
    assert holm_once([0.01, 0.01, 0.03], ["column", "column", "other"]) == pytest.approx([0.02, 0.02, 0.03])
    assert holm_once([None, 0.04], ["a", "b"]) == [None, pytest.approx(0.04)]
    with pytest.raises(ValueError, match="argument 2"):
        holm_once([0.1, 0.2], ["a"])
