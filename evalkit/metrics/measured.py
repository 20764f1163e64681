"""Scores that an instrument measures: what a listener notes of a spoken reply, taken as a number or compared.

The listener is a model of a role ("voice", "quality", ...); see `Task.listeners`. What it notes is JSON: a number, a
list, or an object in which the value stands at a path ("speaker.vector").
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio
from evalkit.core.metric import Metric, mean
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer

_ANSWER = "answer"


class _NoteError(Exception):
    """A note that is not what the scorer reads; counted as a failure of the instrument."""


class _Measured(Scorer):
    """The mean of one number per reply; a note that gives none is the instrument's failure, not the model's.

    Args:
        role: of the listener.
        at: where the value stands in the note; "" where the note is the value.
        metric: what is measured; its strict value of a reply that is not there is `nothing`.
        nothing: the worst value.
        compared: names in `Sample.media` of recordings that the listener listens to as well.
    """

    def __init__(self, role: str, at: str, metric: Metric, nothing: float, compared: tuple[str, ...] = ()) -> None:
        self.role, self.at, self.nothing = role, at, nothing
        self.metrics = (metric,)
        self.listeners = {role: compared}

    @property
    def listens(self) -> bool:
        """True: the reply must be spoken."""
        return True

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One number each, kept as the score's detail."""
        (metric,) = self.metrics
        for answer in answers:
            try:
                found = self._value(answer.notes.get(self.role, {}), answer)
            except _NoteError as error:
                yield Score(
                    "judge_failed", {}, self.worst(answer), detail={"failure": f"listener '{self.role}' {error}"}
                )
            else:
                yield Score("scored", {metric.name: (found, 1.0)}, detail={metric.name: found})

    @abstractmethod
    def _value(self, notes: Mapping[str, Any], answer: Answered) -> float:
        """The number, of the notes of the recordings."""

    def _note(self, notes: Mapping[str, Any], recording: str, answer: Answered) -> Any:
        found, at = notes.get(recording), _filled(self.at, answer.meta, answer.id)
        for name in at.split(".") if at else ():
            if not isinstance(found, Mapping) or name not in found:
                raise _NoteError(f"notes nothing at '{at}' of '{recording}'")
            found = found[name]
        return found

    def check(self, sample: Sample) -> None:
        """The sample must have what its place in the note is named by."""
        _filled(self.at, sample.meta, sample.id)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """The lowest value there is, or the highest where lower is better."""
        return {self.metrics[0].name: (self.nothing, 1.0)}


class Noted(_Measured):
    """The mean of a number that a listener notes of each spoken reply; see `noted`."""

    name = "noted"

    def __init__(self, role: str, at: str, metric: Metric) -> None:
        assert metric.range is not None
        super().__init__(role, at, metric, metric.range[0 if metric.higher_is_better else 1])
        self.profile = role

    def identity(self) -> Mapping[str, Any]:
        """Place and scale of the number; which of its ends is the worse one, where that is not the lower."""
        (metric,) = self.metrics
        facts = {"rule": 1, "at": self.at, "metric": metric.name, "range": list(metric.range or ())}
        return facts if metric.higher_is_better else {**facts, "lower_is_better": True}

    def _value(self, notes: Mapping[str, Any], answer: Answered) -> float:
        (metric,) = self.metrics
        found = _number(self._note(notes, _ANSWER, answer))
        assert metric.range is not None
        low, high = metric.range
        if not low <= found <= high:
            raise _NoteError(f"notes {found:g}, which is not within {low:g}..{high:g}")
        return found


class Similarity(_Measured):
    """The mean cosine of two vectors: of the reply, and of the recording it should resemble; see `similarity`."""

    name = "similarity"

    def __init__(self, role: str, to: str, at: str) -> None:
        metric = Metric("similarity", "SIM", ("sum", "replies"), mean, unit="cosine", decimals=3, range=(-1.0, 1.0))
        super().__init__(role, at, metric, 0.0, (to,))
        self.to, self.profile = to, f"{role}-{to}"

    def identity(self) -> Mapping[str, Any]:
        """What is compared with what."""
        return {"rule": 1, "to": self.to, "at": self.at}

    def check(self, sample: Sample) -> None:
        """The recording to compare with must be there.

        Raises:
            DataError: the sample has no such recording.
        """
        super().check(sample)
        if not isinstance((sample.media or {}).get(self.to), Audio):
            known = ", ".join(sample.media or ()) or "none"
            raise DataError(
                f"sample '{sample.id}'",
                f"no recording '{self.to}' to compare the reply with; it has: {known}. speak(voice=...) and "
                "question(compared=...) name one",
            )

    def _value(self, notes: Mapping[str, Any], answer: Answered) -> float:
        one, other = (_vector(self._note(notes, name, answer), name) for name in (_ANSWER, self.to))
        if len(one) != len(other):
            raise _NoteError(f"notes vectors of {len(one)} and {len(other)} numbers")
        return cosine(one, other)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Cosine of the angle between two vectors of the same length, neither of which is zero; -1 to 1."""
    largest, largest_other = max(map(abs, one)), max(map(abs, other))
    one, other = [x / largest for x in one], [x / largest_other for x in other]  # no overflow when squared
    product = math.fsum(x * y for x, y in zip(one, other, strict=True))
    found = product / math.sqrt(math.fsum(x * x for x in one) * math.fsum(x * x for x in other))
    return max(-1.0, min(1.0, found))


def similarity(role: str = "voice", *, to: str, at: str = "") -> Similarity:
    """How much the voice of each spoken reply resembles a recording: the cosine of their vectors, -1 to 1.

    A reply that is not there counts 0 in the strict value.

    Args:
        role: of the listener that notes a vector of each recording.
        to: name of the recording in `Sample.media`, as `speak(voice=...)` keeps it.
        at: where the vector stands in the note; "" where the note is the vector.
    """
    return Similarity(role, to, at)


def noted(
    role: str,
    metric: str | None = None,
    *,
    range: tuple[float, float],
    at: str = "",
    unit: str = "",
    higher_is_better: bool = True,
    label: str | None = None,
    decimals: int = 2,
) -> Noted:
    """The mean of a number that a listener notes of each spoken reply: a predicted opinion score, a speaking rate.

    Args:
        role: of the listener.
        metric: name of the metric; the role's where None.
        range: lowest and highest number. One outside of it counts as a failure of the listener; a reply that is not
            there counts as the worse end in the strict value.
        at: where the number stands in the note; "" where the note is the number. Keys of the sample's meta may stand
            in it in braces: "{emotion}" takes the number of the emotion that the sample asks for.
        unit: for example "1..5", "words/s".
        higher_is_better: direction.
        label: what tables print.
        decimals: digits tables print.

    Raises:
        UsageError: the range is none.
    """
    low, high = range
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(f"noted('{role}'): range is (lowest, highest), both finite, not {range}")
    name = metric or role
    shown = label or name.replace("_", " ")
    return Noted(role, at, Metric(name, shown, ("sum", "replies"), mean, unit, higher_is_better, decimals, (low, high)))


def _filled(at: str, meta: Mapping[str, Any] | None, key: str) -> str:
    try:
        return at.format_map(meta or {})
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise DataError(
            f"sample '{key}'", f"its meta does not fill '{at}', a place in a listener's note: {error}"
        ) from None


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise _NoteError(f"notes no number but {_shown(found)}")
    return float(found)


def _vector(found: Any, recording: str) -> list[float]:
    if not isinstance(found, Sequence) or isinstance(found, str) or not found:
        raise _NoteError(f"notes no vector of '{recording}' but {_shown(found)}")
    numbers = [_number(one) for one in found]
    if not any(numbers):
        raise _NoteError(f"notes a vector of '{recording}' that has no direction: all of it is 0")
    return numbers


def _shown(found: Any) -> str:
    shown = repr(found)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
