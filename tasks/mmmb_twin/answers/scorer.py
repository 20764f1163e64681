"""Accepted answer: a scorer for answers that are known by construction; the rule is in `reading`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.authoring import Answered, DataError, Metric, Sample, Score, Scorer, Vector, ratio
from evalkit.metrics.answers.occurrence import pattern
from evalkit.tasks.mmmb_twin.answers.reading import read_answer

VERSION = 2  # raised when the rule decides differently

_RIGHT: dict[str, Vector] = {"correct": (1, 1)}
_WRONG: dict[str, Vector] = {"correct": (0, 1)}


class AcceptedAnswer(Scorer):
    """Share of answers that give an accepted answer and no other, %.

    The reference is a text or a list of accepted wordings; `meta["alternatives"]` may list wordings of other
    candidates; `meta["former"]` is true where the question asks for what held before a correction.
    See `reading` for the rule.
    """

    name = "accepted_answer"
    profile = ""

    def __init__(self) -> None:
        # named as judges name a verdict of right or wrong, so that either serves a task's columns
        self.metrics = (Metric("correct", "Acc", ("right", "samples"), ratio),)

    def identity(self) -> Mapping[str, Any]:
        """The rule's version."""
        return {"rule": VERSION}

    def check(self, sample: Sample) -> None:
        """The reference must be a text or a list of texts with something to look for."""
        _accepted(sample.id, sample.reference)
        _alternatives(sample.id, sample.meta)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """Wrong."""
        return _WRONG

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """No answer is a wrong answer."""
        return _WRONG

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One for a right answer, zero otherwise; several candidates are flagged."""
        for answer in answers:
            accepted = _accepted(answer.id, answer.reference)
            meta = answer.meta or {}
            reading = read_answer(
                answer.response.text or "", accepted, _alternatives(answer.id, meta), former=meta.get("former") is True
            )
            yield Score(
                "scored",
                _RIGHT if reading.right else _WRONG,
                flags=("several_candidates",) if reading.several else (),
                detail={"matched": reading.matched} if reading.matched is not None else None,
            )


def _accepted(key: str, reference: Any) -> Sequence[str]:
    accepted = reference if isinstance(reference, list) else [reference]
    if not accepted or not all(isinstance(wording, str) and pattern(wording) for wording in accepted):
        raise DataError(
            f"sample '{key}'", f"accepted_answer needs a text reference or a list of them, not {reference!r}"
        )
    return accepted


def _alternatives(key: str, meta: Mapping[str, Any] | None) -> Sequence[str]:
    found = (meta or {}).get("alternatives", [])
    if not isinstance(found, list) or not all(isinstance(wording, str) for wording in found):
        raise DataError(f"sample '{key}'", '"alternatives" must be a list of texts')
    return found


def accepted_answer() -> AcceptedAnswer:
    """The accepted-answer scorer of a task; see `AcceptedAnswer`."""
    return AcceptedAnswer()
