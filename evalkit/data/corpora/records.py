"""Layouts whose rows are records of files: JSON, tables, lists; with media in folders or archives beside them."""

from __future__ import annotations

import functools
import gzip
import io
import re
import zipfile
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.core.source import Row
from evalkit.data.cells import Raw, known, value
from evalkit.data.corpora.columns import Columns, Identify
from evalkit.data.corpora.layout import Layout
from evalkit.data.corpora.places import Disk, Place
from evalkit.data.fields import Field
from evalkit.data.splits import SplitMapping, of_split

Files = str | Mapping[str, str]
Where = str | Mapping[str, tuple[str, Any]] | None
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile)
SUBTITLES = "subtitles"  # kind of a file that a video may lack
_MAGIC_GZIP = b"\x1f\x8b"


class Record(NamedTuple):
    """A row as the file has it, and where: "FILE, line 3"."""

    raw: Raw
    place: str


class Records(Layout):
    """Files of records.

    Args:
        files: a file below the root, or a glob pattern, with {split}; a mapping where its name depends on the split.
        id: column with the sample id, a template, or a function of the raw row and its index; see `Columns`.
        fields: name of a field -> its column; see `evalkit.data.fields`.
        text: speech in short: column with the transcript, instead of `fields`.
        audio: speech in short: column with the audio; None where there is none.
        speaker: speech in short: column with the speaker.
        keep: further columns to keep under their names.
        media: folders below the root, with {split}, or patterns of zip archives, in which the media lie whose paths
            stand in cells; else they lie beside the file.
        where: which records belong to a split, where one file serves several: split -> (column, value); or a column
            that holds the split's name.
        columns: id and fields as `Columns` has them, instead of all of these.
    """

    def __init__(
        self,
        files: Files,
        id: str | Identify = "id",
        fields: Mapping[str, Field] | None = None,
        *,
        text: str | None = None,
        audio: str | None = "audio",
        speaker: str | None = None,
        keep: Sequence[str] = (),
        media: str | Sequence[str] = (),
        where: Where = None,
        columns: Columns | None = None,
    ) -> None:
        self.paths: Files = files if isinstance(files, str | SplitMapping) else dict(files)
        self.columns = columns or Columns(id, text, audio, speaker, keep, fields=fields)
        self.media = (media,) if isinstance(media, str) else tuple(media)
        self.where = where
        held = self.columns.all_media()
        self._named = any(not column.base64 for column in held)  # some media may be named by their paths
        self.cheap = not any(column.base64 for column in held)
        shown = files if isinstance(files, str) else f"{{{','.join(dict.fromkeys(files.values()))}}}"
        beside = f" with {', '.join(self.media)}" if self.media else " with the media it names" if self._named else ""
        self.describe = f"{shown}{beside}"

    @abstractmethod
    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The records of one file, in order.

        Raises:
            DataError: naming file and line.
        """

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with a file; those that stand in the file names, where no mapping names them; else "all"."""
        if not isinstance(self.paths, str):
            return self.present(root, tuple(self.paths))
        if "{split}" not in self.paths:
            return self.present(root, ("all",))
        pattern = re.compile(re.escape(self.paths).replace(r"\{split\}", "([^/]+)", 1).replace(r"\*", "[^/]*"))
        found: dict[str, None] = {}
        for path in Disk(root).named(self.paths.replace("{split}", "*")):
            if match := pattern.match(path.relative_to(root).as_posix()):
                found[match.group(1)] = None
        return tuple(found)

    def present(self, root: Path, names: Sequence[str]) -> tuple[str, ...]:
        """Splits with a file."""
        return self.present_in(Disk(root, self.media), names)

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The files, and the media they name."""
        return self.files_in(Disk(root, self.media), split)

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the files, checked first for media that are missing."""
        return self.read_in(Disk(root, self.media), split)

    def present_in(self, place: Place, names: Sequence[str]) -> tuple[str, ...]:
        """Splits with a file in a folder or an archive."""
        return tuple(name for name in names if self._paths(place, name))

    def files_in(self, place: Place, split: str) -> Iterator[Path]:
        """The split's files, and the media they name, on the disk."""
        yield from dict.fromkeys(place.on_disk(path) for path in self._sources(place, split))
        if self._named:
            seen: dict[Path, None] = {}
            fetch = functools.partial(_noted, place, split, seen, [])
            for path, index, record in self._records(place, split):
                self._row(path, index, record, split, fetch)
            yield from seen
            yield from place.archives(split)

    def read_in(self, place: Place, split: str) -> Iterator[Row]:
        """Rows of files in a folder or an archive."""
        fetch = functools.partial(_fetched if self.demands_media else _if_there, place, split)
        if self._named and self.demands_media:
            self._check_media(place, split)
        for path, index, record in self._records(place, split):
            yield self._row(path, index, record, split, fetch)

    def _check_media(self, place: Place, split: str) -> None:
        missing: list[tuple[Path, str]] = []
        total, fetch = 0, functools.partial(_noted, place, split, {}, missing)
        for path, index, record in self._records(place, split):
            total += 1
            self._row(path, index, record, split, fetch)
        if missing:
            path, name = missing[0]
            what = f"{len(missing)} {self.columns.media_word} files of {total} rows"
            folders = " or ".join(place.folders).replace("{split}", split)
            beside = f"below {folders}" if folders else "beside the file"
            raise DataError(path, f"{what} are not {beside}, first '{name}'; the copy is incomplete, download it again")

    def _row(self, path: Path, index: int, record: Record, split: str, fetch: Callable[..., Media]) -> Row:
        return self.columns.row(record.raw, index, split, str(path), functools.partial(fetch, path), record.place)

    def _paths(self, place: Place, split: str) -> list[Path]:
        name = named_for(self.paths, split)
        return [] if name is None else place.named(name)

    def _sources(self, place: Place, split: str) -> list[Path]:
        """The files that hold the records."""
        return self._paths(place, split)

    def _records(self, place: Place, split: str) -> Iterator[tuple[Path, int, Record]]:
        index = 0
        for path in self._paths(place, split):
            try:
                for record in self.records(place, path, split):
                    if self._belongs(record, split):
                        yield path, index, record
                        index += 1
            except _DAMAGED as error:
                raise DataError(path, f"damaged or truncated ({error}); download it again") from None

    def _belongs(self, record: Record, split: str) -> bool:
        if self.where is None:
            return True
        if isinstance(self.where, str):
            return bool(value(record.raw, self.where, record.place) == split)
        if split not in self.where:
            return True
        field, wanted = self.where[split]
        if field not in record.raw and "." not in field:
            raise DataError(record.place, f'no "{field}"; {known(field, record.raw)}')
        return bool(value(record.raw, field, record.place) == wanted)


def named_for(files: Files, split: str) -> str | None:
    """The name or pattern of a split's files; None where a mapping has none."""
    if isinstance(files, str | SplitMapping) or split in files:
        return of_split(files, split)
    return None


def _fetched(place: Place, split: str, path: Path, name: str, kind: str) -> Media:
    found = place.media(path, name, split)
    if found is None and kind != SUBTITLES:
        raise DataError(path, f"the {kind} '{name}' is not there any more")
    return found or Media(name)


def _if_there(place: Place, split: str, path: Path, name: str, kind: str) -> Media:
    found = place.media(path, name, split)
    return found or (Media(name) if kind == SUBTITLES else Media(str(path.parent / name), name=name))


def _noted(
    place: Place, split: str, seen: dict[Path, None], missing: list[tuple[Path, str]], path: Path, name: str, kind: str
) -> Media:
    found = place.media(path, name, split)
    if found is None:
        missing += [(path, name)] if kind != SUBTITLES else []
    elif found.path is not None:
        seen[Path(found.path)] = None
    return found or Media(name)


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """A file's content, through gzip where its first bytes say so."""
    buffered = file if hasattr(file, "peek") else io.BufferedReader(file)  # type: ignore[type-var,unused-ignore]
    if buffered.peek(2)[:2] == _MAGIC_GZIP:
        return gzip.open(buffered, "rb")  # type: ignore[return-value,unused-ignore]
    return buffered
