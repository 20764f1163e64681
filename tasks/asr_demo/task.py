"""English speech recognition that needs no download: synthetic voices, clean, in noise, over the telephone."""

from __future__ import annotations

from pathlib import Path

from evalkit.authoring import Cell, Embedded, Row, Sample, Task, error_rate, layouts, task, user

CONDITIONS = ("clean", "noise_10db", "telephone")
PROMPT = "Write down what is said in the recording. Give only the words."


def sample(row: Row, split: str) -> Sample:
    """One utterance; the three renderings of a sentence are one cluster."""
    return Sample(
        row["id"],
        (user(row["audio"], PROMPT),),
        row["text"],
        cluster=row["sentence"],
        meta={"voice": row["voice"], "sentence": row["sentence"]},
    )


@task("asr_demo", version=1)
def asr_demo() -> Task:
    """Word error rate per condition; voices as a breakdown."""
    return Task(
        source=Embedded(
            Path(__file__).parent / "data",
            CONDITIONS,
            layouts.Manifest(
                files=dict.fromkeys(CONDITIONS, "manifest.jsonl"),
                where={condition: ("condition", condition) for condition in CONDITIONS},
            ),
        ),
        sample=sample,
        scorers=[error_rate("plain", language="en")],
        columns={f"asr_demo.{condition}.wer": Cell(condition) for condition in CONDITIONS},
        breakdowns=("voice",),
        takes=frozenset({"audio"}),
        language="en",
    )
