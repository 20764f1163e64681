"""What a row is made of: its fields, and the column of the data each of them comes from, plain or typed.

    fields={"question": "q", "image": image("img"), "turns": each("dialogue", {"audio": "source_wav"})}

A column is named by its path: `meta.details.0.name` goes into objects and lists, a name that has dots itself is found
first. A name with braces is a template of columns, {split} and {index}: `audio("{task}_{corpus}/{path}")`. A plain
column under a field named `audio`, `image` or `video` (also `images`, `prompt_audio`, ...) holds media of that kind.
"""

from __future__ import annotations

import ast
import json as jsons
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Image, Media, Video
from evalkit.data.cells import Raw, held, held_base64, text_of, top_column, value

Fetch = Callable[[str, str], Media]  # a handle for a path that stands in a cell, and for the word for its kind
_KINDS: dict[str, type[Audio | Image | Video]] = {"audio": Audio, "image": Image, "video": Video}


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a cell stands: all that reading it needs beside its content.

    Args:
        raw: the row of the data: column -> value.
        place: file and row, for errors.
        key: id of the row.
        name: of the row's field that is filled.
        fetch: makes a handle of a path.
        given: {split} and {index} of templates.
    """

    raw: Raw
    place: str
    key: str
    name: str
    fetch: Fetch
    given: Mapping[str, Any] = field(default_factory=dict)

    def found(self, column: str) -> Any:
        """Content of a column, or text of a template.

        Raises:
            DataError: there is no such column.
        """
        filled = "{" in column
        return text_of(column, self.raw, self.given, self.place) if filled else value(self.raw, column, self.place)

    def wrong(self, problem: str) -> NoReturn:
        """Refuse the cell."""
        raise DataError(self.place, problem)


@dataclass(frozen=True, slots=True)
class Column:
    """A column taken as it is: whatever JSON, a table or Parquet holds there."""

    name: str

    def read(self, cell: Cell) -> Any:
        """The field's value.

        Raises:
            DataError: naming file, row and column.
        """
        return self.taken(cell.found(self.name), cell)

    def taken(self, found: Any, cell: Cell) -> Any:
        """The field's value, of the content of the column."""
        return found

    def names(self) -> tuple[str, ...] | None:
        """Columns and templates it reads; None where nobody can say."""
        return (self.name,)


Field = str | Column | Callable[[Raw], Any]


@dataclass(frozen=True, slots=True)
class TextColumn(Column):
    """A column that must hold text; `what` is the word for it in errors."""

    what: str = "text"

    def taken(self, found: Any, cell: Cell) -> str:
        """The text."""
        if not isinstance(found, str):
            holds = "is empty" if found is None else f"holds a {type(found).__name__}"
            cell.wrong(f"sample '{cell.key}' has no {self.what}: column '{self.name}' {holds}")
        return found


@dataclass(frozen=True, slots=True)
class LabelColumn(Column):
    """A column of names that may be numbers or empty: text, or None."""

    def taken(self, found: Any, cell: Cell) -> str | None:
        """The name."""
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class IntegerColumn(Column):
    """A column of whole numbers, as numbers or as their digits."""

    def taken(self, found: Any, cell: Cell) -> int:
        """The number."""
        if isinstance(found, str | int | float) and not isinstance(found, bool):
            try:
                number = int(found)
            except (ValueError, OverflowError):
                number = None
            if number is not None and (isinstance(found, str) or number == found):
                return number
        cell.wrong(f"sample '{cell.key}': column '{self.name}' must be a whole number, not {_shown(found)}")


@dataclass(frozen=True, slots=True)
class ParsedColumn(Column):
    """A column whose text is JSON, or a Python literal; `at` is a path inside."""

    literal: bool = False
    at: str = ""

    def taken(self, found: Any, cell: Cell) -> Any:
        """The value written there; an object or list that the file has already parsed is taken as it is."""
        parsed = found
        if isinstance(found, str):
            try:
                parsed = ast.literal_eval(found.strip()) if self.literal else jsons.loads(found)
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
                form = "a Python literal" if self.literal else "JSON"
                line = (str(error).splitlines() or [""])[0]
                cell.wrong(f"sample '{cell.key}': column '{self.name}' is not {form} ({line}): {_shown(found)}")
        elif not isinstance(found, Mapping | list):
            cell.wrong(f"sample '{cell.key}': column '{self.name}' must be text to parse, not {_shown(found)}")
        if not self.at:
            return parsed
        if not isinstance(parsed, Mapping | list):
            cell.wrong(f"sample '{cell.key}': column '{self.name}' has no '{self.at}'; it holds {_shown(parsed)}")
        inner = parsed if isinstance(parsed, Mapping) else {str(at): one for at, one in enumerate(parsed)}
        return value(inner, self.at, f"{cell.place}, column '{self.name}'")


@dataclass(frozen=True, slots=True)
class MediaColumn(Column):
    """A column of recordings, images or videos; nothing is decoded when the row is read.

    A cell is encoded bytes, a path, `{"bytes", "path"}`, samples `{"array", "sampling_rate"}`, base64 text where it is
    declared so, or a list of these, which becomes a tuple of handles.
    """

    kind: type[Audio | Image | Video] = Audio
    base64: bool = False
    below: str = ""

    def taken(self, found: Any, cell: Cell) -> Any:
        """A handle, or a tuple of handles."""
        if isinstance(found, list | tuple):
            return tuple(self._one(item, cell, f"[{at}]") for at, item in enumerate(found))
        return self._one(found, cell, "")

    def _one(self, found: Any, cell: Cell, at: str) -> Audio | Image | Video:
        word = self.kind.modality
        name = f"{cell.key}{at}" if cell.name == word else f"{cell.key}.{cell.name}{at}"
        if isinstance(found, Media):
            return self._handle(found)
        data, path = (found.get("bytes"), found.get("path")) if isinstance(found, Mapping) else (found, None)
        if isinstance(data, str) and not self.base64:
            data, path = None, data
        if isinstance(data, bytes | bytearray) and data:
            return held(self.kind, bytes(data), name, path)
        if isinstance(data, str) and data:
            return held_base64(self.kind, data, name, cell.place)
        if isinstance(found, Mapping) and found.get("array") is not None and self.kind is Audio:
            return Audio.from_samples(found["array"], int(found["sampling_rate"]), f"{name}.wav")
        if isinstance(path, str) and path:
            if self.below:
                path = path.rpartition(f"{self.below}/")[2]
            return self._handle(cell.fetch(path, word))
        if not found or isinstance(found, Mapping):
            cell.wrong(f"sample '{cell.key}' has no {word}: column '{self.name}' has neither bytes nor a path")
        cell.wrong(f"column '{self.name}' holds a {type(found).__name__}, expected encoded {word} bytes or a path")

    def _handle(self, found: Media) -> Audio | Image | Video:
        return found if isinstance(found, self.kind) else self.kind(found.path, found.opener, found.name)


@dataclass(frozen=True, slots=True)
class EachColumn(Column):
    """A column with a list of objects, each made into a row of its own fields."""

    fields: Mapping[str, Column] = field(default_factory=dict)

    def taken(self, found: Any, cell: Cell) -> list[dict[str, Any]]:
        """The inner rows, in order."""
        if not isinstance(found, list | tuple) or not all(isinstance(one, Mapping) for one in found):
            cell.wrong(f"sample '{cell.key}': column '{self.name}' must be a list of objects, not {_shown(found)}")
        rows = []
        for at, one in enumerate(found):
            place, key = f"{cell.place}, {self.name}[{at}]", f"{cell.key}.{self.name}[{at}]"
            inner = {
                name: column.read(Cell(one, place, key, name, cell.fetch, cell.given))
                for name, column in self.fields.items()
            }
            rows.append(inner)
        return rows


@dataclass(frozen=True, slots=True)
class OptionalColumn(Column):
    """A column that may be missing, null or, where it holds text to be read as something else, empty."""

    inner: Column = field(default_factory=lambda: Column(""))
    default: Any = None

    def read(self, cell: Cell) -> Any:
        """The inner column's value, or the default."""
        if "{" not in self.name and top_column(self.name, tuple(cell.raw)) is None:
            return self.default  # the error of a missing column looks for the nearest names, which takes long
        try:
            found = cell.found(self.name)
        except DataError:
            return self.default
        bare = isinstance(found, Mapping) and all(one is None for one in found.values())
        if found is None or found == "" or (bare and isinstance(self.inner, MediaColumn)):
            return self.default
        return self.inner.taken(found, cell)


@dataclass(frozen=True, slots=True)
class ConstantColumn(Column):
    """The same value in every row."""

    value: Any = None

    def read(self, cell: Cell) -> Any:
        """The value."""
        return self.value

    def names(self) -> tuple[str, ...]:
        """None are read."""
        return ()


@dataclass(frozen=True, slots=True)
class MadeColumn(Column):
    """A value made by a function of the whole row of the data."""

    make: Callable[[Raw], Any] = field(default=lambda raw: None)

    def read(self, cell: Cell) -> Any:
        """What the function gives.

        Raises:
            DataError: the function reads a column that is not there.
        """
        try:
            return self.make(cell.raw)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            cell.wrong(f"sample '{cell.key}': the field '{cell.name}' cannot be made: {type(error).__name__} {error}")

    def names(self) -> None:
        """Nobody can say which."""
        return None


@dataclass(frozen=True, slots=True)
class MadeMediaColumn(MediaColumn):
    """Media whose path or bytes a function makes of the whole row of the data."""

    make: Callable[[Raw], Any] = field(default=lambda raw: None)

    def read(self, cell: Cell) -> Any:
        """A handle of what the function gives."""
        return self.taken(MadeColumn("", self.make).read(cell), cell)

    def names(self) -> None:
        """Nobody can say which."""
        return None


def audio(column: str, *, encoding: str | None = None, below: str = "") -> Column:
    """A column with recordings; `encoding="base64"` where they stand there as text.

    Args:
        column: its name or a template.
        encoding: "base64", or None.
        below: a folder that paths name and that is not part of the copy: what leads to it is left off.
    """
    return MediaColumn(column, Audio, _base64(encoding), below)


def image(column: str, *, encoding: str | None = None) -> Column:
    """A column with images; `encoding="base64"` where they stand there as text."""
    return MediaColumn(column, Image, _base64(encoding))


def video(column: str, *, encoding: str | None = None) -> Column:
    """A column with videos; `encoding="base64"` where they stand there as text."""
    return MediaColumn(column, Video, _base64(encoding))


def base64_image(column: str) -> Column:
    """A column with images as base64 text, as in the tables of VLMEvalKit."""
    return MediaColumn(column, Image, base64=True)


def text(column: str) -> Column:
    """A column that must hold text."""
    return TextColumn(column)


def integer(column: str) -> Column:
    """A column of whole numbers; digits in a text file are read."""
    return IntegerColumn(column)


def json(column: str, at: str = "") -> Column:
    """A column whose text is JSON; `at` is a path inside it."""
    return ParsedColumn(column, at=at)


def literal(column: str, at: str = "") -> Column:
    """A column whose text is a Python literal, such as a list with single quotes; nothing in it is executed."""
    return ParsedColumn(column, literal=True, at=at)


def optional(column: str | Column, default: Any = None) -> Column:
    """A column that some files or rows lack, or leave empty."""
    inner = column if isinstance(column, Column) else Column(column)
    return OptionalColumn(inner.name, inner, default)


def constant(value: Any) -> Column:
    """The same value in every row."""
    return ConstantColumn("", value)


def each(column: str, fields: Mapping[str, Field]) -> Column:
    """A column with a list of objects, such as the turns of a dialogue, and the fields of each."""
    return EachColumn(column, typed(fields))


def typed(fields: Mapping[str, Field]) -> dict[str, Column]:
    """Fields with the types their columns are read as."""
    return {name: _typed(name, one) for name, one in fields.items()}


def _typed(name: str, one: Field) -> Column:
    if isinstance(one, OptionalColumn) and type(one.inner) is Column:
        return OptionalColumn(one.name, _typed(name, one.inner.name), one.default)
    if isinstance(one, Column):
        return one
    kind = _KINDS.get(name.rsplit("_", 1)[-1].removesuffix("s"))
    if isinstance(one, str):
        return Column(one) if kind is None else MediaColumn(one, kind)
    return MadeColumn("", one) if kind is None else MadeMediaColumn(name, kind, make=one)


def _base64(encoding: str | None) -> bool:
    if encoding not in (None, "base64"):
        raise ValueError(f"encoding is None or 'base64', not {encoding!r}")
    return encoding == "base64"


def _shown(found: Any) -> str:
    shown = repr(found)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
