"""Dialogues that test memory: what the last question needs, how far back it lies, over how many images it is spread."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.columns import Cell
from evalkit.core.message import Image
from evalkit.data.dialogue.dialogues import Dialogue, Rules

MEMORY_TYPES = ("text", "image", "mixed")
BREAKDOWNS = ("memory_type", "turn_distance", "recall_image_count", "language")


def memory_rules(max_turns: int = 15) -> Rules:
    """Rules of a memory benchmark.

    `memory_type` is text, image or mixed; `turn_distance` counts turns from the last one back to the earliest turn its
    question needs; `recall_image_count` counts the earlier images it needs.
    """
    return Rules(
        min_turns=2,
        max_turns=max_turns,
        choices={"memory_type": MEMORY_TYPES},
        counts=("turn_distance", "recall_image_count"),
        consistent=_problems,
    )


def memory_columns(prefix: str, *, splits: bool = False) -> dict[str, Cell]:
    """Accuracy by type of memory, and pooled over all items, as InteractiveOmni's Table 6 has it.

    Args:
        prefix: of the columns' ids.
        splits: the types of memory are splits of the data, not groups within one.
    """
    by_type = {
        f"{prefix}.{kind}_memory": Cell(split=kind) if splits else Cell(group=("memory_type", kind))
        for kind in MEMORY_TYPES
    }
    return {**by_type, f"{prefix}.average": Cell()}


def _problems(dialogue: Dialogue) -> Iterator[str]:
    kind, distance = dialogue.fields["memory_type"], dialogue.fields["turn_distance"]
    images = dialogue.fields["recall_image_count"]
    shown = sum(isinstance(medium, Image) for medium in dialogue.media(history=True))
    if not 1 <= distance < dialogue.turns:
        yield f'"turn_distance" is {distance}; with {dialogue.turns} turns it is 1 to {dialogue.turns - 1}'
    if kind == "text" and images:
        yield f'"recall_image_count" is {images}, but "memory_type" text needs no image'
    if kind != "text" and not 1 <= images <= shown:
        yield f'"recall_image_count" is {images}; "memory_type" {kind} needs 1 to {shown}, the images of the history'
