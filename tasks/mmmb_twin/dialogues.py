"""Dialogues put together: a plot in its places, context around it, and the checks every dialogue has to pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from evalkit.authoring import EvalkitError
from evalkit.metrics.answers.occurrence import occurs
from evalkit.tasks.mmmb_twin.context import Context
from evalkit.tasks.mmmb_twin.draws import Draws
from evalkit.tasks.mmmb_twin.facts import Picture, Piece, Plot
from evalkit.tasks.mmmb_twin.plots import image, mixed, text
from evalkit.tasks.mmmb_twin.plots.recall import TALK, rivals_of
from evalkit.tasks.mmmb_twin.quotas import MAX_TURNS, Order, orders
from evalkit.tasks.mmmb_twin.turns import Turn, joined
from evalkit.tasks.mmmb_twin.world import World

VERSION = 1  # raised with every change that can alter a dialogue or an image
ATTEMPTS = 400
RIVALS = 32  # wrong candidates that are listed with an answer, at most
READ_OFF = frozenset({"fact", "lookup", "chain", "min", "max", "map_hours"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its text, and the picture shown with it."""

    role: str
    text: str
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """A finished dialogue with the state behind it.

    Args:
        order: what was asked for.
        plot: the last question.
        turns: all turns but the last.
        messages: the dialogue.
    """

    order: Order
    plot: Plot
    turns: tuple[Turn, ...]
    messages: tuple[Message, ...]

    @property
    def id(self) -> str:
        """For example "en-007"."""
        return f"{self.order.language}-{self.order.number:03d}"

    @property
    def pictures(self) -> list[Picture]:
        """All pictures in order."""
        return [message.picture for message in self.messages if message.picture is not None]

    @property
    def alternatives(self) -> list[str]:
        """Wordings of wrong candidates: those of the plot, and what the needed pictures show of the same kind.

        Where the answer is worked out of several values, an answer may well name them; they are no candidates. Nor is
        what the question names itself.
        """
        rivals = list(self.plot.rivals)
        if self.plot.query["op"] in READ_OFF:
            for picture in (piece.picture for piece in self.plot.needed if piece.picture is not None):
                shown = [fact.answer for fact in picture.facts.values() if fact.kind == self.plot.kind]
                rivals += rivals_of(self.plot.answer, *shown)
        rivals = [rival for rival in rivals if not occurs(self.plot.question, rival.wordings)]
        return list(dict.fromkeys(word for rival in rivals[:RIVALS] for word in rival.wordings))

    def state(self) -> dict[str, Any]:
        """What a program needs to answer the last question: specs of pictures, statements by turn, the query."""
        return {
            "pictures": {one.name: {"family": one.family, "spec": one.spec} for one in self.pictures},
            "statements": [
                {"turn": number, "topic": one.topic, **one.fact}
                for number, turn in enumerate(self.turns, 1)
                for one in turn.statements
            ],
            "query": self.plot.query,
        }


class _UnfitError(Exception):
    """This attempt does not do; another one will."""


def twins(seed: int) -> Iterator[Twin]:
    """All dialogues of a seed, in file order.

    Raises:
        EvalkitError: no dialogue of some kind passed the checks (a bug of the generator).
    """
    questions: set[str] = set()
    for order in orders(seed):
        twin = _made(seed, order, questions)
        questions.add(twin.messages[-1].text)
        yield twin


def _made(seed: int, order: Order, questions: set[str]) -> Twin:
    for attempt in range(ATTEMPTS):
        world = World(Draws("mmmb_twin", VERSION, seed, order.number, attempt), order.language)
        try:
            twin = _attempt(world, order)
        except (_UnfitError, ValueError):
            continue
        if twin.messages[-1].text not in questions and not _gives_itself_away(twin):
            return twin
    raise EvalkitError(f"no dialogue of the kind {order} passed the checks")


def _attempt(world: World, order: Order) -> Twin:
    plot = _plot(world, order)
    if plot.images != order.images:
        raise _UnfitError
    slots = _slots(world, plot, order.distance)
    least = max(order.distance + 1, len(slots) + 2, 5)
    last = min(MAX_TURNS, least + world.draws.integer(0, 5))
    turns = [Turn() for _ in range(last - 1)]
    start = last - 1 - order.distance
    places = [start, *sorted(world.draws.sample(range(start + 1, last - 1), len(slots) - 1))]
    for place, slot in zip(places, slots, strict=True):
        for piece in slot:
            _put(turns[place], piece)
    _scatter(world, plot, turns, slots, places)
    Context(world, plot, turns).fill(world.draws.integer(3, 5))
    if any(turn.empty for turn in turns) or sum(turn.picture is not None for turn in turns) < 2:
        raise _UnfitError
    messages = []
    for place, turn in enumerate(turns):
        messages.append(Message("user", turn.user(world, place == 0), turn.picture))
        messages.append(Message("assistant", turn.assistant(world, place == 0)))
    messages.append(_last(world, plot, turns))
    names = [message.picture.name for message in messages if message.picture is not None]
    if len(set(names)) < len(names):
        raise _UnfitError
    return Twin(order, plot, tuple(turns), tuple(messages))


def _plot(world: World, order: Order) -> Plot:
    if order.memory == "text":
        table: dict[Callable[..., Plot], int] = text.PLOTS
    else:
        table = (image if order.memory == "image" else mixed).PLOTS[order.images]
    return world.draws.pick([make for make, weight in table.items() for _ in range(weight)])(world, order.images)


def _slots(world: World, plot: Plot, distance: int) -> list[list[Piece]]:
    """The needed pieces by turn: one each, but statements share a turn where there are too few, and now and then."""
    pieces = list(plot.needed) if plot.ordered else world.draws.shuffled(plot.needed)
    slots = [[piece] for piece in pieces]
    while len(slots) > 1 and (len(slots) > distance or (not plot.ordered and world.draws.chance(0.15))):
        pairs = [
            (a, b) for a in range(len(slots)) for b in range(len(slots)) if a != b and _can_share(slots[a], slots[b])
        ]
        if plot.ordered or not pairs:
            break
        a, b = world.draws.pick(pairs)
        slots[a] += slots[b]
        del slots[b]
    if len(slots) > distance:
        raise _UnfitError
    return slots


def _can_share(one: list[Piece], other: list[Piece]) -> bool:
    both = [*one, *other]
    return (
        sum(piece.picture is not None for piece in both) <= 1
        and sum(piece.statement is not None for piece in both) <= 2
    )


def _put(turn: Turn, piece: Piece) -> None:
    if piece.picture is not None:
        if turn.picture is not None:
            raise _UnfitError
        turn.picture = piece.picture
    if piece.statement is not None:
        turn.statements.append(piece.statement)


def _scatter(world: World, plot: Plot, turns: list[Turn], slots: list[list[Piece]], places: list[int]) -> None:
    """Distractors: superseded statements before what supersedes them, the others anywhere; never in a crowd."""
    for piece in plot.noise:
        end = len(turns)
        if piece.before is not None:
            wanted = plot.needed[piece.before]
            end = next(place for place, slot in zip(places, slots, strict=True) if any(one is wanted for one in slot))
        taken = {place for place, turn in enumerate(turns) if turn.statements}
        free = [
            place
            for place in range(end)
            if (piece.picture is None or turns[place].picture is None)
            and (piece.statement is None or place not in taken)
        ]
        if not free:
            raise _UnfitError
        _put(turns[world.draws.pick(free)], piece)


def _last(world: World, plot: Plot, turns: list[Turn]) -> Message:
    """The last turn; often another picture comes with it where the last one would be the one that is asked for."""
    needed = [piece.picture for piece in plot.needed if piece.picture is not None]
    latest = next(turn.picture for turn in reversed(turns) if turn.picture is not None)
    shown = plot.images == 1 and any(latest is picture for picture in needed)
    if not world.draws.chance(0.92 if shown else 0.06):
        return Message("user", plot.question)
    closed = {picture.family for picture in needed}
    families = [family for family in image.SIMPLE if family.__name__.rsplit(".", 1)[-1] not in closed]
    picture = world.draws.pick(families).make(world)
    aside = world.draws.pick(TALK[world.language].aside)
    return Message("user", joined(world, [aside, plot.question]), picture)


def _gives_itself_away(twin: Twin) -> bool:
    """True when the last question names its answer, or the history says what only images may show."""
    wordings = twin.plot.answer.wordings
    if occurs(twin.messages[-1].text, wordings):
        return True
    history = twin.messages[:-1]
    if twin.order.memory != "text":
        return any(occurs(message.text, wordings) for message in history)
    needed = [piece.statement for piece in twin.plot.needed]
    last = max(place for place, turn in enumerate(twin.turns) if any(one in needed for one in turn.statements))
    first = min(place for place, turn in enumerate(twin.turns) if any(one in needed for one in turn.statements))
    told = any(twin.plot.answer.text == one.answer.text for one in needed if one is not None)
    elsewhere = [message for place, message in enumerate(history) if not first <= place // 2 <= last]
    if twin.plot.name == "removed":  # what is taken off was put on before
        elsewhere = [message for place, message in enumerate(history) if place // 2 > last]
    return any(occurs(message.text, wordings) for message in (elsewhere if told else history))
