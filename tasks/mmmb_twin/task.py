"""The procedural twin of MMMB: dialogues with its structure, made by a program, with answers known by construction."""

from __future__ import annotations

from pathlib import Path

from evalkit.authoring import Procedural, Task, dialogues, memory_dialogues, task
from evalkit.tasks.mmmb_twin.answers.scorer import accepted_answer

# Of the generator; a test holds it to `dialogues.VERSION`, `build.FIELDS` and `build.SEED`.
KEY = "version 1, fields 2, seed 0"


def build(folder: Path) -> None:
    """Make the data; the generator loads only when it is needed."""
    from evalkit.tasks.mmmb_twin.build import build as make

    make(folder)


def ready() -> None:
    """Pillow is there, or an error says how to get it."""
    from evalkit.tasks.mmmb_twin.canvas import pillow

    pillow()


@task("mmmb_twin", version=2)
def mmmb_twin() -> Task:
    """Accuracy of the last answer by type of memory, decided by rule: every accepted wording is known."""
    return Task(
        source=Procedural(
            "mmmb_twin",
            KEY,
            build,
            memory_dialogues.memory_rules(),
            "300 dialogues with their images",
            ready,
            "memory_type",
        ),
        sample=dialogues.sample,
        scorers=[accepted_answer()],
        columns=memory_dialogues.memory_columns("mmmb_twin", splits=True),
        breakdowns=memory_dialogues.BREAKDOWNS,
        takes=frozenset({"text", "image"}),
    )
