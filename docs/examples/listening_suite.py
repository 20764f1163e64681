"""Listening suite: MMAU's three kinds of sound as tasks of their own, averaged by the rule of the published table."""

from __future__ import annotations

from evalkit.authoring import Cell, Dataset, Suite, Task, choice, choices, layouts, task

LIST = layouts.Json(
    "mmau-test-mini.json",
    fields={"audio": "audio_id", "question": "question", "choices": "choices", "answer": "answer"},
    where="task",  # the column that says which of the splits a question belongs to
)


def questions(kind: str) -> Task:
    """The questions on one kind of sound."""
    return Task(
        source=Dataset("mmau", (kind,), [LIST]),
        sample=choices("{question}\n{options}", media="audio", style="(a) text", answer_as="text", equal=True),
        scorers=[choice("mmau")],
        columns={f"mmau.original.test_mini.{kind}": Cell(kind)},
        takes=frozenset({"text", "audio"}),
        language="en",
    )


@task("mmau_sound", version=1)
def mmau_sound() -> Task:
    """Sounds of things and places."""
    return questions("sound")


@task("mmau_music", version=1)
def mmau_music() -> Task:
    """Music."""
    return questions("music")


@task("mmau_speech", version=1)
def mmau_speech() -> Task:
    """Speech."""
    return questions("speech")


@task("listening_suite", version=1)
def listening_suite() -> Suite:
    """Its column mmau.original.test_mini.avg is the published one, with its rule and its decimals."""
    return Suite(members={"mmau_sound": (), "mmau_music": (), "mmau_speech": ()}, averages="published")
