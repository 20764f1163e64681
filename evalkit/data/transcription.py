"""How a row of speech becomes a sample: the recording, then the instruction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from evalkit.core.errors import DataError
from evalkit.core.message import Message
from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.data.asking import Language, Maker, Meta, Prompt, facts_of, media_of, needed, place_of
from evalkit.data.splits import BySplit


def transcription(
    prompt: BySplit,
    language: Language = None,
    cluster: Literal["speaker"] | None = "speaker",
    clean: Callable[[str], str] | None = None,
    meta: Meta = (),
    *,
    reference: str = "text",
    audio: str = "audio",
) -> Maker:
    """Make samples of one user turn: the audio first, then the instruction.

    Args:
        prompt: template of the instruction; None for the audio alone; a mapping where it depends on the split.
        language: language code of the speech, kept in the sample's meta; by split, or of a `field`.
        cluster: "speaker" makes samples of one speaker dependent, where the row names the speaker.
        clean: applied to the reference.
        meta: fields to keep in the sample's meta, and facts by split.
        reference: field with the transcript, or with the translation.
        audio: field with the recording.

    Returns:
        A function of row (normal form) and split.

    Raises:
        UsageError: a template's braces do not fit.
    """
    asked = Prompt(prompt)

    def make(row: Row, split: str) -> Sample:
        speaker = row.get("speaker")
        facts: dict[str, Any] = facts_of(row, split, (), language) or {}
        if speaker is not None:
            facts["speaker"] = speaker
        facts |= facts_of(row, split, meta, None) or {}
        parts, placed = asked.parts(row, split)
        text = needed(row, reference)
        if clean is not None and not isinstance(text, str):
            raise DataError(place_of(row), f"the field '{reference}' is no text but {text!r}")
        return Sample(
            id=row["id"],
            messages=(Message("user", (*media_of(row, audio, placed), *parts)),),
            reference=text if clean is None else clean(text),
            cluster=speaker if cluster == "speaker" else None,
            meta=facts or None,
        )

    return make
