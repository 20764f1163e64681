"""What a task takes over from the published tables, and what it claims of them, settled before anything is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from evalkit import plugins
from evalkit.core.columns import (
    Cell,
    Column,
    Measured,
    Node,
    Rule,
    cells,
    check_columns,
    measured,
    ordered,
    resolved,
    top_of,
)
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.core.task import Suite, Task
from evalkit.published import numbers as published


def settle(task: Task) -> None:
    """Add the published averages a task asks for, and hold its columns against the published ones; once is enough.

    Raises:
        UsageError: a column whose unit, direction or scale is another than that of the published column it claims.
    """
    if task.averages == "published":
        task.columns = {**task.columns, **published_averages(task.columns)}
    place = f"task '{task.name}'"
    check_columns(task.columns, task.scorers, task.source.splits, task.breakdowns, place)
    kinds = kinds_of(task)
    for name, kind in kinds.items():
        check_claim(name, kind, place)


def kinds_of(task: Task) -> dict[str, Measured]:
    """What kind of value each column of a task has; those of which nothing is known are left out."""
    of_cell: dict[Cell, Measured] = {}
    for name, column in task.columns.items():
        for cell in cells(column, task.columns):
            place = f"task '{task.name}', column '{name}'"
            of_cell[cell] = Measured.of(resolved(cell, task.scorers, task.source.splits, place)[1])
    found: dict[str, Measured] = {}
    for name, column in task.columns.items():
        kind = measured(column, task.columns, of_cell, f"task '{task.name}', column '{name}'")
        if kind is not None:
            found[name] = kind
    return found


def published_averages(known: Collection[str]) -> dict[str, Rule]:
    """The published averages that can be made of some columns, those of averages included.

    Args:
        known: ids of the columns there are; they are not made anew.
    """
    found: dict[str, Rule] = {}
    grown = True
    while grown:
        grown = False
        for name in published.columns():
            if name in known or name in found:
                continue
            for rule in published.averaging_rules(name):
                parts = [part in known or part in found for part in rule.columns]
                enough = all(parts) or (rule.formula == "mean_available" and any(parts))
                if enough and len(parts) == len(rule.of):
                    there = tuple(part for part in rule.of if part in known or part in found)
                    found[name] = replace(rule, of=there, decimals=published.decimals(name))
                    grown = True
                    break
    return found


def check_claim(name: str, kind: Measured, place: str) -> None:
    """Hold a column against the published one of the same id.

    Raises:
        UsageError: another direction, unit or scale.
    """
    info = published.columns().get(name)
    if info is None:
        return
    here = f"{place}, column '{name}'"
    if info.higher_is_better != kind.higher_is_better:
        better = ("higher", "lower") if info.higher_is_better else ("lower", "higher")
        raise UsageError(f"{here}: in the published column {better[0]} is better, in the metric {better[1]}")
    top = top_of(info.unit)
    if top is not None and kind.top is not None and abs(top - kind.top) > 1e-9:
        given = kind.unit or f"a scale up to {kind.top:g}"
        raise UsageError(f"{here}: the published column is in '{info.unit}', the metric gives {given}; rescale it")


@dataclass(slots=True)
class Member:
    """A task or suite within a suite, with the splits it takes part with (all where empty)."""

    definition: Task | SettledSuite
    splits: tuple[str, ...] = ()

    def columns(self) -> Mapping[str, Column]:
        """The columns it yields with these splits."""
        if isinstance(self.definition, SettledSuite):
            return {**self.definition.columns, **self.definition.inner_columns()}
        task = self.definition
        chosen = set(self.splits or task.source.splits)
        return {name: column for name, column in task.columns.items() if needed_splits(task, name) <= chosen}


def needed_splits(task: Task, name: str) -> set[str]:
    """The splits that a column of a task is made of."""
    return {
        split
        for cell in cells(task.columns[name], task.columns)
        for split in cell.splits or (one for one in task.source.splits if _scorer_runs(task, cell, one))
    }


def _scorer_runs(task: Task, cell: Cell, split: str) -> bool:
    return resolved(cell, task.scorers, task.source.splits, f"task '{task.name}'")[0].runs_on(split)


@dataclass(slots=True)
class SettledSuite:
    """A suite whose members are loaded and whose columns are known to be there.

    Args:
        suite: as it was declared.
        members: by name, in order.
        columns: its own columns, in an order in which they can be made.
    """

    suite: Suite
    members: dict[str, Member] = field(default_factory=dict)
    columns: dict[str, Rule] = field(default_factory=dict)

    def inner_columns(self) -> dict[str, Column]:
        """Columns of all members."""
        found: dict[str, Column] = {}
        for member in self.members.values():
            found.update(member.columns())
        return found

    def tasks(self) -> Iterator[tuple[Task, tuple[str, ...]]]:
        """The tasks of all members with their splits, those of inner suites in their place."""
        for member in self.members.values():
            if isinstance(member.definition, SettledSuite):
                yield from member.definition.tasks()
            else:
                yield member.definition, member.splits


def settle_suite(suite: Suite, trail: tuple[str, ...] = ()) -> SettledSuite:
    """Load the members of a suite and check its columns, before the first member runs.

    Raises:
        UnknownNameError: a member, a split or a column that does not exist; the nearest names are suggested.
        UsageError: a suite inside itself, columns made of each other, an average over two units.
    """
    if suite.name in trail:
        raise UsageError(f"suite '{suite.name}' is a member of itself: {' -> '.join([*trail, suite.name])}")
    found = SettledSuite(suite)
    place = f"suite '{suite.name}'"
    kinds: dict[str, Measured] = {}
    for name, splits in suite.members.items():
        definition = plugins.load_task(plugins.member_name(name, suite.file))
        if isinstance(definition, Suite):
            if splits:
                raise UsageError(f"{place}: '{name}' is a suite; it fixes the splits of its tasks")
            inner = settle_suite(definition, (*trail, suite.name))
            found.members[name] = Member(inner)
            continue
        settle(definition)
        for split in splits:
            if split not in definition.source.splits:
                raise UnknownNameError(f"split of {name} in {place}:", split, definition.source.splits)
        found.members[name] = Member(definition, tuple(splits))
        kinds.update(kinds_of(definition))
    known = found.inner_columns()
    columns: dict[str, Rule] = dict(suite.columns)
    if suite.averages == "published":
        columns |= {name: rule for name, rule in published_averages({*known, *columns}).items() if name not in known}
    for name, column in columns.items():
        for part in _parts(column):
            if isinstance(part, Cell):
                raise UsageError(f"{place}, column '{name}': a suite averages columns by their ids, not {part}")
    order = ordered(columns, place, known)
    found.columns = {name: columns[name] for name in order}
    for name in order:
        kind = _kind(columns[name], kinds, f"{place}, column '{name}'")
        if kind is not None:
            kinds[name] = kind
            check_claim(name, kind, place)
    return found


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, Rule):
        for part in node.of:
            yield part
            yield from _parts(part)


def _kind(rule: Rule, kinds: Mapping[str, Measured], place: str) -> Measured | None:
    """What kind of value a suite's rule has, its parts being known by name."""
    stand_ins = {name: Cell(metric=name) for name in kinds}
    of_cell = {cell: kinds[name] for name, cell in stand_ins.items()}
    return measured(rule, stand_ins, of_cell, place)


def columns_of(definition: Task | Suite) -> Mapping[str, Column]:
    """The columns of a task or suite, those taken over from the published tables among them."""
    if isinstance(definition, Suite):
        return dict(settle_suite(definition).columns)
    settle(definition)
    return definition.columns
