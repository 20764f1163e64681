"""Score: journalled answers in, journalled statistics out; a pure function of `samples.jsonl`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import ResultsError
from evalkit.core.message import Audio
from evalkit.core.response import Failure, Response
from evalkit.core.score import Score
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.task import Task
from evalkit.records import journals
from evalkit.run import journal
from evalkit.run.directory import RunDirectory

_BATCH = 2048


def score(task: Task, scorer: Scorer, directory: RunDirectory, scoring: str, transcriber: str | None) -> int:
    """Score every answer that has no score yet; failures are looked at again.

    Returns:
        Number of samples scored now.
    """
    path = directory.scores(scoring)
    settled, failed = _scored(directory, scoring)
    heard = _transcripts(directory, transcriber) if scorer.hears else None
    fresh = (
        answer
        for answer in _answers(directory, heard)
        if answer.id not in settled and not (answer.id in failed and answer.response.failure is not None)
    )
    count = 0
    with journal.Journal(path) as file:
        while batch := list(itertools.islice(fresh, _BATCH)):
            for answer, assessment in _assessed(scorer, batch):
                file.append(_record(task, answer, assessment))
            count += len(batch)
    return count


def _scored(directory: RunDirectory, scoring: str) -> tuple[set[str], set[str]]:
    settled: set[str] = set()
    failed: set[str] = set()
    for record in journals.read(directory.scores(scoring), journals.RESCORED):
        (failed if record["status"] == "model_failed" else settled).add(record["id"])
        if record["status"] == "judge_failed":
            settled.discard(record["id"])
    return settled, failed


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
        if transcript is None:
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
    return {record["id"]: record for record in journals.read(path, journals.FAILED)}


def _assessed(scorer: Scorer, batch: Sequence[Answered]) -> Iterator[tuple[Answered, Score]]:
    usable = [answer for answer in batch if answer.response.failure is None]
    scores = list(scorer.score(usable))
    if len(scores) != len(usable):
        raise ResultsError(f"scorer '{scorer.name}' gave {len(scores)} scores for {len(usable)} answers")
    yield from zip(usable, scores, strict=True)
    for answer in batch:
        if answer.response.failure is not None:
            detail = {"failure": answer.response.failure.message}
            yield answer, Score("model_failed", scorer.missing(answer), scorer.worst(answer), detail=detail)


def _record(task: Task, answer: Answered, score: Score) -> dict[str, Any]:
    record: dict[str, Any] = {"id": answer.id, "split": answer.split}
    if answer.cluster is not None:
        record["cluster"] = answer.cluster
    if task.breakdowns:
        meta = answer.meta or {}
        record["groups"] = {key: str(meta[key]) for key in task.breakdowns if key in meta}
    record["status"] = score.status
    record["faithful"] = score.faithful
    if score.strict is not None:
        record["strict"] = score.strict
    if score.flags:
        record["flags"] = score.flags
    if score.detail:
        record["detail"] = score.detail
    return record
