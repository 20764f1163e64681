"""Data that travels with evalkit: a manifest and its media, inside a task's folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row, Rows, Source
from evalkit.data.jsonl import file_digest, read_lines


class Embedded(Source):
    """Rows of a `manifest.jsonl`, whose lines name their split and their audio file.

    Args:
        folder: folder of the manifest; audio paths are relative to it.
        splits: values of the field `split_field`, in order.
        split_field: the manifest's field that names the split.
    """

    def __init__(self, folder: Path, splits: Sequence[str], split_field: str) -> None:
        self.folder, self.splits, self.split_field = folder, tuple(splits), split_field

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """The embedded rows, wherever other data lies; their revision is the manifest's content hash.

        Raises:
            DataError: the installation lacks the manifest.
        """
        manifest = self.folder / "manifest.jsonl"
        if not manifest.is_file():
            raise DataError(manifest, "this installation lacks the embedded data; install evalkit again")
        return _EmbeddedRows(manifest, self.splits, self.split_field)


class _EmbeddedRows(Rows):
    cheap = True

    def __init__(self, manifest: Path, splits: tuple[str, ...], split_field: str) -> None:
        self.splits, self._manifest, self._field = splits, manifest, split_field
        self.location = str(manifest.parent)
        self.revision = f"embedded:{file_digest(manifest)}"  # the manifest holds the hash of every file

    def read(self, split: str) -> Iterator[Row]:
        folder = self._manifest.parent
        for number, line in read_lines(self._manifest):
            if line.get(self._field) not in self.splits:
                raise DataError(self._manifest, f"unknown {self._field} {line.get(self._field)!r}", number)
            if line[self._field] == split:
                yield {**line, "audio": Audio(path=str(folder / line["audio"]), name=line["audio"])}
