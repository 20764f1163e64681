"""Plan: which samples a command is about, in which order, and whether the data can be used."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalkit import plugins
from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.core.model import Model
from evalkit.core.sample import Generation, Sample
from evalkit.core.scorer import Scorer
from evalkit.core.source import Rows
from evalkit.core.task import Task
from evalkit.run.usable import check_kept


@dataclass(slots=True)
class Plan:
    """A task's samples as one command selects them.

    Args:
        task, rows: the protocol and its located data.
        splits: the chosen splits, in the task's order.
        limit: samples in all, shared out evenly over the splits; None for all.
        seed: of the run.
        generation: settings after overrides.
    """

    task: Task
    rows: Rows
    splits: tuple[str, ...]
    limit: int | None
    seed: int
    generation: Generation

    @property
    def partial(self) -> bool:
        """True when a limit selects some of the samples."""
        return self.limit is not None

    def quota(self, index: int) -> int | None:
        """How many samples of the split at `index` the limit allows."""
        if self.limit is None:
            return None
        share, rest = divmod(self.limit, len(self.splits))
        return share + (index < rest)

    def takes_all(self, sizes: Mapping[str, int]) -> bool:
        """True when the limit leaves nothing out: every split ended before its share was used up."""
        quotas = {split: self.quota(index) for index, split in enumerate(self.splits)}
        return all(quota is not None and sizes[split] < quota for split, quota in quotas.items())

    def samples(self) -> Iterator[Sample]:
        """The planned samples, in order.

        Raises:
            DataError: a row that is broken or does not fit, with its place.
        """
        make = self.task.sample
        for index, split in enumerate(self.splits):
            for row in itertools.islice(self.rows.read(split), self.quota(index)):
                sample = make(row, split)
                sample.split = split
                check_kept(sample, self.rows.location)
                yield sample


class Duplicates:
    """Finds an id used twice, with 8-byte hashes in memory and a second look at the data on a hit."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen: set[int] = set()

    def check(self, key: str) -> None:
        """Note an id.

        Raises:
            DataError: it was there before.
        """
        hashed = hash(key)
        if hashed in self._seen and sum(sample.id == key for sample in self._plan.samples()) > 1:
            raise DataError(
                self._plan.rows.location,
                f"the id '{key}' occurs more than once; ids must be unique in a task",
            )
        self._seen.add(hashed)


def check(plan: Plan, scorers: Sequence[Scorer]) -> dict[str, int] | None:
    """Read all planned samples once, where that is cheap, so that bad data ends a run before a model is loaded.

    Returns:
        Planned samples per split, or None when reading is not cheap.

    Raises:
        DataError: broken line, duplicate id, a sample no scorer could score, nothing to do.
    """
    if not plan.rows.cheap:
        return None
    duplicates = Duplicates(plan)
    sizes: dict[str, int] = dict.fromkeys(plan.splits, 0)
    for sample in plan.samples():
        duplicates.check(sample.id)
        for scorer in scorers:
            scorer.check(sample)
        sizes[sample.split] += 1
    if not any(sizes.values()):
        raise DataError(plan.rows.location, "there is no sample; nothing to evaluate")
    return sizes


def choose_splits(task: Task, rows: Rows, wanted: Sequence[str]) -> tuple[str, ...]:
    """The splits a command selects, in the task's order.

    Raises:
        UnknownNameError: no such split.
        DataError: the data at hand lacks one.
    """
    known = task.source.splits
    for name in wanted:
        if name not in known:
            raise UnknownNameError(f"split of {task.name}:", name, known)
    chosen = tuple(name for name in known if not wanted or name in wanted)
    absent = [name for name in chosen if name not in rows.splits]
    if absent:
        found = "+".join(rows.splits)
        raise DataError(
            rows.location,
            f"no data for split {', '.join(absent)}; to do without, use --task {task.name}:{found}",
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
