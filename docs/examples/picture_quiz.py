"""Picture quiz: questions on pictures with four options, in one table that holds the pictures as base64 text."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Task, base64_image, choice, choices, layouts, optional, task

LETTERS = ("A", "B", "C", "D")
TABLE = layouts.Tsv(
    "{split}.tsv",
    id="index",
    fields={
        "image": base64_image("image"),
        "question": "question",
        "answer": "answer",
        "subject": "category",
        **{letter: optional(letter) for letter in LETTERS},
    },
)


@task("picture_quiz", version=1)
def picture_quiz() -> Task:
    """Accuracy by the letter that is read from a reply, over all questions and over those on plants."""
    return Task(
        source=Dataset("picture_quiz", ("dev", "test"), [TABLE]),
        sample=choices(
            "{question}\n{options}\nAnswer with one letter: {letters}.",
            media="image",
            options=LETTERS,
            answer_as="letter",
            meta="subject",
        ),
        scorers=[choice("letter")],
        columns={
            "picture_quiz.test": Cell("test"),
            "picture_quiz.test.plants": Cell("test", group=("subject", "plants")),
        },
        breakdowns=("subject",),
        takes=frozenset({"text", "image"}),
        language="en",
    )
