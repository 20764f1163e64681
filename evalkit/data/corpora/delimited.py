"""Files of lines with fields: CSV, TSV, and lists such as `id|text|path`."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from evalkit.core.errors import DataError, UsageError
from evalkit.data.cells import known
from evalkit.data.corpora.encoded_cells import EncodedCells
from evalkit.data.corpora.places import Place
from evalkit.data.corpora.records import Files, Record, Records, unpacked
from evalkit.data.corpora.transcripts import decoded
from evalkit.data.fields import Column, Field, OptionalColumn, typed

_LONGEST = 1 << 30  # characters of a cell: images stand in some


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written: see `Csv`."""

    names: tuple[str, ...] | None = None
    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"
    rest: str | None = None

    def rows(self, place: Place, path: Path, offset: int = 0) -> Iterator[tuple[dict[str, Any], int, int]]:
        """Rows, the numbers of their first lines, and the bytes before them.

        Args:
            place: where the file lies.
            path: the file.
            offset: bytes of a row to begin with; the header is read first all the same, and numbers mean nothing.
        """
        with place.opened(path) as file, unpacked(file) as plain:
            lines = _Lines(plain, path, self.encoding)
            reader = self._reader(lines)
            try:
                header = list(self.names) if self.names is not None else next(reader, None)
                if header is None:
                    return
                self._check_header(header, path)
                if offset:
                    lines.seek(offset)
                begin, number = lines.offset, lines.number
                for cells in reader:
                    if cells:
                        yield self._raw(header, cells, path, number + 1), number + 1, begin
                    begin, number = lines.offset, lines.number
            except csv.Error as error:
                raise DataError(
                    path, f"not a table in this form ({error}); is the quotation right? quote=None takes marks as text",
                    lines.number,
                ) from None  # fmt: skip

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        csv.field_size_limit(_LONGEST)
        for line in lines:
            if self.quote is None or self.quote not in line:
                bare = line.rstrip("\r\n")
                yield bare.split(self.delimiter) if bare else []  # many times faster, and the same
            else:
                rest = itertools.chain((line,), lines)
                yield next(csv.reader(rest, delimiter=self.delimiter, quotechar=self.quote, strict=True))

    def _check_header(self, header: Sequence[str], path: Path) -> None:
        twice = next((name for at, name in enumerate(header) if name in header[:at]), None)
        if twice is not None:
            raise DataError(path, f"the column '{twice}' stands in the header twice; give names=(...)", 1)
        if self.rest is not None and (not header or header[-1] != self.rest):
            raise DataError(path, f"the last column is not '{self.rest}'; {known(self.rest, header)}", 1)

    def _raw(self, header: Sequence[str], cells: Sequence[str], path: Path, number: int) -> dict[str, Any]:
        if self.rest is not None and len(cells) >= len(header) - 1:
            before = len(header) - 1
            return {**dict(zip(header[:-1], cells[:before], strict=True)), self.rest: list(cells[before:])}
        if len(cells) != len(header):
            raise DataError(path, f"{len(cells)} fields, expected {len(header)}: {', '.join(header)}", number)
        return dict(zip(header, cells, strict=True))


class Csv(Records):
    """A table as spreadsheets and pandas write it: cells may be quoted, and hold line ends then.

    Args:
        names: names of the columns; None where the first line has them.
        delimiter: what parts the cells.
        quote: what may stand around a cell; None where quotation marks are text.
        encoding: of the file: "utf-8", "latin-1", "gb18030", ...
        rest: name of the last column, where lines may have any number of cells in it: it holds a list.
        index: column that other rows' base64 cells may name instead of the image again, as in VLMEvalKit's tables.
        files, id, fields, ...: as `Records`.
    """

    def __init__(
        self,
        *arguments: Any,
        names: Sequence[str] | None = None,
        delimiter: str = ",",
        quote: str | None = '"',
        encoding: str = "utf-8",
        rest: str | None = None,
        index: str = "index",
        **more: Any,
    ) -> None:
        super().__init__(*arguments, **more)
        self.form = Form(None if names is None else tuple(names), delimiter, quote, encoding, rest)
        self.index = index
        self._encoded = tuple(column.name for column in self.columns.media().values() if column.base64)

    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The lines below the header."""
        if not self._encoded:
            for raw, number, _ in self.form.rows(place, path):
                yield Record(raw, f"{path}, line {number}")
            return
        cells = EncodedCells(self.form, place, path, self._encoded, self.index)
        for raw, number, offset in self.form.rows(place, path):
            where = f"{path}, line {number}"
            yield Record(cells.handled(raw, offset, where), where)


class Tsv(Csv):
    """A table with tabs between its cells; quotation as in `Csv`."""

    def __init__(self, *arguments: Any, delimiter: str = "\t", **more: Any) -> None:
        super().__init__(*arguments, delimiter=delimiter, **more)


class Lines(Records):
    """A list with one record per line, its fields parted by a separator alone: quotation marks are text.

    Args:
        files: as `Records`.
        sep: what parts the fields; None for spaces or tabs, of which the last field may hold any number.
        fields: names of the fields in their order, or columns with their types; those at the end that are `optional`
            may be missing. One called "id" is the id.
        id: where it is no field of its own.
        encoding: of the file.
        media, where: as `Records`.
    """

    def __init__(
        self,
        files: Files,
        fields: Sequence[str | Column],
        *,
        sep: str | None = "|",
        id: Any = "id",
        encoding: str = "utf-8",
        **more: Any,
    ) -> None:
        self.names = tuple(one if isinstance(one, str) else one.name for one in fields)
        if len(set(self.names)) != len(self.names):
            raise UsageError(f"a field stands twice in {', '.join(self.names)}")
        given: dict[str, Field] = dict(zip(self.names, fields, strict=True))
        super().__init__(files, id, {name: one for name, one in given.items() if name != "id"}, **more)
        columns = list(typed(given).values())
        while columns and isinstance(columns[-1], OptionalColumn):
            columns.pop()
        self.sep, self.encoding, self.least = sep, encoding, len(columns)

    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The lines."""
        with place.opened(path) as file, unpacked(file) as plain:
            for number, line in decoded(path, plain, self.encoding):
                cells = line.split(self.sep) if self.sep else line.split(None, len(self.names) - 1)
                if not self.least <= len(cells) <= len(self.names):
                    expected = f"{self.least} to {len(self.names)}" if self.least < len(self.names) else f"{self.least}"
                    raise DataError(path, f"{len(cells)} fields, expected {expected}: {', '.join(self.names)}", number)
                raw: Mapping[str, Any] = dict(zip(self.names, (cell.strip() for cell in cells), strict=False))
                yield Record(raw, f"{path}, line {number}")


class _Lines(Iterator[str]):
    """Lines of a file with their ends, as the reader of tables wants them, counted in lines and bytes."""

    def __init__(self, file: IO[bytes], path: Path, encoding: str) -> None:
        self._file, self._path, self._encoding = file, path, encoding
        self.offset = self.number = 0
        self._wide = "\n".encode(encoding) != b"\n"
        if self._wide:  # lines of UTF-16 do not end at the byte of a line end
            text = file.read().decode(encoding).removeprefix("\ufeff")
            self._file, self._encoding = io.BytesIO(text.encode("utf-8")), "utf-8"

    def __next__(self) -> str:
        line = self._file.readline()
        if not line:
            raise StopIteration
        try:
            text = line.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise DataError(
                self._path,
                f"not {self._encoding} text ({error.reason}); say encoding='latin-1' or another, if it is whole",
                self.number + 1,
            ) from None
        self.number, self.offset = self.number + 1, self.offset + len(line)
        return text.removeprefix("\ufeff") if self.number == 1 else text

    def seek(self, offset: int) -> None:
        """Go on at a byte."""
        self._file.seek(offset)
        self.offset = offset
