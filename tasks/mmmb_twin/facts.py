"""What the generator knows: answers, facts of pictures, statements, and the question at the end with what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in the language of the dialogue.

    Args:
        text: how it is said.
        accepted: further wordings that are right.
        number: for computing; None where it is no quantity.
    """

    text: str
    accepted: tuple[str, ...] = ()
    number: float | None = None

    @property
    def wordings(self) -> tuple[str, ...]:
        """All wordings that are right."""
        return (self.text, *self.accepted)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a picture shows.

    Args:
        key: within the picture, for example "price:Pumpkin soup".
        kind: of the answer: "price", "colour", "count", ...
        answer: what is right.
        asks: questions for it with the picture at hand; each begins with a question word.
        says: a sentence that states it.
        rivals: other candidates the same picture offers.
        choices: number of values it could have had; a guess is right once in so many.
    """

    key: str
    kind: str
    answer: Answer
    asks: tuple[str, ...]
    says: str
    rivals: tuple[Answer, ...] = ()
    choices: int = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """An image before it is drawn.

    Args:
        family: which drawing program.
        spec: everything that program needs (JSON), so the state of the picture.
        name: noun phrase that tells it apart in its dialogue, for example "the menu of the place by the harbour".
        intros: sentences that show it and give it that name.
        remarks: what can be said of it without giving a fact away.
        facts: by key.
        label: what tells it apart from others of its family.
    """

    family: str
    spec: Mapping[str, Any]
    name: str
    intros: tuple[str, ...]
    remarks: tuple[str, ...]
    facts: Mapping[str, Fact]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something the user, or the assistant, says that may be needed later.

    Args:
        topic: what it is about; no two statements of a dialogue share a topic unless one updates the other.
        kind: of the value.
        answer: the value.
        says: the user's sentence.
        reply: the assistant's, where it has to be this one; None for any acknowledgement.
        asks: questions for it later.
        fact: machine-readable content, for the state of the dialogue.
    """

    topic: str
    kind: str
    answer: Answer
    says: str
    asks: tuple[str, ...]
    reply: str | None = None
    fact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one turn has to bring: a picture, a statement, or both.

    Args:
        picture, statement: its content.
        before: index of the needed piece that must come later; None where the place is free.
    """

    picture: Picture | None = None
    statement: Statement | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """The last question with everything it needs and what is to distract from it.

    Args:
        name: of the kind of question, for example "budget_left".
        question: the last turn.
        kind: of the answer.
        answer: what is right.
        rivals: candidates that are wrong.
        choices: number of values the answer could have had.
        needed: pieces without which the answer cannot be known.
        ordered: the needed pieces must come in this order.
        noise: pieces that look relevant and are not.
        hidden: facts, as (picture's name, key), that no other turn may give away.
        query: the question for a program that knows the state (JSON).
        avoid: topics nobody may bring up besides, because they would make the question ambiguous.
    """

    name: str
    question: str
    kind: str
    answer: Answer
    needed: tuple[Piece, ...]
    query: Mapping[str, Any]
    rivals: tuple[Answer, ...] = ()
    choices: int = 100
    ordered: bool = False
    noise: tuple[Piece, ...] = ()
    hidden: frozenset[tuple[str, str]] = frozenset()
    avoid: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """Number of images it needs."""
        return sum(piece.picture is not None for piece in self.needed)
