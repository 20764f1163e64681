"""Seeded draws that spread values evenly."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

_Value = TypeVar("_Value", bound=Hashable)


class Even:
    """Draws values so that each has been drawn about as often as the others that could be.

    Args:
        rng: decides among those drawn least often.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._drawn: Counter[Hashable] = Counter()

    def one(self, values: Sequence[_Value], group: Hashable = None) -> _Value:
        """One of some values; `group` names what is counted together."""
        fewest = min(self._drawn[group, value] for value in values)
        chosen = self.rng.choice([value for value in values if self._drawn[group, value] == fewest])
        self._drawn[group, chosen] += 1
        return chosen

    def some(self, values: Sequence[_Value], count: int, group: Hashable = None) -> list[_Value]:
        """Some distinct ones."""
        left, found = list(values), []
        for _ in range(count):
            found.append(self.one(left, group))
            left.remove(found[-1])
        return found
