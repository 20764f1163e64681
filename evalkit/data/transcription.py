"""How a row of speech becomes a sample: the recording, then the instruction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from evalkit.core.errors import DataError
from evalkit.core.message import user
from evalkit.core.sample import Sample
from evalkit.core.source import Row

BySplit = str | Mapping[str, str] | None


def transcription(
    prompt: BySplit,
    language: BySplit = None,
    cluster: Literal["speaker"] | None = "speaker",
    clean: Callable[[str], str] | None = None,
    meta: Sequence[str] = (),
) -> Callable[[Row, str], Sample]:
    """Make samples of one user turn: the audio first, then the instruction.

    Args:
        prompt: the instruction; None for the audio alone; a mapping where it depends on the split.
        language: language code of the speech, kept in the sample's meta; a mapping where it depends on the split.
        cluster: "speaker" makes samples of one speaker dependent, where the row names the speaker.
        clean: applied to the transcript before it becomes the reference.
        meta: further columns of the row to keep in the sample's meta.

    Returns:
        A function of row (normal form) and split.
    """

    def make(row: Row, split: str) -> Sample:
        speaker = row.get("speaker")
        facts: dict[str, Any] = {}
        if (spoken := _of(language, split)) is not None:
            facts["language"] = spoken
        if speaker is not None:
            facts["speaker"] = speaker
        for name in meta:
            if name not in row:
                raise DataError(row["id"], f"the row has no column '{name}'; it has {', '.join(row)}")
            facts[name] = row[name]
        instruction = _of(prompt, split)
        turn = user(row["audio"]) if instruction is None else user(row["audio"], instruction)
        text = row["text"]
        return Sample(
            id=row["id"],
            messages=(turn,),
            reference=text if clean is None else clean(text),
            cluster=speaker if cluster == "speaker" else None,
            meta=facts or None,
        )

    return make


def _of(value: BySplit, split: str) -> str | None:
    return value if value is None or isinstance(value, str) else value[split]
