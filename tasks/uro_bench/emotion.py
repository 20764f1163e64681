"""GenEmotion: how sure a listener is of the emotion asked for, times how much of the sentence is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.metric import Metric, mean
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.metrics.spoken_rate import language_of, spoken_rate

ROLE = "emotion"
EMOTIONS = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "unknown")
_OFFICIAL, _STRICT = "emotion_said", "emotion_said_strict"


class EmotionSaid(Scorer):
    """100 times the probability of the emotion times (1 - the error rate, which counts 1 at most).

    The listener notes a probability of each emotion, by name, as emotion2vec+ does. The error rate of the first metric
    has the official reversed reference, as in `evalkit.metrics.repeat`; that of the second one the right one.
    Source: URO-Bench metrics/mark_emotion.py, commit 9e74bc0.
    """

    name, profile, hears = "emotion_said", "uro_bench", True
    listeners: Mapping[str, tuple[str, ...]] = {ROLE: ()}
    metrics = tuple(
        Metric(name, label, ("sum", "replies"), mean, range=(0.0, 100.0))
        for name, label in ((_OFFICIAL, "Emotion x said"), (_STRICT, "Emotion x said, strict"))
    )

    @property
    def listens(self) -> bool:
        """True: the reply must be spoken."""
        return True

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": 1}

    def check(self, sample: Sample) -> None:
        """Sentence, language and emotion must be there.

        Raises:
            DataError: naming the sample.
        """
        meta, place = sample.meta or {}, f"sample '{sample.id}'"
        language_of(meta, place)
        if not isinstance(sample.reference, str):
            raise DataError(place, f"the sentence to be said must be a text, not {sample.reference!r}")
        if meta.get("emotion") not in EMOTIONS:
            raise DataError(place, f'"emotion" must be one of {", ".join(EMOTIONS)}; it is {meta.get("emotion")!r}')

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One product each; a note without the emotion's probability is the listener's failure."""
        for answer in answers:
            meta = answer.meta or {}
            sure = _probability(answer.notes[ROLE]["answer"], meta["emotion"])
            if sure is None:
                why = f"listener '{ROLE}' notes no probability of '{meta['emotion']}'"
                yield Score("judge_failed", {}, self.worst(answer), detail={"failure": why})
                continue
            heard, language = answer.response.heard or "", language_of(meta, f"sample '{answer.id}'")
            rates = spoken_rate(heard, answer.reference, language), spoken_rate(answer.reference, heard, language)
            official, strict = (100.0 * sure * (1.0 - min(rate, 1.0)) for rate in rates)
            detail = {"probability": sure, "official_rate": rates[0], "strict_rate": rates[1]}
            yield Score("scored", {_OFFICIAL: (official, 1.0), _STRICT: (strict, 1.0)}, detail=detail)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Nothing was said."""
        return {_OFFICIAL: (0.0, 1.0), _STRICT: (0.0, 1.0)}

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """A recording that is not there counts 0, as officially."""
        return self.worst(answer)


def _probability(note: Any, emotion: str) -> float | None:
    found = note.get(emotion) if isinstance(note, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        return None
    return float(found)


def emotion_said() -> EmotionSaid:
    """The scorer of GenEmotion."""
    return EmotionSaid()
