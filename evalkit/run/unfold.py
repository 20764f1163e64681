"""What a task's rows unfold into: turns of conversations, repeats, ids of their split."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Message
from evalkit.core.sample import Sample, Turn
from evalkit.core.task import History

# Marks in ids; the part before them is the id of the data.
TURN, REPEAT = "#", "~"


def turns_of(sample: Sample, history: History) -> Iterator[Sample]:
    """A conversation as one sample for each of its user turns; any other sample as it is.

    With history "given" the data's replies stand between the turns. With "own" only the user's turns and the system's
    words are kept, and `Sample.after` says whose replies belong in between.

    Raises:
        DataError: not one `Turn` for each user message.
    """
    if sample.turns is None:
        yield sample
        return
    places = [place for place, message in enumerate(sample.messages) if message.role == "user"]
    if len(places) != len(sample.turns) or not places:
        raise DataError(
            f"sample '{sample.id}'",
            f"{len(places)} user turns and {len(sample.turns)} turns to ask; each user message needs one",
        )
    if history == "given":
        for earlier, later in itertools.pairwise(places):
            if later == earlier + 1:
                raise DataError(
                    f"sample '{sample.id}'",
                    f"the data give no reply to message {later}; --history own puts the model's own replies there",
                )
    asked: list[str] = []
    for number, (place, turn) in enumerate(zip(places, sample.turns, strict=True), 1):
        name = f"{sample.id}{TURN}{number}"
        messages = sample.messages[: place + 1]
        if history == "own":
            messages = tuple(message for message in messages if message.role != "assistant")
        yield _turn(sample, turn, name, messages, tuple(asked) if history == "own" else (), number)
        asked.append(name)


def _turn(
    sample: Sample, turn: Turn, name: str, messages: tuple[Message, ...], after: tuple[str, ...], number: int
) -> Sample:
    return replace(
        sample,
        id=name,
        messages=messages,
        reference=turn.reference,
        cluster=sample.cluster if sample.cluster is not None else sample.id,
        meta={**(sample.meta or {}), **(turn.meta or {}), "turn": str(number), "turns": str(len(sample.turns or ()))},
        choices=turn.choices,
        turns=None,
        after=after,
    )


def repeated(sample: Sample, number: int) -> Sample:
    """The sample as it is asked the `number`-th time; its id, and so its seed, is another from the second time on."""
    if number == 1:
        return sample
    return replace(
        sample,
        id=f"{sample.id}{REPEAT}{number}",
        after=tuple(f"{name}{REPEAT}{number}" for name in sample.after),
        repeat=number,
        origin=sample.id,
    )


def earlier_turns(name: str, meta: Mapping[str, Any] | None) -> list[str]:
    """Ids of the samples that ask the turns before this one, in order; none for the first, and for other samples."""
    base, _, last = name.rpartition(TURN)
    number, mark, repeat = last.partition(REPEAT)
    if not base or number != str((meta or {}).get("turn", "")) or not number.isdecimal():
        return []
    return [f"{base}{TURN}{turn}{mark}{repeat}" for turn in range(1, int(number))]
