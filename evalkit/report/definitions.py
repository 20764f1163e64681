"""What names in records stand for: task definitions that say how a column is made, and reductions."""

from __future__ import annotations

import functools
import importlib

from evalkit import plugins
from evalkit.core.errors import UnknownNameError
from evalkit.core.metric import REDUCTIONS, Reduction
from evalkit.core.task import Suite, Task
from evalkit.metrics.scorers import SCORERS
from evalkit.records.summary import Summary


@functools.cache
def task_named(name: str) -> Task | Suite | None:
    """The installed definition of a task; None where there is none, as for a user's own data."""
    if name not in plugins.plugins("task"):
        return None
    return plugins.load_task(name)


def definition_of(summary: Summary) -> Task | Suite | None:
    """The definition by which a summary's columns were made; None where it is not installed in that version."""
    definition = task_named(summary.task)
    if definition is None or definition.version != summary.task_version:
        return None
    return definition if set(summary.columns) <= set(definition.columns) else None


def reduction_named(name: str, task: str) -> Reduction:
    """The function that a record names.

    Args:
        name: of the reduction.
        task: whose scorers may have registered it.

    Raises:
        UnknownNameError: nobody registered it.
    """
    if name not in REDUCTIONS:  # importing a module registers its reductions
        for module, _, _ in SCORERS.values():
            importlib.import_module(module)
    if name not in REDUCTIONS:
        task_named(task)
    if name not in REDUCTIONS:
        raise UnknownNameError("reduction", name, REDUCTIONS)
    return REDUCTIONS[name]
