"""JSON as judges write it: read where it can mean one thing only, and refused otherwise.

What is read beyond the standard: a comma before a closing bracket; single and typographic quotation marks, also around
keys; keys and words without any; a backslash that escapes nothing (LaTeX in a judge's reasons); quotation marks inside
a text that no comma, colon or bracket follows; a fraction as a number ("4/5", as a text); Python's True, False, None.
A key that comes twice, and an object that does not end, are refused.

No kept library would do: those that repair JSON guess on, and close what was cut off.
"""

from __future__ import annotations

import re
from typing import Any

_QUOTES = {'"': '"', "'": "'", "“": "””", "”": "”", "‘": "’", "’": "’", "„": "“”", "«": "»", "「": "」"}
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_SPACE = re.compile(r"\s*")
_KEY = re.compile(r"[A-Za-z_]\w*")
_BARE = re.compile(r"[^\s,:{}\[\]\"'“”‘’]+(?:[ \t]*/[ \t]*\d[\d.]*)?")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_UNICODE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}")
_FOLLOWS = re.compile(r"\s*(?:[,:}\]]|\Z)")
_DEEP = 40
_LONG = 100_000  # characters of an object


class LooseJSONError(ValueError):
    """Not readable, or readable in more than one way."""


def read_object(text: str, start: int) -> tuple[dict[str, Any], int]:
    """The object that begins at an opening brace, and the place behind it.

    Raises:
        LooseJSONError: it can be read in no way, or in several.
    """
    found, place = _Reader(text[start : start + _LONG]).value(0, 0)
    if not isinstance(found, dict):
        raise LooseJSONError("no object")
    return found, start + place


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, place: int, depth: int) -> tuple[Any, int]:
        if depth > _DEEP:
            raise LooseJSONError("too deep")
        place = self._space(place)
        mark = self._at(place)
        if mark == "{":
            return self._object(place + 1, depth)
        if mark == "[":
            return self._list(place + 1, depth)
        if mark in _QUOTES:
            return self._quoted(place)
        found = _BARE.match(self.text, place)
        if found is None:
            raise LooseJSONError(f"nothing readable at character {place}")
        return _plain(found[0]), found.end()

    def _object(self, place: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        folded: set[str] = set()
        while self._at(place := self._space(place)) != "}":
            key, place = self._key(place)
            if key.casefold() in folded:
                raise LooseJSONError(f"the key {key!r} comes twice")
            folded.add(key.casefold())
            place = self._space(place)
            if self._at(place) not in (":", "："):
                raise LooseJSONError(f"no colon behind {key!r}")
            found[key], place = self.value(place + 1, depth + 1)
            place = self._next(place, "}")
        return found, place + 1

    def _list(self, place: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while self._at(place := self._space(place)) != "]":
            entry, place = self.value(place, depth + 1)
            found.append(entry)
            place = self._next(place, "]")
        return found, place + 1

    def _next(self, place: int, end: str) -> int:
        """The place behind a comma, or of the end."""
        place = self._space(place)
        if self._at(place) in (",", "，"):
            return place + 1
        if self._at(place) != end:
            raise LooseJSONError(f"neither a comma nor {end} at character {place}")
        return place

    def _key(self, place: int) -> tuple[str, int]:
        if self._at(place) in _QUOTES:
            return self._quoted(place)
        found = _KEY.match(self.text, place)
        if found is None:
            raise LooseJSONError(f"no key at character {place}")
        return found[0], found.end()

    def _quoted(self, place: int) -> tuple[str, int]:
        ends = _QUOTES[self.text[place]]
        said: list[str] = []
        place += 1
        while mark := self._at(place):
            if mark == "\\":
                piece, place = self._escaped(place)
                said.append(piece)
            elif mark in ends and _FOLLOWS.match(self.text, place + 1):
                return "".join(said), place + 1
            else:
                said.append(mark)
                place += 1
        raise LooseJSONError("a text does not end")

    def _escaped(self, place: int) -> tuple[str, int]:
        mark = self._at(place + 1)
        if found := _UNICODE.match(self.text, place):
            units = bytes.fromhex(found[0].replace("\\u", ""))
            return units.decode("utf-16-be", "replace"), found.end()
        if mark in _ESCAPES:
            return _ESCAPES[mark], place + 2
        return "\\", place + 1

    def _space(self, place: int) -> int:
        found = _SPACE.match(self.text, place)
        return found.end() if found else place

    def _at(self, place: int) -> str:
        return self.text[place : place + 1]


def _plain(word: str) -> Any:
    if word.casefold() in _WORDS:
        return _WORDS[word.casefold()]
    if not _NUMBER.fullmatch(word) or len(word) > 300:
        return word
    number = float(word)
    return int(word) if re.fullmatch(r"[-+]?\d+", word) else number
