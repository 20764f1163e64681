"""MMAU: questions on sounds, music and speech with options, in two versions and two splits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from evalkit.authoring import Cell, Dataset, Hub, Rule, Task, choice, choices, optional, task, token_traps
from evalkit.tasks.mmau import questions
from evalkit.tasks.mmau.questions import FILES, KINDS, LEVELS, SUBSET, WITHHELD, on_hub

KEPT = ("task", "difficulty", "category", "sub-category", "dataset")
NAMED = {name: questions.label(name) for name in KEPT[2:]}
LAYOUT = questions.Questions(
    FILES | {SUBSET: f"{SUBSET}/mmau-test-mini.json"},
    fields={"audio": "audio_id", "question": "question", "choices": "choices", "answer": optional("answer")}
    | {"task": questions.kind, "difficulty": questions.difficulty, **NAMED},
)
HUB = Hub(
    "gamma-lab-umd/MMAU-test-mini",
    "main",
    split={"v05_15_25.test_mini": "test_mini"},
    files="test_mini.parquet",
    id=lambda raw, _: on_hub("id")(raw),
    fields={**questions.ON_HUB, **{name: on_hub(name) for name in KEPT}},
)


def cell(split: str, rule: str = "mmau", **group: str) -> Cell:
    """Accuracy by one of the two rules."""
    return Cell(split, "choice", group, scorer=f"choice:{rule}")


def questions_of(splits: tuple[str, ...], columns: dict[str, Any]) -> Task:
    """The protocol of all splits."""
    return Task(
        source=Dataset("mmau", splits, [LAYOUT, HUB.downloaded()], HUB),
        sample=choices(
            "{question}\nChoose one of these and answer with its text:\n{options}",
            media="audio",
            style="(a) text",
            answer_as="text",
            equal=True,
            withheld=WITHHELD,
            meta=KEPT,
        ),
        scorers=[choice("mmau", withheld=True), choice("mmau+leadin", withheld=True), token_traps(withheld=True)],
        columns=columns,
        breakdowns=("task", "difficulty", "sub-category"),
        averages="published",
        takes=frozenset({"text", "audio"}),
        language="en",
        shared_ids=True,
        optional_groups=True,
    )


@task("mmau", version=1)
def mmau() -> Task:
    """A question may stand in both versions under one id. The averages are the published ones, weights included."""
    hard = {one: cell("v05_15_25.test_mini", task=one, difficulty="hard") for one in KINDS}
    columns: dict[str, Any] = {f"mmau.v05_15_25.test_mini.hard_{one}": hard[one] for one in KINDS}
    for split in FILES:
        columns |= {f"mmau.{split}.{one}": cell(split, task=one) for one in KINDS}
        columns |= {f"mmau.{split}.{one}": cell(split, difficulty=one) for one in LEVELS}
        columns |= {f"mmau.{split}.{one}.no_lead_in": cell(split, "mmau+leadin", task=one) for one in KINDS}
        columns[f"mmau.{split}.all.no_lead_in"] = cell(split, "mmau+leadin")
        columns[f"mmau.{split}.moved_by_lead_in"] = Cell(split, "moved")
    return questions_of(tuple(FILES), columns)


@task("mmau_hello_chat_subset", version=1)
def mmau_hello_chat_subset() -> Task:
    """Hello-Chat's column, from 0 to 1; its paper does not say which questions it takes, so the user does."""
    share = Rule("mean", (cell(SUBSET),), scale=(("#0", Fraction(1, 100)),), decimals=3)
    return questions_of((SUBSET,), {f"mmau.{SUBSET}.acc": share})
