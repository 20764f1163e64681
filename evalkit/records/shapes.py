"""What a line of a journal has to look like, told in words: journals may come from elsewhere, or be damaged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.score import STATUSES

Problems = Callable[[Mapping[str, Any]], Iterator[str]]

_MOST = 1e15  # of a count, a price or a time, so that sums stay exact enough to be added


def problem_of(path: Path, record: object) -> str | None:
    """What is wrong with a record of a journal; None where nothing is. Fields that are missing are told when asked for.

    Args:
        path: of the journal: `samples.jsonl`, a file in `scores/` or `transcripts/`, or another with ids.
        record: the parsed line.
    """
    if not isinstance(record, dict):
        return f"expected an object, got {_kind(record)}"
    if not isinstance(record.get("id"), str):
        return f'"id" is {_kind(record.get("id"))}, expected a string'
    return next(_problems_of(path)(record), None)


def _problems_of(path: Path) -> Problems:
    if path.name == "samples.jsonl":
        return _sample
    return {"scores": _score, "transcripts": _transcript}.get(path.parent.name, _nothing)


def _nothing(record: Mapping[str, Any]) -> Iterator[str]:
    yield from ()


def _sample(record: Mapping[str, Any]) -> Iterator[str]:
    yield from _kinds(record, {"split": str, "messages": list}, needed=True)
    yield from _kinds(
        record,
        {"cluster": str, "meta": dict, "choices": list, "text": str, "audio": str, "speech": dict, "usage": dict,
         "served": str, "detail": dict},
    )  # fmt: skip
    yield from _inside(record.get("audio"))
    yield from _failure(record)
    for turn in record.get("messages", ()):
        if not (isinstance(turn, dict) and isinstance(turn.get("role"), str) and isinstance(turn.get("content"), list)):
            yield 'a message needs "role" and a list "content"'
            return
        for part in turn["content"]:
            kind = part.get("type") if isinstance(part, dict) else None
            if not isinstance(kind, str) or not isinstance(part.get("text" if kind == "text" else "name"), str):
                yield 'a part of a message needs "type", and "text" or "name"'
                return
    if record.get("failure") is None and record.get("text") is None and record.get("audio") is None:
        yield 'none of "text", "audio" and "failure"'
    for name in ("cost", "seconds"):
        if record.get(name) is not None and not _is_amount(record[name]):
            yield f'"{name}" is not a number from 0 on'
    if not all(map(_is_amount, (record.get("usage") or {}).values())):
        yield '"usage" holds something that is not a number from 0 on'


def _transcript(record: Mapping[str, Any]) -> Iterator[str]:
    yield from _kinds(record, {"audio": str, "heard": str, "detail": dict})
    yield from _inside(record.get("audio"))
    yield from _failure(record)
    if record.get("failure") is None and record.get("heard") is None:
        yield 'neither "heard" nor "failure"'


def _score(record: Mapping[str, Any]) -> Iterator[str]:
    yield from _kinds(record, {"split": str, "status": str, "faithful": dict}, needed=True)
    yield from _kinds(record, {"cluster": str, "groups": dict, "strict": dict, "flags": list, "detail": dict})
    if record.get("status", STATUSES[0]) not in STATUSES:
        yield f'"status" is none of {", ".join(STATUSES)}'
    if "answer" in record and not _is_whole(record["answer"]):
        yield '"answer" is not a whole number'
    for name in ("faithful", "strict"):
        for vector in (record.get(name) or {}).values():
            if not (isinstance(vector, list) and all(map(_is_number, vector))):
                yield f"the statistics of '{record['id']}' in \"{name}\" are not all finite numbers"
                return
    if not all(isinstance(value, str) for value in (record.get("groups") or {}).values()):
        yield '"groups" holds something that is not a string'
    if not all(isinstance(flag, str) for flag in record.get("flags") or ()):
        yield '"flags" holds something that is not a string'


def _failure(record: Mapping[str, Any]) -> Iterator[str]:
    failure = record.get("failure")
    if failure is not None and not (
        isinstance(failure, dict) and isinstance(failure.get("kind"), str) and isinstance(failure.get("message"), str)
    ):
        yield '"failure" needs "kind" and "message"'


def _inside(audio: str | None) -> Iterator[str]:
    """Speech lies in the run directory: a journal from elsewhere must not name other files."""
    if audio is not None and (audio.startswith("/") or ".." in Path(audio).parts or "\0" in audio):
        yield '"audio" is no path inside the run directory'


def _kinds(record: Mapping[str, Any], kinds: Mapping[str, type], *, needed: bool = False) -> Iterator[str]:
    for name, kind in kinds.items():
        value = record.get(name)
        if (value is not None or (needed and name in record)) and not isinstance(value, kind):
            yield f'"{name}" is {_kind(value)}, expected {_NAMES[kind]}'


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST


_NAMES: Mapping[type, str] = {str: "a string", dict: "an object", list: "a list"}


def _kind(value: object) -> str:
    if value is None:
        return "null or missing"
    if isinstance(value, bool):
        return "true or false"
    return _NAMES.get(type(value), "a number")
