"""MMSU: spoken language understanding and reasoning, 47 tasks, letters of four options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Cell, Dataset, Hub, Task, choice, choices, layouts, optional, task

CATEGORIES = ("Perception", "Reasoning")
RULES = {"": "mmsu@217d1d3", "f0ef334.": "mmsu@f0ef334"}  # what stands in the columns' ids -> the official code of then
OPTIONS = ("choice_a", "choice_b", "choice_c", "choice_d")
KEPT = ("category", "sub-category", "sub-sub-category", "task_name")


def category(raw: Mapping[str, Any]) -> str:
    """Perception or Reasoning, in any spelling."""
    found = str(raw["category"]).strip().capitalize()
    if found not in CATEGORIES:
        raise ValueError(f"{raw['category']!r} is none of {', '.join(CATEGORIES)}")
    return found


def fields(audio: str) -> dict[str, Any]:
    """The fields of a row; its recording stands in a column of this name."""
    return {
        "audio": audio,
        "question": "question",
        "answer": "answer_gt",
        "category": category,
        **{name: optional(name) for name in (*OPTIONS, *KEPT[1:])},
    }


HUB = Hub("ddwang2000/MMSU", "main", split={"test": "train"}, id="id", fields=fields("audio"))


@task("mmsu", version=1)
def mmsu() -> Task:
    """Perception, reasoning and all questions, by the official rule of 2026 and by that of before."""
    columns: dict[str, Any] = {}
    for prefix, rule in RULES.items():
        for name in CATEGORIES:
            columns[f"mmsu.{prefix}{name.lower()}"] = Cell("test", "choice", ("category", name), f"choice:{rule}")
        columns[f"mmsu.{prefix}avg"] = Cell("test", "choice", scorer=f"choice:{rule}")
    return Task(
        source=Dataset(
            "mmsu",
            ("test",),
            [layouts.JsonLines("question/mmsu.jsonl", fields=fields("audio_path"), media="."), HUB.downloaded()],
            HUB,
            get="the Hub's ddwang2000/MMSU, or question/mmsu.jsonl with the recordings that it names below DIR/mmsu",
        ),
        sample=choices(
            "Listen, and choose the best answer. Reply with its letter ({letters}) and nothing else.\n"
            "{question}\n{options}",
            media="audio",
            options=OPTIONS,
            answer_as="text",
            equal=True,
            meta=KEPT,
        ),
        scorers=[choice(rule) for rule in RULES.values()],
        columns=columns,
        breakdowns=KEPT,
        takes=frozenset({"text", "audio"}),
        language="en",
        optional_groups=True,
    )
