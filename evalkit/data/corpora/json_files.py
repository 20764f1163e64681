"""JSON and JSON Lines files, plain or gzipped, with media beside them."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from evalkit.core.errors import DataError
from evalkit.data.cells import known
from evalkit.data.corpora.places import Place
from evalkit.data.corpora.records import Record, Records, unpacked
from evalkit.data.jsonl import read_lines
from evalkit.media.impostors import HEAD, impostor


class JsonLines(Records):
    """One JSON object per line."""

    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The lines' objects."""
        for number, raw in read_lines(path, opened=lambda: unpacked(place.opened(path))):
            yield Record(raw, f"{path}, line {number}")


class Json(Records):
    """A JSON file: a list of records, or an object of records, whose names are the column "key".

    Values that are no objects are rows of one column, "value".

    Args:
        at: where the records lie inside: names parted by dots, such as "data.{split}"; a name may be a glob pattern,
            such as "*.task*", and every object it fits is then a record. What stands beside the pattern's objects is
            part of each record, and "keys" are the names that led to it.
        files, id, fields, ...: as `Records`.
    """

    def __init__(self, *arguments: Any, at: str = "", **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.at = at

    def records(self, place: Place, path: Path, split: str) -> Iterator[Record]:
        """The records, in the file's order."""
        with place.opened(path) as file, unpacked(file) as plain:
            data = parsed(plain.read(), path)
        for number, raw in enumerate(_rows(data, self.at.replace("{split}", split), path)):
            yield Record(raw, f"{path}, row {number}")


def parsed(data: bytes, path: object) -> Any:
    """The value of a JSON file; the NaN that Python's writers put into empty cells is null.

    Raises:
        DataError: it is not JSON.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if len(data) < 1 << 20 and (problem := impostor(data[:HEAD])) is not None and not data.startswith(b"{"):
        raise DataError(path, problem)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(data, parse_constant=_constant)
        except (ValueError, RecursionError):
            raise DataError(path, f"not JSON ({error}); damaged or truncated, or JSON Lines") from None


def _constant(word: str) -> float | None:
    return None if word == "NaN" else float(word)


def _rows(data: Any, at: str, path: Path) -> Iterator[Mapping[str, Any]]:
    found: list[tuple[dict[str, Any], tuple[str, ...], Any, bool]] = [({}, (), data, False)]
    for step in at.split(".") if at else ():
        found = [inner for node in found for inner in _step(node, step, path)]
    for beside, keys, value, fits in found:
        if fits and not isinstance(value, list):
            yield _raw(beside, keys, value)
        elif isinstance(value, list):
            for one in value:
                yield _raw(beside, keys, one)
        elif isinstance(value, Mapping) and value and all(isinstance(one, Mapping) for one in value.values()):
            for key, one in value.items():
                yield _raw(beside, (*keys, key), one)
        else:
            has = f"an object of {', '.join(value)}" if isinstance(value, Mapping) else f"a {type(value).__name__}"
            raise DataError(path, f'expected a list of records, or an object of records, found {has}; say at="..."')


def _step(
    node: tuple[dict[str, Any], tuple[str, ...], Any, bool], step: str, path: Path
) -> Iterator[tuple[dict[str, Any], tuple[str, ...], Any, bool]]:
    beside, keys, value, _ = node
    pattern = any(mark in step for mark in "*?[")
    if isinstance(value, Mapping) and pattern:
        fitting = [key for key in value if fnmatch.fnmatchcase(key, step)]
        rest = {key: one for key, one in value.items() if key not in fitting}
        for key in fitting:
            yield {**beside, **rest}, (*keys, key), value[key], True
    elif isinstance(value, list) and step == "*":
        for one in value:
            yield beside, keys, one, True
    elif isinstance(value, Mapping) and step in value:
        yield beside, keys, value[step], False
    elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
        yield beside, keys, value[int(step)], False
    else:
        there = known(step, value) if isinstance(value, Mapping) else f"it holds a {type(value).__name__}"
        raise DataError(path, f"no '{step}' inside; {there}")


def _raw(beside: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> Mapping[str, Any]:
    names: dict[str, Any] = {"key": keys[-1], "keys": list(keys)} if keys else {}
    return {**names, **beside, **(value if isinstance(value, Mapping) else {"value": value})}
