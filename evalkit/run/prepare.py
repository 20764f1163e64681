"""What a command settles before it makes, downloads or asks anything: model, protocol, judges, run directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.model import Model
from evalkit.core.scorer import Scorer
from evalkit.core.task import Task
from evalkit.data.dialogue.dialogues import Dialogues
from evalkit.data.fingerprint import verifying
from evalkit.data.jsonl import JsonLines
from evalkit.judging.cache import FILE_NAME
from evalkit.metrics.scorers import scorer as make_scorer
from evalkit.metrics.scorers import takes_argument
from evalkit.published.settling import settle
from evalkit.run import identity, judges, listeners
from evalkit.run.directory import safe_name
from evalkit.run.listeners import TRANSCRIBER
from evalkit.run.options import Options
from evalkit.run.plan import Plan, check_modalities, check_names, choose_splits, chosen_splits

_AT_HAND = (Dialogues, JsonLines)  # the user's own files: looking for them neither downloads nor makes anything


@dataclass(slots=True)
class Prepared:
    """One model on one task, ready to be run.

    Args:
        plan: what to ask.
        model: not started.
        scorers: judges among them are configured.
        listeners: role -> who notes something of spoken answers; empty where only texts are scored.
        facts: what determines the answers.
        run_id: their hash.
        shown: name the results are filed under.
        path: the run directory; it need not be there.
        own_rule: the scorers are the task's own, by whatever judge; others have a summary of their own.
    """

    plan: Plan
    model: Model
    scorers: list[Scorer]
    listeners: dict[str, Model]
    facts: dict[str, Any]
    run_id: str
    shown: str
    path: Path
    own_rule: bool = True

    @property
    def transcriber(self) -> Model | None:
        """Who hears spoken answers."""
        return self.listeners.get(TRANSCRIBER)

    @property
    def listened(self) -> dict[str, str]:
        """Role of a listener -> name of its journal."""
        return {
            role: f"{safe_name(one.name)}-{identity.digest(dict(one.identity()), 8)}"
            for role, one in self.listeners.items()
        }

    @property
    def transcripts(self) -> str | None:
        """Name of the transcripts."""
        return self.listened.get(TRANSCRIBER)

    def scoring(self, scorer: Scorer) -> tuple[str, dict[str, Any]]:
        """Name and identity of a scoring."""
        listened = self.listened
        facts = identity.scoring(
            scorer,
            listened.get(TRANSCRIBER) if scorer.hears or scorer.may_hear else None,
            {role: listened[role] for role in scorer.listeners},
        )
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
    settle(task)
    scorers = configured_scorers(task, options)
    check_modalities(model, task, scorers)
    chosen = chosen_splits(task, splits)
    done = [scorer for scorer in scorers if any(scorer.runs_on(split) for split in chosen)]
    listening = listeners_of(task, done, model, options)
    shown = filed_name(model, options)
    folder = options.out / safe_name(shown) / safe_name(task.name)
    source = task.source if model.opens_media else task.source.without_media()
    rows = source.locate(data_folder(options), options.revision) if isinstance(source, _AT_HAND) else None
    if checked and (options.fresh or not _has_answers(folder)):
        for problem in obstacles(model, done, listening.values(), options.stages):
            raise problem
    if rows is None:
        rows = source.locate(data_folder(options), options.revision)
    generation = task.generation
    if options.max_new_tokens is not None:
        generation = replace(generation, max_new_tokens=options.max_new_tokens)
    if listening or any(scorer.listens for scorer in scorers):
        generation = replace(generation, speech=True)
    history = options.history or task.history
    if options.history is not None and task.history is None:
        raise UsageError(f"--history {options.history}: task '{task.name}' has no conversations that are played")
    plan = Plan(
        task,
        rows,
        choose_splits(task, rows, splits),
        options.selected(),
        options.seed,
        generation,
        options.repeats,
        history or "given",
    )
    with verifying(options.verify_data):
        facts = identity.answers(model, task, rows, generation, options.seed, history)
    run_id = identity.digest(facts)
    prepared = Prepared(plan, model, done, listening, facts, run_id, shown, folder / run_id)
    if options.scorer:
        prepared.own_rule = _is_own_rule(prepared, options)
    return prepared


def configured_scorers(task: Task, options: Options) -> list[Scorer]:
    """What scores: the task's own or the one a command names, with the judge it names.

    Raises:
        EvalkitError: a scorer or judge that cannot do it.
    """
    scorers = list(task.scorers)
    if options.scorer:
        told = task.language is not None and takes_argument(options.scorer, "language")
        known = {"language": task.language} if told else {}
        scorers = [make_scorer(options.scorer, **{**known, **options.scorer_arguments})]
    scorers, judging = judges.rules_alone(scorers, task.source.splits, options.judging)
    judges.configure(task.name, scorers, judging, options.out / FILE_NAME)
    return scorers


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
    model: Model, scorers: Sequence[Scorer], listeners: Iterable[Model], stages: Sequence[str]
) -> Iterator[EvalkitError]:
    """What keeps the models of these stages from being started, found out without a call."""
    wanted = [model] if "generate" in stages else []
    wanted += listeners if "listen" in stages else ()
    for one in wanted:
        try:
            one.check()
        except EvalkitError as error:
            yield error
    for judge in judges.judges_of(scorers) if "score" in stages else ():
        try:
            judge.check_helper()
        except EvalkitError as error:
            alone = all(scorer.helpers() for scorer in scorers)
            yield UsageError(
                f"judge {judge.judge_name} of rubric '{judge.profile}': {error}\n--judge names another judge"
                + ("" if alone else ", and --judge rules asks none and scores by the task's rules alone")
            )


def listeners_of(task: Task, scorers: Sequence[Scorer], model: Model, options: Options) -> dict[str, Model]:
    """Who listens to spoken answers, by role; empty where only texts are scored.

    Raises:
        UsageError: none is named, or the model under test does not speak.
    """
    named = bool(options.transcriber or task.transcriber)
    roles = dict.fromkeys(role for scorer in scorers for role in scorer.listeners)
    hears = any(scorer.hears or (scorer.may_hear and named) for scorer in scorers)
    unknown = [role for role in options.listeners if role not in roles]
    if unknown:
        known = ", ".join(roles) or "none"
        raise UsageError(f"--listener {unknown[0]}=...: nothing of '{task.name}' needs that role; needed: {known}")
    found: dict[str, Model] = {}
    if hears:
        given = options.transcriber, options.transcriber_arguments
        found[TRANSCRIBER] = listeners.choose(task, *given, options.limits)
    for role in roles:
        arguments = options.listener_arguments.get(role, {})
        found[role] = listeners.choose(task, options.listeners.get(role), arguments, options.limits, role)
    if found and "speech" not in model.gives:
        how = "what is heard" if TRANSCRIBER in found else f"what listeners note ({', '.join(found)})"
        raise UsageError(f"model '{model.name}' gives no speech, and '{task.name}' is to be scored by {how}")
    return found
