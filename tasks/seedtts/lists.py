"""The lists of Seed-TTS-eval: what the fields of a line are follows from their number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evalkit.authoring import DataError, audio, optional
from evalkit.data.corpora.places import Place
from evalkit.data.corpora.records import Record, unpacked
from evalkit.data.corpora.transcripts import decoded
from evalkit.data.layouts import Lines

FILES = {"test_zh": "zh/meta.lst", "test_en": "en/meta.lst", "test_hard": "zh/hardcase.lst"}
_RECORDINGS = (".wav", ".flac", ".mp3")
# number of fields -> what they are; seed-tts-eval 752f429, get_wav_res_ref_text.py
_FIELDS = {
    2: ("id", "text"),
    3: ("id", "text", "prompt_audio"),
    4: ("id", "prompt_text", "prompt_audio", "text"),
    5: ("id", "prompt_text", "prompt_audio", "text", "target"),
}


class Lists(Lines):
    """Lists as the program reads them, prompts relative to the list.

    Args:
        voice: rows have the prompt's recording, None where the line names none; else recordings are not looked for.
    """

    def __init__(self, voice: bool) -> None:
        fields = ("id", "text", optional("prompt_text", ""))
        super().__init__(FILES, (*fields, optional(audio("prompt_audio"))) if voice else fields, sep="|")

    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The lines.

        Raises:
            DataError: another number of fields, or a bar in a sentence.
        """
        with place.opened(path) as file, unpacked(file) as plain:
            for number, line in decoded(path, plain):
                cells = [cell.strip() for cell in line.split("|")]
                if len(cells) not in _FIELDS:
                    raise DataError(path, f"{len(cells)} fields, expected 2 to 5: {', '.join(_FIELDS[5])}", number)
                raw = dict(zip(_FIELDS[len(cells)], cells, strict=True))
                named = raw.get("target", raw.get("prompt_audio", ""))
                if named and not named.lower().endswith(_RECORDINGS):
                    raise DataError(
                        path,
                        f"{named[:60]!r} of '{raw['id']}' names no recording; a bar in a text parts it, take it out",
                        number,
                    )
                yield Record(raw, f"{path}, line {number}")
