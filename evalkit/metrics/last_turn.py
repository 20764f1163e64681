"""Conversations that are played turn by turn and graded once, when they have ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Helper, Scorer
from evalkit.metrics.combined import Combined, identity_around

TURN, TURNS = "turn", "turns"  # keys of a turn's meta: its number, as text, and how many there are


class LastTurn(Combined):
    """Scores the last turn of each conversation and nothing of the turns before; see `last_turn`."""

    def __init__(self, inner: Scorer) -> None:
        self._adopt([inner])
        self.name, self.profile, self.metrics = inner.name, inner.profile, inner.metrics

    def identity(self) -> Mapping[str, Any]:
        """That of the inner scorer, and when it scores."""
        return identity_around(self.inner[0], {"turns": "last"})

    @property
    def protocol(self) -> str:
        """As the inner scorer says it."""
        return self.inner[0].protocol

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """Nobody is asked before the last turn."""
        return self.inner[0].put_to(helper, answer) if _last(answer.meta) else None

    def check(self, sample: Sample) -> None:
        """As the inner scorer; earlier turns need nothing."""
        if _last(sample.meta):
            self.inner[0].check(sample)

    def units(self, answer: Answered) -> Mapping[str, str]:
        """As the inner scorer."""
        return self.inner[0].units(answer) if _last(answer.meta) else {}

    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """Scores in the order of the answers."""
        found = {id(answer): score for answer, score in self.stream(answers)}
        return [found[id(answer)] for answer in answers]

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores as they come; those of earlier turns hold no statistics."""
        earlier: list[Answered] = []

        def last() -> Iterator[Answered]:
            for answer in answers:
                if _last(answer.meta):
                    yield answer
                else:
                    earlier.append(answer)

        for scored in self.inner[0].stream(last()):
            yield scored
            yield from ((answer, Score("scored", {})) for answer in earlier)
            earlier.clear()
        yield from ((answer, Score("scored", {})) for answer in earlier)

    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer: a turn that failed fails those behind it, so the last one is there to count."""
        return self.inner[0].worst(answer) if _last(answer.meta) else {}

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """As the inner scorer."""
        return self.inner[0].missing(answer) if _last(answer.meta) else {}


def _last(meta: Mapping[str, Any] | None) -> bool:
    facts = meta or {}
    return TURN not in facts or str(facts[TURN]) == str(facts.get(TURNS, facts[TURN]))


def last_turn(scorer: Scorer) -> LastTurn:
    """Grade each conversation once, by its last turn, whose history is the whole conversation.

    Its maker puts the number of turns into the sample's meta, as "turns"; a sample that is no conversation is its own
    last turn. The history holds the replies of the run (`Task.history`); a scorer that hears gets the model's own
    earlier replies as they were heard.
    """
    return LastTurn(scorer)
