"""The lines between a worker pool and its processes, version 1; described in docs/worker.md."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from evalkit.core.message import Audio, Media, Text
from evalkit.core.nesting import DEEPEST, too_deep
from evalkit.core.response import Failure, FailureKind, Response
from evalkit.core.sample import Request
from evalkit.core.shown import clipped, is_unicode, printable, redact

PROTOCOL = 1
PING = b'{"type":"ping"}\n'
BYE = b'{"type":"bye"}\n'
AGAIN = ("retryable", "out_of_memory")  # kinds of errors after which a request is asked again

_FAILURES: Mapping[str, FailureKind] = {"input": "input", "refused": "limit", "out_of_memory": "limit"}
_MOST = 1e15
_ENTRIES = 100  # of a list or an object of a worker's
_SHOWN = 300  # characters of a value
_MESSAGE = 4000  # characters of an error


@dataclasses.dataclass(frozen=True, slots=True)
class Hello:
    """What a worker says when it is ready.

    Attributes:
        model: registered name of the model.
        takes, gives: modalities.
        sample_rate: Hz, of input ("in") and output ("out").
        versions: of its Python and its packages.
    """

    model: str
    takes: frozenset[str]
    gives: frozenset[str]
    sample_rate: Mapping[str, int]
    versions: Mapping[str, str]


def parsed(line: bytes) -> dict[str, Any] | None:
    """A line's JSON object, with half surrogate pairs where it names some; None for anything else."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            found = json.loads(line)  # takes what orjson refuses: half pairs, and numbers that are none
        except (ValueError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def hello(message: Mapping[str, Any]) -> Hello:
    """Read a worker's hello.

    Raises:
        ValueError: another version of the protocol, or fields that are missing.
    """
    if message.get("protocol") != PROTOCOL:
        raise ValueError(
            f"it speaks version {_shown(message.get('protocol'))} of the worker protocol, this evalkit {PROTOCOL}; "
            "start it with the worker_main.py of this evalkit"
        )
    try:
        return Hello(
            _name(message["model"]),
            frozenset(map(_name, list(message["takes"])[:_ENTRIES])),
            frozenset(map(_name, list(message["gives"])[:_ENTRIES])),
            {_name(key): int(value) for key, value in list(message["sample_rate"].items())[:_ENTRIES]},
            {_name(key): _name(value) for key, value in list(message["versions"].items())[:_ENTRIES]},
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        told = clipped(f"{type(error).__name__}: {error}", _SHOWN)
        raise ValueError(f"its hello is not complete ({told})") from error


def _name(value: object) -> str:
    """A name of a worker's as records can hold it."""
    if not isinstance(value, str | int | float):
        raise TypeError(f"expected a name, got {type(value).__name__}")
    return clipped(str(value).encode("utf-8", "replace").decode(), _SHOWN)


def request_line(request: Request, place: Callable[[Media], str], audio_out: str | None) -> bytes:
    """A request's line.

    Args:
        request: to be asked.
        place: gives the path of a media part.
        audio_out: file for the spoken answer, where one is asked for.
    """

    def part(content: Text | Media) -> dict[str, str]:
        if isinstance(content, Text):
            return {"type": "text", "text": content.text}
        return {"type": content.modality, "path": place(content)}  # type: ignore[attr-defined]

    line: dict[str, Any] = {
        "type": "answer",
        "id": request.id,
        "messages": [
            {"role": turn.role, "content": [part(content) for content in turn.content]} for turn in request.messages
        ],
        "settings": dataclasses.asdict(request.settings),
        "seed": request.seed,
    }
    if audio_out is not None:
        line["audio_out"] = audio_out
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def response(reply: Mapping[str, Any], take: Callable[[str], Audio]) -> Response:
    """The response a reply holds.

    Args:
        reply: with the id of the request.
        take: gives the handle of a spoken answer; raises DataError.
    """
    if reply.get("error"):
        error, told = reply["error"], reply.get("error_kind")
        kind = _FAILURES.get(told, "model") if isinstance(told, str) else "model"
        message = error if isinstance(error, str) else _shown(error)
        return Response(failure=Failure(kind, clipped(redact(message), _MESSAGE)))
    wrong = next(_problems(reply), None)
    if wrong:
        return Response(failure=Failure("model", f"its reply cannot be used: {wrong}"))
    audio = reply.get("audio")
    return Response(
        text=reply.get("text"),
        audio=take(audio) if audio is not None else None,
        usage=reply.get("usage"),
        cost=reply.get("cost"),
        seconds=reply.get("seconds"),
        meta=reply.get("meta"),
        thought=reply.get("thought") or None,
    )


def _problems(reply: Mapping[str, Any]) -> Iterator[str]:
    text, audio, usage = reply.get("text"), reply.get("audio"), reply.get("usage")
    if text is None and audio is None:
        yield 'neither "text" nor "audio"'
    for name in ("text", "audio", "thought"):
        value = reply.get(name)
        if value is not None and not isinstance(value, str):
            yield f'"{name}" is {type(value).__name__}, expected a string'
        elif isinstance(value, str) and not is_unicode(value):
            yield f'"{name}" holds half a surrogate pair, which is no Unicode text'
    for name in ("cost", "seconds"):
        if reply.get(name) is not None and not _is_amount(reply[name]):
            yield f'"{name}" is {_shown(reply[name])}, expected a number that is not negative'
    if usage is not None and not (isinstance(usage, dict) and all(map(_is_amount, usage.values()))):
        yield f'"usage" is {_shown(usage)}, expected numbers by name'
    elif usage and (len(usage) > _ENTRIES or not all(map(is_unicode, usage))):
        yield f'"usage" has names that are no Unicode text, or more than {_ENTRIES}'
    if reply.get("meta") is not None and not isinstance(reply["meta"], dict):
        yield f'"meta" is {_shown(reply["meta"])}, expected an object'
    elif too_deep(reply.get("meta")):
        yield f'"meta" is nested more than {DEEPEST} deep'


def _shown(value: object) -> str:
    """A value of a reply for a message: short, whatever it is."""
    if isinstance(value, dict | list) and (len(value) > _ENTRIES or too_deep(value)):
        return f"{type(value).__name__} of {len(value)}"
    return clipped(printable(repr(value)), _SHOWN)


def _is_amount(value: object) -> bool:
    """A count, a price or a time: not negative, and of a size that sums can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _MOST
