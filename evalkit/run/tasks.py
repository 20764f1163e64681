"""Running several tasks and suites: names to runs, runs to averages."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.model import Model
from evalkit.core.task import Suite, Task
from evalkit.data.custom import custom_task
from evalkit.plugin_files import split_word
from evalkit.published.paper_suites import SUITE, paper_suite
from evalkit.published.settling import SettledSuite, settle, settle_suite
from evalkit.run import suites
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome, run

MakeModel = Callable[[], Model]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A task or suite a command names, with the splits it wants (all where empty)."""

    task: Task | Suite
    splits: tuple[str, ...] = ()


def choose(word: str, options: Options) -> Chosen:
    """What one word of `--task` means: NAME, NAME:SPLIT[+SPLIT], FILE.jsonl, or FILE.py[:NAME[:SPLIT...]].

    "suite:PAPER[:AREA]" is the suite that `--suite PAPER[:AREA]` names.

    Raises:
        UnknownNameError: no such task; the nearest names are suggested.
        UsageError: a suite with splits or arguments.
    """
    if word.endswith((".jsonl", ".ndjson")):
        return Chosen(
            custom_task(Path(word), options.scorer, options.scorer_arguments, outside_media=options.outside_media)
        )
    if word.startswith(SUITE):
        if options.task_arguments:
            raise UsageError("--task-arg is for one task, and a suite has several; run that task by itself")
        return Chosen(paper_suite(word[len(SUITE) :], options.without))
    name, splits = _parted(word)
    task = plugins.load_task(name, options.task_arguments)
    chosen = tuple(splits.split("+")) if splits else ()
    if options.outside_media and isinstance(task, Task):
        task.source = task.source.anywhere()
    if chosen and isinstance(task, Suite):
        raise UsageError(f"'{name}' is a suite; it fixes the splits of its tasks")
    return Chosen(task, chosen)


def _parted(word: str) -> tuple[str, str]:
    """The task and the splits that a word names."""
    file = split_word(word)
    inside, _, splits = (word if file is None else file[1]).partition(":")
    if file is None:
        return inside, splits
    return (f"{file[0]}:{inside}" if inside else str(file[0])), splits


def run_all(make_model: MakeModel, words: Sequence[str], options: Options) -> Iterator[Outcome]:
    """Run every named task; all names are looked up before the first one starts.

    Args:
        make_model: makes the model; a suite or several tasks use a new one each, but for one that computes on this
            machine: it is made once, and its weights stay loaded from task to task.
        words: what `--task` names.
        options: of the command.

    Yields:
        One outcome per task; for a suite its members' and then its own.
    """
    yield from run_chosen(make_model, [choose(word, options) for word in words], options)


def run_chosen(make_model: MakeModel, chosen: Sequence[Chosen], options: Options) -> Iterator[Outcome]:
    """Run tasks and suites one after the other; see `run_all`."""
    settled = [settled_choice(choice) for choice in chosen]
    roles = roles_of(settled)
    runs = sum(len(list(one.tasks())) if isinstance(one, SettledSuite) else 1 for one in settled)
    with _kept(make_model, runs) as model_for_next:
        for choice, one in zip(chosen, settled, strict=True):
            if isinstance(one, SettledSuite):
                yield from _run_suite(model_for_next, one, options, roles)
            else:
                yield run(model_for_next(), one, heard_by(one, options, roles), choice.splits)


def settled_choice(choice: Chosen) -> Task | SettledSuite:
    """A task or suite whose columns are known to be there, before the first one runs.

    Raises:
        UsageError: they are not.
    """
    if isinstance(choice.task, Suite):
        return settle_suite(choice.task)
    settle(choice.task)
    return choice.task


@contextmanager
def _kept(make_model: MakeModel, runs: int) -> Iterator[MakeModel]:
    """Gives a model for each run; see `run_all`."""
    kept: list[Model] = []

    def model_for_next() -> Model:
        if kept:
            return kept[0]
        model = make_model()
        if model.computes and runs > 1:
            model.kept = True
            kept.append(model)
        return model

    try:
        yield model_for_next
    finally:
        for model in kept:
            model.kept = False
            model.release()


def roles_of(settled: Iterable[Task | SettledSuite]) -> frozenset[str]:
    """The roles of listeners that any of these tasks needs."""
    tasks: list[Task] = []
    for one in settled:
        tasks += [one] if isinstance(one, Task) else [task for task, _ in one.tasks()]
    return frozenset(role for task in tasks for scorer in task.scorers for role in scorer.listeners)


def heard_by(task: Task, options: Options, roles: Collection[str]) -> Options:
    """The options without the listeners that other tasks of the command need and this one does not.

    A role that no task needs stays, to be refused.

    Args:
        task: one of the command's.
        options: of the command.
        roles: what its tasks need, all of them together.
    """
    others = set(roles) - roles_of([task])
    if not others & set(options.listeners):
        return options
    kept = {role: name for role, name in options.listeners.items() if role not in others}
    return replace(options, listeners=kept)


def _run_suite(
    make_model: MakeModel, suite: SettledSuite, options: Options, roles: Collection[str]
) -> Iterator[Outcome]:
    began = time.perf_counter()
    members = []
    for member in suite.members.values():
        if isinstance(member.definition, SettledSuite):
            outcomes = list(_run_suite(make_model, member.definition, options, roles))
        else:
            given = heard_by(member.definition, options, roles)
            outcomes = [run(make_model(), member.definition, given, member.splits)]
        members += outcomes
        yield from outcomes
    if all(outcome.summary is not None for outcome in members):
        yield suites.conclude(suite, members, make_model(), options, time.perf_counter() - began)
