"""Answers made elsewhere, held against the samples of the tasks they are for, before anything is scored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from evalkit.core.errors import UsageError
from evalkit.core.model import Model
from evalkit.core.task import Task
from evalkit.data.hub import HubRows
from evalkit.run.options import Options
from evalkit.run.plan import Plan
from evalkit.run.prepare import prepare
from evalkit.run.selection import Selection

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Matching:
    """How the ids of answers fit those of the samples.

    Args:
        asked: how many samples were selected.
        missing: those without an answer.
        unknown: ids of answers that no sample of the tasks has, in whatever split; in the order of the file.
    """

    asked: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    def refuse_unknown(self) -> None:
        """Refuse answers that belong to nothing: mostly a sign of the wrong file, task or version of the data.

        Raises:
            UsageError: there are some.
        """
        if self.unknown:
            raise UsageError(
                f"{self.unknown_line()}; name the task (or version of its data) they are for, "
                "or leave them aside with --allow-unknown"
            )

    def unknown_line(self) -> str:
        """What to say of answers that belong to nothing."""
        return f"{len(self.unknown)} answers have ids that no sample has: {_some(self.unknown)}"

    def missing_line(self) -> str:
        """What to say of samples without an answer."""
        return f"{len(self.missing)} of {self.asked} samples have no answer in the file: {_some(self.missing)}"


def match(
    model: Model, tasks: Iterable[tuple[Task, tuple[str, ...]]], answered: Collection[str], options: Options
) -> Matching | None:
    """Hold answers against the samples of some tasks.

    Args:
        model: that gives the answers; not started.
        tasks: tasks with the splits of each that are to be scored, all where empty.
        answered: ids of the answers.
        options: of the command.

    Returns:
        None where a task's rows are streamed from the hub: reading them twice would download them twice, and the
        summary names unknown ids all the same.

    Raises:
        EvalkitError: as `prepare`; or a row that is broken.
    """
    known: set[str] = set()
    asked = 0
    missing: list[str] = []
    for task, splits in tasks:
        plan = prepare(model, task, options, splits, checked=False).plan
        if isinstance(plan.rows, HubRows):
            return None
        whole = _ids(replace(plan, splits=plan.rows.splits, selection=Selection()))
        known.update(whole)
        for name in _ids(plan) if plan.partial or plan.splits != plan.rows.splits else whole:
            asked += 1
            if name not in answered:
                missing.append(name)
    return Matching(asked, tuple(missing), tuple(name for name in answered if name not in known))


def _ids(plan: Plan) -> list[str]:
    return [sample.id for sample in plan.samples()]


def _some(names: Collection[str]) -> str:
    shown: Iterator[str] = (f"'{name}'" for name in list(names)[:SHOWN])
    return ", ".join(shown) + (", ..." if len(names) > SHOWN else "")
