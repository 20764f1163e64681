"""What a command asks of judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.limits import CallLimits


@dataclass(slots=True)
class JudgeOptions:
    """Judge, rubric and votes instead of a task's own.

    Args:
        judge: who judges; the task's or the rubric's default where None.
        judge_arguments: of that judge.
        rubric: id or file of a rubric instead of the task's.
        votes: instead of the rubric's.
        inputs: input name -> where samples have it.
        heard: judge what a transcriber heard, where no task says what is judged.
        transcriber: transcripts to judge, where a run has several.
        cache: file of the verdict cache; that of the results folder where None.
        limits: of the judge's calls.
    """

    judge: str | None = None
    judge_arguments: Mapping[str, str] = field(default_factory=dict)
    rubric: str | Path | None = None
    votes: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    heard: bool = False
    transcriber: str | None = None
    cache: Path | None = None
    limits: CallLimits | None = None

    @property
    def any(self) -> bool:
        """True when something is asked that only a judge can do."""
        return bool(self.judge or self.judge_arguments or self.rubric or self.votes is not None or self.inputs)


def places(text: str) -> dict[str, str]:
    """Input name -> place, of "NAME=PLACE,NAME=PLACE".

    Raises:
        UsageError: another form.
    """
    pairs = [word.partition("=") for word in text.split(",")]
    if not all(name and place for name, _, place in pairs):
        raise UsageError(f"inputs={text}: expected NAME=PLACE,NAME=PLACE")
    return {name.strip(): place.strip() for name, _, place in pairs}


def number_of_votes(votes: int | str) -> int:
    """A number of votes, as a number or as its digits.

    Raises:
        UsageError: less than 1, or no number.
    """
    if not str(votes).isdecimal() or int(votes) < 1:
        raise UsageError(f"votes: {votes} should be a whole number of at least 1")
    return int(votes)
