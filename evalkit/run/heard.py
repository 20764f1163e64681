"""What was remarkable about the media a model was given: kept in the sample's record, counted as flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.sample import Sample
from evalkit.media import remarks


def facts(sample: Sample) -> list[dict[str, Any]]:
    """One entry for each file that was remarkable, as they stand under "input" in `samples.jsonl`.

    Args:
        sample: as it was asked; decoding has noted what it found on its media.

    Returns:
        type, name, flags, and figures such as promised_seconds and found_seconds; see docs/media.md.
    """
    return remarks.of_messages(sample.messages)


def flags(found: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    """What the summary counts of `facts`: each flag once for a sample."""
    return tuple(dict.fromkeys(flag for entry in found or () for flag in entry.get("flags", ())))
