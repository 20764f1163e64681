"""Choice questions whose right answers are withheld: asked and kept for a submission, without a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit.core.errors import DataError
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered
from evalkit.metrics.line_metric import LineScorer

WITHHELD = "answer_withheld"


class WhereKnown(LineScorer):
    """A metric over the samples that have a reference; the others are in no denominator and carry a flag."""

    def check(self, sample: Sample) -> None:
        """The sample must be one the metric can assess, or have options and no reference.

        Raises:
            DataError: neither.
        """
        if sample.reference is not None:
            super().check(sample)
        elif not sample.choices:
            raise DataError(f"sample '{sample.id}'", "neither a reference nor options")

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """As the metric; nothing but the flag "answer_withheld" where there is no reference."""
        known = super().score([answer for answer in answers if answer.reference is not None])
        for answer in answers:
            yield next(known) if answer.reference is not None else Score("scored", {}, {}, (WITHHELD,))

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """As the metric; nothing where nobody could be right or wrong."""
        return super().worst(answer) if answer.reference is not None else {}

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """As the metric; nothing where nobody could be right or wrong."""
        return super().missing(answer) if answer.reference is not None else {}
