"""What a command says about judges, put to the judged scorers of a task."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from evalkit.core.errors import UsageError
from evalkit.core.scorer import Scorer
from evalkit.judging.judge import JUDGE, JudgeScorer
from evalkit.judging.models import RULES
from evalkit.judging.options import JudgeOptions
from evalkit.judging.rubric_file import load_rubric


def judges_of(scorers: Iterable[Scorer]) -> list[JudgeScorer]:
    """The judges among the helpers of scorers, however deep they lie."""
    found = [helper for scorer in scorers for helper in scorer.helpers() if helper.role == JUDGE]
    return list({id(one): cast(JudgeScorer, one) for one in found}.values())


def rules_alone(
    scorers: Sequence[Scorer], splits: Sequence[str], judging: JudgeOptions
) -> tuple[list[Scorer], JudgeOptions]:
    """`--judge rules` where a task has rules of its own, beside a judge or alone: the rules, and no judge is asked.

    Returns:
        The scorers to use and what is left of the options; both as they came for any other judge.

    Raises:
        UsageError: rubric or votes are given as well, which no rule has.
    """
    own = [scorer for scorer in scorers if not judges_of([scorer])]
    covered = all(any(scorer.runs_on(split) for scorer in own) for split in splits)
    if judging.judge != RULES or not own or not covered:
        return list(scorers), judging
    left = dataclasses.replace(judging, judge=None)
    if left.any:
        raise UsageError("--judge rules asks no judge, so --rubric, --votes and the judge's arguments mean nothing")
    return own, left


def configure(task: str, scorers: Sequence[Scorer], judging: JudgeOptions, cache: Path) -> list[JudgeScorer]:
    """Configure the judges among a task's scorers, before their identity is taken.

    Args:
        task: its name, for messages.
        scorers: of the task; others than judges are left alone.
        judging: options of the command. A rubric takes the place of the one with its id, or of the only one.
        cache: verdict cache of the results folder.

    Returns:
        The judges the options are about: all, or the one whose rubric is replaced.

    Raises:
        UsageError: a judge is named for a task that has none, a judge that cannot do it, or it is not clear which of
            several rubrics is meant.
        DataError: a rubric that cannot be used.
    """
    judges = judges_of(scorers)
    if not judges and judging.any:
        rubric = judging.rubric or "RUBRIC"
        raise UsageError(f"task '{task}' has no judge of its own; have it judged with --scorer judge:{rubric}")
    meant = judges
    if judging.rubric is not None:
        wanted = load_rubric(judging.rubric).id
        meant = [scorer for scorer in judges if scorer.profile == wanted] or judges
        if len(meant) > 1:
            names = ", ".join(scorer.profile for scorer in meant)
            raise UsageError(f"task '{task}' is judged by {names}; give the rubric the id of the one it replaces")
    for scorer in judges:
        scorer.configure(
            judging.judge,
            judging.judge_arguments,
            rubric=judging.rubric if scorer in meant else None,
            votes=judging.votes,
            inputs=judging.inputs,
            limits=judging.limits,
            cache=judging.cache or cache,
        )
    return meant
