"""MuChoMusic: questions on music with four options, on knowledge and on reasoning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Cell, DataError, Dataset, Task, choice, choices, layouts, optional, task

PROMPT = "{question}\n{options}\nAnswer with the letter of the right option alone: {letters}."
_ASKED = re.compile(r".*Question:\s*(.*?)\s*Options:", re.DOTALL)


def asked(raw: Mapping[str, Any]) -> str:
    """The question of a prepared prompt, which holds the options, and may begin with an example."""
    found = _ASKED.match(raw["prompt"])
    if found is None:
        raise DataError("muchomusic.json", f"no question between 'Question:' and 'Options:' in {raw['prompt']!r:.80}")
    return found[1]


def right(raw: Mapping[str, Any]) -> int:
    """Place of the right option: where the order has the first answer."""
    return list(raw["answer_orders"]).index(0)


def dimension(raw: Mapping[str, Any]) -> str:
    """What a question is about."""
    named = [name for name in ("knowledge", "reasoning") if raw.get(name)]
    return "+".join(named) or "none"


PREPARED = layouts.Json(
    "muchomusic.json",
    id="{id}_{index}",
    fields={
        "audio": "audio_path",
        "question": asked,
        "choices": "answers",
        "answer": right,
        "dataset": "dataset",
        "dimension": dimension,
    },
)
LINES = layouts.JsonLines(
    "muchomusic.jsonl",
    id="q_{index}",
    fields={
        "audio": "audio",
        "question": "question",
        "choices": "choices",
        "answer": "answer",
        "dataset": optional("dataset_name", "none"),
        "dimension": lambda raw: "none",
    },
)


@task("muchomusic", version=1)
def muchomusic() -> Task:
    """Accuracy over all questions by the official rule; what it cannot read is wrong."""
    return Task(
        source=Dataset(
            "muchomusic",
            ("test",),
            [PREPARED, LINES],
            get="muchomusic.csv of Zenodo 12709974, made into muchomusic.json by prepare_prompts.py of its repository",
        ),
        sample=choices(PROMPT, media="audio", style="(A) text", meta=("dataset", "dimension")),
        scorers=[choice("muchomusic"), choice("robust")],
        columns={
            "muchomusic.acc": Cell("test", scorer="choice:muchomusic"),
            "muchomusic.robust_acc": Cell("test", scorer="choice:robust"),
        },
        breakdowns=("dataset", "dimension"),
        takes=frozenset({"text", "audio"}),
        language="en",
    )
