"""The scorer behind WER, CER and MER: error counts as sufficient statistics, under a named profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.metric import Metric, ratio
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.error_rate.counting import errors_batch, statistic, unit
from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.profiles import get_profile
from evalkit.metrics.error_rate.suited import PUNCTUATION, ill_suited
from evalkit.metrics.error_rate.value import rule_of

FIELDS = ("numerator", "denominator", "substitutions", "deletions", "insertions", "tokens")
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
EMPTY_REFERENCE = "empty_reference"


class ErrorRateScorer(Scorer):
    """Error rate in %, by a profile of `evalkit.metrics.error_rate.profiles`.

    Args:
        profile: name of the rule.
        language: code of the language of all samples; None takes each sample's meta["language"].
        heard: score what a transcriber heard instead of what the model wrote ("true" at the command line).
    """

    name = "error_rate"

    def __init__(self, profile: str = "plain", language: str | None = None, heard: bool | str = False) -> None:
        rule = get_profile(profile)
        if language is not None:
            rule.language(language)
        self.profile = profile
        self.language = language
        if isinstance(heard, str) and heard.lower() not in _YES + _NO:
            raise UsageError(f"scorer 'error_rate': heard={heard} should be true or false")
        self.hears = heard if isinstance(heard, bool) else heard.lower() in _YES
        label = unit(profile, language) if language is not None else "error rate"
        self.metrics = (Metric("error_rate", label, FIELDS, ratio, higher_is_better=False, decimals=rule.decimals),)
        self._vectors: dict[Counts, Mapping[str, Vector]] = {}

    def identity(self) -> Mapping[str, Any]:
        """Profile, language, and what is scored."""
        return {"rule": rule_of(self.profile), "language": self.language, "heard": self.hears}

    @property
    def protocol(self) -> str:
        """For example "error_rate:kimi/zh"."""
        return f"error_rate:{self.profile}" + (f"/{self.language}" if self.language else "")

    def check(self, sample: Sample) -> None:
        """The reference must be a text, its language known and one the profile has a rule for."""
        _reference(sample.id, sample.reference)
        unit(self.profile, self._language(sample.id, sample.meta))

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """Counts of each answer; one the official rule drops is unparsed, and wholly wrong in the strict value."""
        languages = [self._language(answer.id, answer.meta) for answer in answers]
        counted: list[Counts | None] = [None] * len(answers)
        for language in dict.fromkeys(languages):
            places = [i for i, other in enumerate(languages) if other == language]
            found = errors_batch(
                [_reference(answers[i].id, answers[i].reference) for i in places],
                [(answers[i].response.heard if self.hears else answers[i].response.text) or "" for i in places],
                self.profile,
                language,
            )
            for place, counts in zip(places, found, strict=True):
                counted[place] = counts
        for answer, counts in zip(answers, counted, strict=True):
            if counts is None:
                yield Score("unparsed", {}, self.worst(answer), flags=("dropped_by_rule",))
            else:
                flags: tuple[str, ...] = () if counts.tokens else (EMPTY_REFERENCE,)
                said = answer.response.heard if self.hears else answer.response.text
                if ill_suited(self.profile, answer.reference, said):
                    flags = (*flags, PUNCTUATION)
                yield Score("scored", self._vector(counts), flags=flags)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Every reference token deleted."""
        counts = errors_batch(
            [_reference(answer.id, answer.reference)], [""], self.profile, self._language(answer.id, answer.meta)
        )[0]
        assert counts is not None, "no profile drops an empty hypothesis"
        return self._vector(counts)

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """By the profile's rule: dropped, or an empty answer."""
        counts = errors_batch(
            [_reference(answer.id, answer.reference)], [None], self.profile, self._language(answer.id, answer.meta)
        )[0]
        return {} if counts is None else self._vector(counts)

    def _language(self, key: str, meta: Mapping[str, Any] | None) -> str:
        language = self.language or (meta or {}).get("language")
        if not isinstance(language, str):
            raise DataError(
                f"sample '{key}'",
                'its language is not known; give it a "language", or --scorer-arg language=CODE for all',
            )
        return language

    def _vector(self, counts: Counts) -> Mapping[str, Vector]:
        vector = self._vectors.get(counts)
        if vector is None:
            split = (counts.substitutions, counts.deletions, counts.insertions, counts.tokens)
            vector = self._vectors[counts] = {"error_rate": (*statistic(counts, self.profile), *split)}
        return vector


def _reference(key: str, reference: Any) -> str:
    if not isinstance(reference, str):
        raise DataError(f"sample '{key}'", f"error_rate needs a text reference, not {reference!r}")
    return reference


def error_rate(profile: str = "plain", language: str | None = None, heard: bool = False) -> ErrorRateScorer:
    """The error-rate scorer of a task; see `ErrorRateScorer`."""
    return ErrorRateScorer(profile, language, heard)
