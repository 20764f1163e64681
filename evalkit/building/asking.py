"""Asks a model for many items; every reply is journalled before it is used, so nothing answered is asked again.

An item is asked until a reply can be used, `attempts` times at the most; every attempt has a seed of its own. A call
that failed is no attempt: the item is left out of this command and asked again by the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from evalkit.core.errors import EvalkitError, ResultsError
from evalkit.core.limits import BudgetError
from evalkit.core.message import Message
from evalkit.core.model import Model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.api.calling import CallModel
from evalkit.records import journals
from evalkit.run.journal import Journal

Result = TypeVar("Result")
Tick = Callable[[bool], None]


class UnusableError(EvalkitError):
    """A reply that cannot be used; the message says why, for the next attempt and for the record."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to ask for.

    Args:
        id: unique in its stage.
        messages: makes the conversation; gets what was wrong with the last reply, None at first.
        schema: JSON Schema of the reply.
        language: of what is to be spoken.
    """

    id: str
    messages: Callable[[str | None], tuple[Message, ...]]
    schema: Mapping[str, Any] | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Stage(Generic[Result]):
    """How the replies of one stage are kept and read.

    Args:
        name: for progress and messages.
        journal: its file.
        keep: what is written of a reply; may save files. Raises UnusableError.
        load: the result that a kept record holds. Raises UnusableError where what it names is gone.
        settings: of the first attempt and of later ones.
        attempts: tries with unusable replies.
    """

    name: str
    journal: Path
    keep: Callable[[Item, Response], dict[str, Any]]
    load: Callable[[Item, Mapping[str, Any]], Result]
    settings: tuple[Generation, Generation]
    attempts: int


@dataclass(slots=True)
class Outcome(Generic[Result]):
    """What a stage came to.

    Args:
        results: item -> result.
        unusable: item -> what was wrong with the last of its replies; no further attempt is made.
        failed: item -> why its call failed; the next command asks again.
    """

    results: dict[str, Result] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def ask(
    stage: Stage[Result], items: Sequence[Item], model: Model | None, seed: int, tick: Tick = lambda failed: None
) -> Outcome[Result]:
    """Get a result for every item; the model is started only if something is left to ask.

    Args:
        stage: what to do with replies.
        items: what to ask for, ids unique.
        model: not started, its limits set; None to take what the journal holds and ask nothing.
        seed: of the build.
        tick: called after each item that ended, with True when it has no result.

    Raises:
        BudgetError: the money is spent; what was answered is kept.
        ResultsError: the disk failed, or the model broke the rules of `Model.stream`.
    """
    outcome: Outcome[Result] = Outcome()
    problems, failed = _known(stage, items, outcome)
    waiting = deque(item for item in items if item.id not in outcome.results and item.id not in outcome.unusable)
    if model is None:
        outcome.failed.update((item.id, failed.get(item.id, "not asked yet")) for item in waiting)
        return outcome
    if waiting:
        with model, Journal(stage.journal) as journal:
            _Asking(stage, model, seed, journal, outcome, problems, tick).go(waiting)
    return outcome


def _known(
    stage: Stage[Result], items: Sequence[Item], outcome: Outcome[Result]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What the journal says already; returns item -> problems of its unusable replies, and item -> last failure."""
    wanted = {item.id: item for item in items}
    problems: dict[str, list[str]] = {}
    failed: dict[str, str] = {}
    for record in journals.read(stage.journal, ()):
        item = wanted.get(record["id"])
        if item is None:
            continue
        if "failure" in record:
            failed[item.id] = record["failure"]["message"]
            continue
        if "problem" in record:
            problems.setdefault(item.id, []).append(record["problem"])
            continue
        try:
            outcome.results[item.id] = stage.load(item, record)
        except UnusableError:
            outcome.results.pop(item.id, None)  # a file of ours is gone: asked again
    for key, found in problems.items():
        if key not in outcome.results and len(found) >= stage.attempts:
            outcome.unusable[key] = found[-1]
    return problems, failed


class _Asking(Generic[Result]):
    """One command's pass over the items that are left."""

    def __init__(
        self,
        stage: Stage[Result],
        model: Model,
        seed: int,
        journal: Journal,
        outcome: Outcome[Result],
        problems: dict[str, list[str]],
        tick: Tick,
    ) -> None:
        self.stage, self.model, self.seed, self.journal = stage, model, seed, journal
        self.outcome, self.problems, self.tick = outcome, problems, tick
        self.flying: dict[str, Item] = {}

    def go(self, waiting: deque[Item]) -> None:
        while waiting and not self._broke():
            for name, response in self.model.stream(self._requests(waiting)):
                item = self.flying.pop(name, None)
                if item is None:
                    raise ResultsError(f"model '{self.model.name}' answered '{name}', which it was not asked")
                if self._take(item, response):
                    waiting.append(item)
            if self.flying:
                raise ResultsError(
                    f"model '{self.model.name}' ended without answering {len(self.flying)} of the stage "
                    f"'{self.stage.name}'; repeat the command to ask for them again"
                )
        if waiting:
            budget = self.model.limits.budget
            assert budget is not None
            raise BudgetError(
                f"stopped: {budget.spent:.4f} of at most {budget.maximum:g} US dollars are spent. Replies so far are "
                "kept; repeat the command to go on"
            )

    def _requests(self, waiting: deque[Item]) -> Iterator[Request]:
        while waiting and not self._broke():
            item = waiting.popleft()
            problems = self.problems.get(item.id, [])
            name = item.id if not problems else f"{item.id}.{len(problems) + 1}"
            self.flying[name] = item
            messages = item.messages(problems[-1] if problems else None)
            settings = self.stage.settings[bool(problems)]
            yield Request(name, messages, settings, self.seed, schema=item.schema, language=item.language)

    def _take(self, item: Item, response: Response) -> bool:
        """Journal a reply; True when the item has to be asked again."""
        record: dict[str, Any] = {"id": item.id}
        again = False
        if response.failure is not None:
            record["failure"] = {"kind": response.failure.kind, "message": _text(response.failure.message)}
            self.outcome.failed[item.id] = record["failure"]["message"]
        else:
            try:
                record.update(self.stage.keep(item, response))
                self.outcome.results[item.id] = self.stage.load(item, record)
            except UnusableError as error:
                record.update(text=_text(response.text or ""), problem=str(error))
                found = self.problems.setdefault(item.id, [])
                found.append(str(error))
                again = len(found) < self.stage.attempts
                if not again:
                    self.outcome.unusable[item.id] = str(error)
        record.update(_spent(response))
        self.journal.append(record)
        budget = self.model.limits.budget
        if budget is not None and not isinstance(self.model, CallModel):
            budget.charge(response.cost)  # models that make calls charge it themselves
        if not again:
            self.tick(item.id not in self.outcome.results)
        return again

    def _broke(self) -> bool:
        budget = self.model.limits.budget
        return budget is not None and budget.reached


def _spent(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if response.usage:
        found["usage"] = dict(response.usage)
    if response.cost is not None:
        found["cost"] = response.cost
    served = (response.meta or {}).get("model")
    if isinstance(served, str) and served:
        found["served"] = served
    return found


def _text(text: str) -> str:
    """Text that a file can hold: half surrogate pairs replaced."""
    return text.encode("utf-8", "replace").decode()


@dataclass(slots=True)
class Spending:
    """What a journal's replies took.

    Args:
        replies: all of them, unusable ones too.
        unusable: those that could not be used.
        failed: calls that failed.
        usage: counted units, summed.
        cost: US dollars; None when it is not known of every reply.
        served: names the provider gave the model.
    """

    replies: int = 0
    unusable: int = 0
    failed: int = 0
    usage: dict[str, float] = field(default_factory=dict)
    cost: float | None = 0.0
    served: list[str] = field(default_factory=list)


def spending(journal: Path) -> Spending:
    """Sums over a journal."""
    found = Spending()
    for record in journals.read(journal, ()):
        if "failure" in record:
            found.failed += 1
        else:
            found.replies += 1
            found.unusable += "problem" in record
            if "cost" not in record:
                found.cost = None
        if found.cost is not None:
            found.cost += record.get("cost", 0.0)
        for key, amount in record.get("usage", {}).items():
            found.usage[key] = found.usage.get(key, 0.0) + amount
        if record.get("served") and record["served"] not in found.served:
            found.served.append(record["served"])
    found.served.sort()
    if found.cost is not None:
        found.cost = round(found.cost, 9)
    return found
