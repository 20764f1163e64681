"""Topics of statements: what a user says of a value, how it is changed and asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evalkit.tasks.mmmb_twin import values
from evalkit.tasks.mmmb_twin.facts import Answer, Language
from evalkit.tasks.mmmb_twin.terms import Term
from evalkit.tasks.mmmb_twin.topic_terms import SURNAMES, WORDS
from evalkit.tasks.mmmb_twin.world import World


@dataclass(frozen=True, slots=True)
class TopicWords:
    """How a topic is spoken of; {v} is the value, {p} a person.

    Args:
        says: first mention.
        changes: a later correction.
        asks: questions for the value that holds.
        before: questions for the value before the correction.
    """

    says: tuple[str, ...]
    changes: tuple[str, ...]
    asks: tuple[str, ...]
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """A topic of statements.

    Args:
        key: its name.
        kind: of the value.
        draw: draws a value.
        words: by language.
        choices: number of values there are.
    """

    key: str
    kind: str
    draw: Callable[[World], Answer]
    words: Mapping[Language, TopicWords]
    choices: int = 100


def a_term(purpose: str, terms: tuple[Term, ...]) -> Callable[[World], Answer]:
    """Draws one of the words."""
    return lambda world: world.one(purpose, terms).answer(world.language)


def a_number(purpose: str, low: int, high: int) -> Callable[[World], Answer]:
    """Draws a whole number."""
    return lambda world: values.count(world.one(purpose, range(low, high + 1)), world.language)


def a_time(world: World) -> Answer:
    """A time of day in steps of five minutes."""
    return values.clock(world.one("stated time", range(6 * 60 + 5, 22 * 60, 5)), world.language)


def a_date(world: World) -> Answer:
    """A date in the dialogue's month."""
    return values.day_of_month(world.one("stated date", range(2, 29)), world.month, world.language)


def a_password(world: World) -> Answer:
    """A word and three digits."""
    return values.code(f"{world.one('password', WORDS)}-{world.draws.integer(102, 987)}")


def a_space(world: World) -> Answer:
    """A letter and two digits."""
    return values.code(f"{world.draws.pick('BCDEFGH')}-{world.one('space', range(11, 99))}")


def surname(world: World) -> tuple[str, ...]:
    """A name and its short form."""
    chosen = world.one("surname", SURNAMES[world.language])
    if world.language == "en":
        return chosen, chosen.split(" ", 1)[1]
    return chosen, chosen.removesuffix("老师")
