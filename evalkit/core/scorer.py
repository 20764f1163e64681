"""What assesses answers: rule-based scorers here, judges and listeners in `evalkit.judging`."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.metric import Metric
from evalkit.core.response import Response
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector

_BATCH = 2048


@dataclass(slots=True)
class Answered:
    """A journalled sample with its answer: all that scorers get.

    Args:
        id, split, cluster, meta, reference, choices: as in `Sample`.
        prompt: text of the last user turn.
        response: the answer; its `failure` is set when there is none, its `audio` is the saved spoken reply.
        messages: the whole conversation as recorded: roles, texts, names of media.
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


class Scorer(ABC):
    """Turns answers into sufficient statistics.

    Attributes:
        name: registered name, for example "error_rate".
        profile: the named rule it follows; stands in every result row.
        metrics: what its statistics reduce to.
        hears: True when it reads `Response.heard` instead of `Response.text`.
        may_hear: True when it reads `Response.heard` where a transcriber is named, and does without otherwise.
        together: True when the score of an answer depends on the others; all are scored anew when one is added.
    """

    name: str
    profile: str
    metrics: Sequence[Metric]
    hears: bool = False
    may_hear: bool = False
    together: bool = False

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
