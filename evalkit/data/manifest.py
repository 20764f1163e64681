"""A manifest.jsonl beside its audio: the form to bring data of one's own into."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.columns import Columns
from evalkit.data.corpora.layout import Layout, check_pairs
from evalkit.data.jsonl import read_lines

_COLUMNS = Columns(id="id", text="text", audio="audio")


class Manifest(Layout):
    """JSON Lines, one object per utterance; audio paths are relative to the manifest's folder.

    Args:
        files: task split -> manifest below the root; the same one may serve several splits.
        columns: which field is what.
        where: task split -> (field, value) that lines of the split have; all lines where it has no entry.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        columns: Columns = _COLUMNS,
        where: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.paths, self.columns, self.where = dict(files), columns, dict(where or {})
        self.describe = f"{{{','.join(dict.fromkeys(self.paths.values()))}}} with the audio files it names"

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits whose manifest is there."""
        return tuple(split for split, name in self.paths.items() if (root / name).is_file())

    def _lines(self, root: Path, split: str) -> Iterator[tuple[int, dict[str, Any], Path]]:
        path = root / self.paths[split]
        field, value = self.where.get(split, ("", ""))
        for number, line in read_lines(path):
            if field and field not in line:
                raise DataError(path, f'no "{field}"; it has {", ".join(line)}', number)
            if not field or line[field] == value:
                name = line.get(self.columns.audio)
                if not isinstance(name, str):
                    raise DataError(path, f'"{self.columns.audio}" must be the path of an audio file', number)
                yield number, line, path.parent / name

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The manifest and its audio."""
        yield root / self.paths[split]
        yield from (audio for _, _, audio in self._lines(root, split))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the manifest's order; every other field stays as a column."""
        path = root / self.paths[split]
        named = {str(audio): None for _, _, audio in self._lines(root, split)}
        check_pairs(path, named, {name for name in named if Path(name).is_file()})
        for index, (number, line, audio) in enumerate(self._lines(root, split)):
            made = self.columns.row(line, index, split, f"{path}, line {number}", functools.partial(_at, audio))
            yield {**line, **made}


def _at(path: Path, name: str) -> Audio:
    return Audio(str(path), name=name)
