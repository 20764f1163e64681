"""ClothoAQA: questions on everyday sounds, answered in one word; cleaned sets, and raw ones with their annotators."""

from __future__ import annotations

from typing import Any

from evalkit.authoring import Cell, Dataset, LineScorer, Task, exact_match, on, question, task
from evalkit.tasks.clotho_aqa.annotations import (
    CLEAN,
    RAW,
    Annotations,
    Tables,
    accepted,
    agreed,
    agreement,
    kind,
)

FIELDS: dict[str, Any] = {
    "audio": lambda raw: str(raw["file_name"]).strip(),
    "question": "QuestionText",
    "answers": "answers",
    "reference": accepted,
    "agreement": agreement,
    "agreed": agreed,
    "kind": kind,
}


@task("clotho_aqa", version=1)
def clotho_aqa() -> Task:
    """Share of replies that are the annotators' answer, without regard to case and punctuation."""
    columns: dict[str, Any] = {}
    for split in (*CLEAN, *RAW):
        columns[f"clotho_aqa.{split}.acc"] = Cell(split)
        columns |= {f"clotho_aqa.{split}.{one}": Cell(split, group=("kind", one)) for one in ("yes_no", "word")}
    for split in RAW:
        columns |= {
            f"clotho_aqa.{split}.unanimous": Cell(split, group=("agreement", "unanimous")),
            f"clotho_aqa.{split}.majority": Cell(split, group=("agreed", "yes")),
            f"clotho_aqa.{split}.unanimous_yes_no": Cell(split, group={"agreement": "unanimous", "kind": "yes_no"}),
            f"clotho_aqa.{split}.majority_yes_no": Cell(split, group={"agreed": "yes", "kind": "yes_no"}),
            f"clotho_aqa.{split}.annotations": Cell(split, "annotations"),
        }
    return Task(
        source=Dataset(
            "clotho_aqa",
            (*CLEAN, *RAW),
            [Tables("metadata/", "metadata/metadata_orig/", FIELDS), Tables("", "", FIELDS)],
            get="the tables of github.com/GeWu-Lab/MWAFM (metadata), and audio_files.zip of zenodo.org/records/6473207",
        ),
        sample=question("{question}\nAnswer in one word.", "audio", meta=("answers", "agreement", "agreed", "kind")),
        scorers=[exact_match("whisper_basic"), *on(RAW, LineScorer(Annotations()))],
        columns=columns,
        breakdowns=("agreement", "agreed", "kind"),
        takes=frozenset({"text", "audio"}),
        language="en",
        shared_ids=True,
        optional_groups=True,
    )
