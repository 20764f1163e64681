"""A paper's tables as a suite: the tasks that have their columns, with the splits these need."""

from __future__ import annotations

from collections.abc import Collection

from evalkit import plugins
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.core.task import Suite, Task
from evalkit.published.areas import Area, area
from evalkit.published.settling import needed_splits, published_averages, settle

SUITE = "suite:"  # what such a suite begins with among the words of `--task`


def paper_suite(word: str, without: Collection[str] = ()) -> Suite:
    """The suite of a paper or of an area of it.

    Members come from the cards: whichever tasks name a column of the tables. So a suite grows with the tasks there are.

    Args:
        word: PAPER or PAPER:AREA.
        without: tasks that are left out.

    Raises:
        UnknownNameError: no such paper or area; a task to be left out that is no member.
        UsageError: no task has a column of it.
    """
    found = area(word)
    wanted = _members(found)
    for name in without:
        if name not in wanted:
            raise UnknownNameError(f"task of {word} in --without:", name, wanted)
    members = {name: _splits(name, columns) for name, columns in wanted.items() if name not in without}
    if not members:
        some = ", ".join(found.columns[:4])
        raise UsageError(f"--suite {word}: no task has any of its {len(found.columns)} columns ({some}, ...)")
    return Suite(members=members, averages="published", name=word)


def _members(found: Area) -> dict[str, list[str]]:
    """Task -> its columns of an area. Suites are members only where no average of tasks gives their column."""
    makers = found.makers()
    tasks: dict[str, list[str]] = {}
    rest: dict[str, list[str]] = {}
    for column, names in makers.items():
        single = [name for name in names if plugins.plugin("task", name).header.get("splits")]
        (tasks if single else rest).setdefault((single or names)[0], []).append(column)
    had = {column for columns in tasks.values() for column in columns}
    averages = published_averages(had)
    for name, columns in rest.items():
        if not set(columns) <= averages.keys():
            tasks[name] = columns
    return tasks


def _splits(name: str, columns: Collection[str]) -> tuple[str, ...]:
    """The splits of a task that columns are made of; () for all of them, and for a suite."""
    task = plugins.load_task(name)
    if not isinstance(task, Task):
        return ()
    settle(task)
    needed = {split for column in columns if column in task.columns for split in needed_splits(task, column)}
    splits = task.source.splits
    return () if not needed or needed >= set(splits) else tuple(split for split in splits if split in needed)
