"""What a task's rows unfold into: turns of conversations, repeats, ids of their split."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

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
        meta={**(sample.meta or {}), **(turn.meta or {}), "turn": str(number)},
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


def turns_before(key: str) -> list[str]:
    """Ids of the turns before one, of the same conversation and asking; none where it is no turn.

    Args:
        key: id of a sample: ID#3, or ID#3~2 where it is asked a second time.
    """
    name, again, asking = key.rpartition(REPEAT) if REPEAT in key.rpartition(TURN)[2] else (key, "", "")
    conversation, _, number = name.rpartition(TURN)
    if not conversation or not number.isdecimal():
        return []
    return [f"{conversation}{TURN}{turn}{again}{asking}" for turn in range(1, int(number))]
