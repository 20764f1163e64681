"""GTZAN: the genre of thirty seconds of music, one of ten, on the artist-filtered split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Cell, Dataset, Mean, Row, Sample, Task, by_stem, choice, choices, layouts, task

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
FOLDERS = ("genres", "genres_original", "Data/genres_original", ".")
LIST = layouts.Lines("{split}_filtered.txt", ("audio",), id=by_stem("audio"), media=FOLDERS)
MARBLE = layouts.JsonLines(
    "**/GTZANGenre.{split}.jsonl",
    id=by_stem("audio_path"),
    fields={"audio": "audio_path", "genre": "label"},
    media=(*FOLDERS, ".."),
)
ask = choices(
    "Which genre is this music? Answer with one of these names alone:\n{options}",
    media="audio",
    options="genres",
    answer="genre",
    style="text",
    answer_as="text",
    meta="genre",
)


def sample(row: Row, split: str) -> Sample:
    """The genre stands in the file's name where nothing else tells it: blues.00029."""
    genre: Any = row.get("genre", str(row["id"]).partition(".")[0])
    asked: Mapping[str, Any] = {**row, "genre": genre, "genres": list(GENRES)}
    made: Sample = ask(asked, split)
    return made


@task("gtzan", version=1)
def gtzan() -> Task:
    """Accuracy, and the mean of the classes' accuracies, since the split is not balanced."""
    return Task(
        source=Dataset(
            "gtzan",
            ("test",),
            [LIST, MARBLE],
            get="test_filtered.txt of github.com/jongpillee/music_dataset_split beside GTZAN's folder genres/",
        ),
        sample=sample,
        scorers=[choice("first_named")],
        columns={
            "gtzan.acc": Cell("test"),
            "gtzan.mean_class_acc": Mean(*(Cell("test", group=("genre", genre)) for genre in GENRES)),
        },
        breakdowns=("genre",),
        takes=frozenset({"text", "audio"}),
        language="en",
        optional_groups=True,
    )
