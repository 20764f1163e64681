"""What was remarkable about a media file when it was decoded, noted on its handle for the record of its sample.

A handle is decoded wherever a model wants it: in a thread, for a worker, more than once. Whoever decodes notes here;
whoever writes the sample's record reads. Nothing is noted of an ordinary file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.message import Media, Message

CLIPPED = 0.001  # share of samples beyond full scale from which an input counts as clipped


def note(handle: Media, facts: Mapping[str, Any]) -> None:
    """Keep facts of a file with its handle.

    Args:
        handle: of the file.
        facts: "flags" (names, counted in summaries) and figures; a later decoding replaces those of an earlier one.
    """
    handle.remarks.update(facts)


def noted(handle: Media) -> dict[str, Any]:
    """Facts of one file; empty where nothing was remarkable, or nobody has decoded it."""
    return dict(handle.remarks)


def of_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Facts of every remarkable file of a conversation, each with its `type` and `name`."""
    parts = [part for message in messages for part in message.content if isinstance(part, Media)]
    return [{"type": part.modality, "name": part.label, **part.remarks} for part in parts if part.remarks]


def carried(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Facts of all files of a conversation in order, empty ones included, to be taken to another process."""
    return [noted(part) for message in messages for part in message.content if isinstance(part, Media)]


def restore(messages: Sequence[Message], facts: Sequence[Mapping[str, Any]]) -> None:
    """Note what `carried` gave in another process on the handles of the same conversation here."""
    parts = [part for message in messages for part in message.content if isinstance(part, Media)]
    for part, found in zip(parts, facts, strict=True):
        note(part, found)
