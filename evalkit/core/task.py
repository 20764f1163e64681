"""A task asks: where samples come from, how they become messages, which scorers run, which columns it yields."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.core.columns import Column, Rule, check_columns, name_of
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.core.message import Modality, VideoPolicy
from evalkit.core.sample import GREEDY, Generation, Sample
from evalkit.core.scorer import Scorer
from evalkit.core.source import Row, Source

ListenerNames = str | Mapping[str, str]
History = Literal["given", "own"]


@dataclass(slots=True)
class Task:
    """The whole protocol of one benchmark; one that could not give its columns is refused when it is made.

    Args:
        source: where rows come from.
        sample: makes a sample of a row, or several; gets the row and the name of its split.
        scorers: what assesses the answers; the first one that runs on a split is its headline. `on` keeps scorers to
            splits; groups of scorers are flattened.
        columns: published column id -> the value that reproduces it.
        breakdowns: keys of `Sample.meta` by whose values results are broken down as well.
        generation: settings of the protocol.
        takes: modalities a model must accept.
        transcriber: where speech is scored: the model that hears it, by language ("*" for any other).
        language: language code of the answers, where one holds for the whole task.
        averages: "published" adds the columns that papers average from these, by their rules (leaderboards/published).
        listeners: role -> the model that notes something else of spoken answers (a voice, an emotion, a quality), or
            one by language; "transcriber" may stand here too.
        history: of samples with turns: the replies that stand before a later turn are those of the data ("given") or
            the model's own ("own", played live); part of the identity of such a task.
        shared_ids: two splits may use one id; ids are then SPLIT/ID.
        optional_groups: the data are the user's own and may lack groups that columns are about; such a column then has
            no value. Else a group that no sample is in is a mistake, and the run is refused.
        video: which frames of its videos are shown, and whether their sound is heard; part of the identity.
        arguments: what its function was called with beside the defaults; set by the decorator, part of the identity.
        sizes: split -> samples that its card promises, where it does; fewer are incomplete data.
        code: hash of the single file it stands in, where it does; part of the identity.

    Raises:
        UsageError: a split without a scorer, or columns that cannot be: see `columns.check_columns`.
    """

    source: Source
    sample: Callable[[Row, str], Sample | Sequence[Sample]]
    scorers: Sequence[Scorer]
    columns: Mapping[str, Column] = field(default_factory=dict)
    breakdowns: tuple[str, ...] = ()
    generation: Generation = GREEDY
    takes: frozenset[Modality] = frozenset({"text"})
    transcriber: Mapping[str, str] | None = None
    language: str | None = None
    name: str = ""
    version: int = 1
    averages: Literal["published"] | None = None
    listeners: Mapping[str, ListenerNames] = field(default_factory=dict)
    history: History | None = None
    shared_ids: bool = False
    optional_groups: bool = False
    video: VideoPolicy | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scorers = list(_flat(self.scorers))
        self.takes = frozenset(self.takes)
        self.breakdowns = tuple(self.breakdowns)
        if "transcriber" in self.listeners:
            roles = dict(self.listeners)
            named = roles.pop("transcriber")
            self.transcriber, self.listeners = {"*": named} if isinstance(named, str) else named, roles
        self.check()

    def check(self) -> None:
        """Refuse a task whose parts do not fit together; see `Task`."""
        splits = self.source.splits
        name = self.name or _BEING_MADE.get()
        place = f"task '{name}'" if name else "the task"
        for scorer in self.scorers:
            for split in sorted(scorer.splits or ()):
                if split not in splits:
                    raise UnknownNameError(f"split of scorer {name_of(scorer)} in {place}:", split, splits)
        for split in splits:
            if self.scorers and not any(scorer.runs_on(split) for scorer in self.scorers):
                raise UsageError(f"{place}: no scorer runs on split '{split}'; add on('{split}', ...)")
        check_columns(self.columns, self.scorers, splits, self.breakdowns, place)

    def scorers_on(self, split: str) -> list[Scorer]:
        """The scorers that run on a split, the headline first."""
        return [scorer for scorer in self.scorers if scorer.runs_on(split)]


def _flat(scorers: Scorer | Sequence[Any]) -> Iterator[Scorer]:
    if isinstance(scorers, Scorer):
        yield scorers
    else:
        for one in scorers:
            yield from _flat(one)


@dataclass(slots=True)
class Suite:
    """Several tasks whose columns are averaged, as a paper's table does.

    Args:
        members: name of a task or suite -> its splits that take part (all where empty).
        columns: column id -> the rule over members' columns, and over columns of this suite.
        averages: "published" adds the columns that papers average from the members' columns.
        file: the single file it stands in, where it does; its members may stand there too.
    """

    members: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Rule] = field(default_factory=dict)
    name: str = ""
    version: int = 1
    averages: Literal["published"] | None = None
    file: str = ""


TaskFactory = Callable[..., Task | Suite]
_BEING_MADE: ContextVar[str] = ContextVar("task being made", default="")  # for errors of tasks without a name yet


def task(name: str, *, version: int = 1) -> Callable[[TaskFactory], TaskFactory]:
    """Register a function that returns a `Task` or a `Suite` under a name.

    Args:
        name: what `--task` takes.
        version: raised with every change that can alter answers; part of the run's identity.
    """

    def mark(factory: TaskFactory) -> TaskFactory:
        def build(**arguments: Any) -> Task | Suite:
            token = _BEING_MADE.set(name)
            try:
                made = factory(**arguments)
            finally:
                _BEING_MADE.reset(token)
            made.name, made.version = name, version
            if isinstance(made, Task):
                defaults = {key: one.default for key, one in inspect.signature(factory).parameters.items()}
                made.arguments = {key: value for key, value in arguments.items() if value != defaults.get(key)}
            return made

        build.__name__, build.__doc__, build.__module__ = (
            factory.__name__,
            factory.__doc__,
            factory.__module__,
        )
        build.evalkit_task = name  # type: ignore[attr-defined]
        build.__wrapped__ = factory  # type: ignore[attr-defined] # so that its parameters can be looked up
        return build

    return mark
