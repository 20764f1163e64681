"""Exact match: the answer equals the reference, or one of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.errors import DataError, UnknownNameError
from evalkit.core.metric import Metric, ratio
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer

PROFILES: dict[str, str] = {
    "exact": "character for character",
    "strip": "white space at both ends ignored (default)",
    "whisper_basic": "after Whisper's basic normaliser and stripping",
}
_RIGHT: dict[str, Vector] = {"exact_match": (1, 1)}
_WRONG: dict[str, Vector] = {"exact_match": (0, 1)}


class ExactMatch(Scorer):
    """Share of answers that equal the reference (or one entry of a list of references), %.

    Args:
        profile: "exact", "strip" or "whisper_basic".
    """

    name = "exact_match"

    def __init__(self, profile: str = "strip") -> None:
        if profile not in PROFILES:
            raise UnknownNameError("profile of exact_match:", profile, PROFILES)
        self.profile = profile
        self.metrics = (Metric("exact_match", "EM", ("correct", "samples"), ratio, binary=True),)
        self._same = _normaliser(profile)

    def identity(self) -> Mapping[str, Any]:
        """Nothing but the profile."""
        return {"rule": 1}

    def check(self, sample: Sample) -> None:
        """The reference must be a text or a list of texts."""
        _accepted(sample.id, sample.reference)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Wrong."""
        return _WRONG

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """No answer is a wrong answer."""
        return _WRONG

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One for a match, zero otherwise."""
        same = self._same
        for answer in answers:
            accepted = _accepted(answer.id, answer.reference)
            text = same(answer.response.text or "")
            right = any(same(option) == text for option in accepted)
            yield Score("scored", _RIGHT if right else _WRONG)


def _accepted(key: str, reference: Any) -> Sequence[str]:
    accepted = reference if isinstance(reference, list) else (reference,)
    if not accepted or not all(isinstance(option, str) for option in accepted):
        raise DataError(f"sample '{key}'", f"exact_match needs a text reference or a list of them, not {reference!r}")
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
