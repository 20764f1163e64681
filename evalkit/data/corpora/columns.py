"""Tables of any kind into rows of the normal form: which column is what."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.source import Row
from evalkit.data.corpora.layout import row

Raw = Mapping[str, Any]
Identify = Callable[[Raw, int], str]
Fetch = Callable[[str], Audio]  # a handle for a path that stands in a column


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a row is made of. `a.b` is the field b of the column a.

    Args:
        id: column with the sample id; or a template of columns, {split} and {index}, such as "{split}_{index:05d}"; or
            a function of the raw row and its index in the split.
        text: column with the transcript.
        audio: column with the audio: encoded bytes, a path, or `{"bytes", "path"}`.
        speaker: column with the speaker; None where there is none.
        keep: further columns to keep.
    """

    id: str | Identify
    text: str
    audio: str = "audio"
    speaker: str | None = None
    keep: tuple[str, ...] = ()

    def needed(self) -> list[str] | None:
        """Top-level columns to read; None for all, where the id is made by a function or a template."""
        if callable(self.id) or "{" in self.id:
            return None
        names = [self.id, self.text, self.audio, *self.keep, *([self.speaker] if self.speaker else [])]
        return list(dict.fromkeys(name.split(".", 1)[0] for name in names))

    def row(self, raw: Raw, index: int, split: str, where: str, fetch: Fetch) -> Row:
        """A row in normal form.

        Args:
            raw: column -> value.
            index: from 0, within the split.
            split: the task's split.
            where: file or repository, for errors.
            fetch: makes a handle of a path without bytes.

        Raises:
            DataError: a column is missing or holds something else.
        """
        place = f"{where}, row {index}"
        key = self._id(raw, index, split, place)
        text = value(raw, self.text, place)
        if not isinstance(text, str):
            found = "is empty" if text is None else f"holds a {type(text).__name__}"
            raise DataError(place, f"sample '{key}' has no transcript: column '{self.text}' {found}")
        speaker = value(raw, self.speaker, place) if self.speaker else None
        audio = self._audio(value(raw, self.audio, place), key, place, fetch)
        extra = {name: value(raw, name, place) for name in self.keep}
        return row(key, audio, text, None if speaker is None else str(speaker), **extra)

    def _id(self, raw: Raw, index: int, split: str, place: str) -> str:
        if callable(self.id):
            key: Any = self.id(raw, index)
        elif "{" in self.id:
            try:
                key = self.id.format_map({**raw, "split": split, "index": index})
            except KeyError as error:
                raise DataError(place, f"no column {error} for the id; it has {_names(raw)}") from None
        else:
            key = value(raw, self.id, place)
        if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
            raise DataError(place, f"the id must be text or a whole number, not {key!r}")
        return str(key)

    def _audio(self, found: Any, key: str, place: str, fetch: Fetch) -> Audio:
        data, path = (found.get("bytes"), found.get("path")) if isinstance(found, Mapping) else (found, None)
        if isinstance(data, str):
            data, path = None, data
        if isinstance(data, bytes):
            return held(data, key, path)
        if isinstance(path, str) and path:
            return fetch(path)
        if found is None or isinstance(found, Mapping):
            raise DataError(place, f"sample '{key}' has no audio: column '{self.audio}' has neither bytes nor a path")
        raise DataError(
            place, f"column '{self.audio}' holds a {type(found).__name__}, expected encoded audio bytes or a path"
        )


def held(data: bytes, key: str, path: str | None = None) -> Audio:
    """A handle of encoded bytes in memory, freed with the handle."""
    suffix = PurePosixPath(path).suffix if path else ""
    return Audio(opener=functools.partial(bytes, data), name=f"{key}{suffix}")


def by_stem(column: str = "audio") -> Identify:
    """An id function: the file name without folder and ending, of a path column or of the audio's path."""

    def identify(raw: Raw, index: int) -> str:
        found = value(raw, column, f"row {index}")
        path = found.get("path") if isinstance(found, Mapping) else found
        if not isinstance(path, str) or not path:
            raise DataError(f"row {index}", f"column '{column}' has no path to take the id from; its value: {path!r}")
        return PurePosixPath(path.replace("\\", "/")).stem

    return identify


def value(raw: Raw, name: str, place: str) -> Any:
    """Value of a column, or of a field inside one.

    Raises:
        DataError: there is no such column; the message lists those there are.
    """
    if name in raw:
        return raw[name]
    first, _, rest = name.partition(".")
    if rest and isinstance(raw.get(first), Mapping):
        return value(raw[first], rest, place)
    raise DataError(place, f"no column '{name}'; it has {_names(raw)}")


def _names(raw: Raw) -> str:
    return ", ".join(str(name) for name in raw) or "none"
