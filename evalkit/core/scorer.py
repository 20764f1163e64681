"""What assesses answers: what rule-based scorers, judges and combinations of them have in common.

Scorers compose: `on` keeps one to some splits, the combinators of `evalkit.metrics.combined` choose, rewrite and join.
What a scorer needs beside the answers, a judge above all, it names as its helpers, so that whoever runs it can check,
configure and follow them however deep they lie.
"""

from __future__ import annotations

import copy
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.metric import Metric
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector

_BATCH = 2048


@dataclass(slots=True)
class Answered:
    """A journalled sample with its answer: all that scorers get.

    Args:
        id, split, cluster, meta, reference, choices, origin, repeat: as in `Sample`.
        prompt: text of the last user turn.
        response: the answer; its `failure` is set when there is none, its `audio` is the saved spoken reply.
        messages: the whole conversation as recorded: roles, texts, names of media.
        earlier: of a turn that was played live, the answered turns before it, in order; only where `reads_earlier`.
        notes: listener's role -> what it noted of the spoken answer ("answer"), and of recordings in `Sample.media` by
            their names.
    """

    id: str
    split: str
    reference: Any
    response: Response
    prompt: str = ""
    cluster: str | None = None
    meta: Mapping[str, Any] | None = None
    messages: Sequence[Mapping[str, Any]] = ()
    choices: Sequence[str] | None = None
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    origin: str | None = None
    repeat: int = 1
    earlier: Sequence[Answered] = ()


class Helper(ABC):
    """What a scorer asks beside the answers.

    Attributes:
        role: "judge".
    """

    role: str

    @property
    @abstractmethod
    def asks(self) -> Any:
        """The model it asks; None where it asks none."""

    @abstractmethod
    def check_helper(self) -> None:
        """Find out, without a call, whether it could be asked; called before a run.

        Raises:
            EvalkitError: a key, package or file is missing; how to get it.
        """


class Scorer(ABC):
    """Turns answers into sufficient statistics.

    Attributes:
        name: registered name, for example "error_rate".
        profile: the named rule it follows; stands in every result row.
        metrics: what its statistics reduce to.
        hears: True when it reads `Response.heard` instead of `Response.text`.
        may_hear: True when it reads `Response.heard` where a transcriber is named, and does without otherwise.
        together: True when the score of an answer depends on the others; all are scored anew when one is added.
        reads_earlier: True when it reads `Answered.earlier`.
        splits: the splits it runs on; None for all. Set by `on`.
        listeners: role of a listener it needs -> names in `Sample.media` that this one listens to as well.
    """

    name: str
    profile: str
    metrics: Sequence[Metric]
    hears: bool = False
    may_hear: bool = False
    together: bool = False
    reads_earlier: bool = False
    splits: frozenset[str] | None = None
    listeners: Mapping[str, tuple[str, ...]] = {}

    def runs_on(self, split: str) -> bool:
        """Whether it scores the answers of a split."""
        return self.splits is None or split in self.splits

    def helpers(self) -> Sequence[Helper]:
        """What it asks: a judge; those of the scorers it is made of."""
        return ()

    def put_to(self, helper: Helper, answer: Answered) -> Answered | None:
        """An answer as one of its helpers gets it, None where it is not asked; for forecasts of what that costs."""
        return answer if helper in self.helpers() else None

    def units(self, answer: Answered) -> Mapping[str, str]:
        """Of metrics that join samples: name -> the unit the sample belongs to; without one it is a unit itself."""
        return {}

    @property
    def listens(self) -> bool:
        """True when it reads `Response.audio`, so that the model must speak."""
        return False

    @abstractmethod
    def identity(self) -> Mapping[str, Any]:
        """Everything that determines the scores (JSON): profile, language, judge, rubric hash."""

    def check(self, sample: Sample) -> None:
        """Refuse a sample this scorer could not score, before a model is asked.

        Raises:
            DataError: the sample's reference, language or other facts do not fit.
        """
        return None

    @abstractmethod
    def score(self, answers: Sequence[Answered]) -> Iterable[Score]:
        """One score for each answer that has no failure, in order."""

    def stream(self, answers: Iterable[Answered]) -> Iterator[tuple[Answered, Score]]:
        """Scores as they come, batch by batch; a scorer that waits for others (a judge) gives them in any order.

        Args:
            answers: those without a failure; pulled as they are needed.

        Raises:
            ValueError: `score` did not give one score for each answer.
        """
        waiting = iter(answers)
        while batch := list(itertools.islice(waiting, _BATCH)):
            scores = list(self.score(batch))
            if len(scores) != len(batch):
                raise ValueError(f"scorer '{self.name}' gave {len(scores)} scores for {len(batch)} answers")
            yield from zip(batch, scores, strict=True)

    def close(self) -> None:
        """Release what scoring opened."""
        return None

    @abstractmethod
    def worst(self, answer: Answered) -> Mapping[str, Vector]:
        """The strict statistics of a sample without a usable answer: wrong by this scorer's measure."""

    def missing(self, answer: Answered) -> Mapping[str, Vector]:
        """The faithful statistics of a sample whose model gave no answer: dropped, unless a rule says otherwise."""
        return {}

    @property
    def protocol(self) -> str:
        """Short id of the rule, printed beside every value."""
        return f"{self.name}:{self.profile}" if self.profile else self.name


def on(splits: str | Iterable[str], *scorers: Scorer) -> tuple[Scorer, ...]:
    """Scorers that run on some splits of a task alone: they get and count only those answers.

    Args:
        splits: name of a split, or several.
        scorers: what runs there; copies are returned, so one scorer may be kept to different splits.

    Raises:
        UsageError: no split or no scorer is named.
    """
    names = frozenset([splits] if isinstance(splits, str) else splits)
    if not names or not scorers:
        raise UsageError(f"on({sorted(names)}) needs at least one split and one scorer")
    made = []
    for scorer in scorers:
        kept = copy.copy(scorer)
        kept.splits = names if scorer.splits is None else names & scorer.splits
        made.append(kept)
    return tuple(made)
