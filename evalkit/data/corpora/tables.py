"""Tab-separated tables with a folder, or archives, of audio."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.archives import members
from evalkit.data.corpora.columns import Columns
from evalkit.data.corpora.layout import Layout, is_audio
from evalkit.data.corpora.transcripts import text_lines


class Table(Layout):
    """A manifest with one line per utterance and the folder its audio lies in.

    Fields are parted by the separator alone: quotation marks are text. Audio that the manifest does not name is no part
    of the split, as one folder often serves all splits.

    Args:
        names: task split -> what {name} stands for.
        manifest: the manifest, with {name}, such as "{name}/test.tsv".
        audio: folder of the audio, with {name}, such as "{name}/clips".
        columns: which column is what; `columns.audio` is the one with the file names.
        header: names of the columns; None where the manifest's first line has them.
        tops: folders below the root to look in, as glob patterns; "" is the root.
        separator: what parts the fields.
        suffix: ending to add to file names.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        manifest: str,
        audio: str,
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
        self.describe = f"{top}{manifest.format(name=first)} with {audio.format(name=first)}/"

    def _tops(self, root: Path) -> Iterator[Path]:
        for pattern in self.tops:
            yield from sorted(root.glob(pattern)) if pattern else (root,)

    def _audio(self, top: Path, split: str) -> list[Path]:
        folder = top / self.audio.format(name=self.names[split])
        return [folder] if folder.is_dir() else []

    def _find(self, root: Path, split: str) -> tuple[Path, list[Path]] | None:
        """Manifest, and folder or archives."""
        for top in self._tops(root):
            manifest = top / self.manifest.format(name=self.names[split])
            if manifest.is_file() and (audio := self._audio(top, split)):
                return manifest, audio
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

    def _name(self, manifest: Path, number: int, fields: Mapping[str, str]) -> str:
        name = fields.get(self.columns.audio)
        if name is None:
            raise DataError(manifest, f"no column '{self.columns.audio}'; it has {', '.join(fields)}", number)
        return name + self.suffix

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The manifest and the audio it names."""
        found = self._find(root, split)
        if found is not None:
            manifest, (folder,) = found
            yield manifest
            for number, fields in self._rows(manifest):
                yield folder / self._name(manifest, number, fields)

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the manifest's order."""
        manifest, (folder,) = self._located(root, split)
        missing: list[str] = []
        total = 0
        for number, fields in self._rows(manifest):
            total += 1
            name = self._name(manifest, number, fields)
            if not (folder / name).is_file():
                missing.append(name)
        if missing:
            raise DataError(
                manifest, f"{len(missing)} of {total} audio files are not in {folder}, first '{missing[0]}'"
            )
        for index, (number, fields) in enumerate(self._rows(manifest)):
            handle = Audio(str(folder / self._name(manifest, number, fields)))
            yield self.columns.row(fields, index, split, str(manifest), functools.partial(_given, handle))

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

    def _audio(self, top: Path, split: str) -> list[Path]:
        return sorted(top.glob(self.audio.format(name=self.names[split])))

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The manifest and the archives."""
        found = self._find(root, split)
        return () if found is None else (found[0], *found[1])

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the archives."""
        manifest, packed = self._located(root, split)
        waiting: dict[str, tuple[int, dict[str, str]]] = {}
        for index, (number, fields) in enumerate(self._rows(manifest)):
            name = PurePosixPath(self._name(manifest, number, fields)).name
            if name in waiting:
                raise DataError(manifest, f"'{name}' is named a second time", number)
            waiting[name] = index, fields
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
                    yield self.columns.row(found[1], found[0], split, str(manifest), given)


def _given(handle: Audio, name: str) -> Audio:
    return handle
