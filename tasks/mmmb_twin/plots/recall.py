"""What plots share: coming back to a picture or a statement."""

from __future__ import annotations

from evalkit.tasks.mmmb_twin.facts import Answer, Language, Picture
from evalkit.tasks.mmmb_twin.small_talk import SmallTalk, asked
from evalkit.tasks.mmmb_twin.wording_en import ENGLISH
from evalkit.tasks.mmmb_twin.wording_zh import CHINESE
from evalkit.tasks.mmmb_twin.world import World

TALK: dict[Language, SmallTalk] = {"en": ENGLISH, "zh": CHINESE}
NUMBER_WORDS = {"en": ("", "one", "two", "three", "four", "five"), "zh": ("", "一", "两", "三", "四", "五")}


def about(world: World, picture: Picture, asks: tuple[str, ...]) -> str:
    """A question that names an earlier picture."""
    talk = TALK[world.language]
    return asked(world.vary("recall", talk.recalls), world.draws.pick(asks), name=picture.name)


def reminded(world: World, asks: tuple[str, ...]) -> str:
    """A question for something said earlier."""
    return asked(world.vary("reminder", TALK[world.language].reminders), world.draws.pick(asks))


def listed(world: World, names: list[str]) -> str:
    """ "a, b and c"."""
    if world.language == "zh":
        return "、".join(names[:-1]) + "和" + names[-1] if len(names) > 1 else names[0]
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def word(world: World, number: int) -> str:
    """A small number as a word."""
    return NUMBER_WORDS[world.language][number]


def rivals_of(answer: Answer, *answers: Answer) -> tuple[Answer, ...]:
    """The given answers without the right one and without repetition."""
    kept: dict[str, Answer] = {}
    for other in answers:
        if (other.text != answer.text and other.number != answer.number) or (
            other.number is None and other.text != answer.text
        ):
            kept.setdefault(other.text, other)
    return tuple(kept.values())
