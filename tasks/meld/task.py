"""MELD: the emotion of utterances from a television series, one of seven."""

from __future__ import annotations

from typing import Any

from evalkit.authoring import Cell, Dataset, Task, choice, choices, class_scores, constant, task
from evalkit.tasks.meld.clips import Utterances, length

EMOTIONS = ("neutral", "joy", "sadness", "anger", "surprise", "fear", "disgust")
FIELDS: dict[str, Any] = {
    "audio": "clip",
    "answer": lambda raw: str(raw["Emotion"]).strip().lower(),
    "options": constant(EMOTIONS),
    "length": length,
    "speaker": "Speaker",
    "sentiment": "Sentiment",
    "dialogue": "Dialogue_ID",
}
KEY = "dia{Dialogue_ID}_utt{Utterance_ID}"


@task("meld", version=1)
def meld() -> Task:
    """Accuracy over the clips that Kimi-Audio-Evalkit keeps, and recall and F1 over the classes, which are skewed."""
    columns: dict[str, Any] = {
        "meld.emotion.acc": Cell("test", "choice", ("length", "kept")),
        "meld.emotion.acc_all": Cell("test", "choice"),
    }
    for split in ("dev", "test"):
        for metric in ("weighted_f1", "mean_recall", "macro_f1"):
            columns[f"meld.emotion.{split}.{metric}"] = Cell(split, metric)
    return Task(
        source=Dataset(
            "meld",
            ("dev", "test"),
            [Utterances("{split}_sent_emo.csv", KEY, FIELDS)],
            get="MELD.Raw.tar.gz (web.eecs.umich.edu/~mihalcea/downloads), and inside it dev.tar.gz and test.tar.gz",
        ),
        sample=choices(
            "Which emotion does the speaker show?\n{options}\nReply with the letter of one option ({letters}).",
            media="audio",
            options="options",
            answer_as="text",
            meta=("length", "speaker", "sentiment", "answer"),
            cluster="dialogue",
        ),
        scorers=[choice("robust"), class_scores(EMOTIONS)],
        columns=columns,
        breakdowns=("length", "answer"),
        takes=frozenset({"text", "audio"}),
        language="en",
        shared_ids=True,
        optional_groups=True,
    )
