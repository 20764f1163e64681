"""Exact match: the answer equals the reference, or one of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered
from evalkit.metrics.line_metric import Assessed, Line, LineMetric, LineScorer, text_field

PROFILES: dict[str, str] = {
    "strip": "white space at both ends ignored (default)",
    "exact": "character for character",
    "whisper_basic": "after Whisper's basic normaliser and stripping",
}
_RIGHT: dict[str, Vector] = {"exact_match": (1, 1)}
_WRONG: dict[str, Vector] = {"exact_match": (0, 1)}


class ExactMatchLines(LineMetric):
    """Share of responses that equal the reference, or one of a list of references, in %.

    A line is `{"reference": text or list of texts, "response": text}`; "correct" is its output.

    Args:
        profile: "exact", "strip" or "whisper_basic".

    Raises:
        UnknownNameError: no such profile.
    """

    kind = "exact_match"
    PROFILES: ClassVar[Mapping[str, str]] = PROFILES

    def __init__(self, profile: str = "strip") -> None:
        super().__init__(profile)
        self.metrics = (Metric("exact_match", "EM", ("correct", "samples"), ratio, binary=True),)
        self._same = _normaliser(profile)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 2 if self.profile == "whisper_basic" else 1}

    def check(self, line: Line, place: str) -> None:
        """The reference must be a text or a list of texts."""
        _accepted(line, place)

    def worst(self, line: Line, place: str) -> Mapping[str, Vector]:
        """Wrong; no answer is a wrong answer."""
        return _WRONG

    def assess(self, line: Line, place: str) -> Assessed:
        """One for a match, zero otherwise; a reference of which the profile leaves nothing is met as it stands."""
        same, response = self._same, text_field(line, "response", place)
        text = same(response)
        right = any(
            same(option) == text and (text != "" or option.strip() == response.strip())
            for option in _accepted(line, place)
        )
        return Assessed({"correct": right}, _RIGHT if right else _WRONG)


class ExactMatch(LineScorer):
    """`ExactMatchLines` as the scorer of a task.

    Args:
        profile: "exact", "strip" or "whisper_basic".
    """

    def __init__(self, profile: str = "strip") -> None:
        super().__init__(ExactMatchLines(profile))

    def identity(self) -> Mapping[str, Any]:
        """Nothing but the profile."""
        return self.metric.identity()

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One score each, without a detail: a match speaks for itself."""
        for found in super().score(answers):
            found.detail = None
            yield found


def _accepted(line: Line, place: str) -> Sequence[str]:
    reference = line.get("reference")
    accepted: Sequence[Any] = reference if isinstance(reference, list) else (reference,)
    if not accepted or not all(isinstance(option, str) for option in accepted):
        raise DataError(place, f"exact_match needs a text reference or a list of them, not {reference!r}")
    return accepted


def _normaliser(profile: str) -> Callable[[str], str]:
    if profile == "exact":
        return lambda text: text
    if profile == "strip":
        return str.strip
    from evalkit import normalize

    basic = normalize.get("whisper_basic")
    return lambda text: basic(text).strip()


def exact_match(profile: str = "strip") -> ExactMatch:
    """The exact-match scorer of a task; see `ExactMatch`."""
    return ExactMatch(profile)
