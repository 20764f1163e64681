"""Replacing the first occurrence of each of many strings, one after the other, in nearly linear time.

    for found in strings:
        text = text.replace(found, read(found), 1)

copies and searches the whole text for every string; models that loop write texts in which that takes minutes. Here the
same result comes from places in the text as it was at first, as long as no replacement brings a new occurrence about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

_FEW = 24  # so few strings are replaced one by one
_ALIKE = 8  # more distinct strings of one length are looked for all at once


def replace_each(text: str, strings: Sequence[str], read: Callable[[str], str], *, inner: str = "") -> str:
    """Replace the first occurrence of every string, in order.

    Args:
        text: where.
        strings: each begins with a character that no reading holds.
        read: gives what takes the place of a string.
        inner: the one character in which a string and its reading differ; empty where all do.
    """
    if len(strings) <= _FEW:
        return _one_by_one(text, strings, read)
    readings = {found: read(found) for found in dict.fromkeys(strings)}
    letters = frozenset().union(*readings)
    changed = bytearray(len(text))
    taken: dict[int, tuple[int, str]] = {}
    places = _Places(text, readings, changed)
    for found in strings:
        start = places.first(found)
        if start < 0:
            continue
        end, reading = start + len(found), readings[found]
        if inner:
            start += found.index(inner)
            end, reading = start + 1, reading[start - end + len(found)]
        elif _may_join(text, changed, letters, start, end, reading):
            return _one_by_one(text, strings, read)
        changed[start:end] = b"\1" * (end - start)
        taken[start] = end, reading
    pieces: list[str] = []
    at = 0
    for start in sorted(taken):
        end, reading = taken[start]
        pieces += (text[at:start], reading)
        at = end
    return "".join([*pieces, text[at:]])


def _one_by_one(text: str, strings: Iterable[str], read: Callable[[str], str]) -> str:
    for found in strings:
        text = text.replace(found, read(found), 1)
    return text


def _may_join(text: str, changed: bytearray, letters: frozenset[str], start: int, end: int, reading: str) -> bool:
    """Whether a reading that is empty, or begins like the inside of a string, could make one with its neighbours.

    No string begins inside a reading, so that one would have to come in from the left.
    """
    if reading and reading[0] not in letters:
        return False
    if start == 0 or changed[start - 1] or text[start - 1] not in letters:
        return False
    return bool(reading) or (end < len(text) and (bool(changed[end]) or text[end] in letters))


class _Places:
    """Where strings occur in a text, of which parts are changed.

    Args:
        text: as it was.
        strings: distinct.
        changed: 1 for every character that was replaced; only ever grows.
    """

    def __init__(self, text: str, strings: Iterable[str], changed: bytearray) -> None:
        self._text, self._changed = text, changed
        self._next: dict[str, int] = {}
        self._listed: dict[str, list[int]] = {}
        by_length: dict[int, list[str]] = defaultdict(list)
        for found in strings:
            by_length[len(found)].append(found)
        for length, alike in by_length.items():
            if len(alike) > _ALIKE:
                self._list(length, alike)

    def _list(self, length: int, alike: Sequence[str]) -> None:
        listed: dict[str, list[int]] = {found: [] for found in alike}
        text = self._text
        for place in range(len(text) - length + 1):
            found = listed.get(text[place : place + length])
            if found is not None:
                found.append(place)
        self._listed.update(listed)

    def first(self, found: str) -> int:
        """The first place where a string stands unchanged; -1 where there is none. It is not given again."""
        place, length = self._at(found, self._next.get(found, 0)), len(found)
        while place >= 0:
            last = self._changed.rfind(1, place, place + length)
            if last < 0:
                self._next[found] = place + 1
                return place
            place = self._at(found, last + 1)
        self._next[found] = len(self._text)
        return -1

    def _at(self, found: str, start: int) -> int:
        listed = self._listed.get(found)
        if listed is None:
            return self._text.find(found, start)
        number = bisect_left(listed, start)
        return listed[number] if number < len(listed) else -1
