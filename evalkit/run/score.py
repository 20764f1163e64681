"""Score: journalled answers in, journalled statistics out; a pure function of `samples.jsonl`."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from evalkit.core.errors import ResultsError
from evalkit.core.message import Audio
from evalkit.core.response import Failure, Response
from evalkit.core.score import Score
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.task import Task
from evalkit.records import journals
from evalkit.run import journal
from evalkit.run.directory import RunDirectory


def score(task: Task, scorer: Scorer, directory: RunDirectory, scoring: str, transcriber: str | None) -> int:
    """Score every answer that has no score yet; failures are looked at again.

    Returns:
        Number of samples scored now.
    """
    path = directory.scores(scoring)
    heard = _transcripts(directory, transcriber) if scorer.hears else None
    settled, failed = _scored(path)
    if settled and (stale := _stale(directory, heard, settled)):
        _forget(path, stale)
        settled, failed = _scored(path)
    fresh = (
        answer
        for answer in _answers(directory, heard)
        if answer.id not in settled and not (answer.id in failed and answer.response.failure is not None)
    )
    pulled = scored = failed_now = 0
    with journal.Journal(path) as file:

        def usable() -> Iterator[Answered]:
            """Answers to score; those of failed models are journalled on the way."""
            nonlocal pulled, failed_now
            for answer in fresh:
                if answer.response.failure is None:
                    pulled += 1
                    yield answer
                    continue
                detail = {"failure": answer.response.failure.message}
                failure = Score("model_failed", scorer.missing(answer), scorer.worst(answer), detail=detail)
                file.append(_record(task, answer, failure))
                failed_now += 1

        for answer, assessment in scorer.stream(usable()):
            file.append(_record(task, answer, assessment))
            scored += 1
    if scored != pulled:
        raise ResultsError(f"scorer '{scorer.name}' gave {scored} scores for {pulled} answers")
    return scored + failed_now


def _scored(path: Path) -> tuple[dict[str, int], set[str]]:
    """Settled samples with the mark of the answer their score is of, and those whose model failed."""
    settled: dict[str, int] = {}
    failed: set[str] = set()
    for record in journals.read(path, journals.RESCORED):
        if record["status"] == "model_failed":
            failed.add(record["id"])
        elif record["status"] != "judge_failed":
            settled[record["id"]] = record["answer"]
    return settled, failed


def _mark(response: Response) -> int:
    """Tells answers apart: a score is of one answer, and goes when another one takes its place."""
    said = Path(response.audio.label).name if response.audio is not None else ""
    return zlib.crc32("\0".join((response.text or "", response.heard or "", said)).encode("utf-8", "surrogatepass"))


def _stale(directory: RunDirectory, heard: Mapping[str, dict[str, Any]] | None, settled: Mapping[str, int]) -> set[str]:
    """Ids whose score is of another answer than the journal holds now: a line was taken out, and asked again."""
    return {
        answer.id
        for answer in _answers(directory, heard)
        if answer.id in settled and settled[answer.id] != _mark(answer.response)
    }


def _forget(path: Path, stale: Collection[str]) -> None:
    """Write a score journal anew without some of its samples."""
    kept = [record for record in journals.read(path, journals.RESCORED) if record["id"] not in stale]
    lines = [orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in kept]
    journal.write_atomically(path, b"".join(lines))


def _answers(directory: RunDirectory, heard: Mapping[str, dict[str, Any]] | None) -> Iterator[Answered]:
    for record in journals.read(directory.samples, journals.FAILED):
        yield answered(record, directory.path, heard)


def answered(record: Mapping[str, Any], folder: Path, heard: Mapping[str, dict[str, Any]] | None = None) -> Answered:
    """What a scorer sees of one line of `samples.jsonl`.

    Args:
        record: the line.
        folder: the run directory.
        heard: transcript lines by id, for scorers that read what was heard.
    """
    failure = record.get("failure")
    response = Response(
        text=record.get("text"),
        audio=Audio(path=str(folder / record["audio"])) if record.get("audio") else None,
        failure=Failure(failure["kind"], failure["message"]) if failure else None,
    )
    if heard is not None and failure is None:
        transcript = heard.get(record["id"])
        if transcript is None or transcript["audio"] != record.get("audio"):
            response.failure = Failure("model", "the model gave no speech")
        elif transcript.get("failure"):
            response.failure = Failure("model", f"its speech was not heard: {transcript['failure']['message']}")
        else:
            response.heard = transcript["heard"]
    prompts = [turn for turn in record["messages"] if turn["role"] == "user"]
    content = prompts[-1]["content"] if prompts else []
    return Answered(
        id=record["id"],
        split=record["split"],
        reference=record["reference"],
        response=response,
        prompt="\n".join(part["text"] for part in content if part["type"] == "text"),
        cluster=record.get("cluster"),
        meta=record.get("meta"),
        messages=record["messages"],
    )


def _transcripts(directory: RunDirectory, transcriber: str | None) -> dict[str, dict[str, Any]]:
    if transcriber is None:
        raise ResultsError("this scorer reads what was heard; name a transcriber with --transcriber")
    path = directory.transcripts(transcriber)
    return {record["id"]: record for record in journals.read(path, ())}  # the latest line of each


def _record(task: Task, answer: Answered, score: Score) -> dict[str, Any]:
    record: dict[str, Any] = {"id": answer.id, "split": answer.split}
    if answer.cluster is not None:
        record["cluster"] = answer.cluster
    if task.breakdowns:
        meta = answer.meta or {}
        record["groups"] = {key: str(meta[key]) for key in task.breakdowns if key in meta}
    record["status"] = score.status
    record["answer"] = _mark(answer.response)
    record["faithful"] = score.faithful
    if score.strict is not None:
        record["strict"] = score.strict
    if score.flags:
        record["flags"] = score.flags
    if score.detail:
        record["detail"] = score.detail
    return record
