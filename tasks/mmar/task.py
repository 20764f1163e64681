"""MMAR: questions that need reasoning, on sound, music, speech and their mixtures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.authoring import Cell, Dataset, Task, choice, choices, layouts, optional, task, token_traps

MODALITIES = (
    "sound", "music", "speech", "mix-sound-music", "mix-sound-speech", "mix-music-speech", "mix-sound-music-speech",
)  # fmt: skip
LAYERS = ("Signal Layer", "Perception Layer", "Semantic Layer", "Cultural Layer")
KEPT = ("modality", "category", "sub-category", "language")


def known(name: str, values: tuple[str, ...]) -> Any:
    """A field with one of these values; the official scorer stops at any other."""

    def read(raw: Mapping[str, Any]) -> str:
        if raw[name] not in values:
            raise ValueError(f"{raw[name]!r} is none of {', '.join(values)}")
        return str(raw[name])

    return read


FIELDS: dict[str, Any] = {
    "audio": "audio_path",
    "question": "question",
    "choices": "choices",
    "answer": "answer",
    "modality": known("modality", MODALITIES),
    "category": known("category", LAYERS),
    "sub-category": "sub-category",
    "language": optional("language"),
}


@task("mmar", version=1)
def mmar() -> Task:
    """Accuracy by modality and over all; the same without lead-in sentences, and the share that they move."""
    columns: dict[str, Any] = {}
    for name in MODALITIES:
        column = f"mmar.{name.removeprefix('mix-').replace('-', '_')}"
        columns[column] = Cell("test", "choice", ("modality", name), "choice:mmar")
        columns[f"{column}.no_lead_in"] = Cell("test", "choice", ("modality", name), "choice:mmau+leadin")
    columns |= {
        "mmar.avg": Cell("test", "choice", scorer="choice:mmar"),
        "mmar.avg.no_lead_in": Cell("test", "choice", scorer="choice:mmau+leadin"),
        "mmar.moved_by_lead_in": Cell("test", "moved"),
    }
    return Task(
        source=Dataset(
            "mmar",
            ("test",),
            [layouts.JsonLines("MMAR-meta.jsonl", fields=FIELDS), layouts.Json("MMAR-meta.json", fields=FIELDS)],
            get="MMAR-meta.jsonl of github.com/ddlBoJack/MMAR, and the recordings of the Hub's BoJack/MMAR beside it "
            "(audio/ID.wav)",
        ),
        sample=choices(
            "{question}\nChoose one of these and answer with its text:\n{options}",
            media="audio",
            style="(a) text",
            answer_as="text",
            equal=True,
            meta=KEPT,
        ),
        scorers=[choice("mmar"), choice("mmau+leadin"), token_traps()],
        columns=columns,
        breakdowns=("modality", "category", "sub-category"),
        takes=frozenset({"text", "audio"}),
        optional_groups=True,
    )
