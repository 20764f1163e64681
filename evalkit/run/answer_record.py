"""The line of `samples.jsonl` that an answer makes; nothing a model says can keep it from being written."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Message, Part, Text
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Sample
from evalkit.media.source import content_hash, read_bytes
from evalkit.run import heard, journal, spoken
from evalkit.run.directory import RunDirectory

_DIGITS = 18  # of a whole number that surely fits into 64 bits, its sign included
_LONGEST = 400  # characters that name a detail which cannot be kept


def out_of_turn(model: str, key: str) -> str:
    """What is wrong with an answer that nobody asked for."""
    return (
        f"model '{model}' answered '{key}', which it was not asked or has answered before; "
        "its adapter must give each request exactly one answer"
    )


def left_out(model: str, unanswered: Collection[str]) -> str:
    """What is wrong with a model that ended too early."""
    return (
        f"model '{model}' ended without answering {len(unanswered)} samples, '{next(iter(unanswered))}' among them; "
        "repeat the command to ask for them again"
    )


def answer_record(
    sample: Sample, response: Response, directory: RunDirectory, rate: int | None, seed: int | None = None
) -> dict[str, Any]:
    """The line of an answer.

    Args:
        sample: what was asked.
        response: what came back; its speech is saved in the run directory.
        directory: of the run.
        rate: sample rate the model says it speaks at, Hz.
        seed: of the request, where it matters: samples that are asked several times.
    """
    record: dict[str, Any] = {"id": sample.id, "split": sample.split}
    if sample.cluster is not None:
        record["cluster"] = sample.cluster
    if sample.origin is not None:
        record["origin"], record["repeat"] = sample.origin, sample.repeat
    if seed is not None:
        record["seed"] = seed
    if sample.meta:
        record["meta"] = sample.meta
    record["messages"] = [_message(message) for message in sample.messages]
    if found := heard.facts(sample):
        record["input"] = found
    record["reference"] = sample.reference
    if sample.choices is not None:
        record["choices"] = list(sample.choices)
    failure = response.failure or broken_text(response.text)
    if failure is None:
        record["text"] = response.text
        if response.thought:
            record["thought"] = response.thought.encode("utf-8", "replace").decode()
        if response.audio is not None:
            try:
                record["audio"] = _saved(response.audio, directory)
                record["speech"] = spoken.facts(directory.path / record["audio"], rate)
            except DataError as error:
                failure = Failure("model", f"its speech cannot be used: {error}")
    if response.usage:  # a failed answer may have been paid for
        record["usage"] = response.usage
    if response.cost is not None:
        record["cost"] = response.cost
    if response.seconds is not None:
        record["seconds"] = round(response.seconds, 6)
    served = (response.meta or {}).get("model")
    if isinstance(served, str) and served:
        record["served"] = served
    detail = {key: value for key, value in (response.meta or {}).items() if key != "model"}
    if detail:
        record["detail"] = storable(detail)
    if failure is not None:
        record["failure"] = failure_record(failure)
    return record


def storable(detail: Mapping[str, Any]) -> Any:
    """What a model tells beside its answer as JSON; what JSON cannot hold becomes its text, so no answer is lost."""
    try:
        text = json.dumps(detail, ensure_ascii=False, default=repr)
        return json.loads(text.encode("utf-8", "replace"), parse_constant=str, parse_int=_whole)
    except (TypeError, ValueError, RecursionError):  # a key that is no name, a circle, a number of 5,000 digits
        return {"unstorable": ", ".join(sorted(map(str, detail)))[:_LONGEST]}


def _whole(digits: str) -> int | str:
    """A whole number as the journal can hold it: beyond 64 bits, its digits."""
    return int(digits) if len(digits) <= _DIGITS else digits


def broken_text(text: str | None) -> Failure | None:
    """The failure of a text that no file can hold: half a surrogate pair, which JSON can name."""
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        return Failure("model", f"its text is no Unicode text: half a surrogate pair at character {error.start}")
    return None


def failure_record(failure: Failure) -> dict[str, str]:
    """A failure as JSON."""
    return {"kind": failure.kind, "message": failure.message.encode("utf-8", "replace").decode()}


def _message(message: Message) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": [_part(part) for part in message.content],
    }


def _part(part: Part) -> dict[str, str]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    record = {"type": part.modality, "name": part.label}
    if isinstance(part, Audio) and part.transcript is not None:
        record["transcript"] = part.transcript
    return record


def _saved(audio: Audio, directory: RunDirectory) -> str:
    """Keep a spoken answer under its content hash; returns the path relative to the run directory."""
    data = read_bytes(audio)
    suffix = Path(audio.label).suffix or ".wav"
    path = directory.media / f"{content_hash(data)}{suffix}"
    if not path.exists():
        journal.write_atomically(path, data)
    return str(path.relative_to(directory.path))
