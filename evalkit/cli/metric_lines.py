"""The files of `evalkit metric`: JSON Lines, CSV and TSV, packed with gzip or not, from and to anywhere."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TextIO, cast

import orjson

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.shown import is_unicode
from evalkit.data.jsonl import HALF, with_halves

FORMATS = ("jsonl", "csv", "tsv")
STREAM = Path("-")
_DELIMITERS = {"csv": ",", "tsv": "\t"}
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_ANSWERS = frozenset({"response", "hypothesis", "text"})
_TEXTS = frozenset({"response", "hypothesis", "reference", "answer", "text", "id", "prompt", "question"})


def format_of(path: Path, named: str | None) -> str:
    """The format of a file: as named, else by its ending, `.gz` aside; JSON Lines for streams and other endings."""
    if named is not None:
        return named
    endings = [ending.lower() for ending in path.suffixes if ending.lower() != ".gz"]
    ending = endings[-1][1:] if endings else ""
    return ending if ending in _DELIMITERS else "jsonl"


def read(path: Path, named: str | None = None, lists: Sequence[str] = ()) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers from 1 and fields of every line; blank lines are passed over.

    A byte order mark, Windows line ends and gzip are taken as they come. Cells of a table are texts; those of `lists`
    are JSON lists or are separated by "|", and other cells that hold a JSON list or object are read as such, but for
    fields that are texts by their name.

    Args:
        path: the file, or "-" for standard input.
        named: "jsonl", "csv" or "tsv"; by the ending where None.
        lists: names of fields that hold lists.

    Raises:
        DataError: no such file, not UTF-8, a line that is no JSON object, a table without a header or with uneven rows.
    """
    kind = format_of(path, named)
    try:
        with _opened(path) as file:
            yield from _json_lines(path, file) if kind == "jsonl" else _table(path, file, _DELIMITERS[kind], lists)
    except (OSError, EOFError) as error:
        raise DataError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where they are packed, whatever the file is called."""
    with contextlib.ExitStack() as stack:
        raw: IO[bytes] = sys.stdin.buffer if path == STREAM else stack.enter_context(path.open("rb"))
        if isinstance(raw, io.BufferedReader) and raw.peek(2)[:2] == _GZIP:
            raw = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=raw)))
        yield raw


def _json_lines(path: Path, file: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(_BOM)
        if not line or line.isspace():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            half = with_halves(line)
            if half is not None:  # an answer is counted as missing; what is measured by must be a text
                if any(
                    key not in _ANSWERS and not is_unicode(json.dumps(one, ensure_ascii=False))
                    for key, one in half.items()
                ):
                    raise DataError(path, HALF, number) from None
                yield number, half
                continue
            problem = f"not JSON ({error}); expected one JSON object per line, or name the --format"
            raise DataError(path, problem, number) from None
        if not isinstance(value, dict):
            raise DataError(path, 'expected a JSON object, for example {"response": ..., ...}', number)
        yield number, value


def _has_half(value: Any) -> bool:
    return not is_unicode(json.dumps(value, ensure_ascii=False))


def _table(path: Path, file: IO[bytes], delimiter: str, lists: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(sys.maxsize)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 0
    try:
        for cells in rows:
            start, number = number + 1, rows.line_num
            if not any(cell.strip() for cell in cells) and (len(cells) <= 1 or header is None):
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                if len(set(header)) < len(header) or "" in header:
                    raise DataError(path, f"the header needs one name for each column, got {header}", start)
                continue
            if len(cells) != len(header):
                raise DataError(path, f"{len(cells)} cells under a header of {len(header)}", start)
            yield start, {name: _cell(name, cell, lists) for name, cell in zip(header, cells, strict=True)}
    except UnicodeDecodeError as error:
        raise DataError(path, f"not UTF-8 ({error.reason})", number + 1) from None
    except csv.Error as error:
        raise DataError(path, f"no table ({error})", number + 1) from None
    if header is None and path != STREAM:
        raise DataError(path, "no header: expected the names of the fields in the first line")


def _cell(name: str, cell: str, lists: Sequence[str]) -> Any:
    if cell[:1] in ("[", "{") and (name in lists or name not in _TEXTS):
        try:
            value = json.loads(cell)
        except ValueError:
            value = None
        if isinstance(value, (list, dict)):
            return value
    return [part.strip() for part in cell.split("|")] if name in lists else cell


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write all rows, in the format of the path's ending, or leave the file as it was: it may be the input itself.

    Args:
        path: the file, or "-" for standard output.
        rows: JSON objects; the columns of a table are all names that occur.

    Returns:
        How many there were.

    Raises:
        EvalkitError: the file cannot be written.
    """
    if path == STREAM:
        return _dump(sys.stdout, "jsonl", rows)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            with contextlib.ExitStack() as stack:
                raw: IO[bytes] = stack.enter_context(temporary.open("wb"))
                if path.suffix.lower() == ".gz":  # the same lines give the same bytes: no name, no time
                    raw = cast(IO[bytes], stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0)))
                file = stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
                count = _dump(file, format_of(path, None), rows)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise EvalkitError(f"{path}: cannot be written ({error.strerror})") from error
    return count


def _dump(file: TextIO, kind: str, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    if kind == "jsonl":
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=_has_half(row)) + "\n")
            count += 1
        return count
    kept = list(rows)
    names = list(dict.fromkeys(name for row in kept for name in row))
    table = csv.writer(file, delimiter=_DELIMITERS[kind], lineterminator="\n")
    table.writerow(names)
    table.writerows([_written(row.get(name)) for name in names] for row in kept)
    return len(kept)


def _written(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def renamed(row: Mapping[str, Any], names: Mapping[str, str], where: Path, number: int) -> dict[str, Any]:
    """A line under the names that metrics know.

    Args:
        row: as it was read.
        names: "reference", "response", "choices", "id" -> the field of the file that holds it.
        where: file, for errors.
        number: of the line, for errors.

    Raises:
        DataError: a named field is missing.
    """
    line = dict(row)
    for name, given in names.items():
        if given not in row:
            if name == "response":
                line.pop("response", None)
                line.pop("hypothesis", None)
                continue  # missing; where no line has it, the command says so
            raise DataError(where, f'no "{given}", which --{name}-key names; the line has {", ".join(row)}', number)
        line[name] = row[given]
        if name == "reference":  # what was named holds
            for other in {"answer", "references"} - {given}:
                line.pop(other, None)
    if "response" not in line and "hypothesis" in line:
        line["response"] = line["hypothesis"]
    return line


def check_paths(source: Path, target: Path | None) -> None:
    """Refuse folders.

    Raises:
        UsageError: a path is a folder.
    """
    for path in (source, target):
        if path is not None and path != STREAM and path.is_dir():
            raise UsageError(f"{path} is a folder; expected a file")
