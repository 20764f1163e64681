"""Generate and transcribe: ask for what is missing, journal every answer as it comes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, ResultsError
from evalkit.core.message import Audio, Message, Text, user
from evalkit.core.model import Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import GREEDY, Request, Sample
from evalkit.core.scorer import Scorer
from evalkit.media.source import content_hash, read_bytes
from evalkit.records import journals
from evalkit.run import journal
from evalkit.run.directory import RunDirectory
from evalkit.run.plan import Duplicates, Plan

Tick = Callable[[bool], None]


def answered(directory: RunDirectory) -> tuple[set[str], dict[str, int]]:
    """Ids with a usable answer, and how many of them each split has."""
    ids: set[str] = set()
    per_split: dict[str, int] = {}
    for record in journals.read(directory.samples, journals.FAILED):
        if record.get("failure") is None:
            ids.add(record["id"])
            split = record["split"]
            per_split[split] = per_split.get(split, 0) + 1
    return ids, per_split


def generate(
    plan: Plan, scorers: Sequence[Scorer], model: Model, directory: RunDirectory, tick: Tick
) -> dict[str, int]:
    """Ask the model for every planned sample without an answer; it is started only if there is one.

    Args:
        plan: what to ask.
        scorers: they look at each sample before it is asked, where the plan could not.
        model: not started yet.
        directory: where answers are journalled.
        tick: called after each answer with True when it failed.

    Returns:
        Planned samples per split.

    Raises:
        ResultsError: the disk failed, or the model broke the rules of `Model.stream`.
    """
    done, _ = answered(directory)
    pending: dict[str, Sample] = {}
    sizes: dict[str, int] = dict.fromkeys(plan.splits, 0)
    duplicates = None if plan.rows.cheap else Duplicates(plan)
    settings = plan.generation

    def requests() -> Iterator[Request]:
        for sample in plan.samples():
            if duplicates is not None:
                duplicates.check(sample.id)
                for scorer in scorers:
                    scorer.check(sample)
            sizes[sample.split] += 1
            if sample.id in done:
                continue
            pending[sample.id] = sample
            yield Request(sample.id, sample.messages, settings, plan.seed)

    waiting = requests()
    first = next(waiting, None)
    if first is None:
        return sizes
    with model, journal.Journal(directory.samples) as file:
        for key, response in model.stream(itertools.chain([first], waiting)):
            record = _record(_taken(pending, key, model.name), response, directory)
            file.append(record)
            tick("failure" in record)
    if pending:
        raise ResultsError(_left_out(model.name, pending))
    return sizes


def transcribe(directory: RunDirectory, transcriber: Model, name: str, tick: Tick) -> int:
    """Write down what a transcriber hears in every spoken answer that has no transcript yet.

    Returns:
        Number of transcribed answers.
    """
    path = directory.transcripts(name)
    done = {record["id"]: record["audio"] for record in journals.read(path, ()) if record.get("failure") is None}
    waiting = [
        (record["id"], record["audio"])
        for record in journals.read(directory.samples, journals.FAILED)
        if record.get("audio") and done.get(record["id"]) != record["audio"]
    ]
    if not waiting:
        return 0
    settings = replace(GREEDY, max_new_tokens=None)

    def requests() -> Iterator[Request]:
        for key, audio in waiting:
            yield Request(key, (user(Audio(str(directory.path / audio))),), settings)

    unheard = dict(waiting)
    with transcriber, journal.Journal(path) as file:
        for key, response in transcriber.stream(requests()):
            audio = unheard.pop(key, None)
            if audio is None:
                raise ResultsError(_out_of_turn(transcriber.name, key))
            line: dict[str, Any] = {"id": key, "audio": audio, "heard": response.text}
            if response.failure is not None:
                line["failure"] = _failure(response.failure)
            file.append(line)
            tick(response.failure is not None)
    if unheard:
        raise ResultsError(_left_out(transcriber.name, unheard))
    return len(waiting)


def _taken(pending: dict[str, Sample], key: str, model: str) -> Sample:
    try:
        return pending.pop(key)
    except KeyError:
        raise ResultsError(_out_of_turn(model, key)) from None


def _out_of_turn(model: str, key: str) -> str:
    return (
        f"model '{model}' answered '{key}', which it was not asked or has answered before; "
        "its adapter must give each request exactly one answer"
    )


def _left_out(model: str, unanswered: Collection[str]) -> str:
    return (
        f"model '{model}' ended without answering {len(unanswered)} samples, '{next(iter(unanswered))}' among them; "
        "repeat the command to ask for them again"
    )


def _record(sample: Sample, response: Response, directory: RunDirectory) -> dict[str, Any]:
    record: dict[str, Any] = {"id": sample.id, "split": sample.split}
    if sample.cluster is not None:
        record["cluster"] = sample.cluster
    if sample.meta:
        record["meta"] = sample.meta
    record["messages"] = [_message(message) for message in sample.messages]
    record["reference"] = sample.reference
    failure = response.failure
    if failure is None:
        record["text"] = response.text
        if response.audio is not None:
            try:
                record["audio"] = _saved(response.audio, directory)
            except DataError as error:
                failure = Failure("model", f"its speech cannot be used: {error}")
        if response.usage:
            record["usage"] = response.usage
        if response.cost is not None:
            record["cost"] = response.cost
    if response.seconds is not None:
        record["seconds"] = round(response.seconds, 6)
    if failure is not None:
        record["failure"] = _failure(failure)
    return record


def _failure(failure: Failure) -> dict[str, str]:
    return {"kind": failure.kind, "message": failure.message}


def _message(message: Message) -> dict[str, Any]:
    return {
        "role": message.role,
        "content": [
            {"type": "text", "text": part.text}
            if isinstance(part, Text)
            else {"type": part.modality, "name": part.label}
            for part in message.content
        ],
    }


def _saved(audio: Audio, directory: RunDirectory) -> str:
    """Keep a spoken answer under its content hash; returns the path relative to the run directory."""
    data = read_bytes(audio)
    suffix = Path(audio.label).suffix or ".wav"
    path = directory.media / f"{content_hash(data)}{suffix}"
    if not path.exists():
        journal.write_atomically(path, data)
    return str(path.relative_to(directory.path))
