"""Answers that were made elsewhere: files of any program, read into responses.

A file is JSON Lines, a JSON list of objects, or one JSON object of ids; plain or gzip; UTF-8 with or without a byte
order mark, or UTF-16 with one. An answer stands under one of `KEYS`; null is no answer. The output file of the OpenAI
Batch API is read too: lines with a "custom_id".
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.response import Failure, Response
from evalkit.core.shown import is_unicode

STDIN = "-"
KEYS = ("text", "response", "model_output", "model_prediction", "prediction", "answer_prediction")
EXPECTED = 'expected JSON Lines of {"id", "text", "audio"?}, a JSON list of these, or an object of id -> text'
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One answer as the file has it.

    Args:
        number: of its line, where it stands in one of its own.
        place: where it stands, for errors.
        row: its fields.
        usage: marks of how it ended, counted as those of a model that is asked.
    """

    number: int | None
    place: str
    row: Mapping[str, Any]
    usage: Mapping[str, float] | None = None


def content(name: str) -> bytes:
    """What a file or pipe holds, unpacked and in UTF-8; a pipe, or "-" for standard input, is read once a process.

    Raises:
        DataError: it cannot be read, or is damaged.
    """
    if name != STDIN and Path(name).is_file():
        return _unpacked(name, _read(name))
    return _once(name)


def digest(name: str) -> str:
    """Hash of the content, wherever it lies and however it is packed."""
    return hashlib.blake2b(content(name), digest_size=16).hexdigest()


def read_responses(name: str, key: str | None = None) -> dict[str, Response]:
    """The answers of a file by their ids, in file order.

    Args:
        name: file, pipe, or "-" for standard input; audio paths in it are relative to its folder, and for standard
            input and pipes to the working folder.
        key: field the answers stand under; where None, the only one of `KEYS` that an entry has.

    Returns:
        Responses; those that are null, and those of an entry with an "error", are failures.

    Raises:
        DataError: naming line or entry: not JSON, no id, an id answered twice, no answer, or several fields that may
            be it and differ.
    """
    path = Path(name if name != STDIN else "standard input")
    folder = path.parent if Path(name).is_file() else Path()
    places: dict[str, str] = {}
    answers: dict[str, Response] = {}
    for entry in _entries(path, content(name)):
        found = _id(path, entry)
        if found in answers:
            problem = f"the id '{found}' was answered in {places[found]} already"
            raise DataError(path, problem if entry.number else f"{entry.place}: {problem}", entry.number)
        places[found] = entry.place
        answers[found] = _response(path, entry, found, key, folder)
    return answers


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise DataError(name, f"cannot be read: {error.strerror}; {EXPECTED}") from None


@functools.cache
def _once(name: str) -> bytes:
    return _unpacked(name, _read(name))


def _unpacked(name: str, data: bytes) -> bytes:
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(name, f"damaged or truncated gzip file ({error})") from None
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError as error:
            raise DataError(name, f"begins as UTF-16 and is not ({error})") from None
    return data.removeprefix(b"\xef\xbb\xbf")


def _entries(path: Path, data: bytes) -> Iterator[_Entry]:
    start = data.lstrip()[:1]
    if start == b"[":
        whole = _json(path, data)
        for number, value in enumerate(whole, 1):
            yield _Entry(None, f"entry {number}", _object(path, value, None, f"entry {number}: "))
        return
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if not line.isspace() and line]
    if start == b"{" and (mapping := _mapping(path, data, lines)) is not None:
        for key, value in mapping.items():
            row = value if isinstance(value, Mapping) else {"text": value}
            yield _Entry(None, f"entry '{key}'", {**row, "id": key})
        return
    for number, line in lines:
        row = _object(path, _json(path, line, number), number)
        yield _batched(number, row) if "custom_id" in row else _Entry(number, f"line {number}", row)


def _batched(number: int, row: Mapping[str, Any]) -> _Entry:
    """A line of the OpenAI Batch API as an answer: the first choice, or the error.

    As where a model is asked, a refusal is the answer's text, and so is what was said where nothing was written.
    """
    response = row.get("response") or {}
    body = response.get("body") if isinstance(response, Mapping) else None
    found: dict[str, Any] = {"id": row["custom_id"]}
    try:
        choice = body["choices"][0]  # type: ignore[index]
        message = choice["message"]
        written, refusal, speech = message["content"], message.get("refusal"), message.get("audio") or {}
        found["text"] = written or (speech.get("transcript") if speech.get("data") else None) or refusal or ""
        ended = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        told = row.get("error") or (body.get("error") if isinstance(body, Mapping) else None) or "no choices"
        found["error"] = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
        return _Entry(number, f"line {number}", found)
    marks = {"truncated": ended == "length", "blocked": ended == "content_filter", "refused": refusal is not None}
    usage = {name: 1.0 for name, raised in marks.items() if raised}
    return _Entry(number, f"line {number}", found, usage or None)


def _mapping(path: Path, data: bytes, lines: list[tuple[int, bytes]]) -> Mapping[str, Any] | None:
    """The file as one object of ids; None where it is JSON Lines."""
    try:
        first = json.loads(lines[0][1].decode())
    except ValueError:  # an object over several lines, or a broken first line
        try:
            json.loads(data.decode())
        except ValueError:
            return None
        whole: Mapping[str, Any] = _json(path, data)
        return None if _is_entry(whole) else whole
    if len(lines) > 1 or not isinstance(first, Mapping) or _is_entry(first):
        return None
    one: Mapping[str, Any] = _json(path, data)
    return one


def _is_entry(value: Mapping[str, Any]) -> bool:
    """Whether an object is an answer, and not an object of answers."""
    return "id" in value and (len(value) == 1 or not value.keys().isdisjoint((*KEYS, "audio", "error")))


def _json(path: Path, data: bytes, number: int | None = None) -> Any:
    # The standard library's parser: it takes half a surrogate pair, with which the sample fails and not the file.
    try:
        return json.loads(data.decode(), object_pairs_hook=_distinct)
    except UnicodeDecodeError as error:
        raise DataError(path, f"not UTF-8 text ({error.reason})", number) from None
    except _TwiceError as error:
        raise DataError(path, f"{error} stands twice in one object", number) from None
    except (ValueError, RecursionError) as error:
        raise DataError(path, f"not JSON ({error}); {EXPECTED}", number) from None


class _TwiceError(Exception):
    """A key that occurs twice in one object."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _TwiceError(next(f"'{key}'" for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _object(path: Path, value: Any, number: int | None, place: str = "") -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DataError(path, f'{place}expected a JSON object, for example {{"id": ..., "text": ...}}', number)
    return value


def _id(path: Path, entry: _Entry) -> str:
    found = entry.row.get("id")
    before = "" if entry.number else f"{entry.place}: "
    if found is None:
        raise DataError(path, f'{before}no "id"', entry.number)
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise DataError(path, f'{before}"id" must be a text or a whole number, not {found!r}', entry.number)
    if not is_unicode(str(found)):
        raise DataError(path, f"{before}the id is no Unicode text: half a surrogate pair", entry.number)
    return str(found)


def _response(path: Path, entry: _Entry, name: str, key: str | None, folder: Path) -> Response:
    row = entry.row
    text = _text(path, entry, name, key)
    audio, thought = row.get("audio"), row.get("thought")
    for value, field in ((text, key or "text"), (audio, "audio"), (thought, "thought")):
        if not isinstance(value, str | None):
            problem = f"sample '{name}': \"{field}\" must be a string or null, not a {type(value).__name__}"
            raise DataError(path, problem, entry.number)
    if row.get("error"):
        return Response(failure=Failure("model", str(row["error"])))
    if text is None and not audio:
        return Response(failure=Failure("missing", f"{path} gives null: no answer"))
    said = Audio(path=str(folder / audio)) if audio else None
    return Response(text=text, audio=said, thought=thought or None, usage=entry.usage)


def _text(path: Path, entry: _Entry, name: str, key: str | None) -> Any:
    """What an entry gives as its text."""
    row = entry.row
    if key is not None:
        if key not in row and not ({"audio", "error"} & row.keys()):
            raise DataError(path, f"sample '{name}' has no \"{key}\"; it has {', '.join(row)}", entry.number)
        return row.get(key)
    there = [one for one in KEYS if one in row]
    if not there:
        if "audio" not in row and "error" not in row:
            problem = f'sample \'{name}\' has neither "text" nor "audio"; it has {", ".join(row)}'
            raise DataError(path, f"{problem}; --response-key names the field of the answers", entry.number)
        return None
    if any(row[one] != row[there[0]] for one in there[1:]):
        problem = f"sample '{name}': {' and '.join(there)} differ; --response-key says which is the answer"
        raise DataError(path, problem, entry.number)
    return row[there[0]]
