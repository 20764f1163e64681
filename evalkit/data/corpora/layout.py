"""Layouts: the ways a data set lies on a disk, each read into rows.

A row is `{"id": str, ...}` and the fields a task declares; rows of speech corpora have one normal form:
`{"id": str, "audio": Audio, "text": str, "speaker": str | None, ...further columns}`. Media are lazy handles; nothing
is decoded here. Ids are unique within a split, and over all splits of a corpus that is published so.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row

if TYPE_CHECKING:
    from typing_extensions import Self

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".opus", ".ogg", ".m4a", ".aac", ".aiff", ".sph"})


class Layout(ABC):
    """One way a corpus lies below a folder.

    Attributes:
        describe: the files it expects, relative to the folder, for error messages.
        cheap: True when rows come from small text files and directory listings.
        demands_media: False where media that lie in files of their own may be missing; see `without_media`.
    """

    describe: str
    cheap: bool = True
    demands_media: bool = True

    def without_media(self) -> Self:
        """This layout for those who open no media; archives that hold questions and media must still be there."""
        made = copy.copy(self)
        made.demands_media = False
        return made

    @abstractmethod
    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits of the task that are there, found without reading them; empty where the layout does not fit."""

    def present(self, root: Path, names: Sequence[str]) -> tuple[str, ...]:
        """Which of the task's splits are there, in the task's order."""
        there = self.splits(root)
        return tuple(name for name in names if name in there)

    @abstractmethod
    def files(self, root: Path, split: str) -> Iterable[Path]:
        """Every file the split is made of, for its fingerprint."""

    @abstractmethod
    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in normal form, in a fixed order.

        Raises:
            DataError: naming file and line, or the sample.
        """


def row(key: str, audio: Audio, text: str, speaker: str | None = None, **extra: Any) -> Row:
    """A row in normal form."""
    return {"id": key, "audio": audio, "text": text, "speaker": speaker, **extra}


def distinct(read: Callable[[], Iterator[Row]], where: object, split: str) -> Iterator[Row]:
    """Rows as they come, checked for ids that occur twice and for emptiness; 8 bytes of memory per row.

    Args:
        read: starts reading; called again only to look twice at a suspected id.
        where: place of the data, for errors.
        split: its split, for errors.

    Raises:
        DataError: an id occurs more than once, or there is no row.
    """
    seen: set[int] = set()
    for found in read():
        key = found["id"]
        hashed = hash(key)
        if hashed in seen and sum(other["id"] == key for other in read()) > 1:
            raise DataError(where, f"split {split}: the id '{key}' occurs more than once")
        seen.add(hashed)
        yield found
    if not seen:
        raise DataError(where, f"split {split} is empty; extract or download it again")


def is_audio(name: str) -> bool:
    """True for a file name with the ending of an audio format."""
    return Path(name).suffix.lower() in AUDIO_SUFFIXES and not Path(name).name.startswith(".")


def is_hidden(name: str) -> bool:
    """True for a path with a part that begins with a dot, or of macOS archives' companions."""
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or any(part.startswith(".") and part not in (".", "..") for part in parts)


def first_dir(*candidates: Path) -> Path | None:
    """The first of the paths that is a folder."""
    return next((path for path in candidates if path.is_dir()), None)


def first_file(*candidates: Path) -> Path | None:
    """The first of the paths that is a file."""
    return next((path for path in candidates if path.is_file()), None)


def check_pairs(where: object, transcripts: Collection[str], audio: Collection[str]) -> None:
    """Compare the ids that have a transcript with the ids that have audio.

    Args:
        where: the split's folder, manifest or archive.
        transcripts: ids with a transcript; fast membership test.
        audio: ids with audio; likewise.

    Raises:
        DataError: either side lacks some, naming the first and how many; or both are empty.
    """
    silent = [key for key in transcripts if key not in audio]
    if silent:
        raise DataError(
            where,
            f"{len(silent)} of {len(transcripts)} transcripts have no audio, first '{silent[0]}'; "
            "the copy is incomplete, extract or download it again",
        )
    untold = [key for key in audio if key not in transcripts]
    if untold:
        raise DataError(
            where,
            f"{len(untold)} of {len(audio)} audio files have no transcript, first '{untold[0]}'; "
            "the transcripts are incomplete or of another release",
        )
    if not transcripts:
        raise DataError(where, "the split is empty: neither transcripts nor audio; extract or download it again")
