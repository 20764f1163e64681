"""A manifest.jsonl beside its audio: the form to bring data of one's own into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from evalkit.core.message import Media
from evalkit.core.source import Row
from evalkit.data.corpora.columns import Columns, Placed
from evalkit.data.corpora.json_files import JsonLines
from evalkit.data.corpora.records import Record

_COLUMNS = Columns(id="id", text="text", audio="audio")


class Manifest(JsonLines):
    """JSON Lines, one object per utterance; audio paths are relative to the manifest's folder.

    Every other field of a line stays as a field of its row.

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
        super().__init__(files, columns=columns, where=where)

    def _row(self, path: Path, index: int, record: Record, split: str, fetch: Callable[..., Media]) -> Row:
        made = super()._row(path, index, record, split, fetch)
        return Placed({**record.raw, **made}, record.place)
