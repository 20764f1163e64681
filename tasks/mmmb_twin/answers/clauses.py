"""Clauses of an answer, with the sentence they belong to and the brackets they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.metrics.answers.values import Token, tokens

_ENDS = frozenset(".!?;\n。！？；")
_GOES_ON = frozenset(",，、")


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two marks.

    Args:
        tokens: of it, without marks.
        opened_by: the marks before it; empty at the beginning.
        sentence: number of its sentence.
        aside: it stands in brackets.
    """

    tokens: Sequence[Token]
    opened_by: str
    sentence: int
    aside: bool

    @property
    def goes_on(self) -> bool:
        """True when a comma joins it to the clause before."""
        return bool(self.opened_by) and set(self.opened_by) <= _GOES_ON


def clauses(text: str, *, options: bool = False) -> list[Clause]:
    """The clauses of a text; empty ones are left out. `options` as in `tokens`."""
    found: list[Clause] = []
    current: list[Token] = []
    marks, sentence, depth = "", 0, 0
    for token in [*tokens(text, options=options), Token("break")]:
        if token.kind != "break":
            current.append(token)
            continue
        if current:
            found.append(Clause(tuple(current), marks, sentence, depth > 0))
            current, marks = [], ""
        marks += token.text
        for mark in token.text:
            depth = max(0, depth + (mark in "([") - (mark in ")]"))
            sentence += mark in _ENDS
    return found
