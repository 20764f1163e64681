"""Tests of significance; pure functions without dependencies."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Literal

Alternative = Literal["two-sided", "greater", "less"]


def half_binomial_cdf(successes: int, trials: int) -> float:
    """P(X <= successes) for X binomial with `trials` fair coins.

    Raises:
        ValueError: fewer than no trials.
    """
    if trials < 0:
        raise ValueError(f"trials must not be negative, got {trials}")
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    if 2 * successes >= trials:  # the smaller tail keeps its relative precision
        return 1.0 - half_binomial_cdf(trials - successes - 1, trials)
    log_term = math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
    share, tail = 1.0, 1.0
    for k in range(successes, 0, -1):  # P(X = k - 1) / P(X = k) = k / (trials - k + 1)
        share *= k / (trials - k + 1)
        tail += share
        if share < tail * 1e-17:
            break
    return math.exp(log_term - trials * math.log(2.0)) * tail


def mcnemar(gained: int, lost: int, alternative: Alternative = "two-sided") -> float:
    """Exact McNemar test on paired right-or-wrong answers: p-value.

    Under the null hypothesis each of the pairs that differ is as likely to go either way, so the gains are binomial
    with probability 1/2 (McNemar 1947; the exact conditional form). Doubling the smaller tail gives the two-sided
    value; no mid-p correction, so the test never rejects a true null hypothesis more often than its level says.

    Args:
        gained: pairs wrong in the first and right in the second run.
        lost: pairs right in the first and wrong in the second run.
        alternative: "greater": the second run is better; "less": it is worse.

    Raises:
        ValueError: a negative count.
    """
    if gained < 0 or lost < 0:
        raise ValueError(f"counts must not be negative, got {gained} and {lost}")
    if alternative == "greater":
        return half_binomial_cdf(lost, gained + lost)
    if alternative == "less":
        return half_binomial_cdf(gained, gained + lost)
    return min(1.0, 2.0 * half_binomial_cdf(min(gained, lost), gained + lost))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down adjustment (Holm 1979): adjusted p-values in the order given.

    Rejecting where the adjusted value is at most the level keeps the chance of any false rejection at that level,
    whatever the dependence between the tests. None (no test was possible) stays None and is not counted.

    Raises:
        ValueError: a value outside 0-1.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    if any(not 0.0 <= p <= 1.0 for p, _ in known):
        raise ValueError(f"p-values lie between 0 and 1, got {[p for p, _ in known]}")
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        adjusted[i] = highest
    return adjusted


def holm_once(p_values: Sequence[float | None], keys: Sequence[Hashable]) -> list[float | None]:
    """Holm's adjustment where one test goes by two names, as an average of one column and that column.

    Equal keys are one test: it counts once, and all its values get the same adjusted one.

    Args:
        p_values: one per value; None where no test was possible.
        keys: what was tested, one per value. Values of one key have the same p.

    Raises:
        ValueError: as `holm`, or keys and values differ in number.
    """
    distinct = dict(zip(keys, p_values, strict=True))
    adjusted = dict(zip(distinct, holm(list(distinct.values())), strict=True))
    return [adjusted[key] for key in keys]
