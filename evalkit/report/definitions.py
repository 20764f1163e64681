"""What names in records stand for: the functions that reduce summed statistics to values."""

from __future__ import annotations

import importlib

from evalkit import plugins
from evalkit.core.errors import UnknownNameError
from evalkit.core.metric import REDUCTIONS, Reduction
from evalkit.metrics.scorers import SCORERS


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
    if name not in REDUCTIONS and task in plugins.plugins("task"):
        plugins.load_task(task)
    if name not in REDUCTIONS:
        raise UnknownNameError("reduction", name, REDUCTIONS)
    return REDUCTIONS[name]
