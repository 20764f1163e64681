"""Cells of the data: found by their paths, put into templates, and held as handles of media."""

from __future__ import annotations

import base64
import binascii
import difflib
import functools
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from evalkit.core.errors import DataError
from evalkit.core.message import Media

Raw = Mapping[str, Any]
Kind = TypeVar("Kind", bound=Media)
_MISSING = object()
_INDEX = re.compile(r"\[(\d+)\]")


def value(raw: Raw, name: str, place: str) -> Any:
    """Value of a column, or of what lies inside one: `a.b` is the field b of a, `a.0` or `a[0]` the first item of a.

    Raises:
        DataError: there is no such column; the message lists those there are, and the nearest.
    """
    found = _looked_up(raw, name)
    if found is _MISSING:
        raise DataError(place, f"no column '{name}'; {known(name, raw)}")
    return found


def known(name: str, names: Iterable[str]) -> str:
    """What there is instead of a name, for errors: "it has a, b, c; did you mean 'b'?"."""
    there = [str(one) for one in names]
    near = difflib.get_close_matches(name, there, n=1, cutoff=0.6)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"it has {', '.join(there) or 'none'}{hint}"


def roots(name: str) -> tuple[str, ...]:
    """Columns that a path or a template reads, with their paths; {split} and {index} are none."""
    if "{" not in name:
        return (name,)
    parsed = string.Formatter().parse(name)
    return tuple(one for _, one, _, _ in parsed if one is not None and one not in ("split", "index"))


def top_column(name: str, names: Sequence[str]) -> str | None:
    """The column among `names` that a path starts from; None where there is none."""
    if name in names:
        return name
    for head in _heads(_INDEX.sub(r".\1", name)):
        if head in names:
            return head
    return None


def text_of(template: str, raw: Raw, given: Mapping[str, Any], place: str, what: str = "") -> str:
    """A template with the columns of a row put in.

    Args:
        template: text with {column}, {column.path}, {column:05d}.
        raw: the row.
        given: further names; they come before columns of the same name.
        place: file and row, for errors.
        what: what the text is for, for errors.

    Raises:
        DataError: a column is missing or empty, or does not fit its format.
    """
    try:
        return _Template(raw, given, place, what).format(template)
    except (ValueError, TypeError) as error:
        raise DataError(place, f"the template '{template}' cannot be filled: {error}") from None


class _Template(string.Formatter):
    def __init__(self, raw: Raw, given: Mapping[str, Any], place: str, what: str) -> None:
        self._raw, self._given, self._place, self._what = raw, given, place, what

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        if field_name in self._given:
            return self._given[field_name], field_name
        found = _looked_up(self._raw, field_name)
        if found is _MISSING:
            raise DataError(self._place, f"no column '{field_name}'{self._what}; {known(field_name, self._raw)}")
        if found is None:
            raise DataError(self._place, f"the column '{field_name}' is empty{self._what}")
        return found, field_name


def _looked_up(raw: Raw, name: str) -> Any:
    found = _walked(raw, name)
    return _walked(raw, _INDEX.sub(r".\1", name)) if found is _MISSING and "[" in name else found


def _walked(found: Any, name: str) -> Any:
    if isinstance(found, Mapping):
        if name in found:
            return found[name]
        for head in _heads(name):
            if head in found:
                inner = _walked(found[head], name[len(head) + 1 :])
                if inner is not _MISSING:
                    return inner
    elif isinstance(found, list | tuple):
        head, _, rest = name.partition(".")
        if head.isdigit() and int(head) < len(found):
            item = found[int(head)]
            return _walked(item, rest) if rest else item
    return _MISSING


def _heads(name: str) -> Iterator[str]:
    """Beginnings of a path that end before a dot, longest first."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def held(kind: type[Kind], data: bytes, name: str, path: str | None = None) -> Kind:
    """A handle of encoded bytes in memory, freed with the handle; the ending of `path` is put behind its name."""
    suffix = PurePosixPath(path).suffix if path else ""
    return kind(opener=functools.partial(bytes, data), name=f"{name}{suffix}")


def held_base64(kind: type[Kind], data: str, name: str, place: str) -> Kind:
    """A handle of bytes that stand in memory as base64 text; decoded when it is opened."""
    return kind(opener=functools.partial(from_base64, data, place), name=name)


def from_base64(data: str, place: str) -> bytes:
    """Bytes of base64 text; the head of a `data:` address is dropped, line ends are no part of it.

    Raises:
        DataError: it is not base64, or empty.
    """
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        decoded = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(place, f"not base64 ({error}): {data[:40]!r}") from None
    if not decoded:
        raise DataError(place, "no bytes in the base64 text")
    return decoded
