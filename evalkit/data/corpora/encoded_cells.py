"""Images that stand in the cells of a table as base64 text, as in VLMEvalKit's TSV files.

A cell is base64 text, a list of them, or, where it has at most 64 characters, the index of another row that holds the
image: rows about one image do not repeat it. Handles remember where their row stands and read it when they are opened.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from evalkit.core.errors import DataError
from evalkit.core.message import Image
from evalkit.data.cells import from_base64
from evalkit.data.corpora.places import Disk, Place

_SHORT = 64  # characters; an image has more
_MAGIC_GZIP = b"\x1f\x8b"


class Table(Protocol):
    """A table that can be read from a row on."""

    def rows(self, place: Place, path: Path, offset: int = 0) -> Iterator[tuple[dict[str, Any], int, int]]:
        """Rows, their line numbers, and the bytes before them."""


class EncodedCells:
    """The encoded columns of one table.

    Args:
        table: reads it.
        place: where its file lies.
        path: the file.
        columns: those with base64 text.
        index: the column that other rows' cells may name.

    Raises:
        DataError: the table cannot be read.
    """

    def __init__(self, table: Table, place: Place, path: Path, columns: Sequence[str], index: str) -> None:
        self._table, self._place, self._path = table, place, path
        self._columns, self._index = tuple(columns), index
        self._seekable = isinstance(place, Disk) and not _is_packed(path)
        self._offsets: dict[str, int] = {}
        self._odd: dict[tuple[str, str], str] = {}  # short cells, empty ones, and lists
        self._texts: dict[tuple[str, str], str] = {}  # where the file cannot be entered in the middle
        named: set[str] = set()
        for raw, _, offset in table.rows(place, path):
            key = raw.get(index)
            if isinstance(key, str):
                self._offsets.setdefault(key, offset)
            for name, cell in self._cells(raw):
                if len(cell) <= _SHORT:
                    named.add(cell)
                if isinstance(key, str) and (len(cell) <= _SHORT or cell.startswith("[")):
                    self._odd[key, name] = cell
            if isinstance(key, str):
                self._odd |= {(key, name): "" for name in self._columns if raw.get(name) == ""}
        if not self._seekable and named:
            for raw, _, _ in table.rows(place, path):
                if (key := raw.get(index)) in named:
                    self._texts |= {(str(key), name): cell for name, cell in self._cells(raw)}

    def handled(self, raw: Mapping[str, Any], offset: int, where: str) -> dict[str, Any]:
        """A row with handles in place of the text in its encoded columns.

        Raises:
            DataError: a cell names a row that is not there, or that has no image itself.
        """
        made = dict(raw)
        for name, cell in self._cells(raw):
            if len(cell) > _SHORT:
                made[name] = self._handles(name, cell, offset, where)
                continue
            if cell not in self._offsets:
                raise DataError(
                    where, f"column '{name}' holds neither an image nor the {self._index} of another row: '{cell}'"
                )
            text = self._texts.get((cell, name), self._odd.get((cell, name)))
            if text is not None and len(text) <= _SHORT:
                raise DataError(where, f"column '{name}' names row '{cell}', which holds no image itself")
            made[name] = self._handles(name, text or "", self._offsets[cell], where)
        return made

    def _cells(self, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Names and texts of the encoded cells that are not empty."""
        for name in self._columns:
            cell = raw.get(name)
            if isinstance(cell, str) and cell:
                yield name, cell

    def _handles(self, name: str, text: str, offset: int, where: str) -> Image | tuple[Image, ...]:
        listed = _items(text, where, name)
        if listed is None:
            return self._handle(name, text, None, offset, where)
        return tuple(self._handle(name, one, at, offset, where) for at, one in enumerate(listed))

    def _handle(self, name: str, text: str, at: int | None, offset: int, where: str) -> Image:
        label = f"{where}, {name}" if at is None else f"{where}, {name}[{at}]"
        if not self._seekable:
            return Image(opener=functools.partial(from_base64, text, where), name=label)
        read = functools.partial(_content, self._table, self._place, self._path, name, at, offset, where)
        return Image(opener=read, name=label)


def _content(table: Table, place: Place, path: Path, name: str, at: int | None, offset: int, where: str) -> bytes:
    """Bytes of an image, read from the file again."""
    raw, _, _ = next(table.rows(place, path, offset))
    text = str(raw[name])
    listed = _items(text, where, name)
    return from_base64(text if at is None or listed is None else listed[at], where)


def _items(text: str, where: str, name: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) and len(one) > _SHORT for one in found):
        raise DataError(where, f"column '{name}' is no list of base64 texts")
    return found


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _MAGIC_GZIP
