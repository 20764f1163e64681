"""How many dialogues there are of each kind: type of memory, images to recall, turn distance, language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalkit.tasks.mmmb_twin.draws import Draws
from evalkit.tasks.mmmb_twin.facts import Language

MemoryType = Literal["text", "image", "mixed"]
DISTANCES = (1, 2, 3, 4, 6, 9)
# (type of memory, images to recall): dialogues at each of DISTANCES. Every distance has 50 dialogues, so that each
# point of the curve over distances has the same interval; k images need k turns, so large counts have no short ones.
QUOTAS: dict[tuple[MemoryType, int], tuple[int, ...]] = {
    ("text", 0): (20, 18, 14, 12, 13, 13),
    ("image", 1): (17, 11, 7, 5, 4, 4),
    ("image", 2): (0, 7, 7, 6, 5, 5),
    ("image", 3): (0, 0, 7, 6, 5, 4),
    ("image", 4): (0, 0, 0, 5, 7, 8),
    ("mixed", 1): (13, 8, 5, 4, 3, 3),
    ("mixed", 2): (0, 6, 5, 4, 4, 3),
    ("mixed", 3): (0, 0, 5, 4, 4, 4),
    ("mixed", 4): (0, 0, 0, 4, 5, 6),
}
MAX_TURNS = 15


@dataclass(frozen=True, slots=True)
class Order:
    """One dialogue to be made.

    Args:
        number: from 1, in the order of the file.
        language: of all turns.
        memory: what the last question needs.
        images: number of earlier images it needs.
        distance: turns from the last one back to the earliest one it needs.
    """

    number: int
    language: Language
    memory: MemoryType
    images: int
    distance: int


def orders(seed: int) -> list[Order]:
    """All dialogues in file order: shuffled, so that any first part of the file is a fair mix."""
    wanted: list[tuple[MemoryType, int, int]] = []
    for (memory, images), sizes in QUOTAS.items():
        for distance, size in zip(DISTANCES, sizes, strict=True):
            wanted += [(memory, images, distance)] * size
    spoken: list[tuple[Language, tuple[MemoryType, int, int]]] = [
        ("en" if place % 2 == 0 else "zh", what) for place, what in enumerate(wanted)
    ]
    shuffled = Draws("mmmb_twin order", seed).shuffled(spoken)
    return [Order(number, language, *what) for number, (language, what) in enumerate(shuffled, 1)]
