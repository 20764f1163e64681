"""Rounds of VCB Bench's conversations: recordings of the user, the data's replies, a share of the score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evalkit.authoring import Audio, DataError, Message, Row, assistant, user


def conversation(row: Row, split: str) -> tuple[tuple[Message, ...], dict[str, Any]]:
    """The turns up to the round that is answered, and its facts: conversation, round, share of the score.

    Raises:
        DataError: earlier turns are missing, or the round has no recording or no share.
    """
    place, said = f"sample '{row['id']}'", row["content"]
    try:
        turn, ratio = int(row["mt"]["this_round"]), [int(part) for part in row["mt"]["score_ratio"].split(":")]
        share = ratio[turn - 1] / sum(ratio)
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, ZeroDivisionError):
        told = f'mt_meta needs "this_round" and a "score_ratio" such as "1:1:2" that has it; it is {row["mt"]!r}'
        raise DataError(place, told) from None
    if not isinstance(said, list) or len(said) != 2 * turn - 1 or turn < 1:
        given = f"{len(said)} turns" if isinstance(said, list) else "a text"
        raise DataError(place, f"round {turn} comes after {2 * turn - 2} earlier turns; audio_content has {given}")
    held = row["audio"] if isinstance(row["audio"], tuple) else (row["audio"],)
    heard = held[::2] if len(held) == len(said) else held  # the data's replies may be recorded as well
    if len(heard) != turn:
        raise DataError(place, f"round {turn} needs {turn} recordings of the user; audio_path has {len(held)}")
    turns = [assistant(one) if at % 2 else _spoken(heard[at // 2], one) for at, one in enumerate(said)]
    name = f"{split}/{row['id'].split('-')[0]}"
    return tuple(turns), {"conversation": name, "round": str(turn), "share": share}


def _spoken(recording: Audio, words: str) -> Message:
    return user(replace(recording, transcript=words))
