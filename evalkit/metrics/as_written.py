"""Whether a model says what it writes: the error rate of what was heard of a reply against the reply's own text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.combined import Combined, identity_around
from evalkit.metrics.error_rate.scorer import ErrorRateScorer
from evalkit.metrics.line_metric import LineScorer
from evalkit.metrics.spoken_rate import SpokenRate

METRIC = "as_written"
_URO = "uro_bench"


class AsWritten(Combined):
    """An error rate whose reference is what the model wrote itself; see `as_written`."""

    name = METRIC

    def __init__(self, inner: Scorer) -> None:
        (rate,) = inner.metrics if len(inner.metrics) == 1 else (None,)
        if rate is None or rate.higher_is_better or not inner.hears:
            raise UsageError(f"as_written: {inner.name} is no scorer of one error rate that hears")
        self._adopt([inner])
        self.profile = inner.profile
        self._own = rate.name
        self.metrics = (replace(rate, name=METRIC, label=f"{rate.label}, heard against written"),)

    def identity(self) -> Mapping[str, Any]:
        """That of the rate, and what it is measured against."""
        return identity_around(self.inner[0], {"against": "text"})

    @property
    def protocol(self) -> str:
        """For example "as_written:emova_tts/en"."""
        return f"{self.name}:{self.inner[0].protocol.partition(':')[2]}"

    def check(self, sample: Sample) -> None:
        """The rate must have a rule for the sample's language; its reference does not matter."""
        self.inner[0].check(replace(sample, reference="text"))

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """One rate each; a reply of speech alone has no text to be measured against, and is dropped and counted."""
        written = [answer for answer in answers if answer.response.text is not None]
        found: Iterator[Score] = iter(self.inner[0].score([self._against_text(answer) for answer in written]))
        for answer in answers:
            if answer.response.text is None:
                yield Score("unparsed", {}, self.worst(answer), detail={"failure": "the model wrote no text"})
            else:
                score = next(found)
                strict = None if score.strict is None else self._renamed(score.strict)
                yield replace(score, faithful=self._renamed(score.faithful), strict=strict)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Nothing was heard of what the model wrote."""
        return self._renamed(self.inner[0].worst(self._against_text(answer)))

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """Dropped: a reply that is not there was neither written nor heard."""
        return {}

    def _against_text(self, answer: Answered) -> Answered:
        return replace(answer, reference=answer.response.text or "")

    def _renamed(self, vectors: Mapping[str, Vector]) -> dict[str, Vector]:
        return {METRIC: vectors[self._own]} if self._own in vectors else {}


def as_written(profile: str, language: str | None = None) -> AsWritten:
    """The error rate, %, of what a transcriber heard of each spoken reply against the text the model gave with it.

    Args:
        profile: of the error rate ("emova_tts", "plain", ...), or "uro_bench" for the mean rate of that benchmark.
        language: code of the language of all replies; None takes each sample's.

    Raises:
        UnknownNameError: no such profile.
        UsageError: a language where the rule takes the sample's.
    """
    if profile != _URO:
        return AsWritten(ErrorRateScorer(profile, language, heard=True))
    if language is not None:
        raise UsageError("as_written('uro_bench') takes each sample's language, from its meta")
    return AsWritten(LineScorer(SpokenRate(), heard=True))
