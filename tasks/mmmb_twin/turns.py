"""Turns of a dialogue while it is put together, and how they are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from evalkit.tasks.mmmb_twin.facts import Picture, Statement
from evalkit.tasks.mmmb_twin.plots.recall import TALK
from evalkit.tasks.mmmb_twin.small_talk import after, upper_first
from evalkit.tasks.mmmb_twin.world import World

ContextType = Literal["perception", "knowledge", "text_memory", "image_memory", "mixed_memory"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a context turn with its answer."""

    kind: ContextType
    ask: str
    reply: str


@dataclass(slots=True)
class Turn:
    """What a turn brings: a picture, statements, a question; any of them, or several.

    Args:
        picture: shown in it.
        statements: made in it.
        exchange: what is asked and answered.
    """

    picture: Picture | None = None
    statements: list[Statement] = field(default_factory=list)
    exchange: Exchange | None = None

    @property
    def empty(self) -> bool:
        """Nothing is in it yet."""
        return self.picture is None and not self.statements and self.exchange is None

    def user(self, world: World, first: bool) -> str:
        """The user's words."""
        talk = TALK[world.language]
        said: list[str] = []
        if first:
            opening = world.draws.pick(talk.openings)
            said.append(opening.format(p=world.person()) if "{p}" in opening else opening)
        shown = [world.vary(f"intro {self.picture.family}", self.picture.intros)] if self.picture is not None else []
        told = [statement.says for statement in self.statements]
        # a question about the picture stands right after it
        for place, sentence in enumerate([*told, *shown] if self._looks else [*shown, *told]):
            leads = talk.tells if sentence in told and (place or first) else talk.joins
            said.append(after("" if first and not place else world.vary("lead", leads), sentence))
        if self.exchange is not None:
            lead = world.vary("lead", talk.joins) if self.exchange.kind == "knowledge" and not said else ""
            said.append(after(lead, self.exchange.ask))
        return joined(world, said)

    @property
    def _looks(self) -> bool:
        return self.exchange is not None and self.exchange.kind == "perception"

    def assistant(self, world: World, first: bool) -> str:
        """The reply in the given history."""
        talk, draws = TALK[world.language], world.draws
        said: list[str] = []
        asks_more = self.exchange is not None and not self._looks
        greeted = first and not asks_more and draws.chance(0.8)
        if greeted:
            said.append(draws.pick(talk.greets))
        if self.picture is not None and not self._looks and not (greeted and self.statements):
            said.append(world.vary(f"remark {self.picture.family}", self.picture.remarks))
        for statement in self.statements:
            if statement.reply is not None:
                said.append(statement.reply)
            elif statement is self.statements[-1] and not greeted:
                echo = draws.chance(0.2) and statement.kind not in ("diet", "corner")
                frame = world.vary("echo", talk.echoes) if echo else world.vary("ack", talk.acks)
                said.append(frame.format(v=statement.answer.text))
        if self.exchange is not None:
            said.append(self.exchange.reply)
        return joined(world, [upper_first(sentence) for sentence in said])


def joined(world: World, sentences: Sequence[str]) -> str:
    """Sentences in a row; English ones with a space between."""
    return (" " if world.language == "en" else "").join(sentences)
