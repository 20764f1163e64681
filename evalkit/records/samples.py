"""Lines of `samples.jsonl` (one per answered sample) and of `scores/*.jsonl` (one per scored sample)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SAMPLES_SCHEMA = "evalkit.samples/1"
TRANSCRIPTS_SCHEMA = "evalkit.transcripts/1"
NOTES_SCHEMA = "evalkit.notes/1"
SCORES_SCHEMA = "evalkit.scores/1"


class Strict(BaseModel):
    """A record refuses unknown keys, so that a misspelt or newer file is noticed."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class PartRecord(Strict):
    """One part of a message; media are named, not embedded."""

    type: Literal["text", "image", "audio", "video"]
    text: str | None = Field(None, description="text parts: the text")
    name: str | None = Field(None, description="media parts: path or name of the file")
    transcript: str | None = Field(None, description="audio parts: what is said, where the data tell")


class MessageRecord(Strict):
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: list[PartRecord]


class FailureRecord(Strict):
    """Why a sample has no answer."""

    kind: Literal["input", "model", "timeout", "missing", "limit"]
    message: str


class SampleRecord(Strict):
    """One line of `samples.jsonl`. A later line with the same id replaces an earlier failed one."""

    id: str
    split: str = ""
    cluster: str | None = None
    origin: str | None = Field(None, description="a sample asked again: the id of its first asking")
    repeat: int = Field(1, description="number of the asking")
    seed: int | None = Field(None, description="seed of the request, where samples are asked several times")
    meta: dict[str, Any] | None = None
    messages: list[MessageRecord]
    reference: Any = None
    choices: list[str] | None = Field(None, description="of a choice question, in the order of their letters")
    text: str | None = Field(None, description="what the model wrote, without what it thought")
    thought: str | None = Field(None, description="what it thought before it answered; never scored")
    audio: str | None = Field(None, description="what the model said: path relative to the run directory")
    speech: dict[str, Any] | None = Field(None, description="measures of the speech: seconds, rate, silent, clipped")
    usage: dict[str, float] | None = Field(None, description="tokens, seconds of audio, ...; of failed answers too")
    cost: float | None = Field(None, description="US dollars; absent when unknown")
    seconds: float | None = Field(None, description="time the model spent")
    served: str | None = Field(None, description="version of the model that the provider says has answered")
    detail: dict[str, Any] | None = Field(None, description="what else the model tells: what it recognised, sampling")
    input: list[dict[str, Any]] | None = Field(
        None, description="media that were remarkable: type, name, flags, promised and found seconds"
    )
    failure: FailureRecord | None = None


class TranscriptRecord(Strict):
    """One line of `transcripts/*.jsonl`: what a transcriber heard in a spoken answer."""

    id: str
    audio: str = Field(description="the speech it is of: path relative to the run directory")
    heard: str | None = None
    detail: dict[str, Any] | None = Field(None, description="what else the transcriber found: probabilities, tags")
    failure: FailureRecord | None = None


class NoteRecord(Strict):
    """One line of `listened/*.jsonl`: what was noted of a spoken answer, or of a recording it is compared with."""

    id: str
    audio: str = Field(description="the recording: path relative to the run directory, or its name in the data")
    of: str = Field(description='"answer", or the name of the recording in the sample')
    note: Any = Field(None, description="what was noted: a vector, a label, a number")
    detail: dict[str, Any] | None = Field(None, description="what else the listener found")
    failure: FailureRecord | None = None


class ScoreRecord(Strict):
    """One line of `scores/*.jsonl`."""

    id: str
    split: str = ""
    cluster: str | None = None
    origin: str | None = Field(None, description="a sample asked again: the id of its first asking")
    repeat: int = Field(1, description="number of the asking")
    units: dict[str, str] | None = Field(None, description="metric that joins samples -> the unit this one is of")
    groups: dict[str, str] | None = Field(None, description="breakdown -> value")
    status: Literal["scored", "unparsed", "model_failed", "judge_failed"]
    answer: int = Field(description="checksum of the answer this score is of")
    faithful: dict[str, list[float]] = Field(description="metric -> statistics by the official rule")
    strict: dict[str, list[float]] | None = Field(None, description="metric -> statistics, unscored = wrong")
    flags: list[str] = Field(default_factory=list, description="facts the summary counts")
    detail: dict[str, Any] | None = None
