"""Subtitles in files of their own (SubRip, .srt), as a column of the data: what is said in a video, as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.errors import DataError
from evalkit.data.cells import Raw
from evalkit.data.corpora.records import SUBTITLES
from evalkit.data.fields import Cell, Column, MadeColumn
from evalkit.media.source import read_bytes

_TIMES = re.compile(r"\s*\d+:\d\d:\d\d[,.]\d+\s*-->\s*\d+:\d\d:\d\d[,.]\d+")
_NUMBER = re.compile(r"\s*\d+\s*")
_MARKS = re.compile(r"</?[A-Za-z][^>\n]{0,40}>|\{\\[^}\n]{1,40}\}")  # <i>, {\an8}


@dataclass(frozen=True, slots=True)
class SubtitlesColumn(Column):
    """The text of a file of subtitles; "(none)" for a video that has no such file."""

    make: Callable[[Raw], Any] = field(default=lambda raw: None)

    def read(self, cell: Cell) -> str:
        """The lines, in the order of the file.

        Raises:
            DataError: the file is there and is no SubRip file.
        """
        name = MadeColumn("", self.make).read(cell)
        handle = cell.fetch(name, SUBTITLES)
        if handle.path is not None and not handle.name:  # what is found has the name that was looked for
            return "(none)"
        return "\n".join(lines(read_bytes(handle), handle.label)) or "(none)"

    def names(self) -> None:
        """Nobody can say which."""
        return None


def subtitles(file: Callable[[Raw], str]) -> Column:
    """The text of the subtitles whose file a function names; they lie where the media lie."""
    return SubtitlesColumn("", file)


def lines(data: bytes, place: str) -> list[str]:
    """What the cues of a SubRip file say, one line each, without marks of style; a cue said twice running once.

    Args:
        data: the file, in UTF-8, or in Latin-1 where it is none.
        place: for errors.

    Raises:
        DataError: there is no cue in it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    found: list[str] = []
    cues = 0
    for block in re.split(r"\r?\n[ \t]*\r?\n", text.strip()):
        rows = block.splitlines()
        if rows and _NUMBER.fullmatch(rows[0]):
            rows = rows[1:]
        if not rows or not _TIMES.match(rows[0]):
            continue
        cues += 1
        said = " ".join(_MARKS.sub("", row).strip() for row in rows[1:]).strip()
        if said and (not found or found[-1] != said):
            found.append(said)
    if not cues and text.strip():
        raise DataError(place, "no subtitles in SubRip form: no line says 00:00:01,000 --> 00:00:02,000")
    return found
