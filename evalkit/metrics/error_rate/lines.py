"""Error rates as metrics that stand on their own; a task takes `evalkit.metrics.error_rate.scorer`."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.metric import Metric, mean, ratio
from evalkit.core.score import Vector
from evalkit.metrics.error_rate.counting import errors_batch, summarize, unit, value_of
from evalkit.metrics.error_rate.counts import Counts
from evalkit.metrics.error_rate.profiles import PROFILES, get_profile
from evalkit.metrics.error_rate.scorer import FIELDS
from evalkit.metrics.error_rate.suited import PUNCTUATION, ill_suited
from evalkit.metrics.error_rate.value import rule_of, statistic
from evalkit.metrics.languages import canonical
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, text_field

_DROPPED = "dropped_by_rule"


class ErrorRate(LineMetric):
    """Error rate by a profile, in the unit it counts in the language; values are shares of 1.

    A line is `{"reference": text, "hypothesis": text or null}`. The outputs are the counts of the line and its rate in
    "value", or "dropped": true where the profile's official rule leaves it out.

    Args:
        profile: name of the rule; see docs/error_rates.md.
        language: code of the texts' language.

    Raises:
        UnknownNameError: no such profile or language.
        UnsupportedLanguageError: the official program has no rule for the language.
    """

    kind = "error_rate"
    PROFILES: ClassVar[Mapping[str, str]] = {
        name: PROFILES[name].description for name in sorted(PROFILES, key=lambda name: (name != "plain", name))
    }

    def __init__(self, profile: str = "plain", language: str = "en") -> None:
        super().__init__(profile)
        rule = get_profile(profile)
        self.language, self.unit = language, unit(profile, language)
        self.metrics = (
            Metric(self.kind, self.unit, FIELDS, mean, self.unit, higher_is_better=False, decimals=rule.decimals + 2),
        )

    def identity(self) -> Mapping[str, Any]:
        """The language."""
        return {"rule": rule_of(self.profile), "language": self.language}

    def check(self, line: Line, place: str) -> None:
        """The reference must be a text, and in the metric's language where the line tells its own."""
        text_field(line, "reference", place)
        own = line.get("language")
        if isinstance(own, str) and own != self.language and _other(own, self.language):
            raise DataError(
                place, f"its language is '{own}', but it would be scored as '{self.language}'; tell language='{own}'"
            )

    def assess(self, line: Line, place: str) -> Assessed:
        """Count the errors of one line."""
        return next(self.assess_all([line], [place]))

    def assess_all(self, lines: Sequence[Line], places: Sequence[str]) -> Iterator[Assessed]:
        """Count the errors of all lines together, which is much faster than one by one."""
        references = [text_field(line, "reference", place) for line, place in zip(lines, places, strict=True)]
        given = [text_field(line, "response", place) for line, place in zip(lines, places, strict=True)]
        for line, place, counts in zip(
            lines, places, errors_batch(references, given, self.profile, self.language), strict=True
        ):
            yield self._assessed(counts, line, place)

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Every token of the reference deleted."""
        counts = self._counts(line, place, "")
        assert counts is not None, "no profile drops an empty hypothesis"
        return self._vector(counts)

    def missing(self, line: Line, place: str) -> Mapping[str, Vector]:
        """By the profile's rule: dropped, or an empty response."""
        counts = self._counts(line, place, None)
        return {} if counts is None else self._vector(counts)

    def summary(self, lines: Sequence[Line], found: Sequence[Assessed | None]) -> Mapping[str, Any]:
        """The counts, the corpus rate and the mean of the lines' rates, beside each other, in the metric's unit."""
        scale = 100.0 if self.metrics[0].reduce is ratio else 1.0
        counted = [
            self._counts(line, "", None) if assessed is None else _counts_in(assessed)
            for line, assessed in zip(lines, found, strict=True)
        ]
        whole = summarize(counted, self.profile, self.language)
        return {
            "language": self.language,
            "value": _finite(whole.value * scale),
            "corpus": _finite(whole.corpus * scale),
            "mean": _finite(whole.mean * scale),
            "errors": whole.counts.errors,
            "substitutions": whole.counts.substitutions,
            "deletions": whole.counts.deletions,
            "insertions": whole.counts.insertions,
            "tokens": whole.counts.tokens,
            "n_scored": whole.n_scored,
            "n_dropped": whole.n_dropped,
            "n_empty_reference": whole.n_empty_reference,
        }

    def _assessed(self, counts: Counts | None, line: Line, place: str) -> Assessed:
        if counts is None:
            return Assessed({"dropped": True}, {}, self.worst(line, place), "unparsed", (_DROPPED,))
        outputs = {
            "errors": counts.errors,
            "substitutions": counts.substitutions,
            "deletions": counts.deletions,
            "insertions": counts.insertions,
            "tokens": counts.tokens,
            "value": value_of(counts, self.profile) * (100.0 if self.metrics[0].reduce is ratio else 1.0),
        }
        flags: tuple[str, ...] = () if counts.tokens else ("empty_reference",)
        if ill_suited(self.profile, line.get("reference"), line.get("response")):
            flags = (*flags, PUNCTUATION)
        return Assessed(outputs, self._vector(counts), flags=flags)

    def _counts(self, line: Line, place: str, response: str | None) -> Counts | None:
        return errors_batch([text_field(line, "reference", place)], [response], self.profile, self.language)[0]

    def _vector(self, counts: Counts) -> dict[str, Vector]:
        split = (counts.substitutions, counts.deletions, counts.insertions, counts.tokens)
        return {self.metrics[0].name: (*statistic(counts, self.profile), *split)}


class _OneUnit(ErrorRate):
    """An error rate in one unit alone, in %.

    Raises:
        UsageError: the profile counts in another unit in this language.
    """

    UNIT: ClassVar[str]

    def __init__(self, profile: str = "plain", language: str = "en") -> None:
        super().__init__(profile, language)
        if self.unit != self.UNIT:
            other = {"WER": "wer", "CER": "cer"}.get(self.unit, "error_rate")
            raise UsageError(
                f"profile '{profile}' gives a {self.unit} in the language '{language}', not a {self.UNIT}: take the "
                f"metric {other}, another profile, or another language (--language CODE, or --scorer-arg language=CODE)"
            )
        self.metrics = (
            Metric(self.kind, self.UNIT, FIELDS, ratio, higher_is_better=False, decimals=get_profile(profile).decimals),
        )


class WordErrorRate(_OneUnit):
    """Word error rate in %; a line, and its options, are those of `error_rate`."""

    kind = "wer"
    UNIT: ClassVar[str] = "WER"


class CharacterErrorRate(_OneUnit):
    """Character error rate in %; a line, and its options, are those of `error_rate`."""

    kind = "cer"
    UNIT: ClassVar[str] = "CER"


@functools.cache
def _other(one: str, another: str) -> bool:
    """Two languages that are known, and differ."""
    try:
        return canonical(one) != canonical(another)
    except EvalkitError:
        return False


def _counts_in(assessed: Assessed) -> Counts | None:
    found = assessed.outputs
    if "dropped" in found:
        return None
    return Counts(found["substitutions"], found["deletions"], found["insertions"], found["tokens"])


def _finite(value: float) -> float | None:
    return value if value == value else None
