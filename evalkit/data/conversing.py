"""Samples of several turns: a history with its replies given, or turns that are played one after the other.

`turns_of` reads a row into messages and the turns to be answered; what plays them lies elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Media, Message, Part, Role, Text
from evalkit.core.sample import Sample, Turn
from evalkit.core.source import Row
from evalkit.data.asking import (
    Language,
    Maker,
    Meta,
    Prompt,
    cluster_of,
    facts_of,
    instructed,
    place_of,
    reference_of,
)
from evalkit.data.cells import known
from evalkit.data.splits import BySplit

_ROLES: Mapping[str, Role] = {
    "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "model": "assistant",
    "system": "system",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Which keys of a turn are what.

    Args:
        role: key with who speaks; a turn without it is a user's, with the reply in `reply`.
        text: keys that may hold what is said, the first that is there counts.
        media: keys that hold recordings or images of it; they stand before the text.
        reply: keys that may hold the reply to a user's turn, in the same object.
        roles: name in the data -> role.
        silent: a user's turn with a recording is that alone; its text is the recording's transcript.
        meta: keys to keep of each turn.
    """

    role: str = "role"
    text: tuple[str, ...] = ("content", "text", "value")
    media: tuple[str, ...] = ("audio", "image", "video")
    reply: tuple[str, ...] = ("reply", "reference")
    roles: Mapping[str, Role] | None = None
    silent: bool = True
    meta: tuple[str, ...] = ()


def conversation(
    turns: str = "turns",
    ask: Literal["last", "every"] = "last",
    *,
    role: str = "role",
    text: str | Sequence[str] = ("content", "text", "value"),
    media: str | Sequence[str] = ("audio", "image", "video"),
    reply: str | Sequence[str] = ("reply", "reference"),
    roles: Mapping[str, Role] | None = None,
    silent: bool = True,
    reference: str | None = "reference",
    turn_meta: Sequence[str] = (),
    meta: Meta = (),
    language: Language = None,
    cluster: str | None = None,
    system: BySplit = None,
) -> Maker:
    """Make samples of conversations, with the replies that the data give.

    A turn is a text or a recording (a user's turn), or an object; see `Shape`.

    Args:
        turns: field with the list of turns.
        ask: "last": the model answers the last user's turn, after the history as given; a last reply in the data is the
            reference. "every": each user's turn is asked, after the data's replies or the model's own to those before
            it (`Task.history`).
        role: key with who speaks, as in `Shape`.
        text: keys that may hold what is said.
        media: keys with recordings or images of a turn.
        reply: keys that may hold the reply to a user's turn, where turns have no roles.
        roles: name in the data -> role; user, human, assistant, gpt, model and system are known.
        silent: a user's turn with a recording is that alone; its text is the recording's transcript.
        reference: of ask="last": field of the row with the reference, where the data give no last reply.
        turn_meta: keys of each turn to keep in its meta.
        meta: fields to keep in the sample's meta, and facts by split.
        language: code of the language of the answers, kept in the sample's meta; by split, or of a `field`.
        cluster: field whose equal values make samples dependent.
        system: template of a system instruction.

    Returns:
        A function of row and split. For ask="every", `Sample.reference` is the list of the turns' references.

    Raises:
        UsageError: a template's braces do not fit.
    """
    told = Prompt(system)
    shape = Shape(role, _names(text), _names(media), _names(reply), roles, silent, tuple(turn_meta))

    def make(row: Row, split: str) -> Sample:
        messages, asked = turns_of(row, turns, ask, shape)
        if ask == "every":
            wanted: Any = [turn.reference for turn in asked]
        else:
            wanted = asked[-1].reference
            wanted = reference_of(row, reference) if wanted is None else wanted
        first = instructed(told, row, split)
        facts = facts_of(row, split, meta, language) or {}
        if ask == "last" and asked[-1].meta:
            facts = {**asked[-1].meta, **facts}
        return Sample(
            id=row["id"],
            messages=(*first, *messages),
            reference=wanted,
            cluster=cluster_of(row, cluster),
            meta=facts or None,
            turns=asked if ask == "every" else None,
        )

    return make


def turns_of(
    row: Row, name: str, ask: Literal["last", "every"], shape: Shape
) -> tuple[tuple[Message, ...], tuple[Turn, ...]]:
    """The conversation up to its last user's turn, and the turns that are to be answered.

    Args:
        row: the row.
        name: its field with the turns.
        ask: "last" for the last user's turn alone, which needs replies to all before; "every" for each user's turn,
            whose replies may be missing: whoever plays them puts the model's own in their place.
        shape: which keys are what.

    Returns:
        Messages, ending with the user's; and the turns: one for each of the user's messages, or the last one alone.

    Raises:
        DataError: no list of turns, a turn of an unknown form or role, no user's turn, or a missing reply.
    """
    place = place_of(row)
    if name not in row:
        raise DataError(place, f"the row has no column '{name}'; {known(name, row)}")
    if not isinstance(row[name], list | tuple) or not row[name]:
        raise DataError(place, f"the field '{name}' must be a list of turns, not {row[name]!r}")
    messages: list[Message] = []
    made_of: list[Any] = []  # the turn that each message comes from
    for at, turn in enumerate(row[name]):
        said = _messages(turn, f"{place}, {name}[{at}]", shape)
        messages += said
        made_of += [turn] * len(said)
    places = [at for at, message in enumerate(messages) if message.role == "user"]
    if not places:
        raise DataError(place, f"the field '{name}' has no turn of the user")
    for earlier, later in itertools.pairwise(places):
        if ask == "last" and later == earlier + 1:
            raise DataError(
                place, f"message {later} of '{name}' has no reply; ask='every' lets the model give the replies itself"
            )
    asked = tuple(Turn(_reply(messages, at), _meta(made_of[at], shape)) for at in places)
    return tuple(messages[: places[-1] + 1]), asked if ask == "every" else asked[-1:]


def _messages(turn: Any, place: str, shape: Shape) -> list[Message]:
    if isinstance(turn, str):
        return [Message("user", (Text(turn),))]
    if isinstance(turn, Media):
        return [Message("user", (_part(turn),))]
    if not isinstance(turn, Mapping):
        raise DataError(place, f"a turn is a text, a recording or an object, not {turn!r}")
    if shape.role in turn:
        roles = {**_ROLES, **(shape.roles or {})}
        if turn[shape.role] not in roles:
            raise DataError(place, f"unknown role '{turn[shape.role]}'; {known(str(turn[shape.role]), roles)}")
        speaker = roles[turn[shape.role]]
        return [Message(speaker, _content(turn, place, shape, shape.silent and speaker == "user"))]
    said = [Message("user", _content(turn, place, shape, shape.silent))]
    reply = next((turn[key] for key in shape.reply if turn.get(key) not in (None, "")), None)
    if reply is None:
        return said
    if not isinstance(reply, str):
        raise DataError(place, f"a reply must be text, not {reply!r}")
    return [*said, Message("assistant", (Text(reply),))]


def _content(turn: Mapping[str, Any], place: str, shape: Shape, silent: bool) -> tuple[Part, ...]:
    held: list[Part] = []
    for key in shape.media:
        found = turn.get(key)
        for one in found if isinstance(found, tuple | list) else () if found is None else (found,):
            if not isinstance(one, Media):
                raise DataError(
                    place,
                    f"'{key}' holds no media but {one!r}; declare the turns with each(..., {{'{key}': audio(...)}})",
                )
            held.append(_part(one))
    said = next((turn[key] for key in shape.text if turn.get(key) not in (None, "")), None)
    if said is not None and not isinstance(said, str):
        raise DataError(place, f"what is said must be text, not {said!r}")
    if not held and said is None:
        raise DataError(place, f"a turn without text or media; it has {', '.join(map(str, turn))}")
    if said is None:
        return tuple(held)
    if silent and any(isinstance(one, Audio) for one in held):
        return tuple(Audio(one.path, one.opener, one.name, said) if isinstance(one, Audio) else one for one in held)
    return (*held, Text(said))


def _part(found: Any) -> Part:
    part: Part = found
    return part


def _reply(messages: Sequence[Message], at: int) -> str | None:
    follows = messages[at + 1] if at + 1 < len(messages) else None
    if follows is None or follows.role != "assistant":
        return None
    return follows.text or None  # a recording alone has no text to compare with


def _meta(turn: Any, shape: Shape) -> dict[str, Any] | None:
    kept = {key: turn[key] for key in shape.meta if isinstance(turn, Mapping) and key in turn}
    return kept or None


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
