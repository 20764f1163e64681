"""OmniBench: questions on an image and a sound together, with four options."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Field, Hub, Task, choice, choices, layouts, task

KINDS = {"speech": "speech", "sound_event": "sound event", "music": "music"}
FIELDS: dict[str, Field] = {
    "question": "question",
    "choices": "options",
    "answer": "answer",
    "kind": lambda raw: raw["audio type"].strip().lower(),
    "task": "task type",
}
NAME = "batch-5_1142_20240817.jsonl"
MEDIA = ("mm_data/image", "mm_data/audio", "image", "audio", ".")
LINES = [
    layouts.JsonLines(file, "index", {"image": "image_path", "audio": "audio_path", **FIELDS}, media=MEDIA)
    for file in (f"dataset/{NAME}", NAME)
]
HUB = Hub(
    "m-a-p/OmniBench",
    "main",
    split={"test": "train"},  # there is no other
    id="index",
    fields={"image": "image", "audio": "audio", **FIELDS},
)


@task("omnibench", version=1)
def omnibench() -> Task:
    """Accuracy by kind of sound and over all; the official parser also parses the right answer, so the true one stands
    beside it."""
    return Task(
        source=Dataset("omnibench", ("test",), [*LINES, HUB.downloaded()], HUB),
        sample=choices(
            "Answer the question about the image and the sound together.\n{question}\n{options}\n"
            "Choose exactly one option; answer with its letter.",
            media=("image", "audio"),
            answer_as="text",
            equal=True,
            meta=("kind", "task"),
        ),
        scorers=[choice("omnibench"), choice("omnibench+gold")],
        columns={
            f"omnibench.{name}": Cell("test", group=("kind", kind), scorer="choice:omnibench")
            for name, kind in KINDS.items()
        }
        | {
            "omnibench.avg": Cell("test", scorer="choice:omnibench"),
            "omnibench.true_avg": Cell("test", scorer="choice:omnibench+gold"),
        },
        breakdowns=("kind", "task"),
        takes=frozenset({"text", "image", "audio"}),
        language="en",
        optional_groups=True,
    )
