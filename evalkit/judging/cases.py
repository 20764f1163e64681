"""Cases before a judge and the verdicts they wait for."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalkit.core.score import Score
from evalkit.core.scorer import Answered
from evalkit.judging.cache import Reply
from evalkit.judging.material import Material
from evalkit.judging.parsing import Reading


@dataclass(slots=True)
class Ballot:
    """One verdict to get: one vote, in one order.

    Args:
        vote: from 1.
        candidate_first: pairs: the candidate stands at {first}.
        reading: the verdict; None while there is none, or when no reply could be read.
        replies: what the judge said, one per attempt.
        problem: why the last reply could not be read.
        failure: why the judge gave no reply.
        lost: what was used all the same when it gave none.
        asked: replies that were asked for now rather than found in the cache.
    """

    case: Case
    vote: int
    candidate_first: bool
    name: str
    key: bytes
    reading: Reading | None = None
    replies: list[Reply] = field(default_factory=list)
    problem: str | None = None
    failure: str | None = None
    lost: Reply | None = None
    asked: int = 0
    settled: bool = False


@dataclass(slots=True)
class Case:
    """One answered sample before the judge.

    Args:
        answer: the sample.
        material: what the judge gets to see; None when there is nothing to ask.
        ballots: its verdicts, filled in by the panel.
        failure: why nothing can be asked.
        decided: its score, where no judge is needed.
        flags: what the summary should count of its material.
    """

    answer: Answered
    material: Material | None
    ballots: list[Ballot] = field(default_factory=list)
    failure: str | None = None
    decided: Score | None = None
    flags: tuple[str, ...] = ()

    @property
    def closed(self) -> bool:
        """True when every ballot is settled."""
        return all(ballot.settled for ballot in self.ballots)
