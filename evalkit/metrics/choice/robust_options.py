"""The texts of a question's options, as `robust` looks for them: without case, as whole words, the longest first."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from evalkit.metrics.choice.robust_text import plain

SEVERAL = -1  # in the place of an option: more than one
EDGES = " \t\r\n.,;:!?\"'“”‘’()[]{}（）。，！？：；、「」『』…"
_LONG = 1000
_ARTICLES = ("the ", "an ", "a ")


@dataclass(frozen=True, slots=True)
class Options:
    """Options, ready to be looked for.

    Args:
        count: how many.
        places: folded text -> place; `SEVERAL` where two options fold alike.
        texts: the folded texts with their places, the longest first.
    """

    count: int
    places: dict[str, int]
    texts: tuple[tuple[str, int], ...]

    def equal(self, lowered: str) -> int | None:
        """The option whose text this is, marks at its ends aside."""
        return self.places.get(_tidy(lowered)) if len(lowered) < _LONG else None

    def here(self, lowered: str, start: int, marks: str = EDGES) -> tuple[int | None, int]:
        """The option whose text stands at a place, marks and an article before it allowed, and its end; (None, 0)."""
        while start < len(lowered) and lowered[start] in marks:
            start += 1
        article = next((len(word) for word in _ARTICLES if lowered.startswith(word, start)), 0)
        for at in (start, start + article) if article else (start,):
            for text, place in self.texts:
                if lowered.startswith(text, at) and _ends(text, lowered, at + len(text)):
                    return place, at + len(text)
        return None, 0

    def everywhere(self, lowered: str) -> list[tuple[int, int, int]]:
        """Option, start and end of every text that occurs; what lies inside a longer one is left out."""
        flat = lowered.replace("\n", " ")
        found: list[tuple[int, int, int]] = []
        for text, place in self.texts:
            at = flat.find(text)
            while at >= 0:
                end = at + len(text)
                whole = _starts(text, flat, at) and _ends(text, flat, end)
                if whole and not any(at < last and first < end for _, first, last in found):
                    found.append((place, at, end))
                at = flat.find(text, at + 1)
        return found


@functools.lru_cache(maxsize=1 << 14)
def options_of(options: tuple[str, ...]) -> Options:
    """Fold the options of a question."""
    places: dict[str, int] = {}
    for at, option in enumerate(options):
        folded = _folded(option)
        places[folded] = SEVERAL if folded in places else at
    places.pop("", None)
    return Options(len(options), places, tuple(sorted(places.items(), key=lambda item: -len(item[0]))))


def agreed(one: int | None, other: int | None) -> int | None:
    """What two readings say together: the one there is, the one both give, or `SEVERAL`."""
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else SEVERAL


def lower(text: str) -> str:
    """The text in lower case, every character in its place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def _folded(text: str) -> str:
    return _tidy(lower(plain(text)))


def _tidy(text: str) -> str:
    return " ".join(text.strip(EDGES).split())


def _ends(text: str, within: str, end: int) -> bool:
    """A word or number that ends the text does not go on."""
    if end >= len(within):
        return True
    if _joins(text[-1]) and _joins(within[end]):
        return False
    return not (text[-1].isdigit() and within[end] == "." and within[end + 1 : end + 2].isdigit())


def _starts(text: str, within: str, at: int) -> bool:
    """A word or number that begins the text does not come from before."""
    if not at:
        return True
    if _joins(text[0]) and _joins(within[at - 1]):
        return False
    return not (text[0].isdigit() and within[at - 1] == "." and within[at - 2 : at - 1].isdigit())


def _joins(character: str) -> bool:
    """Letters and digits of scripts that part words by spaces; ideographs, kana, hangul, Thai stand by themselves."""
    if character < "\u0e00":
        return character.isalnum() or character == "_"
    return "\u0f00" <= character < "\u2e80" and character.isalnum()
