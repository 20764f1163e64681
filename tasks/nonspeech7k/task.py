"""Nonspeech7k: which of seven sounds without speech a person makes."""

from __future__ import annotations

from typing import Any

from evalkit.authoring import Cell, Dataset, Task, by_stem, choice, choices, class_scores, constant, layouts, task

CLASSES = ("Breath", "Cough", "Cry", "Laugh", "Scream", "Sneeze", "Yawn")
SPELLED = {"crying": "Cry", "screaming": "Scream"}  # by the table; elsewhere they are called as above


def answer(raw: Any) -> str:
    """The class in one spelling."""
    said = str(raw["Classname"]).strip()
    return SPELLED.get(said.lower(), said.capitalize())


FIELDS: dict[str, Any] = {"audio": "Filename", "answer": answer, "options": constant(CLASSES)}
LAYOUT = layouts.Csv({"test": "metadata of test set.csv"}, by_stem("Filename"), FIELDS, media=("test", "test.zip"))


@task("nonspeech7k", version=1)
def nonspeech7k() -> Task:
    """Accuracy, and recall and F1 over the classes."""
    columns = {f"nonspeech7k.{one}": Cell("test", one) for one in ("mean_recall", "macro_f1")}
    return Task(
        source=Dataset("nonspeech7k", ("test",), [LAYOUT], get="test.zip and the table of zenodo.org/records/6967442"),
        sample=choices(
            "Which sound does the person make?\n{options}\nReply with the letter of one option ({letters}).",
            media="audio",
            options="options",
            answer_as="text",
            meta="answer",
        ),
        scorers=[choice("robust"), class_scores(CLASSES)],
        columns={"nonspeech7k.acc": Cell("test", "choice"), **columns},
        breakdowns=("answer",),
        takes=frozenset({"text", "audio"}),
        language="en",
    )
