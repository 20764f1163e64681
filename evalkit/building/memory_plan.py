"""Stage 2 of MMMB: what each dialogue is to test, drawn with a seed and spread evenly."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.building.describing import Description, Fact
from evalkit.building.even import Even
from evalkit.core.errors import UsageError
from evalkit.data.dialogue.memory_dialogues import MEMORY_TYPES

TYPES = ("perception", "knowledge", "text memory", "image memory", "mixed memory")  # of context turns
MOST_RECALLED, MOST_OTHERS = 4, 3  # images the last question needs; further images


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn before the last.

    Args:
        image: shown in it; None for none.
        kind: question type, one of `TYPES`.
        states: the user tells a fact in it that the last question needs.
        fact: of its image, that the last question needs; None where it needs none.
    """

    image: str | None
    kind: str
    states: bool = False
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What one dialogue is to be.

    Args:
        id: of the dialogue.
        language: code.
        memory_type: text, image or mixed.
        turn_distance: from the last turn back to the earliest that is needed.
        recall_image_count: images the last question needs.
        turns: those before the last.
    """

    id: str
    language: str
    memory_type: str
    turn_distance: int
    recall_image_count: int
    turns: tuple[Turn, ...]

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def read_plan(record: Mapping[str, Any]) -> MemoryPlan:
    """The plan that a record holds."""
    turns = tuple(
        Turn(turn["image"], turn["kind"], turn["states"], Fact(**turn["fact"]) if turn["fact"] else None)
        for turn in record["turns"]
    )
    return MemoryPlan(**{**record, "turns": turns})


def draw_plans(
    descriptions: Mapping[str, Description], count: int, languages: Sequence[str], turns: tuple[int, int], seed: int
) -> list[MemoryPlan]:
    """Plans of all dialogues; the same arguments give the same plans.

    Args:
        descriptions: image -> what was seen in it.
        count: dialogues.
        languages: codes; shared evenly.
        turns: fewest and most turns, the last one included; at most 3 or more, as mixed memory needs two turns.
        seed: of the draws.

    Raises:
        UsageError: no image was described.
    """
    if not descriptions:
        raise UsageError("no image has a usable description, so nothing can be planned; the images or the --vlm "
                         "cannot serve")  # fmt: skip
    even = Even(random.Random(f"mmmb/{seed}"))
    return [_plan(f"d{number:04d}", descriptions, languages, turns, even) for number in range(1, count + 1)]


def _plan(
    key: str, descriptions: Mapping[str, Description], languages: Sequence[str], turns: tuple[int, int], even: Even
) -> MemoryPlan:
    kind, language = even.one([(kind, language) for kind in MEMORY_TYPES for language in languages], "type")
    total = even.one(range(max(turns[0], 3 if kind == "mixed" else 2), turns[1] + 1), ("turns", kind))
    before = total - 1
    told = {"text": even.one(range(1, min(2, before) + 1), "told"), "image": 0, "mixed": 1}[kind]
    recalled = 0
    if kind != "text":
        most = min(MOST_RECALLED, before - told, len(descriptions))
        recalled = even.one(range(1, most + 1), ("recalled", kind))
    distance = even.one(range(recalled + told, before + 1), ("distance", kind))
    earliest = total - distance
    needed = [earliest, *even.rng.sample(range(earliest + 1, total), recalled + told - 1)]
    even.rng.shuffle(needed)
    telling, showing = set(needed[:told]), sorted(needed[told:])
    free = [place for place in range(1, total) if place not in needed]
    others = min(len(free), len(descriptions) - recalled, even.rng.randint(1, MOST_OTHERS))
    places = sorted([*showing, *even.rng.sample(free, others)])
    images = dict(zip(places, even.some(sorted(descriptions), len(places), "image"), strict=True))
    made = []
    for place in range(1, total):
        image = images.get(place)
        fact = even.one(descriptions[image].facts, ("fact", image)) if image and place in showing else None
        made.append(Turn(image, _question_type(place, images, even), place in telling, fact))
    return MemoryPlan(key, language, kind, distance, recalled, tuple(made))


def _question_type(place: int, images: Mapping[int, str], even: Even) -> str:
    allowed = ["perception"] if place in images else ["knowledge"]
    if place not in images and place > 1:
        allowed.append("text memory")
        if any(earlier < place for earlier in images):
            allowed += ["image memory", "mixed memory"]
    return even.one(allowed, "question type")
