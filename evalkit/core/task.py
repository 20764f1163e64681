"""A task asks: where samples come from, how they become messages, which scorers run, which columns it yields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.core.message import Modality
from evalkit.core.sample import GREEDY, Generation, Sample
from evalkit.core.scorer import Scorer
from evalkit.core.source import Row, Source

Rounding = Literal["nearest", "cut"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a summary: a metric over one split, one breakdown group, or everything.

    Args:
        split: name of the split; None for all splits pooled.
        metric: name of the metric; None where the task has only one.
        group: (breakdown, value) for a value of a breakdown.
    """

    split: str | None = None
    metric: str | None = None
    group: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Average:
    """A value made from other values by a formula of `evalkit.statistics.averages`.

    Args:
        of: the cells (inside a task) or column ids (inside a suite) that go in; all must be there.
        weights: one per entry of `of`; None for the plain mean.
        rounding, decimals: how the paper prints it; "cut" truncates.
    """

    of: tuple[Cell | str, ...]
    weights: tuple[float, ...] | None = None
    rounding: Rounding = "nearest"
    decimals: int = 2


Column = Cell | Average


@dataclass(slots=True)
class Task:
    """The whole protocol of one benchmark.

    Args:
        source: where rows come from.
        sample: makes a sample of a row; gets the row and the name of its split.
        scorers: what assesses the answers; the first one is the headline.
        columns: published column id -> the value that reproduces it.
        breakdowns: keys of `Sample.meta` by whose values results are broken down as well.
        generation: settings of the protocol.
        takes: modalities a model must accept.
        transcriber: where speech is scored: the model that hears it, by language ("*" for any other).
        language: language code of the answers, where one holds for the whole task.
    """

    source: Source
    sample: Callable[[Row, str], Sample]
    scorers: Sequence[Scorer]
    columns: Mapping[str, Column] = field(default_factory=dict)
    breakdowns: tuple[str, ...] = ()
    generation: Generation = GREEDY
    takes: frozenset[Modality] = frozenset({"text"})
    transcriber: Mapping[str, str] | None = None
    language: str | None = None
    name: str = ""
    version: int = 1


@dataclass(slots=True)
class Suite:
    """Several tasks whose columns are averaged, as a paper's table does.

    Args:
        members: task name -> its splits that take part (all where empty).
        columns: column id -> the average of members' column ids.
    """

    members: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Average]
    name: str = ""
    version: int = 1


TaskFactory = Callable[..., Task | Suite]


def task(name: str, *, version: int = 1) -> Callable[[TaskFactory], TaskFactory]:
    """Register a function that returns a `Task` or a `Suite` under a name.

    Args:
        name: what `--task` takes.
        version: raised with every change that can alter answers; part of the run's identity.
    """

    def mark(factory: TaskFactory) -> TaskFactory:
        def build(**arguments: Any) -> Task | Suite:
            made = factory(**arguments)
            made.name, made.version = name, version
            return made

        build.__name__, build.__doc__, build.__module__ = (
            factory.__name__,
            factory.__doc__,
            factory.__module__,
        )
        build.evalkit_task = name  # type: ignore[attr-defined]
        return build

    return mark
