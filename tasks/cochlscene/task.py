"""CochlScene: in which of thirteen scenes of daily life a recording of ten seconds was made."""

from __future__ import annotations

import re

from evalkit.authoring import Cell, Dataset, Row, Sample, Task, choice, choices, class_scores, task
from evalkit.tasks.cochlscene.scenes import FOLDERS, Scenes

SCENES = (
    "bus", "cafe", "car", "crowded indoor", "elevator", "kitchen", "park", "residential area", "restaurant", "restroom",
    "street", "subway", "subway station",
)  # fmt: skip
ASKED = choices(
    "In which place was this recorded?\n{options}\nReply with the letter of one option ({letters}).",
    media="audio",
    options="options",
    answer_as="text",
    meta="answer",
)


def sample(row: Row, split: str) -> Sample:
    """A recording; `CrowdedIndoor` of the folders is "crowded indoor" of the options."""
    scene = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s_]+", " ", row["scene"]).lower()
    made: Sample = ASKED({**row, "options": SCENES, "answer": scene}, split)
    return made


@task("cochlscene", version=1)
def cochlscene() -> Task:
    """Accuracy of both splits, each by itself, and recall and F1 over the scenes."""
    columns = {f"cochlscene.{split}.acc": Cell(split, "choice") for split in FOLDERS}
    for metric in ("mean_recall", "macro_f1"):
        columns |= {f"cochlscene.{split}.{metric}": Cell(split, metric) for split in FOLDERS}
    return Task(
        source=Dataset(
            "cochlscene",
            tuple(FOLDERS),
            [Scenes("CochlScene/"), Scenes("")],
            get="CochlScene.z01 to .z05 and CochlScene.zip of zenodo.org/records/7080122, joined and unpacked",
        ),
        sample=sample,
        scorers=[choice("robust"), class_scores(SCENES)],
        columns=columns,
        breakdowns=("answer",),
        takes=frozenset({"text", "audio"}),
        language="en",
        shared_ids=True,
    )
