"""What a command says about judges, put to the judged scorers of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.scorer import Scorer
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.rubric import load_rubric


@dataclass(slots=True)
class Wishes:
    """What a command asks for.

    Args:
        judge: who judges; the task's or the rubric's default where None.
        judge_arguments: of that judge.
        rubric: id or file of a rubric instead of the task's.
        votes: instead of the rubric's.
        inputs: input name -> where samples have it.
        transcriber: transcripts to judge, where a run has several.
        cache: file of the verdict cache; that of the results folder where None.
        limits: of the judge's calls.
    """

    judge: str | None = None
    judge_arguments: Mapping[str, str] = field(default_factory=dict)
    rubric: str | Path | None = None
    votes: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    transcriber: str | None = None
    cache: Path | None = None
    limits: CallLimits | None = None

    @property
    def any(self) -> bool:
        """True when something is asked that only a judge can do."""
        return bool(self.judge or self.judge_arguments or self.rubric or self.votes is not None or self.inputs)


def configure(task: str, scorers: Sequence[Scorer], wishes: Wishes, cache: Path) -> list[JudgeScorer]:
    """Configure the judges among a task's scorers, before their identity is taken.

    Args:
        task: its name, for messages.
        scorers: of the task; others than judges are left alone.
        wishes: of the command. A rubric takes the place of the one with its id, or of the only one.
        cache: verdict cache of the results folder.

    Returns:
        The judges the wishes are about: all, or the one whose rubric is replaced.

    Raises:
        UsageError: a judge is named for a task that has none, a judge that cannot do it, or it is not clear which of
            several rubrics is meant.
        DataError: a rubric that cannot be used.
    """
    judges = [scorer for scorer in scorers if isinstance(scorer, JudgeScorer)]
    if not judges and wishes.any:
        raise UsageError(f"task '{task}' has no judge of its own; name a rubric with --rubric")
    meant = judges
    if wishes.rubric is not None:
        wanted = load_rubric(wishes.rubric).id
        meant = [scorer for scorer in judges if scorer.profile == wanted] or judges
        if len(meant) > 1:
            names = ", ".join(scorer.profile for scorer in meant)
            raise UsageError(f"task '{task}' is judged by {names}; give the rubric the id of the one it replaces")
    for scorer in judges:
        scorer.configure(
            wishes.judge,
            wishes.judge_arguments,
            rubric=wishes.rubric if scorer in meant else None,
            votes=wishes.votes,
            inputs=wishes.inputs,
            limits=wishes.limits,
            cache=wishes.cache or cache,
        )
    return meant
