"""Answers of a finished run as the files that official scorers read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, UsageError
from evalkit.metrics.choice.question import Question, question_of
from evalkit.records import journals
from evalkit.report.summaries import chosen_part, load_summary

Record = Mapping[str, Any]  # a line of samples.jsonl


@dataclass(frozen=True, slots=True)
class Answered:
    """A sample with what the model answered.

    Args:
        record: its line of `samples.jsonl`.
        response: what was written, or what was heard where the model only spoke; None where there is no answer.
    """

    record: Record
    response: str | None


@dataclass(frozen=True, slots=True)
class Submission:
    """One kind of file.

    Args:
        about: whose scorer reads it.
        row: the row of a sample; without an answer where there is none.
        needed: fields the scorer reads beside those that every sample has; they stand in the sample's meta.
        lines: JSON Lines; else one JSON list.
    """

    about: str
    row: Callable[[Answered], dict[str, Any]]
    needed: tuple[str, ...] = ()
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A submission as text.

    Args:
        text: of the file.
        rows: in it.
        missing: ids of samples without an answer.
        lacking: what else keeps the file from holding all samples; "" where nothing does.
    """

    text: str
    rows: int
    missing: tuple[str, ...]
    lacking: str = ""


def submission(folder: Path, name: str, *, repeat: int = 1, partial: bool = False) -> Written:
    """The file of a run.

    Args:
        folder: the run directory.
        name: one of `SUBMISSIONS`.
        repeat: which asking, where samples were asked several times.
        partial: write it though it does not hold all samples: official scorers leave the others out of the denominator.

    Raises:
        UsageError: no run, no answers, samples without an answer, or without a field the official scorer reads; a run
            of a part of the samples, or over incomplete data.
        ResultsError: a summary that cannot be read.
    """
    form = SUBMISSIONS[name]
    found = _answered(folder, repeat)
    lacking = _lacking(folder, len(found))
    if lacking and not partial:
        raise UsageError(
            f"{folder}: not a run over all samples ({lacking}); official scorers leave what is not in the file out of "
            "the denominator. Finish the run, or write it with --partial"
        )
    missing = tuple(str(one.record["id"]) for one in found if one.response is None)
    if missing and not partial:
        raise UsageError(
            f"{folder}: {len(missing)} of {len(found)} samples have no answer, '{missing[0]}' among them; official "
            "scorers leave such rows out of the denominator. Repeat the run to ask again, or write it with --partial"
        )
    rows = []
    for one in found:
        absent = [field for field in form.needed if field not in (one.record.get("meta") or {})]
        if absent:
            raise UsageError(
                f"{folder}, sample '{one.record['id']}': no '{absent[0]}', which the scorer of {form.about} reads; the "
                f"task keeps it with meta=({', '.join(map(repr, form.needed))})"
            )
        if one.response is not None or not form.lines:
            rows.append(form.row(one))
    keys = [row["id"] for row in rows]
    if len(set(keys)) < len(keys):
        raise UsageError(f"{folder}: splits with the same ids; run one of them: --task NAME:SPLIT")
    if form.lines:
        text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    else:
        text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    return Written(text, len(rows), missing, lacking)


def _lacking(folder: Path, answered: int) -> str:
    """What keeps the answers of a run from being those of all samples: the journal holds none that was not asked."""
    path = folder / "summary.json"
    if not path.is_file():
        return "it was broken off before its summary was written"
    summary = load_summary(path)
    told = [chosen_part(summary), summary.data_mark()]
    planned = summary.counts.n_total // summary.repeats
    if answered < planned:
        told.append(f"{planned - answered} of {planned} samples not answered yet")
    return "; ".join(text for text in told if text)


def _answered(folder: Path, repeat: int) -> list[Answered]:
    """The samples in the order of their splits and ids: the journal's order is that of the answers' arrival."""
    path = folder / "samples.jsonl"
    if not path.is_file():
        raise UsageError(f"{folder}: no run directory, there is no samples.jsonl; expected RESULTS/MODEL/TASK/RUN")
    records = [record for record in journals.read(path, journals.FAILED) if record.get("repeat", 1) == repeat]
    if not records:
        raise UsageError(f"{path}: no answers{f' of asking {repeat}' if repeat > 1 else ''}")
    heard = _heard(folder) if any(_only_spoken(record) for record in records) else {}
    # Official scorers know a sample by the id that its data give it, not by that of a later asking.
    found = [
        Answered({**record, "id": record["origin"]} if repeat > 1 else record, _response(record, heard))
        for record in records
    ]
    return sorted(found, key=lambda one: (one.record.get("split", ""), one.record["id"]))


def _only_spoken(record: Record) -> bool:
    return record.get("failure") is None and record.get("text") is None


def _response(record: Record, heard: Mapping[str, str | None]) -> str | None:
    if record.get("failure") is not None:
        return None
    text = record.get("text")
    return str(text) if text is not None else heard.get(record["id"])


def _heard(folder: Path) -> dict[str, str | None]:
    files = sorted((folder / "transcripts").glob("*.jsonl"))
    if len(files) != 1:
        raise UsageError(
            f"{folder}: the model only spoke, and {len(files)} transcribers have heard it; the file needs one text per "
            "answer, so let one of them listen (evalkit run --transcriber ...)"
        )
    return {record["id"]: record.get("heard") for record in journals.read(files[0], journals.FAILED)}


def _meta(record: Record) -> dict[str, Any]:
    return dict(record.get("meta") or {})


def _said(record: Record) -> str:
    """What the last user turn asks: its text, or what is said in its audio where the data tell."""
    turns = [message for message in record["messages"] if message["role"] == "user"]
    parts = turns[-1]["content"] if turns else ()
    texts = [part["text"] for part in parts if part["type"] == "text"]
    return "\n".join(texts or [part["transcript"] for part in parts if part.get("transcript")])


def _own_id(record: Record) -> str:
    """The id that the data give: a task of which two splits may use one id puts the split before it."""
    return str(record["id"]).removeprefix(f"{record.get('split', '')}/")


def _withheld(record: Record) -> bool:
    """A choice question whose right answer only the leaderboard knows."""
    return record.get("reference") is None and bool(record.get("choices"))


def _question(record: Record) -> Question:
    line = {"choices": record.get("choices"), "answer": record.get("reference")}
    try:
        return question_of(line, f"sample '{record['id']}'", equal_options=True)
    except DataError as error:
        raise UsageError(f"no choice question: {error}") from None


def _choice(one: Answered, keys: tuple[str, ...]) -> dict[str, Any]:
    """A row of a choice benchmark: the original fields that the sample kept, and the answer under each of the keys."""
    record = one.record
    known: dict[str, Any] = {"choices": list(record["choices"])} if _withheld(record) else {}
    if not known:
        question = _question(record)
        known = {"choices": list(question.options), "answer": question.options[question.gold]}
    meta = _meta(record)
    named = [part["name"] for message in record["messages"] for part in message["content"] if part["type"] == "audio"]
    row = {
        "id": _own_id(record),
        **({"audio_id": named[-1]} if named else {}),
        "question": _said(record),
        **meta,
        **known,
    }
    if one.response is not None:  # a row without the key is one that the scorer passes over
        row |= dict.fromkeys(keys, one.response)
    return row


def _mmau(one: Answered) -> dict[str, Any]:
    # Sakshi113/MMAU reads "model_prediction" until 7468292 (2025-01-29), and "model_output" since.
    return _choice(one, ("model_output", "model_prediction"))


def _mmar(one: Answered) -> dict[str, Any]:
    return _choice(one, ("answer_prediction",))


def _voicebench(one: Answered) -> dict[str, Any]:
    record = one.record
    meta = _meta(record)
    # The id of a row of its BBH set names the sub-task; its scorer reads it there.
    row = {**meta, "id": meta.get("subset") or record["id"], "response": one.response}
    row["prompt"] = _said(record) or meta.get("question") or ""
    # Its scorers take a row with a "reference" for a question with one right answer; of a choice, that is its letter.
    if record.get("choices") is not None:
        return {**row, "reference": _question(record).letter}
    return row if record.get("reference") is None else {**row, "reference": record["reference"]}


def _plain(one: Answered) -> dict[str, Any]:
    record = one.record
    kept = {key: record[key] for key in ("split", "reference", "choices", "meta", "audio") if record.get(key)}
    return {"id": record["id"], "text": one.response, **kept}


SUBMISSIONS: Mapping[str, Submission] = {
    "mmau": Submission("MMAU", _mmau, ("task", "difficulty", "sub-category")),
    "mmar": Submission("MMAR", _mmar, ("modality", "category", "sub-category")),
    "voicebench": Submission("VoiceBench", _voicebench, lines=True),
    "jsonl": Submission("nobody in particular", _plain, lines=True),
}
