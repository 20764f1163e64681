"""Score: journalled answers in, journalled statistics out; a pure function of `samples.jsonl`."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from evalkit.run import heard as inputs
from evalkit.run import journal, spoken, written
from evalkit.run.directory import RunDirectory
from evalkit.run.listen import ANSWER, notes
from evalkit.run.listeners import TRANSCRIBER
from evalkit.run.unfold import earlier_turns

_UNKNOWN = -1  # mark of an answer in journals that hold none; equals no mark, so the sample is scored anew


def score(
    task: Task,
    scorer: Scorer,
    directory: RunDirectory,
    scoring: str,
    listened: Mapping[str, str],
    chosen: journals.Chosen | None = None,
    attempted: Collection[str] = (),
) -> int:
    """Score every answer that has no score yet; failures are looked at again.

    Args:
        task: names the breakdowns.
        scorer: what scores.
        directory: its answers are read, its score journal is written.
        scoring: name of the score journal.
        listened: role of a listener -> name of its journal.
        chosen: tells the lines of `samples.jsonl` to look at; all where None, and for a scorer that needs all.
        attempted: ids this command has put to the scorer before; where that failed, it is not attempted a second time.

    Returns:
        Number of samples scored now.
    """
    path = directory.scores(scoring)
    transcriber = listened.get(TRANSCRIBER)
    heard = _transcripts(directory, transcriber) if scorer.hears or (scorer.may_hear and transcriber) else None
    noted = {role: notes(directory, role, listened[role]) for role in scorer.listeners}
    chosen = None if scorer.together else chosen

    def answers() -> Iterator[Answered]:
        return _answers(directory, scorer, heard, noted, chosen)

    settled, unanswered = _scored(path)
    if settled and (stale := _stale(answers(), settled)):
        _forget(path, stale)
        settled, unanswered = _scored(path)
    if scorer.together and settled and _added(answers(), settled, unanswered):
        _forget(path, settled)
        settled, unanswered = _scored(path)
    scored_whole = scorer.together and bool(settled)
    done = settled.keys() | (set(attempted) & unanswered.keys())
    fresh = (answer for answer in answers() if answer.id not in done)
    pulled = scored = written = 0
    with journal.Journal(path) as file:

        def keep(answer: Answered, assessment: Score) -> None:
            """Journal a score, unless its line is there: a sample without an answer is looked at every time.

            A failure that was paid for once more is another line, as the sums are made of the lines.
            """
            nonlocal written
            record = score_line(task, scorer, answer, assessment)
            paid = any(((assessment.detail or {}).get("lost") or {}).values())
            if not paid and answer.id in unanswered and unanswered[answer.id][0] == _print(record):
                return
            file.append(record)
            written += 1

        def usable() -> Iterator[Answered]:
            """Answers to score; those of failed models are journalled on the way."""
            nonlocal pulled
            for answer in fresh:
                if answer.response.failure is None:
                    if scored_whole:
                        continue  # it was among those scored together, and found to be no answer
                    pulled += 1
                    yield answer
                    continue
                detail = {"failure": answer.response.failure.message}
                if (answer.response.meta or {}).get("unheard"):  # the instrument's failure, not the model's
                    keep(answer, Score("judge_failed", {}, scorer.worst(answer), detail=detail))
                    continue
                keep(answer, Score("model_failed", scorer.missing(answer), scorer.worst(answer), detail=detail))

        for answer, assessment in scorer.stream(usable()):
            keep(answer, assessment)
            scored += 1
    if scored != pulled:
        raise ResultsError(f"scorer '{scorer.name}' gave {scored} scores for {pulled} answers")
    return written


def settled_scores(path: Path) -> dict[str, int]:
    """Samples of a score journal that need no further look, with the mark of the answer each score is of."""
    return _scored(path)[0]


def _scored(path: Path) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Settled samples with the mark of the answer their score is of; the others with print and mark of their line."""
    settled: dict[str, int] = {}
    unanswered: dict[str, tuple[int, int]] = {}
    for record in journals.read(path, journals.RESCORED):
        marked = record.get("answer", _UNKNOWN)
        if record["status"] in ("model_failed", "judge_failed"):
            unanswered[record["id"]] = (_print(record), marked)
        else:
            settled[record["id"]] = marked
    return settled, unanswered


def _print(record: Mapping[str, Any]) -> int:
    """Tells lines of a score journal apart; 64 bits."""
    return int.from_bytes(hashlib.blake2b(orjson.dumps(record), digest_size=8).digest(), "big")


def mark(response: Response) -> int:
    """Tells answers apart: a score is of one answer, and goes when another one takes its place."""
    said = Path(response.audio.label).name if response.audio is not None else ""
    return zlib.crc32("\0".join((response.text or "", response.heard or "", said)).encode("utf-8", "surrogatepass"))


def _stale(answers: Iterator[Answered], settled: Mapping[str, int]) -> set[str]:
    """Ids whose score is of another answer than the journal holds now: a line was taken out, and asked again."""
    return {answer.id for answer in answers if answer.id in settled and settled[answer.id] != mark(answer.response)}


def _added(answers: Iterator[Answered], settled: Collection[str], unanswered: Mapping[str, tuple[int, int]]) -> bool:
    """True when there is an answer that nobody has looked at yet."""
    return any(
        answer.id not in settled
        and answer.response.failure is None
        and unanswered.get(answer.id, (0, _UNKNOWN))[1] != mark(answer.response)
        for answer in answers
    )


def _forget(path: Path, stale: Collection[str]) -> None:
    """Write a score journal anew without some of its samples; replaced lines tell what was paid, and stay."""
    kept = [record for record in journals.read(path, ()) if record["id"] not in stale]
    lines = [orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in kept]
    journal.write_atomically(path, b"".join(lines))


def _answers(
    directory: RunDirectory,
    scorer: Scorer,
    heard: Mapping[str, dict[str, Any]] | None,
    noted: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]],
    chosen: journals.Chosen | None,
) -> Iterator[Answered]:
    def answer(record: Mapping[str, Any]) -> Answered:
        return answered(record, directory.path, heard, needed=scorer.hears)

    played: dict[str, Mapping[str, Any]] = {}
    if scorer.reads_earlier:
        for record in journals.read(directory.samples, journals.FAILED):
            if "turn" in (record.get("meta") or {}):
                played[record["id"]] = record
    for record in journals.read(directory.samples, journals.FAILED):
        if scorer.runs_on(record["split"]) and (chosen is None or chosen(record)):
            found = answer(record)
            before = earlier_turns(record["id"], record.get("meta")) if scorer.reads_earlier else []
            found.earlier = [answer(played[name]) for name in before if name in played]
            for role, lines in noted.items():
                own = {**lines.get(found.origin or found.id, {}), **lines.get(found.id, {})}
                _add_notes(found, role, own, scorer.listeners[role], record.get("audio"))
            yield found


def _add_notes(
    answer: Answered, role: str, lines: Mapping[str, Mapping[str, Any]], compared: Sequence[str], said: str | None
) -> None:
    """Put what a listener noted beside an answer; what it could not note is a failure of the instrument.

    Args:
        answer: it gets the notes.
        role: of the listener.
        lines: recording -> line of its journal.
        compared: names of the recordings the answer is compared with.
        said: the spoken answer as its line calls it; a note of an earlier one is none of it.
    """
    failure = answer.response.failure
    if failure is not None:
        return
    if answer.response.audio is None:
        answer.response.failure = Failure("model", "the model gave no speech")
        answer.response.meta = {"speech": {"missing": True}}
        return
    for name in (ANSWER, *compared):
        line = lines.get(name)
        if name == ANSWER and line is not None and line["audio"] != said:
            line = None
        why = None if line is None else (line.get("failure") or {}).get("message")
        if line is None or why is not None:
            told = why or "nothing was noted of it; repeat the stage listen"
            answer.response.failure = Failure("model", f"listener '{role}', recording '{name}': {told}")
            if name != ANSWER or line is None or line["failure"]["kind"] != "input":
                answer.response.meta = {**(answer.response.meta or {}), "unheard": True}
            return
    answer.notes = {**answer.notes, role: {name: lines[name]["note"] for name in (ANSWER, *compared)}}


def answered(
    record: Mapping[str, Any],
    folder: Path,
    heard: Mapping[str, dict[str, Any]] | None = None,
    *,
    needed: bool = True,
) -> Answered:
    """What a scorer sees of one line of `samples.jsonl`.

    Args:
        record: the line.
        folder: the run directory.
        heard: transcript lines by id, for scorers that read what was heard.
        needed: an answer without a transcript counts as failed.
    """
    failure = record.get("failure")
    response = Response(
        text=record.get("text"),
        audio=Audio(path=str(folder / record["audio"])) if record.get("audio") else None,
        usage=record.get("usage"),
        failure=Failure(failure["kind"], failure["message"]) if failure else None,
        meta={key: record[key] for key in ("speech", "input") if record.get(key)} or None,
        thought=record.get("thought"),
    )
    if heard is not None and failure is None:
        transcript = heard.get(record["id"])
        if transcript is not None and transcript["audio"] != record.get("audio"):
            transcript = None  # of an earlier answer
        if not needed and (transcript is None or transcript.get("failure")):
            pass  # the scorer reads the text then
        elif transcript is None and not record.get("audio"):
            response.failure = Failure("model", "the model gave no speech")
            response.meta = {**(response.meta or {}), "speech": {"missing": True}}
        elif transcript is None:
            response.failure = Failure("model", "its speech was not heard: repeat the stage listen")
            response.meta = {**(response.meta or {}), "unheard": True}
        elif transcript.get("failure"):
            response.failure = Failure("model", f"its speech was not heard: {transcript['failure']['message']}")
            if transcript["failure"]["kind"] != "input":
                response.meta = {**(response.meta or {}), "unheard": True}
        else:
            response.heard = transcript["heard"]
            if transcript.get("detail"):
                response.meta = {**(response.meta or {}), "heard": transcript["detail"]}
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
        choices=record.get("choices"),
        origin=record.get("origin"),
        repeat=record.get("repeat", 1),
    )


def _transcripts(directory: RunDirectory, transcriber: str | None) -> dict[str, dict[str, Any]]:
    if transcriber is None:
        raise ResultsError("this scorer reads what was heard; name a transcriber with --transcriber")
    path = directory.transcripts(transcriber)
    return {record["id"]: record for record in journals.read(path, ())}  # the latest line of each


def score_line(task: Task, scorer: Scorer, answer: Answered, score: Score) -> dict[str, Any]:
    """The line of a score journal."""
    record: dict[str, Any] = {"id": answer.id, "split": answer.split}
    if answer.cluster is not None:
        record["cluster"] = answer.cluster
    if answer.origin is not None:
        record["origin"], record["repeat"] = answer.origin, answer.repeat
    if units := scorer.units(answer):
        record["units"] = dict(units)
    if task.breakdowns:
        meta = answer.meta or {}
        record["groups"] = {key: str(meta[key]) for key in task.breakdowns if key in meta}
    record["status"] = score.status
    record["answer"] = mark(answer.response)
    record["faithful"] = score.faithful
    if score.strict is not None:
        record["strict"] = score.strict
    told = answer.response.meta or {}
    from_speech, from_input = spoken.flags(told.get("speech")), inputs.flags(told.get("input"))
    if flags := [*score.flags, *from_speech, *from_input, *written.flags(answer.response)]:
        record["flags"] = list(dict.fromkeys(flags))
    if score.detail:
        record["detail"] = score.detail
    return record
