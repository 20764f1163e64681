"""AIR-Bench: the choice questions of Foundation by task, and Chat, whose answers a judge grades."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evalkit.authoring import (
    Cell,
    Dataset,
    Mean,
    Row,
    Sample,
    Task,
    choice,
    choices,
    judged,
    on,
    question,
    task,
    user,
)
from evalkit.tasks.air_bench.sets import FIELDS, FOUNDATION, GROUPS, OPTIONS, WHERE, Meta

FILES = dict.fromkeys(FOUNDATION.splits, "Foundation/Foundation_meta.json") | {"chat": "Chat/Chat_meta.json"}
PROMPT = "Choose the best of the options A, B, C and D for this question. Reply with A, B, C or D alone.\n{question}"
CHOICE = choices(PROMPT, media="audio", options=OPTIONS, answer_as="text", equal=True, meta="corpus")
CHAT = question(media="audio", reference="answer", meta=("meta_info", "group", "corpus"))


def sample(row: Row, split: str) -> Sample:
    """Foundation always lists four options: the official program writes the word None where there are fewer."""
    if split == "chat":
        return CHAT(row, split)
    made: Sample = CHOICE(row, split)
    texts = [*(made.choices or ()), *["None"] * 4][:4]
    listed = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", texts, strict=True))
    return replace(made, messages=(user(row["audio"], f"{PROMPT.format(**row)}\n{listed}"),))


@task("air_bench", version=1)
def air_bench() -> Task:
    """Accuracy of each task of Foundation; mean grade, 1 to 10, of each of Chat's five groups, and their mixture."""
    columns: dict[str, Any] = FOUNDATION.columns("air_bench.foundation.{split}")
    columns |= {
        f"air_bench.chat.{name}": Cell("chat", group=("group", name)) for name in dict.fromkeys(GROUPS.values())
    }
    columns["air_bench.chat.mixed_audio"] = Mean("air_bench.chat.speech_and_sound", "air_bench.chat.speech_and_music")
    return Task(
        source=Dataset(
            "air_bench",
            tuple(FILES),
            [Meta(FILES, id="uniq_id", fields=FIELDS, where=WHERE)],
            get="huggingface-cli download --repo-type dataset qyang1021/AIR-Bench-Dataset (49 GB)",
        ),
        sample=sample,
        scorers=[*on(FOUNDATION.splits, choice("air_bench")), *on("chat", judged("air_bench_chat", metric="grade"))],
        columns=columns,
        breakdowns=("group", "corpus"),
        averages="published",
        takes=frozenset({"text", "audio"}),
        shared_ids=True,
        optional_groups=True,
    )
