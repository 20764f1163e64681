"""Where a wording occurs in a text: its typed values and words stand there side by side."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from evalkit.metrics.answers.values import LETTER_A, Token, tokens

OPTION_A = (Token("word", LETTER_A),)


def occurs(text: str, wordings: Sequence[str]) -> bool:
    """True when a text holds one of the wordings, in whatever sense: no clauses, no denials, no rivals."""
    read = tokens(text)
    return any(True for wording in wordings for _ in places(read, pattern(wording)))


def places(read: Sequence[Token], wanted: Sequence[Token]) -> Iterator[int]:
    """Where the wanted tokens begin, side by side, among those that were read."""
    for start in range(len(read) - len(wanted) + 1):
        if all(read[start + i].fits(token) for i, token in enumerate(wanted)):
            yield start


@functools.lru_cache(maxsize=8192)
def pattern(wording: str) -> tuple[Token, ...]:
    """What is looked for: the tokens of a wording without marks; "A" alone is the letter of an option."""
    if wording.strip(" \t().:*").casefold() == "a":
        return OPTION_A
    return tuple(token for token in tokens(wording) if token.kind not in ("break", "or"))
