"""From error counts to rates: what a profile divides by, and how it sums up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.profiles import Profile, get_profile, scheme_of
from evalkit.metrics.error_rate.schemes import Unit


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """The error rate of a set of pairs.

    Args:
        value: by the profile's aggregation, as a fraction; NaN when nothing was scored.
        corpus: all errors over all reference tokens (over the profile's denominators).
        mean: mean of the utterances' rates, those without reference tokens left out.
        counts: errors and reference tokens, summed.
        unit: "WER", "CER" or "MER".
        profile: name of the rule.
        language: language as given.
        n_total: pairs given.
        n_scored: pairs that the profile scores.
        n_dropped: pairs that the profile's official rule leaves out.
        n_empty_reference: scored pairs without any reference token.
    """

    value: float
    corpus: float
    mean: float
    counts: Counts
    unit: Unit
    profile: str
    language: str
    n_total: int
    n_scored: int
    n_dropped: int
    n_empty_reference: int

    @property
    def percent(self) -> float:
        """The value as the official program prints it: in %, rounded to the profile's decimals."""
        return round(self.value * 100, get_profile(self.profile).decimals)


def rule_of(profile: str) -> int:
    """Version of a profile's rule in evalkit; the official ones do not change."""
    return 2 if profile == "plain" else 1


def unit(profile: str = "plain", language: str = "en") -> Unit:
    """The unit of a profile in a language: "WER" (words), "CER" (characters) or "MER" (both).

    Raises:
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """
    return scheme_of(profile, language).unit


def value_of(counts: Counts, profile: str = "plain") -> float:
    """The rate of one utterance as a fraction.

    Without reference tokens it is the number of inserted tokens, as in jiwer 4, or what the profile's
    program says.
    """
    rule = get_profile(profile)
    denominator = _denominator(counts, rule)
    if denominator:
        return counts.errors / denominator
    return float(counts.errors) if rule.empty_reference == "insertions" else 0.0


def _denominator(counts: Counts, rule: Profile) -> int:
    if rule.rate == "longer":
        return max(counts.tokens, counts.hypothesis_tokens)
    return max(counts.tokens, 1) if rule.rate == "at_least_one" else counts.tokens


def statistic(counts: Counts, profile: str = "plain") -> tuple[float, float]:
    """What an utterance adds to the profile's official value: the sum of firsts over the sum of seconds.

    Returns:
        (errors, denominator) for corpus profiles; (rate, 1) for utterance profiles, but (0, 0) for an
        utterance without reference tokens, which the mean leaves out.
    """
    rule = get_profile(profile)
    denominator = _denominator(counts, rule)
    if rule.aggregation == "corpus":
        return float(counts.errors), float(denominator)
    return _mean_term(counts, rule, denominator)


def _mean_term(counts: Counts, rule: Profile, denominator: int) -> tuple[float, float]:
    if denominator:
        return counts.errors / denominator, 1.0
    # both sides empty: the rule that divides by the longer side defines a rate of 0 there
    return (0.0, 1.0) if rule.rate == "longer" else (0.0, 0.0)


def summarize(counted: Iterable[Counts | None], profile: str = "plain", language: str = "en") -> ErrorRate:
    """The error rate of pairs that are already counted, in any order and from any number of shards."""
    rule = get_profile(profile)
    substitutions = deletions = insertions = tokens = denominators = n_total = n_scored = n_empty = 0
    rates: list[float] = []
    for counts in counted:
        n_total += 1
        if counts is None:
            continue
        n_scored += 1
        n_empty += not counts.tokens
        substitutions += counts.substitutions
        deletions += counts.deletions
        insertions += counts.insertions
        tokens += counts.tokens
        denominator = _denominator(counts, rule)
        denominators += denominator
        rate, weight = _mean_term(counts, rule, denominator)
        if weight:
            rates.append(rate)
    total = Counts(substitutions, deletions, insertions, tokens)
    if not n_scored:
        corpus = math.nan
    elif denominators:
        corpus = total.errors / denominators
    else:
        corpus = float(total.errors) if rule.empty_reference == "insertions" else 0.0
    mean = math.fsum(rates) / len(rates) if rates else math.nan
    return ErrorRate(
        value=corpus if rule.aggregation == "corpus" else mean,
        corpus=corpus,
        mean=mean,
        counts=total,
        unit=unit(profile, language),
        profile=profile,
        language=language,
        n_total=n_total,
        n_scored=n_scored,
        n_dropped=n_total - n_scored,
        n_empty_reference=n_empty,
    )
