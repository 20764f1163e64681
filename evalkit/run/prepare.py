"""What a command settles before it makes, downloads or asks anything: model, protocol, judges, run directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.model import Model
from evalkit.core.scorer import Scorer
from evalkit.core.task import Task
from evalkit.data.dialogue.dialogues import Dialogues
from evalkit.data.jsonl import JsonLines
from evalkit.judging.cache import FILE_NAME
from evalkit.judging.judge import JudgeScorer
from evalkit.metrics.scorers import scorer as make_scorer
from evalkit.metrics.scorers import takes_argument
from evalkit.run import identity, judges, transcribers
from evalkit.run.directory import safe_name
from evalkit.run.options import Options
from evalkit.run.plan import Plan, check_modalities, check_names, choose_splits

_AT_HAND = (Dialogues, JsonLines)  # the user's own files: looking for them neither downloads nor makes anything


@dataclass(slots=True)
class Prepared:
    """One model on one task, ready to be run.

    Args:
        plan: what to ask.
        model: not started.
        scorers: judges among them are configured.
        transcriber: hears spoken answers; None where only texts are scored.
        facts: what determines the answers.
        run_id: their hash.
        shown: name the results are filed under.
        path: the run directory; it need not be there.
        own_rule: the scorers are the task's own, by whatever judge; others have a summary of their own.
    """

    plan: Plan
    model: Model
    scorers: list[Scorer]
    transcriber: Model | None
    facts: dict[str, Any]
    run_id: str
    shown: str
    path: Path
    own_rule: bool = True

    @property
    def transcripts(self) -> str | None:
        """Name of the transcripts."""
        if self.transcriber is None:
            return None
        return f"{safe_name(self.transcriber.name)}-{identity.digest(dict(self.transcriber.identity()), 8)}"

    def scoring(self, scorer: Scorer) -> tuple[str, dict[str, Any]]:
        """Name and identity of a scoring."""
        facts = identity.scoring(scorer, self.transcripts if scorer.hears or scorer.may_hear else None)
        return identity.scoring_name(scorer, facts), facts


def prepare(
    model: Model, task: Task, options: Options, splits: tuple[str, ...] = (), *, checked: bool = True
) -> Prepared:
    """Settle a run; reads and makes no result.

    Args:
        model: not started.
        task: the protocol.
        options: what the command asks for.
        splits: the splits to do; all where empty.
        checked: refuse what could not be started (a key or package is missing) before the data are looked for. Where
            there are answers already, that is left to the moment something has to be asked.

    Raises:
        EvalkitError: the configuration cannot work.
    """
    options.check()
    check_names(model, task)
    model.limits = options.limits
    scorers = list(task.scorers)
    if options.scorer:
        told = task.language is not None and takes_argument(options.scorer, "language")
        known = {"language": task.language} if told else {}
        scorers = [make_scorer(options.scorer, **{**known, **options.scorer_arguments})]
    scorers, judging = judges.rules_alone(scorers, options.judging)
    judges.configure(task.name, scorers, judging, options.out / FILE_NAME)
    check_modalities(model, task, scorers)
    transcriber = transcriber_of(task, scorers, model, options)
    shown = filed_name(model, options)
    folder = options.out / safe_name(shown) / safe_name(task.name)
    rows = task.source.locate(data_folder(options), options.revision) if isinstance(task.source, _AT_HAND) else None
    if checked and (options.fresh or not _has_answers(folder)):
        for problem in obstacles(model, scorers, transcriber, options.stages):
            raise problem
    if rows is None:
        rows = task.source.locate(data_folder(options), options.revision)
    generation = task.generation
    if options.max_new_tokens is not None:
        generation = replace(generation, max_new_tokens=options.max_new_tokens)
    if transcriber is not None or any(scorer.listens for scorer in scorers):
        generation = replace(generation, speech=True)
    plan = Plan(task, rows, choose_splits(task, rows, splits), options.limit, options.seed, generation)
    facts = identity.answers(model, task, rows, generation, options.seed)
    run_id = identity.digest(facts)
    prepared = Prepared(plan, model, scorers, transcriber, facts, run_id, shown, folder / run_id)
    if options.scorer:
        prepared.own_rule = _is_own_rule(prepared, options)
    return prepared


def _is_own_rule(prepared: Prepared, options: Options) -> bool:
    """Whether the scorer a command names is the task's own, asked of the same judge."""
    own = prepared.plan.task.scorers
    try:
        judges.configure(prepared.plan.task.name, own, options.judging, options.out / FILE_NAME)
        return {prepared.scoring(one)[0] for one in prepared.scorers} <= {prepared.scoring(one)[0] for one in own}
    except EvalkitError:
        return False  # the task's own cannot be had with these judging, so it is another


def _has_answers(folder: Path) -> bool:
    """True when some run of this model on this task has answers; what it lacks is then told when it is needed."""
    try:
        return any(folder.glob("*/samples.jsonl"))
    except OSError:
        return False  # opening the run directory tells


def filed_name(model: Model, options: Options) -> str:
    """Name under which results are filed: the user's, the one the model goes by at its provider, its registered one."""
    return options.model_name or str(getattr(model, "display_name", "")) or model.name


def data_folder(options: Options) -> Path | None:
    """Folder with local data: the option, else EVALKIT_DATA."""
    if options.data is not None:
        return options.data
    named = os.environ.get("EVALKIT_DATA")
    return Path(named) if named else None


def obstacles(
    model: Model, scorers: Sequence[Scorer], transcriber: Model | None, stages: Sequence[str]
) -> Iterator[EvalkitError]:
    """What keeps the models of these stages from being started, found out without a call."""
    wanted = [model] if "generate" in stages else []
    if transcriber is not None and "transcribe" in stages:
        wanted.append(transcriber)
    for one in wanted:
        try:
            one.check()
        except EvalkitError as error:
            yield error
    for scorer in scorers if "score" in stages else ():
        if isinstance(scorer, JudgeScorer):
            try:
                scorer.check_judge()
            except EvalkitError as error:
                alone = all(isinstance(other, JudgeScorer) for other in scorers)
                yield UsageError(
                    f"judge {scorer.judge_name} of rubric '{scorer.profile}': {error}\n--judge names another judge"
                    + ("" if alone else ", and --judge rules asks none and scores by the task's rules alone")
                )


def transcriber_of(task: Task, scorers: Sequence[Scorer], model: Model, options: Options) -> Model | None:
    """The model that hears spoken answers, or None where only texts are scored.

    Raises:
        UsageError: none is named, or the model under test does not speak.
    """
    named = bool(options.transcriber or task.transcriber)
    if not any(scorer.hears or (scorer.may_hear and named) for scorer in scorers):
        return None
    transcriber = transcribers.choose(task, options.transcriber, options.transcriber_arguments, options.limits)
    if "speech" not in model.gives:
        raise UsageError(f"model '{model.name}' gives no speech, and '{task.name}' is to be scored by what is heard")
    return transcriber
