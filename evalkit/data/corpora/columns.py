"""Tables of any kind into rows: which column is which field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.core.source import Row
from evalkit.data.cells import Raw, roots, text_of, top_column, value
from evalkit.data.fields import (
    Cell,
    Column,
    EachColumn,
    Fetch,
    Field,
    LabelColumn,
    MediaColumn,
    OptionalColumn,
    TextColumn,
    constant,
    typed,
)
from evalkit.data.fields import audio as audio_column

Identify = Callable[[Raw, int], str]


class Placed(dict[str, Any]):
    """A row that knows where it stands in the data.

    Args:
        fields: the row.
        place: file and row or line, for errors.
    """

    def __init__(self, fields: Mapping[str, Any], place: str) -> None:
        super().__init__(fields)
        self.place = place


class Columns:
    """The fields of a row, and the columns they are made of; see `evalkit.data.fields`.

    Args:
        id: column with the sample id; or a template of columns, {split} and {index}, such as "{split}_{index:05d}"; or
            a function of the raw row and its index in the split.
        text: speech in short: column with the transcript, the field "text".
        audio: speech in short: column with the audio, the field "audio"; None where there is none.
        speaker: speech in short: column with the speaker, the field "speaker"; None where there is none.
        keep: further columns to keep under their names.
        fields: name of a field -> its column, instead of `text`, `audio` and `speaker`.

    Raises:
        UsageError: neither `text` nor `fields`, both, or a field "id" beside another `id`.
    """

    def __init__(
        self,
        id: str | Identify = "id",
        text: str | None = None,
        audio: str | None = "audio",
        speaker: str | None = None,
        keep: Sequence[str] = (),
        *,
        fields: Mapping[str, Field] | None = None,
    ) -> None:
        self.id, self.audio = id, audio if fields is None else None
        if (text is None) == (fields is None):
            given = "not both" if fields is not None else "neither is there"
            raise UsageError(f"the columns of a row are fields={{...}}, or text=... for a transcript; {given}")
        if fields is not None:
            if speaker is not None:
                raise UsageError(f'fields={{...}} names all fields; write "speaker": "{speaker}" there')
            self.fields = typed({name: one for name, one in fields.items() if name != "id"})
            if "id" in fields:
                if id != "id" or not isinstance(fields["id"], str):
                    raise UsageError('the id is a column or a template: give it as id=..., or as the field "id"')
                self.id = fields["id"]
        else:
            self.fields = {} if audio is None else {"audio": audio_column(audio)}
            self.fields["text"] = TextColumn(str(text), "transcript")
            self.fields["speaker"] = constant(None) if speaker is None else LabelColumn(speaker)
        self.fields |= {name: Column(name) for name in keep}

    def needed(self, names: Sequence[str]) -> list[str] | None:
        """Which of the columns there are must be read; None for all, where a function makes the id or a field.

        Args:
            names: the columns there are.

        Raises:
            KeyError: a column that is needed is not among them.
        """
        if callable(self.id):
            return None
        wanted = [(one, True) for one in roots(self.id)]
        if "{" in self.id and any(top_column(one, names) is None for one, _ in wanted):
            return None  # the first row says what the column was for, and lists them all
        for column in self.fields.values():
            paths = column.names()
            if paths is None:
                return None
            wanted += [(one, not isinstance(column, OptionalColumn)) for path in paths if path for one in roots(path)]
        found: dict[str, None] = {}
        for path, required in wanted:
            top = top_column(path, names)
            if top is not None:
                found[top] = None
            elif required:
                raise KeyError(path)
        return list(found)

    def row(self, raw: Raw, index: int, split: str, where: str, fetch: Fetch, place: str | None = None) -> Row:
        """A row with its id and all fields.

        Args:
            raw: column -> value.
            index: from 0, within the split.
            split: the task's split.
            where: file or repository, for errors.
            fetch: makes a handle of a path without bytes.
            place: file and line, where the row has one; else `where` and the index.

        Raises:
            DataError: a column is missing or holds something else.
        """
        place = place or f"{where}, row {index}"
        given = {"split": split, "index": index}
        key = self._id(raw, index, given, place)
        made: dict[str, Any] = {"id": key}
        for name, column in self.fields.items():
            made[name] = column.read(Cell(raw, place, key, name, fetch, given))
        return Placed(made, place)

    def media(self) -> dict[str, MediaColumn]:
        """The fields that hold media, optional ones with them."""
        inner = {name: _inner(column) for name, column in self.fields.items()}
        return {name: column for name, column in inner.items() if isinstance(column, MediaColumn)}

    def all_media(self) -> list[MediaColumn]:
        """Columns with media, those in lists of objects too."""
        return list(_held(self.fields.values()))

    @property
    def media_word(self) -> str:
        """Word for the media of its rows, for errors: "audio", or "media" where there are several kinds."""
        kinds = {column.kind.modality for column in self.all_media()}
        return kinds.pop() if len(kinds) == 1 else "media"

    def _id(self, raw: Raw, index: int, given: Mapping[str, Any], place: str) -> str:
        if callable(self.id):
            key: Any = self.id(raw, index)
        elif "{" in self.id:
            key = text_of(self.id, raw, given, place, " for the id")
        else:
            key = value(raw, self.id, place)
        if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
            raise DataError(place, f"the id must be text or a whole number, not {key!r}")
        return str(key)


def _inner(column: Column) -> Column:
    return column.inner if isinstance(column, OptionalColumn) else column


def _held(columns: Iterable[Column]) -> Iterator[MediaColumn]:
    for column in map(_inner, columns):
        if isinstance(column, MediaColumn):
            yield column
        elif isinstance(column, EachColumn):
            yield from _held(column.fields.values())


def by_stem(column: str = "audio") -> Identify:
    """An id function: the file name without folder and ending, of a path column or of the audio's path."""

    def identify(raw: Raw, index: int) -> str:
        found = value(raw, column, f"row {index}")
        path = found.get("path") if isinstance(found, Mapping) else found
        if not isinstance(path, str) or not path:
            raise DataError(f"row {index}", f"column '{column}' has no path to take the id from; its value: {path!r}")
        return PurePosixPath(path.replace("\\", "/")).stem

    return identify
