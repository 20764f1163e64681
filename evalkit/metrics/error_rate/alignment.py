"""Edit distance of two token sequences and its split into substitutions, deletions and insertions.

A token sequence is written as a string with one character per token, so that the distance is a string
distance. The distance is unique; the split is not, when several alignments cost the same. Two tie-breaking
rules exist here: that of rapidfuzz, which jiwer uses, and that of wenet's tools/compute-wer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from rapidfuzz.distance import Levenshtein

Split = tuple[int, int, int]  # substitutions, deletions, insertions
Operation = Literal["equal", "substitute", "delete", "insert"]

_FIRST_SYMBOL, _LAST_SYMBOL = 0x10000, 0x10FFFF


class TooManyTokensError(Exception):
    """More distinct tokens than symbols: encode fewer texts with one table."""


class Symbols(dict[str, str]):
    """Maps each distinct token to one character.

    A token of one character of the Basic Multilingual Plane stands for itself, so text that is its own token
    sequence needs no encoding; every other token gets a character above that plane, in order of appearance.
    """

    def __missing__(self, token: str) -> str:
        if len(token) == 1 and token < "\U00010000":
            symbol = token
        else:
            code = _FIRST_SYMBOL + len(self)
            if code > _LAST_SYMBOL:
                raise TooManyTokensError
            symbol = chr(code)
        self[token] = symbol
        return symbol

    def encode(self, tokens: Iterable[str]) -> str:
        """The token sequence as a string of the same length."""
        return "".join(map(self.__getitem__, tokens))


def split(reference: str, hypothesis: str) -> Split:
    """Split of the distance, ties broken as in rapidfuzz (and so as in jiwer)."""
    return _split(reference, hypothesis, _substitutions)


def split_delete_first(reference: str, hypothesis: str) -> Split:
    """Split of the distance; ties broken from the end backwards: a deletion first, then an insertion.

    The rule of wenet tools/compute-wer.py.
    """
    return _split(reference, hypothesis, _substitutions_delete_first)


def _split(reference: str, hypothesis: str, substitutions: Callable[[str, str], int]) -> Split:
    distance = Levenshtein.distance(reference, hypothesis)
    surplus = len(hypothesis) - len(reference)
    # distance - |surplus| = S + 2 min(D, I): below two, every optimal alignment has the same split
    replaced = distance - abs(surplus)
    if replaced >= 2:
        replaced = substitutions(reference, hypothesis)
    deleted = (distance - replaced - surplus) // 2
    return replaced, deleted, deleted + surplus


def _substitutions(reference: str, hypothesis: str) -> int:
    return sum(1 for tag, _, _ in Levenshtein.editops(reference, hypothesis).as_list() if tag == "replace")


def _substitutions_delete_first(reference: str, hypothesis: str) -> int:
    return sum(1 for operation, _, _ in align_delete_first(reference, hypothesis) if operation == "substitute")


def align_delete_first(reference: str, hypothesis: str) -> list[tuple[Operation, int, int]]:
    """The alignment of wenet tools/compute-wer.py.

    Args:
        reference: one character per reference token.
        hypothesis: one character per hypothesis token.

    Returns:
        Operations from the last token to the first as (operation, reference index, hypothesis index); the
        index of the side an operation does not use is that of the next unused token.
    """
    up, left = _increases(reference, hypothesis)
    i, j = len(reference), len(hypothesis)
    path: list[tuple[Operation, int, int]] = []
    while i and j:
        bit = 1 << (i - 1)
        if up[j - 1] & bit:
            i -= 1
            path.append(("delete", i, j))
        elif left[j - 1] & bit:
            j -= 1
            path.append(("insert", i, j))
        else:
            i -= 1
            j -= 1
            path.append(("equal" if reference[i] == hypothesis[j] else "substitute", i, j))
    path.extend(("delete", k, 0) for k in reversed(range(i)))
    path.extend(("insert", 0, k) for k in reversed(range(j)))
    return path


def _increases(reference: str, hypothesis: str) -> tuple[list[int], list[int]]:
    """Where the distance table grows by one, as bit sets over the reference, one per hypothesis token.

    Bit i-1 of `up[j-1]` says D[i][j] = D[i-1][j] + 1 (a deletion attains the minimum), of `left[j-1]` that
    D[i][j] = D[i][j-1] + 1 (an insertion does). Hyyrö's bit-parallel recurrence (2003): one column of the
    table costs a dozen integer operations, whatever the length of the reference.
    """
    mask = (1 << len(reference)) - 1
    places: dict[str, int] = {}
    for i, token in enumerate(reference):
        places[token] = places.get(token, 0) | 1 << i
    up: list[int] = []
    left: list[int] = []
    vertical_plus, vertical_minus = mask, 0
    for token in hypothesis:
        equal = places.get(token, 0)
        diagonal = (((equal & vertical_plus) + vertical_plus) ^ vertical_plus) | equal | vertical_minus
        horizontal_plus = (vertical_minus | ~(diagonal | vertical_plus)) & mask
        horizontal_minus = diagonal & vertical_plus & mask
        left.append(horizontal_plus)
        shifted_plus = horizontal_plus << 1 | 1  # row 0 grows by one with every hypothesis token
        shifted_minus = horizontal_minus << 1
        vertical_plus = (shifted_minus | ~(diagonal | shifted_plus)) & mask
        vertical_minus = shifted_plus & diagonal & mask
        up.append(vertical_plus)
    return up, left
