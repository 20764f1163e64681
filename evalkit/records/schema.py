"""JSON Schemas of the published records, generated from the models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from evalkit.records.leaderboard import LEADERBOARD_SCHEMA, Leaderboard
from evalkit.records.run import RUN_SCHEMA, Run
from evalkit.records.samples import (
    NOTES_SCHEMA,
    SAMPLES_SCHEMA,
    SCORES_SCHEMA,
    TRANSCRIPTS_SCHEMA,
    NoteRecord,
    SampleRecord,
    ScoreRecord,
    TranscriptRecord,
)
from evalkit.records.summary import SUMMARY_SCHEMA, Summary

RECORDS: dict[str, tuple[str, type[BaseModel]]] = {
    "run": (RUN_SCHEMA, Run),
    "samples": (SAMPLES_SCHEMA, SampleRecord),
    "transcripts": (TRANSCRIPTS_SCHEMA, TranscriptRecord),
    "notes": (NOTES_SCHEMA, NoteRecord),
    "scores": (SCORES_SCHEMA, ScoreRecord),
    "summary": (SUMMARY_SCHEMA, Summary),
    "leaderboard": (LEADERBOARD_SCHEMA, Leaderboard),
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a record; for the .jsonl files, of one line."""
    return described(*RECORDS[name])


def described(version: str, model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model, under the name and version of its files."""
    schema = model.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": version, **schema}
