"""EmergentTTS-Eval: texts that are hard to speak well, heard by a recogniser and judged against a baseline's speech."""

from __future__ import annotations

import dataclasses

from evalkit.authoring import (  # isort: skip
    Audio, Cell, DataError, Dataset, Field, Generation, Row, Sample, Scorer, Task, audio, error_rate, judged, layouts,
    optional, speak, task, text,
)  # fmt: skip

CATEGORIES = {
    "Emotions": "emotions",
    "Foreign Words": "foreign_words",
    "Paralinguistics": "paralinguistics",
    "Pronunciation": "complex_pronunciation",
    "Questions": "questions",
    "Syntactic Complexity": "syntactic_complexity",
}  # as the data call them, as the paper's table does
FIELDS: dict[str, Field] = {"text": text("text_to_synthesize"), "category": text("category"),
                            "evolution_depth": optional("evolution_depth", "unknown")}  # fmt: skip
BESIDE: dict[str, Field] = {**FIELDS, "baseline_audio": audio("baseline_audios/{index}.wav")}
LIST = "data/emergent_tts_eval_data.jsonl"
GET = "run download_data.py of boson-ai/EmergentTTS-Eval-public in DIR/emergenttts; it writes data/ with its recordings"
PROMPT = "Read this text aloud exactly as it is written, and say nothing else:"
MAKE = speak(PROMPT, language="en", meta=("category", "evolution_depth"))


def sample(row: Row, split: str) -> Sample:
    """The text, with the place of the baseline's recording for the judge."""
    if row["category"] not in CATEGORIES:
        raise DataError(
            f"sample '{row['id']}'", f"unknown category '{row['category']}'; there are {', '.join(CATEGORIES)}"
        )
    made = MAKE(row, split)
    assert isinstance(made, Sample)
    baseline = row.get("baseline_audio")
    if not isinstance(baseline, Audio):
        return made
    return dataclasses.replace(made, meta={**(made.meta or {}), "baseline_audio": baseline.path or baseline.label})


@task("emergenttts", version=1)
def emergenttts(win_rate: bool = True) -> Task:
    """Error rate and win rate by category; win_rate=false needs neither the baseline's recordings nor a judge."""
    scorers: list[Scorer] = [error_rate("emergent_tts", "en", heard=True)]
    kinds = {"wer": "error_rate"}
    if win_rate:
        scorers.append(judged("emergenttts_win_rate", metric="win_rate"))
        kinds["win_rate"] = "win_rate"
    columns: dict[str, Cell] = {}
    for kind, metric in kinds.items():
        columns[f"emergenttts.overall.{kind}"] = Cell("train", metric)
        columns |= {
            f"emergenttts.{name}.{kind}": Cell("train", metric, ("category", category))
            for category, name in CATEGORIES.items()
        }
    written = layouts.JsonLines(LIST, "{index}", BESIDE if win_rate else FIELDS)
    known = [written] if win_rate else [written, layouts.Parquet({"train": "train"}, "{index}", fields=FIELDS)]
    return Task(
        source=Dataset("emergenttts", ("train",), known, get=GET),
        sample=sample,
        scorers=scorers,
        columns=columns,
        breakdowns=("category", "evolution_depth"),
        optional_groups=True,
        generation=Generation(speech=True, temperature=1.0, max_new_tokens=4096),
        listeners={"transcriber": "whisper-large-v3"},
        takes=frozenset({"text"}),
        language="en",
    )
