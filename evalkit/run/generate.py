"""Generate and transcribe: ask for what is missing, journal every answer as it comes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, ResultsError
from evalkit.core.message import Audio, Message, Part, Text, user
from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import GREEDY, Request, Sample
from evalkit.core.scorer import Scorer
from evalkit.media.source import content_hash, read_bytes
from evalkit.records import journals
from evalkit.run import journal, spoken
from evalkit.run.directory import RunDirectory
from evalkit.run.plan import Duplicates, Plan
from evalkit.run.transcribers import language_of

Tick = Callable[[bool], None]

_DIGITS = 18  # of a whole number that surely fits into 64 bits, its sign included
_LONGEST = 400  # characters that name a detail which cannot be kept


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
    plan: Plan,
    scorers: Sequence[Scorer],
    model: Model,
    directory: RunDirectory,
    tick: Tick,
    ready: Callable[[], None],
) -> dict[str, int]:
    """Ask the model for every planned sample without an answer; it is started only if there is one.

    Args:
        plan: what to ask.
        scorers: they look at each sample before it is asked, where the plan could not.
        model: not started yet.
        directory: where answers are journalled.
        tick: called after each answer with True when it failed.
        ready: called before the model is started; raises where it could not be, or a judge could not be asked later.

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
    ready()
    model.answered_before = bool(done)
    with model, journal.Journal(directory.samples) as file:
        for key, response in model.stream(itertools.chain([first], waiting)):
            record = _record(_taken(pending, key, model.name), response, directory, model.speech_rate)
            file.append(record)
            tick("failure" in record)
    if pending:
        raise ResultsError(_left_out(model.name, pending))
    return sizes


def transcribe(
    directory: RunDirectory,
    transcriber: Model,
    name: str,
    language: str | None,
    tick: Tick,
    chosen: journals.Chosen | None = None,
) -> int:
    """Write down what a transcriber hears in every spoken answer that has no transcript yet.

    Nothing is heard in an answer that holds no sound: recognisers tend to make words up there, so they are not asked.

    Args:
        directory: its answers are heard, its journal is written.
        transcriber: not started.
        name: of the journal.
        language: code of the task's language; a sample may say another.
        tick: called after each with True when it failed.
        chosen: tells the answers to hear; all where None.

    Returns:
        Number of transcribed answers.
    """
    path = directory.transcripts(name)
    done = {record["id"]: record["audio"] for record in journals.read(path, ()) if record.get("failure") is None}
    unheard: dict[str, str] = {}
    languages: dict[str, str | None] = {}
    silent: set[str] = set()
    for record in journals.read(directory.samples, journals.FAILED):
        if chosen is not None and not chosen(record):
            continue
        if record.get("audio") and done.get(record["id"]) != record["audio"]:
            unheard[record["id"]] = record["audio"]
            languages[record["id"]] = language_of(record.get("meta"), language)
            if (record.get("speech") or {}).get("silent"):
                silent.add(record["id"])
    if not unheard:
        return 0
    count = len(unheard)
    settings = replace(GREEDY, max_new_tokens=None)

    def requests() -> Iterator[Request]:
        for key, audio in list(unheard.items()):
            said = user(Audio(str(directory.path / audio)))
            yield Request(key, (said,), settings, language=languages[key])

    with journal.Journal(path) as file:
        for key in [key for key in unheard if key in silent]:
            file.append({"id": key, "audio": unheard.pop(key), "heard": "", "detail": {"silent": True}})
            tick(False)
        if not unheard:
            return count
        for key, response in _answers(transcriber, requests()):
            audio = unheard.pop(key, None)
            if audio is None:
                raise ResultsError(_out_of_turn(transcriber.name, key))
            failure = response.failure or _broken_text(response.text)
            line: dict[str, Any] = {"id": key, "audio": audio, "heard": response.text if failure is None else None}
            if failure is not None:
                line["failure"] = _failure(failure)
            elif response.meta:
                line["detail"] = _storable(response.meta)
            file.append(line)
            tick(failure is not None)
    if unheard:
        raise ResultsError(_left_out(transcriber.name, unheard))
    return count


def _answers(model: Model, requests: Iterator[Request]) -> Iterator[Answer]:
    """Start a model, and close it after its last answer."""
    with model:
        yield from model.stream(requests)


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


def _record(sample: Sample, response: Response, directory: RunDirectory, rate: int | None) -> dict[str, Any]:
    record: dict[str, Any] = {"id": sample.id, "split": sample.split}
    if sample.cluster is not None:
        record["cluster"] = sample.cluster
    if sample.meta:
        record["meta"] = sample.meta
    record["messages"] = [_message(message) for message in sample.messages]
    record["reference"] = sample.reference
    if sample.choices is not None:
        record["choices"] = list(sample.choices)
    failure = response.failure or _broken_text(response.text)
    if failure is None:
        record["text"] = response.text
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
        record["detail"] = _storable(detail)
    if failure is not None:
        record["failure"] = _failure(failure)
    return record


def _storable(detail: Mapping[str, Any]) -> Any:
    """What a model tells beside its answer as JSON; what JSON cannot hold becomes its text, so no answer is lost."""
    try:
        text = json.dumps(detail, ensure_ascii=False, default=repr)
        return json.loads(text.encode("utf-8", "replace"), parse_constant=str, parse_int=_whole)
    except (TypeError, ValueError, RecursionError):  # a key that is no name, a circle, a number of 5,000 digits
        return {"unstorable": ", ".join(sorted(map(str, detail)))[:_LONGEST]}


def _whole(digits: str) -> int | str:
    """A whole number as the journal can hold it: beyond 64 bits, its digits."""
    return int(digits) if len(digits) <= _DIGITS else digits


def _broken_text(text: str | None) -> Failure | None:
    """The failure of a text that no file can hold: half a surrogate pair, which JSON can name."""
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        return Failure("model", f"its text is no Unicode text: half a surrogate pair at character {error.start}")
    return None


def _failure(failure: Failure) -> dict[str, str]:
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
