"""Samples that ask for speech: say this text, in the voice of that recording."""

from __future__ import annotations

import dataclasses

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Media, Message, Part, Text
from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.data.asking import (
    Language,
    Maker,
    Meta,
    Prompt,
    cluster_of,
    facts_of,
    instructed,
    needed,
    place_of,
)
from evalkit.data.splits import BySplit


def speak(
    instruction: BySplit = None,
    text: str = "text",
    voice: str | None = None,
    transcript: str | None = None,
    *,
    language: Language = None,
    meta: Meta = (),
    cluster: str | None = None,
    system: BySplit = None,
) -> Maker:
    """Make samples of synthesis: the voice's recording, the instruction, then the text on a line of its own.

    The reference is the text. The recording is also in `Sample.media`, under the name of its field, so that listeners
    can compare with it; its `Audio.transcript` is what is said in it.

    Args:
        instruction: template; where it has a placeholder of the text's field, the text stands there alone.
        text: field with the text to be said.
        voice: field with a recording of the voice to say it in; None for any voice.
        transcript: field with what is said in that recording.
        language: code of the language, kept in the sample's meta; by split, or of a `field`.
        meta: fields to keep in the sample's meta, and facts by split.
        cluster: field whose equal values make samples dependent.
        system: template of a system instruction.

    Returns:
        A function of row and split.

    Raises:
        UsageError: a template's braces do not fit.
    """
    asked, told = Prompt(instruction), Prompt(system)

    def make(row: Row, split: str) -> Sample:
        said = needed(row, text)
        if not isinstance(said, str) or not said.strip():
            raise DataError(place_of(row), f"nothing to say: the field '{text}' holds {said!r}")
        heard = None if voice is None else _voice(row, voice, transcript)
        parts, placed = asked.parts({**row, voice: heard} if voice is not None else row, split)
        if f"{{{text}}}" not in (asked.text(split) or ""):
            parts = _ending(parts, said)
        shown: list[Part] = [] if heard is None or voice in placed else [heard]
        kept: dict[str, Media] | None = None if heard is None or voice is None else {voice: heard}
        return Sample(
            id=row["id"],
            messages=(*instructed(told, row, split), Message("user", (*shown, *parts))),
            reference=said,
            cluster=cluster_of(row, cluster),
            meta=facts_of(row, split, meta, language),
            media=kept,
        )

    return make


def _voice(row: Row, name: str, transcript: str | None) -> Audio:
    heard = needed(row, name)
    if not isinstance(heard, Audio):
        raise DataError(
            place_of(row), f"the field '{name}' holds no recording but {heard!r}; declare its column with audio(...)"
        )
    if transcript is None:
        return heard
    said = needed(row, transcript)
    if not isinstance(said, str):
        raise DataError(place_of(row), f"the field '{transcript}' is no text but {said!r}")
    return dataclasses.replace(heard, transcript=said)


def _ending(parts: list[Part], said: str) -> list[Part]:
    if parts and isinstance(parts[-1], Text):
        return [*parts[:-1], Text(f"{parts[-1].text}\n{said}")]
    return [*parts, Text(said)]
