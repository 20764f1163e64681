"""Plan: which samples a command is about, in which order, and whether the data can be used."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalkit import plugins
from evalkit.core.columns import cells, exact
from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.core.model import Model
from evalkit.core.sample import Generation, Sample
from evalkit.core.scorer import Scorer
from evalkit.core.source import Row, Rows
from evalkit.core.task import History, Task
from evalkit.media.sound_track import shown
from evalkit.run.selection import Selection
from evalkit.run.unfold import repeated, turns_of
from evalkit.run.usable import check_kept


@dataclass(slots=True)
class Plan:
    """A task's samples as one command selects them.

    Args:
        task, rows: the protocol and its located data.
        splits: the chosen splits, in the task's order.
        selection: which of their samples; all where nothing is selected.
        seed: of the run.
        generation: settings after overrides.
        repeats: how often each sample is asked.
        history: of samples with turns; see `Task.history`.
    """

    task: Task
    rows: Rows
    splits: tuple[str, ...]
    selection: Selection
    seed: int
    generation: Generation
    repeats: int = 1
    history: History = "given"
    _percent: dict[str, int] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """True when some of the samples are selected."""
        return self.selection.partial

    @property
    def expected(self) -> int | None:
        """How many samples there will be, where the selection says so."""
        chosen = self.selection
        if chosen.limit is not None:
            return chosen.limit * self.repeats
        return (chosen.span[1] - chosen.span[0] + 1) * self.repeats if chosen.span is not None else None

    def quota(self, index: int) -> int | None:
        """How many samples of the split at `index` a limit allows."""
        split, chosen = self.splits[index], self.selection
        if chosen.limit is not None:
            share, rest = divmod(chosen.limit, len(self.splits))
            return share + (index < rest)
        if chosen.percent is not None:
            if split not in self._percent:
                size = sum(1 for _ in self._made(split))
                self._percent[split] = max(1, math.floor(size * exact(chosen.percent) / 100))
            return self._percent[split]
        return None

    def takes_all(self, sizes: Mapping[str, int]) -> bool:
        """True when the limit leaves nothing out: every split ended before its share was used up."""
        if self.selection.limit is None:
            return not self.partial
        quotas = {split: self.quota(index) for index, split in enumerate(self.splits)}
        return all(quota is not None and sizes[split] < quota * self.repeats for split, quota in quotas.items())

    def samples(self) -> Iterator[Sample]:
        """The planned samples, in order; of each, its turns and repeats.

        Raises:
            DataError: a row that is broken or does not fit, with its place; an id that was named and is not there.
        """
        missing = set(self.selection.ids or ())
        for sample, turns in self._selected():
            if self.selection.ids is not None:
                named = {one.id for one in turns} & self.selection.ids
                if sample not in self.selection.ids and not named:
                    continue
                missing -= named | {sample}
            for number in range(1, self.repeats + 1):
                for turn in turns:
                    yield repeated(turn, number)
        if missing:
            some = ", ".join(f"'{name}'" for name in sorted(missing)[:3])
            raise DataError(
                self.rows.location,
                f"--ids names {len(missing)} samples that are not in {'+'.join(self.splits)}, {some} among them",
            )

    def _selected(self) -> Iterator[tuple[str, list[Sample]]]:
        """Id and turns of each sample that limits leave."""
        place = 0
        span = self.selection.span
        for index, split in enumerate(self.splits):
            for sample in itertools.islice(self._made(split), self.quota(index)):
                place += 1
                if span is not None and place > span[1]:
                    return
                if span is None or place >= span[0]:
                    yield sample.id, list(turns_of(sample, self.history))

    def _made(self, split: str) -> Iterator[Sample]:
        """Samples of a split, as the task makes them of its rows."""
        for row in self.rows.read(split):
            yield from self._of_row(row, split)

    def _of_row(self, row: Row, split: str) -> Iterator[Sample]:
        made = self.task.sample(row, split)
        for sample in (made,) if isinstance(made, Sample) else made:
            sample.split = split
            if self.task.video is not None:
                sample.messages = tuple(shown(message, self.task.video) for message in sample.messages)
            if self.task.shared_ids:
                sample = replace(sample, id=f"{split}/{sample.id}")
            check_kept(sample, self.rows.location)
            yield sample

    def places(self, key: str) -> list[str]:
        """Where an id occurs: split, and line or number of the row; for messages."""
        found = []
        for split in self.splits:
            for number, row in enumerate(self.rows.read(split), 1):
                for sample in self._of_row(row, split):
                    if any(one.id == key for one in turns_of(sample, self.history)):
                        line = row.get("")
                        found.append(f"split {split}, line {line}" if line else f"split {split}, sample {number}")
        return found


class Duplicates:
    """Finds an id used twice, with 8-byte hashes in memory and a second look at the data on a hit."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen: set[int] = set()

    def check(self, key: str) -> None:
        """Note an id.

        Raises:
            DataError: it was there before; names both places.
        """
        hashed = hash(key)
        if hashed in self._seen and len(places := self._plan.places(key)) > 1:
            raise DataError(
                self._plan.rows.location,
                f"the id '{key}' occurs more than once ({'; '.join(places[:3])}); ids must be unique in a task, "
                "over all its splits unless it says shared_ids=True",
            )
        self._seen.add(hashed)


class Inspection:
    """What is looked for in the planned samples: before a model is loaded where reading is cheap, else as it is asked.

    Args:
        plan: whose samples they are.
        scorers: they look at each sample of their splits.
    """

    def __init__(self, plan: Plan, scorers: Sequence[Scorer]) -> None:
        self._plan, self._scorers = plan, scorers
        self._duplicates = Duplicates(plan)
        self._groups: set[tuple[str, str]] = set()
        self._any = False

    def look(self, sample: Sample) -> None:
        """Look at a planned sample.

        Raises:
            DataError: its id was used before, or a scorer could not score it.
        """
        self._any = True
        if sample.repeat > 1:
            return
        self._duplicates.check(sample.id)
        for scorer in self._scorers:
            if scorer.runs_on(sample.split):
                scorer.check(sample)
        meta = sample.meta or {}
        self._groups.update((key, str(meta[key])) for key in self._plan.task.breakdowns if key in meta)

    def conclude(self) -> None:
        """Say what is wrong with all of them, after the last one.

        Raises:
            DataError: there was none, or none is in a group of a column.
        """
        plan = self._plan
        if not self._any:
            raise DataError(plan.rows.location, "there is no sample; nothing to evaluate")
        if not plan.partial and set(plan.splits) >= set(plan.task.source.splits):
            _check_groups(plan.task, self._groups, plan.rows.location)


def check(plan: Plan, scorers: Sequence[Scorer]) -> dict[str, int] | None:
    """Read all planned samples once, where that is cheap, so that bad data ends a run before a model is loaded.

    Returns:
        Planned samples per split, or None when reading is not cheap.

    Raises:
        DataError: broken line, duplicate id, a sample no scorer could score, a group of a column that no sample is in,
            nothing to do.
    """
    if not plan.rows.cheap:
        return None
    inspection = Inspection(plan, scorers)
    sizes: dict[str, int] = dict.fromkeys(plan.splits, 0)
    for sample in plan.samples():
        inspection.look(sample)
        sizes[sample.split] += 1
    inspection.conclude()
    return sizes


def _check_groups(task: Task, groups: set[tuple[str, str]], where: str) -> None:
    """Refuse columns over a group that no sample is in.

    Raises:
        DataError: naming column and group.
    """
    for name, column in () if task.optional_groups else task.columns.items():
        for cell in cells(column, task.columns):
            for key, value in cell.groups:
                if (key, value) not in groups:
                    known = ", ".join(sorted(other for name, other in groups if name == key)[:12]) or "none"
                    raise DataError(where, f"column '{name}': no sample has {key}={value}; there are: {known}")


def chosen_splits(task: Task, wanted: Sequence[str]) -> tuple[str, ...]:
    """The splits a command names, in the task's order; all where it names none.

    Raises:
        UnknownNameError: no such split.
    """
    known = task.source.splits
    for name in wanted:
        if name not in known:
            raise UnknownNameError(f"split of {task.name}:", name, known)
    return tuple(name for name in known if not wanted or name in wanted)


def choose_splits(task: Task, rows: Rows, wanted: Sequence[str]) -> tuple[str, ...]:
    """The splits a command selects, in the task's order.

    Raises:
        UnknownNameError: no such split.
        DataError: the data at hand lacks one.
    """
    chosen = chosen_splits(task, wanted)
    absent = [name for name in chosen if name not in rows.splits]
    if absent:
        named = f"{'FILE.py:' if task.code else ''}{task.name}:{'+'.join(rows.splits)}"
        raise DataError(
            rows.location,
            f"no data for split {', '.join(absent)}; to do without, use --task {named}",
        )
    return chosen


def check_names(model: Model, task: Task) -> None:
    """Refuse nameless objects: answers are filed, and found again, by names.

    Raises:
        UsageError: saying how a name is given.
    """
    if not model.name:
        raise UsageError(f'the model {type(model).__name__} has no name; decorate its class with @model("NAME")')
    if not task.name:
        raise UsageError('the task has no name; give Task(name="NAME"), or decorate its function with @task("NAME")')


def check_modalities(model: Model, task: Task, scorers: Sequence[Scorer]) -> None:
    """Refuse a model that cannot take what the task gives, or does not speak where a judge listens.

    Raises:
        UsageError: naming what is missing and the tasks the model can do.
    """
    missing = task.takes - model.takes
    if "answer" not in model.can:
        raise UsageError(f"model '{model.name}' gives no answers, only {', '.join(sorted(model.can))}")
    mute = "speech" not in model.gives
    wants_speech = task.transcriber is not None and mute
    listening = [scorer.protocol for scorer in scorers if scorer.listens]
    if not missing and not wants_speech:
        if listening and mute:
            raise UsageError(
                f"model '{model.name}' has no spoken output, to which {', '.join(listening)} listens; "
                "name a model that gives speech (see 'evalkit list models')"
            )
        return
    lacks = " and ".join(sorted(missing)) + " input" if missing else "spoken output"
    able = [
        name
        for name, plugin in plugins.plugins("task").items()
        if set(plugin.header.get("modalities", ())) <= model.takes and plugin.header
    ]
    options = ", ".join(sorted(able)) or "none of the installed ones"
    raise UsageError(f"model '{model.name}' has no {lacks}, which task '{task.name}' needs. Tasks it can do: {options}")
