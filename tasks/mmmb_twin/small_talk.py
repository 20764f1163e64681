"""What holds a dialogue together, in one language."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.tasks.mmmb_twin.terms import CITIES, PEOPLE, TOWNS
from evalkit.tasks.mmmb_twin.values import WEEKDAYS


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """Phrases with slots: {p} a person, {v} a value, {name} a picture, {ask} a question, {says} a statement.

    Args:
        openings, greets: first words of a dialogue, and the reply.
        joins, tells: before a picture, before a statement.
        acks, echoes: replies to a statement, without and with its value.
        recalls, reminders: coming back to a picture, to a statement.
        recounts: replies to a reminder.
        looks, memories: replies about the picture at hand, about an earlier one.
        concludes: replies that join a statement and a picture.
        glances: questions about the picture at hand.
        aside: with a picture nobody will need.
    """

    openings: tuple[str, ...]
    greets: tuple[str, ...]
    joins: tuple[str, ...]
    tells: tuple[str, ...]
    acks: tuple[str, ...]
    echoes: tuple[str, ...]
    recalls: tuple[str, ...]
    reminders: tuple[str, ...]
    recounts: tuple[str, ...]
    looks: tuple[str, ...]
    memories: tuple[str, ...]
    concludes: tuple[str, ...]
    glances: tuple[str, ...]
    aside: tuple[str, ...]


_CAPITAL = {"I", "Ms", "Mr", *PEOPLE["en"], *WEEKDAYS, *(city.en for city in CITIES), *TOWNS}


def lower_first(text: str) -> str:
    """The text with a small first letter, unless its first word is a name or "I"."""
    first = text.replace("'", " ").split(" ", 1)[0]
    chinese = any("\u4e00" <= char <= "\u9fff" for char in text)
    return text if chinese or first in _CAPITAL else text[:1].lower() + text[1:]


def after(lead: str, text: str) -> str:
    """A lead ("Also: ", "Next thing. ") with the sentence that follows it."""
    return lead + (lower_first(text) if lead.rstrip().endswith((":", ",")) else upper_first(text))


def upper_first(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def asked(frame: str, ask: str, **slots: str) -> str:
    """A frame with its question; small first letter unless the question begins a sentence."""
    before = frame.split("{ask}")[0].rstrip()
    begins = not before or before[-1] in ".?!"
    return frame.format(ask=upper_first(ask) if begins else lower_first(ask), Ask=upper_first(ask), **slots)


def said(frame: str, says: str) -> str:
    """A frame with a statement."""
    return frame.format(says=says, Says=upper_first(says))
