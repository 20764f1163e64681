"""MTG-Jamendo: which tags of a closed list a track has: genres, instruments, moods and themes, the fifty commonest."""

from __future__ import annotations

import json
from pathlib import Path

from evalkit.authoring import Cell, Dataset, Task, layouts, on, question, tags, task

VOCABULARY: dict[str, list[str]] = json.loads((Path(__file__).parent / "tags.json").read_text(encoding="utf-8"))
WORDS = {"genre": "genres", "instrument": "instruments", "mood_theme": "moods and themes", "top50": "tags"}
FILES = {
    "genre": "autotagging_genre-test.tsv",
    "instrument": "autotagging_instrument-test.tsv",
    "mood_theme": "autotagging_moodtheme-test.tsv",
    "top50": "autotagging_top50tags-test.tsv",
}
MARBLE = {"genre": "MTGGenre", "instrument": "MTGInstrument", "mood_theme": "MTGMood", "top50": "MTGTop50"}
FOLDERS = ("audio", "raw_30s/audio", ".")


def table(folder: str) -> layouts.Tsv:
    """The published lists; a line has any number of tags, each behind a tab."""
    return layouts.Tsv(
        {split: f"{folder}{name}" for split, name in FILES.items()},
        id="TRACK_ID",
        fields={"audio": "PATH", "tags": "TAGS", "artist": "ARTIST_ID"},
        rest="TAGS",
        quote=None,
        media=FOLDERS,
    )


LINES = layouts.JsonLines(
    {split: f"**/{name}.test.jsonl" for split, name in MARBLE.items()},
    id="audio_path",
    fields={"audio": "audio_path", "tags": "label", "artist": lambda raw: None},
    media=(*FOLDERS, ".."),
)


def listed(split: str) -> str:
    """The tags of a split without their type."""
    return ", ".join(tag.rpartition("---")[2] for tag in VOCABULARY[split])


PROMPTS = {
    split: f"Which of these {word} fit this music? {listed(split)}.\n"
    "Answer with all that fit, separated by commas, and nothing else."
    for split, word in WORDS.items()
}


@task("mtg_jamendo", version=1)
def mtg_jamendo() -> Task:
    """Micro F1 of the tags named, over split 0 of the published lists."""
    return Task(
        source=Dataset(
            "mtg_jamendo",
            tuple(FILES),
            [table("data/splits/split-0/"), table(""), LINES],
            get="data/splits/split-0 of github.com/MTG/mtg-jamendo-dataset, and its audio as audio/15/215.mp3",
        ),
        sample=question(PROMPTS, media="audio", reference="tags", cluster="artist"),
        scorers=[one for split in FILES for one in on(split, tags("mtg", vocabulary=VOCABULARY[split]))],
        columns={
            f"mtg_jamendo.{split}.{name}": Cell(split, name) for split in FILES for name in ("micro_f1", "macro_f1")
        },
        takes=frozenset({"text", "audio"}),
        language="en",
        shared_ids=True,
    )
