"""MagnaTagATune: which of fifty tags a clip of 29 seconds has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Cell, Dataset, Task, by_stem, question, tags, task
from evalkit.tasks.magnatagatune.layout import TAGS, WITH_TAGS, WITHOUT, Annotations, Marble

FOLDERS = ("mp3", "audio", ".")
BOTH = (WITH_TAGS, WITHOUT)
PROMPT = (
    f"Which of these tags fit this music? {', '.join(TAGS)}.\n"
    "Answer with all that fit, separated by commas, and nothing else."
)


def marked(raw: Mapping[str, Any]) -> list[str]:
    """The tags of the fifty that a line of the annotations marks."""
    return [tag for tag in TAGS if raw[tag] == "1"]


def album(raw: Mapping[str, Any]) -> str:
    """The album a clip was cut from: its file's name without track and times."""
    return str(raw["mp3_path"]).rsplit("-", 4)[0]


ANNOTATIONS = Annotations(
    "annotations_final.csv", id="clip_id", fields={"audio": "mp3_path", "tags": marked, "album": album}, media=FOLDERS
)
MARBLE = Marble(
    "**/MTT.test.jsonl",
    id=by_stem("audio_path"),
    fields={"audio": "audio_path", "tags": "label", "album": lambda raw: str(raw["audio_path"]).rsplit("-", 4)[0]},
    media=(*FOLDERS, ".."),
)


@task("magnatagatune", version=1)
def magnatagatune() -> Task:
    """Micro F1 on the test set of musicnn and MARBLE, all clips, and on that of SampleCNN, those with a tag."""
    names = ("micro_f1", "macro_f1")
    return Task(
        source=Dataset(
            "magnatagatune",
            BOTH,
            [ANNOTATIONS, MARBLE],
            get="annotations_final.csv of MagnaTagATune, and its mp3.zip.001 to .003, joined and unpacked: f/NAME.mp3",
        ),
        sample=question(PROMPT, media="audio", reference="tags", cluster="album"),
        scorers=[tags("mtt", vocabulary=TAGS)],
        columns={f"magnatagatune.tags.{name}": Cell(BOTH, name) for name in names}
        | {f"magnatagatune.samplecnn.{name}": Cell(WITH_TAGS, name) for name in names},
        takes=frozenset({"text", "audio"}),
        language="en",
    )
