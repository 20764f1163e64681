"""Which tasks and models a published table needs, what of them is missing here, and what the rest would take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch

from evalkit import plugins
from evalkit.core.columns import cells
from evalkit.core.errors import DataError, EvalkitError, UnknownNameError
from evalkit.core.model import Model
from evalkit.core.model_words import read_word
from evalkit.core.task import Suite
from evalkit.published.settling import columns_of
from evalkit.published.tables import Row, Table
from evalkit.report.kinds import row_kind
from evalkit.report.paper_tables import find
from evalkit.report.run_rows import model_id
from evalkit.run.forecast import Foreseen, foresee_all
from evalkit.run.options import Options
from evalkit.run.prepare import data_folder
from evalkit.run.tasks import choose


@dataclass(slots=True)
class Job:
    """One model on one task.

    Args:
        model_id: id of the row.
        task: name of the task or suite.
        columns: ids of the table's columns it yields.
        make: makes the model; None where there is none.
        problems: what keeps it from being run, each a message.
        foreseen: what it would take; a suite has an entry per member.
        splits: the task's splits that these columns are of; all where empty.
    """

    model_id: str
    task: str
    columns: list[str]
    make: Callable[[], Model] | None = None
    problems: list[str] = field(default_factory=list)
    foreseen: list[Foreseen] = field(default_factory=list)
    splits: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """What `--task` takes for it."""
        return f"{self.task}:{'+'.join(self.splits)}" if self.splits else self.task


@dataclass(slots=True)
class Plan:
    """A table and what repeating it takes.

    Args:
        table: the published table.
        rows: the rows asked for.
        jobs: model by model, in the order of the rows.
        without_task: columns that no task here yields.
        averages: columns among those that the table's own rule makes of others.
    """

    table: Table
    rows: list[Row]
    jobs: list[Job]
    without_task: list[str]
    averages: list[str]

    @property
    def ready(self) -> list[Job]:
        """Jobs that nothing keeps from being run."""
        return [job for job in self.jobs if not job.problems]


def table_plan(
    paper: str,
    number: str,
    models: Sequence[str] = (),
    tasks: Sequence[str] = (),
    use: Mapping[str, str] | None = None,
) -> Plan:
    """Tasks x models of a table; nothing is looked for yet.

    Args:
        paper: id of the paper.
        number: of the table.
        models: patterns of model ids; all rows where empty. A model of `use` that the table lacks is added.
        tasks: names of tasks; all that yield a column of the table where empty.
        use: model id -> the model that stands for it, as in "openai:gpt-4o"; others are looked up by their id.

    Raises:
        UnknownNameError: no such paper, table, model or task.
        UsageError: a word of `use` that cannot be read.
    """
    _, table = find(paper, number)
    words = dict(use or {})
    rows = _rows(table, models, words)
    makers, without = _makers(table, tasks)
    averaged = {aggregate.column for aggregate in table.aggregates}
    extra = [name for name in words if name not in {row.model_id for row in table.rows}]
    splits = {task: _splits_of(task, columns) for task, columns in makers.items()}
    jobs = []
    for name in [*dict.fromkeys(row.model_id for row in rows), *extra]:
        make, problem = _model(name, words.get(name))
        for task, columns in makers.items():
            jobs.append(Job(name, task, columns, make, [problem] if problem else [], splits=splits[task]))
    return Plan(table, rows, jobs, [name for name in without if name not in averaged], sorted(averaged & set(without)))


def look(plan: Plan, options: Options) -> Iterator[Job]:
    """Find out job by job what is missing and what it would take; nothing is asked, loaded or written.

    Data that are not here are looked for where a run would look, on the Hub too.
    """
    lacking: dict[str, str | None] = {}
    checked: dict[str, list[str]] = {}
    for job in plan.jobs:
        if job.task not in lacking:
            lacking[job.task] = _data_problem(job.task, options)
        if (problem := lacking[job.task]) is not None:
            job.problems += [problem, *_startable(job, checked)]
        elif job.make is not None and not job.problems:
            try:
                own = replace(options, model_name=job.model_id)
                job.foreseen = list(foresee_all(job.make, [choose(job.word, own)], own))
            except EvalkitError as error:
                job.problems.append(str(error))
                if isinstance(error, DataError) and error.where.startswith("hub data set"):
                    lacking[job.task] = str(error)  # it takes long to find out that the Hub cannot be reached
            found = (problem for foreseen in job.foreseen for problem in foreseen.obstacles)
            job.problems += dict.fromkeys(_said_here(problem, job.model_id) for problem in found)
        yield job


def lack(plan: Plan, options: Options) -> None:
    """Add what keeps models from being started, and what is wrong with the data of tasks that no job reaches so."""
    checked: dict[str, list[str]] = {}
    for job in plan.ready:
        job.problems += _startable(job, checked)
    reached = {job.task for job in plan.ready}
    for task in dict.fromkeys(job.task for job in plan.jobs):
        problem = _data_problem(task, options) if task not in reached else None
        for job in plan.jobs:
            if job.task == task and problem is not None and problem not in job.problems:
                job.problems.append(problem)


def _startable(job: Job, checked: dict[str, list[str]]) -> list[str]:
    """Why a job's model cannot be started: a key, package or file; looked up in `checked`, by model id, where known."""
    if job.make is None:
        return []
    if job.model_id not in checked:
        try:
            job.make().check()
            checked[job.model_id] = []
        except EvalkitError as error:
            checked[job.model_id] = [_said_here(str(error), job.model_id)]
    return checked[job.model_id]


def _said_here(problem: str, printed: str) -> str:
    """A problem of a model, with the option of this command in place of the one of `evalkit run`."""
    word = f"--use {printed}={_registered(printed)},trust_remote_code=true"
    return problem.replace("--trust-remote-code", word) if _registered(printed) else problem


def _data_problem(name: str, options: Options) -> str | None:
    """Why a task, or a member of a suite, has no data here."""
    task = plugins.load_task(name)
    if isinstance(task, Suite):
        found = (_data_problem(member, options) for member in task.members)
        return next((problem for problem in found if problem is not None), None)
    try:
        task.source.locate(data_folder(options), options.revision)
    except EvalkitError as error:
        return str(error)
    return None


def _rows(table: Table, patterns: Sequence[str], use: Mapping[str, str]) -> list[Row]:
    rows = [row for row in table.rows if row_kind(row.model_id, row.group, table.paper, table.table) != "reference"]
    for pattern in patterns:
        if pattern not in use and not any(fnmatch(row.model_id, pattern) for row in rows):
            raise UnknownNameError(f"model of {table.paper}, table {table.table}:", pattern, {r.model_id for r in rows})
    return [row for row in rows if not patterns or any(fnmatch(row.model_id, pattern) for pattern in patterns)]


def _makers(table: Table, tasks: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Task -> columns of the table it yields, tasks before suites; and the columns that none yields."""
    known = plugins.plugins("task")
    for name in tasks:
        if name not in known:
            raise UnknownNameError("task", name, known)
    yields: dict[str, list[str]] = {}
    for name, plugin in known.items():
        if not tasks or name in tasks:
            for column in plugin.header.get("columns", ()):
                yields.setdefault(column, []).append(name)
    makers: dict[str, list[str]] = {}
    for column in table.columns:
        if column in yields:
            makers.setdefault(yields[column][0], []).append(column)
    return makers, [column for column in table.columns if column not in yields]


def _splits_of(name: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """The splits that some columns of a task are of, in its order; empty for all of them, and for a suite."""
    task = plugins.load_task(name)
    if isinstance(task, Suite):
        return ()
    graph = columns_of(task)
    found: set[str] = set()
    for column in wanted:
        for cell in cells(graph[column], graph) if column in graph else ():
            found.update(cell.splits or task.source.splits)
    needed = tuple(split for split in task.source.splits if split in found)
    return needed if len(needed) < len(task.source.splits) else ()


def _registered(printed: str) -> str | None:
    """What stands for a printed model id: what leaderboards/models.json says, else the model of that name."""
    told: dict[str, str] = json.loads((plugins.folder("leaderboards") / "models.json").read_bytes())["models"]
    named = {model_id(name): name for name in plugins.plugins("model")}
    return told.get(printed) or named.get(printed)


def _model(printed: str, word: str | None) -> tuple[Callable[[], Model] | None, str]:
    """What makes a model, or why there is none."""
    word = word or _registered(printed)
    if word is None:
        return None, f"no model is registered as '{printed}'; name one by --use {printed}=MODEL"
    name, given = read_word(word, f"--use {printed}={word}:")
    plugins.model_class(name)  # an unknown name ends the command

    def make() -> Model:
        return plugins.load_model(name, given)

    try:
        make()
    except EvalkitError as error:
        return None, _said_here(str(error), printed)
    return make, ""
