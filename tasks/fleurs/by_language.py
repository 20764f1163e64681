"""An error rate whose profile depends on the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.authoring import Answered, Sample, Score, Scorer, error_rate


class ByLanguage(Scorer):
    """Scores every answer by the profile of its sample's language, meta["language"].

    Args:
        profiles: language -> profile.
        other: profile of the languages not named; all profiles must be corpus rates.
    """

    name = "error_rate"

    def __init__(self, profiles: Mapping[str, str], other: str) -> None:
        self.profiles, self.other = dict(profiles), other
        self._named = {language: error_rate(profile, language) for language, profile in profiles.items()}
        self._other = error_rate(other)
        self.metrics = self._other.metrics
        self.profile = "+".join(dict.fromkeys([*self.profiles.values(), other]))

    def identity(self) -> Mapping[str, Any]:
        """Profile of each language, and of the rest."""
        return {**self._other.identity(), "profiles": self.profiles, "other": self.other}

    @property
    def protocol(self) -> str:
        """For example "error_rate:kimi(en,zh)+plain"."""
        named = dict.fromkeys(self.profiles.values())
        shown = [f"{name}({','.join(k for k, v in self.profiles.items() if v == name)})" for name in named]
        return f"{self.name}:{'+'.join([*shown, self.other])}"

    def check(self, sample: Sample) -> None:
        """As the language's scorer."""
        self._scorer(sample.meta).check(sample)

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """Scores in the order of the answers."""
        scores: dict[int, Score] = {}
        for scorer in (*self._named.values(), self._other):
            places = [i for i, answer in enumerate(answers) if self._scorer(answer.meta) is scorer]
            scores.update(zip(places, scorer.score([answers[i] for i in places]), strict=True))
        return (scores[i] for i in range(len(answers)))

    def worst(self, answer: Answered) -> Mapping[str, tuple[float, ...]]:
        """As the language's scorer."""
        return self._scorer(answer.meta).worst(answer)

    def missing(self, answer: Answered) -> Mapping[str, tuple[float, ...]]:
        """As the language's scorer."""
        return self._scorer(answer.meta).missing(answer)

    def _scorer(self, meta: Mapping[str, Any] | None) -> Scorer:
        language = (meta or {}).get("language")
        return self._named.get(language, self._other) if isinstance(language, str) else self._other
