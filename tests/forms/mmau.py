"""MMAU: questions on sounds, music and speech with options, in two versions and two splits."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Task, choice, choices, layouts, task

KINDS = ("sound", "music", "speech")
FILES = {
    f"{version}.{split}": f"{version}/mmau-{split.replace('_', '-')}.json"
    for version in ("original", "v05_15_25")
    for split in ("test_mini", "test")
}
LAYOUT = layouts.Json(
    FILES,
    id="id",
    fields={
        "audio": "audio_id",
        "question": "question",
        "choices": "choices",
        "answer": "answer",
        "kind": "task",
        "difficulty": "difficulty",
    },
)


@task("mmau", version=1)
def mmau() -> Task:
    """A question may stand in both versions under one id. The averages are the published ones, weights included."""
    return Task(
        source=Dataset("mmau", tuple(FILES), [LAYOUT]),
        sample=choices(
            "{question}\nChoose one of these and answer with its text:\n{options}",
            media="audio",
            style="(a) text",
            answer_as="text",
            equal=True,
            meta=("kind", "difficulty"),
        ),
        scorers=[choice("mmau")],
        columns={f"mmau.{split}.{kind}": Cell(split, group=("kind", kind)) for split in FILES for kind in KINDS}
        | {
            f"mmau.v05_15_25.test_mini.hard_{kind}": Cell(
                "v05_15_25.test_mini", group={"kind": kind, "difficulty": "hard"}
            )
            for kind in KINDS
        },
        breakdowns=("kind", "difficulty"),
        averages="published",
        takes=frozenset({"text", "audio"}),
        language="en",
        shared_ids=True,
        optional_groups=True,
    )
