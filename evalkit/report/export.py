"""Results as files for other programs: Parquet or CSV, one row per sample, published column or result."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from evalkit.core.errors import MissingExtraError, ResultsError, UsageError
from evalkit.report import rows
from evalkit.report.whole_file import whole_file

Per: TypeAlias = Literal["sample", "column", "result"]
Row: TypeAlias = dict[str, Any]
# How a column of values is stored: "json" where values differ in kind, or are objects.
Kind: TypeAlias = Literal["bool", "int", "float", "text", "floats", "texts", "json"]

ROWS: Final[Mapping[Per, Callable[[Path], Iterator[Row]]]] = {
    "sample": rows.sample_rows,
    "column": rows.column_rows,
    "result": rows.result_rows,
}
CHUNK = 10_000  # rows per Parquet row group


def export(results: Path, per: Per, form: Literal["parquet", "csv"], to: Path) -> int:
    """Write all results below a folder; the file appears only when it is whole.

    The rows are read twice, once to learn their columns, so that memory does not grow with them.

    Args:
        results: results folder, or one run directory.
        per: what a row is.
        form: CSV has lists and objects as JSON, nothing for null; Parquet has lists as lists, objects as JSON.
        to: the file.

    Returns:
        Number of rows.

    Raises:
        ResultsError: no such folder, a damaged file, or no row at all.
        MissingExtraError: Parquet without pyarrow.
        UsageError: the file cannot be written.
    """
    kinds = columns_of(ROWS[per](results))
    if not kinds:
        raise ResultsError(f"{results}: no {per} to export; run something first, or name another folder with --out")
    with _replacing(to) as part:
        found = ROWS[per](results)
        return _write_csv(found, kinds, part) if form == "csv" else _write_parquet(found, kinds, part)


def columns_of(found: Iterable[Row]) -> dict[str, Kind]:
    """Column -> how its values are stored, in order of appearance; a column without any value is text."""
    seen: dict[str, set[Kind]] = {}
    for row in found:
        for name, value in row.items():
            kinds = seen.setdefault(name, set())
            if value is not None:
                kinds.add(_kind(value))
    return {name: _joint(kinds) for name, kinds in seen.items()}


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list) and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
        return "floats"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "texts"
    return "json"


def _joint(kinds: set[Kind]) -> Kind:
    if not kinds:
        return "text"
    if kinds == {"int", "float"}:
        return "float"
    if kinds == {"floats", "texts"}:  # an empty list counts as numbers
        return "json"
    return kinds.pop() if len(kinds) == 1 else "json"


def _write_csv(found: Iterator[Row], kinds: Mapping[str, Kind], to: Path) -> int:
    count = 0
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(kinds)
        for row in found:
            writer.writerow([_plain(row.get(name), kind) for name, kind in kinds.items()])
            count += 1
    return count


def _plain(value: Any, kind: Kind) -> Any:
    if value is None:
        return ""
    if kind == "bool":
        return "true" if value else "false"
    return _json(value) if kind in ("floats", "texts", "json") else value


def _write_parquet(found: Iterator[Row], kinds: Mapping[str, Kind], to: Path) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet", "--format parquet") from None
    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
        "floats": pa.list_(pa.float64()),
        "texts": pa.list_(pa.string()),
        "json": pa.string(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    count = 0
    with pq.ParquetWriter(to, schema) as writer:
        chunk: list[Row] = []

        def flush() -> None:
            columns = [[_stored(row.get(name), kind) for row in chunk] for name, kind in kinds.items()]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            chunk.clear()

        for row in found:
            chunk.append(row)
            count += 1
            if len(chunk) == CHUNK:
                flush()
        if chunk:
            flush()
    return count


def _stored(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "json":
        return _json(value)
    return float(value) if kind == "float" else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@contextmanager
def _replacing(to: Path) -> Iterator[Path]:
    try:
        with whole_file(to) as part:
            yield part
    except OSError as error:
        raise UsageError(f"--to {to}: cannot be written ({error.strerror})") from error
