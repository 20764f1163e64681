"""VocalSound: which of six sounds a person makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Cell, Dataset, Task, by_stem, choice, choices, class_scores, constant, layouts, task

LABELS = {  # ids of AudioSet's ontology
    "/m/01j3sz": "Laughter",
    "/m/07plz5l": "Sigh",
    "/m/01b_21": "Cough",
    "/m/0dl9sf8": "Throat clearing",
    "/m/01hsr_": "Sneeze",
    "/m/07ppn3j": "Sniff",
}
SEXES = {"f": "female", "m": "male"}


def recording(raw: Mapping[str, Any]) -> str:
    """Name of the recording: the list has paths of its makers' machine."""
    return str(raw["wav"]).rpartition("/")[2]


FIELDS: dict[str, Any] = {
    "audio": recording,
    "answer": lambda raw: LABELS[raw["labels"]],
    "options": constant(tuple(LABELS.values())),
    "speaker": lambda raw: recording(raw).partition("_")[0],
    "sex": lambda raw: SEXES.get(recording(raw)[:1], "not told"),
}
PLACES = ("", "data/")
LAYOUTS = [
    layouts.Json(
        f"{at}datafiles/te.json", by_stem("wav"), FIELDS, at="data", media=(f"{at}audio_16k", f"{at}audio_44k")
    )
    for at in PLACES
]


@task("vocalsound", version=1)
def vocalsound() -> Task:
    """Accuracy, and recall and F1 over the classes."""
    columns = {f"vocalsound.{one}": Cell("test", one) for one in ("mean_recall", "macro_f1")}
    return Task(
        source=Dataset(
            "vocalsound", ("test",), LAYOUTS, get="vs_release_16k.zip; see github.com/YuanGongND/vocalsound"
        ),
        sample=choices(
            "Which sound does the person make?\n{options}\nReply with the letter of one option ({letters}).",
            media="audio",
            options="options",
            answer_as="text",
            meta=("answer", "sex"),
            cluster="speaker",
        ),
        scorers=[choice("robust"), class_scores(tuple(LABELS.values()))],
        columns={"vocalsound.acc": Cell("test", "choice"), **columns},
        breakdowns=("answer", "sex"),
        takes=frozenset({"text", "audio"}),
        language="en",
    )
