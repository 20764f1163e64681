"""TUT Acoustic Scenes 2017, evaluation set: in which of fifteen places a recording of ten seconds was made."""

from __future__ import annotations

import re

from evalkit.authoring import (
    Cell,
    Dataset,
    Row,
    Sample,
    Task,
    by_stem,
    choice,
    choices,
    class_scores,
    layouts,
    optional,
    task,
)

SCENES = (
    "beach", "bus", "cafe or restaurant", "car", "city center", "forest path", "grocery store", "home", "library",
    "metro station", "office", "park", "residential area", "train", "tram",
)  # fmt: skip
FOLDERS = ("TUT-acoustic-scenes-2017-evaluation/", "")
LISTS = [
    layouts.Lines(
        {"test": f"{folder}meta.txt"}, ("audio", "label", optional("rest")), sep=None, id=by_stem("audio"), media=folder
    )
    for folder in FOLDERS
]
ASKED = choices(
    "In which place was this recorded?\n{options}\nReply with the letter of one option ({letters}).",
    media="audio",
    options="options",
    answer_as="text",
    meta="answer",
)


def sample(row: Row, split: str) -> Sample:
    """A recording; `residential_area` and `cafe/restaurant` of the list are spelled as the options are."""
    scene = re.sub(r"[\s_]+", " ", row["label"].strip().lower().replace("/", " or "))
    made: Sample = ASKED({**row, "options": SCENES, "answer": scene}, split)
    return made


@task("tut2017", version=1)
def tut2017() -> Task:
    """Accuracy, and recall and F1 over the scenes."""
    columns = {f"tut2017.{one}": Cell("test", one) for one in ("mean_recall", "macro_f1")}
    return Task(
        source=Dataset("tut2017", ("test",), LISTS, get="audio and meta.zip of zenodo.org/records/1040168"),
        sample=sample,
        scorers=[choice("robust"), class_scores(SCENES)],
        columns={"tut2017.acc": Cell("test", "choice"), **columns},
        breakdowns=("answer",),
        takes=frozenset({"text", "audio"}),
        language="en",
    )
