"""An error rate turned into an accuracy: 100 - rate of each answer, and 0 where the rate is above a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.metric import Metric, mean, ratio
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.combined import Combined, identity_around


class AccuracyOf(Combined):
    """Mean over the answers of what an error rate leaves of 100 %; see `accuracy_of`."""

    def __init__(self, inner: Scorer, limit: float) -> None:
        (rate,) = inner.metrics if len(inner.metrics) == 1 else (None,)
        if rate is None or rate.higher_is_better or rate.join is not None or rate.reduce is not ratio:
            raise UsageError(f"accuracy_of({inner.name}): expected a scorer of one error rate in %")
        if not 0 < limit <= 100:
            raise UsageError(f"accuracy_of(limit={limit:g}): the limit is a rate above 0 and up to 100 %")
        self._adopt([inner])
        self._rate, self.limit = rate, limit
        self.name, self.profile = f"accuracy_of_{inner.name}", f"{inner.profile}<={limit:g}"
        self.metrics = (Metric("accuracy", "Acc", ("sum", "answers"), mean, range=(0.0, 100.0)),)

    def identity(self) -> Mapping[str, Any]:
        """That of the inner scorer, and the limit."""
        return identity_around(self.inner[0], {"limit": self.limit})

    def check(self, sample: Sample) -> None:
        """As the inner scorer."""
        self.inner[0].check(sample)

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """The inner scores, turned."""
        return [self._turned(score) for score in self.inner[0].score(answers)]

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """As `score`, as they come."""
        for answer, score in self.inner[0].stream(answers):
            yield answer, self._turned(score)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Nothing is right."""
        return {"accuracy": (0.0, 1.0)}

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """Nothing is right, where the inner rule counts the answer at all."""
        return self._of(self.inner[0].missing(answer))

    def _turned(self, score: Score) -> Score:
        strict = None if score.strict is None else self._of(score.strict)
        return replace(score, faithful=self._of(score.faithful), strict=strict)

    def _of(self, vectors: Mapping[str, Vector]) -> dict[str, Vector]:
        vector = vectors.get(self._rate.name)
        if vector is None:
            return {}
        # of a reference without words, every word that was said is an error, wherever the rule notes it
        rate = float(self._rate.reduce(vector)) if vector[1] else 100.0 * any(vector)
        return {"accuracy": (100.0 - rate if rate <= self.limit else 0.0, 1.0)}


def accuracy_of(scorer: Scorer, limit: float = 100.0) -> AccuracyOf:
    """Turn an error rate into an accuracy: the mean of 100 - rate over the answers, %.

    Args:
        scorer: of one error rate.
        limit: rate in %, above which nothing of an answer counts; URO-Bench takes 50 for its sets of repeating.

    Raises:
        UsageError: the scorer gives no error rate, or the limit is none.
    """
    return AccuracyOf(scorer, limit)
