"""Tab-separated tables, with a folder or archives of audio where their rows name some."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.core.source import Row
from evalkit.data.corpora.archives import members
from evalkit.data.corpora.columns import Columns
from evalkit.data.corpora.layout import Layout, is_audio
from evalkit.data.corpora.transcripts import text_lines
from evalkit.data.fields import Fetch


class Table(Layout):
    """A manifest with one line per row, and the folder the media of its rows lie in.

    Fields are parted by the separator alone: quotation marks are text. Audio that the manifest does not name is no part
    of the split, as one folder often serves all splits.

    Args:
        names: task split -> what {name} stands for.
        manifest: the manifest, with {name}, such as "{name}/test.tsv".
        audio: folder of the audio or other media, with {name}, such as "{name}/clips"; None for that of the manifest.
        columns: which column is which field.
        header: names of the columns; None where the manifest's first line has them.
        tops: folders below the root to look in, as glob patterns; "" is the root.
        separator: what parts the fields.
        suffix: ending to add to file names.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        manifest: str,
        audio: str | None,
        columns: Columns,
        header: Sequence[str] | None = None,
        tops: Sequence[str] = ("",),
        separator: str = "\t",
        suffix: str = "",
    ) -> None:
        self.names, self.manifest, self.audio, self.columns = dict(names), manifest, audio, columns
        self.header, self.tops, self.separator, self.suffix = header, tuple(tops), separator, suffix
        first = next(iter(self.names.values()))
        top = f"[{'|'.join(filter(None, self.tops))}/]" if any(self.tops) else ""
        media = "" if audio is None else f" with {audio.format(name=first)}/"
        self.describe = f"{top}{manifest.format(name=first)}{media}"

    def _tops(self, root: Path) -> Iterator[Path]:
        for pattern in self.tops:
            yield from sorted(root.glob(pattern)) if pattern else (root,)

    def _media(self, top: Path, split: str) -> list[Path] | None:
        """The folder of the media; nothing where they lie beside the manifest; None where it is not there."""
        if self.audio is None:
            return []
        folder = top / self.audio.format(name=self.names[split])
        return [folder] if folder.is_dir() or not self.demands_media else None

    def _find(self, root: Path, split: str) -> tuple[Path, list[Path]] | None:
        """Manifest, and folder or archives."""
        for top in self._tops(root):
            manifest = top / self.manifest.format(name=self.names[split])
            if manifest.is_file() and (media := self._media(top, split)) is not None:
                return manifest, media
        return None

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits with a manifest and audio."""
        return tuple(split for split in self.names if self._find(root, split) is not None)

    def _rows(self, manifest: Path) -> Iterator[tuple[int, dict[str, str]]]:
        header = self.header
        for number, line in text_lines(manifest):
            fields = line.split(self.separator)
            if header is None:
                header = fields
                continue
            if len(fields) != len(header):
                raise DataError(manifest, f"{len(fields)} fields, expected {len(header)}: {', '.join(header)}", number)
            yield number, dict(zip(header, fields, strict=True))

    def _row(self, manifest: Path, index: int, number: int, fields: Mapping[str, str], split: str, fetch: Fetch) -> Row:
        return self.columns.row(fields, index, split, str(manifest), fetch, f"{manifest}, line {number}")

    def _named(self, manifest: Path, split: str) -> Iterator[str]:
        """Media that the rows name; each row is read and checked."""
        found: list[str] = []
        for index, (number, fields) in enumerate(self._rows(manifest)):
            self._row(manifest, index, number, fields, split, lambda name, kind: _noted(found, name + self.suffix))
            yield from found
            found.clear()

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The manifest and the media it names."""
        found = self._find(root, split)
        if found is not None:
            manifest, folders = found
            yield manifest
            folder = _folder(manifest, folders)
            yield from (folder / name for name in self._named(manifest, split))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the manifest's order."""
        manifest, folders = self._located(root, split)
        folder = _folder(manifest, folders)
        named = list(self._named(manifest, split))
        missing = [name for name in named if not (folder / name).is_file()]
        if missing and self.demands_media:
            what = f"{len(missing)} of {len(named)} {self.columns.media_word} files"
            raise DataError(manifest, f"{what} are not in {folder}, first '{missing[0]}'")
        for index, (number, fields) in enumerate(self._rows(manifest)):
            yield self._row(
                manifest, index, number, fields, split, lambda name, kind: Media(str(folder / (name + self.suffix)))
            )

    def _located(self, root: Path, split: str) -> tuple[Path, list[Path]]:
        found = self._find(root, split)
        if found is None:
            raise DataError(root, f"split {split} is not there; expected {self.describe}")
        return found


class PackedTable(Table):
    """A manifest whose audio lies in tar archives: `audio` is a glob pattern of them; files are matched by their names.

    Rows come in the order of the archives; archives may hold more files than the manifest names.
    """

    cheap = False

    def _media(self, top: Path, split: str) -> list[Path] | None:
        paths = top.glob(str(self.audio).format(name=self.names[split]))
        found = sorted(path for path in paths if not path.name.startswith("."))
        return found if found or not self.demands_media else None

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The manifest and the archives."""
        found = self._find(root, split)
        return () if found is None else (found[0], *found[1])

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the archives."""
        manifest, packed = self._located(root, split)
        if not packed:
            yield from super().read(root, split)
            return
        waiting: dict[str, tuple[int, int, dict[str, str]]] = {}
        for index, (number, fields) in enumerate(self._rows(manifest)):
            named: list[str] = []
            self._row(manifest, index, number, fields, split, functools.partial(_noted, named))
            if len(named) != 1:
                raise DataError(manifest, f"{len(named)} files of the archives are named, expected one", number)
            name = PurePosixPath(named[0] + self.suffix).name
            if name in waiting:
                raise DataError(manifest, f"'{name}' is named a second time", number)
            waiting[name] = index, number, fields
        inside = {PurePosixPath(member.name).name for path in packed for member in members(path, is_audio)}
        missing = [name for name in waiting if name not in inside]
        if missing:
            raise DataError(
                manifest, f"{len(missing)} of {len(waiting)} audio files are not in the archives, first '{missing[0]}'"
            )
        for path in packed:
            for member in members(path, is_audio):
                found = waiting.get(PurePosixPath(member.name).name)
                if found is not None:
                    given = functools.partial(_given, member.audio)
                    yield self._row(manifest, *found, split, given)


def _folder(manifest: Path, folders: Sequence[Path]) -> Path:
    return folders[0] if folders else manifest.parent


def _given(handle: Media, name: str, kind: str) -> Media:
    return handle


def _noted(names: list[str], name: str, kind: str = "") -> Media:
    names.append(name)
    return Media(name)
