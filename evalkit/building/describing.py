"""Stage 1 of MMMB: a vision-language model sees each image once and notes what can be asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.building.asking import Item, UnusableError
from evalkit.building.images import Picture
from evalkit.building.prompting import fill
from evalkit.building.text_replies import TEXT, list_of, objects_of
from evalkit.core.message import Image, Message, user
from evalkit.metrics.answers.occurrence import occurs

FEWEST, LONGEST = 2, 120  # facts of an image; characters of an answer
SCHEMA = objects_of({"caption": TEXT, "facts": list_of(objects_of({"question": TEXT, "answer": TEXT}))})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something visible that can be asked for."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a model saw in an image."""

    caption: str
    facts: tuple[Fact, ...]


def description_item(picture: Picture, language: str) -> Item:
    """The question about one image.

    Args:
        picture: the image.
        language: name of the language to write in.
    """

    def messages(problem: str | None) -> tuple[Message, ...]:
        text = fill("describe", picture.digest, {"language": language})
        if problem is not None:
            text += "\n" + fill("again", picture.digest, fenced={"problem": problem})
        return (user(Image(str(picture.path), name=picture.name), text),)

    return Item(picture.name, messages, SCHEMA)


def read_description(item: Item, reply: Mapping[str, Any]) -> Description:
    """The description in a reply; facts that cannot be used are left out.

    Raises:
        UnusableError: no caption, or fewer than two usable facts.
    """
    caption = reply["caption"].strip()
    if not caption:
        raise UnusableError("the caption is empty")
    facts: dict[str, Fact] = {}
    for entry in reply["facts"]:
        question, answer = entry["question"].strip(), entry["answer"].strip()
        if question and answer and len(answer) <= LONGEST and not occurs(question, [answer]):
            facts.setdefault(question.casefold(), Fact(question, answer))
    if len(facts) < FEWEST:
        raise UnusableError(
            f"{len(facts)} of {len(reply['facts'])} facts have a question and a short answer that does not stand in "
            f"the question; at least {FEWEST} are needed"
        )
    return Description(caption, tuple(facts.values()))
