"""Seeded draws that are the same on every machine and Python version."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draws:
    """A stream of random decisions.

    Built on `random.Random.random` alone, the one method whose sequence Python guarantees for a given seed.

    Args:
        *names: what the stream is for; equal names give equal streams.
    """

    def __init__(self, *names: object) -> None:
        self._names = names
        digest = hashlib.blake2b("/".join(map(str, names)).encode(), digest_size=8).digest()
        self._random = random.Random(int.from_bytes(digest, "big"))

    def child(self, *names: object) -> Draws:
        """A stream of its own; drawing from it leaves this one alone."""
        return Draws(*self._names, *names)

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self._random.random() < share

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + self._random.random() * (high - low)

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[int(self._random.random() * len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All items in random order (Fisher-Yates)."""
        found = list(items)
        for last in range(len(found) - 1, 0, -1):
            other = int(self._random.random() * (last + 1))
            found[last], found[other] = found[other], found[last]
        return found

    def sample(self, items: Sequence[Item], size: int) -> list[Item]:
        """`size` different items in random order.

        Raises:
            ValueError: there are fewer.
        """
        if size > len(items):
            raise ValueError(f"{size} items wanted of {len(items)}")
        return self.shuffled(items)[:size]
