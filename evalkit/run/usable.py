"""What models and data hand over, brought into a form that journals can hold: one odd reply is one sample's failure."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

import orjson

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Text
from evalkit.core.nesting import DEEPEST, too_deep
from evalkit.core.response import Failure, FailureKind, Response
from evalkit.core.sample import Sample
from evalkit.core.shown import clipped, is_unicode, redact

_KINDS = frozenset(get_args(FailureKind))
_MOST = 1e15  # of a count, a price or a time
_TEXT = 1 << 25  # characters of an answer
_MESSAGE = 4000  # characters of a failure's message
_NAME = 300  # characters of a name
_UNITS = 100  # of usage


def usable(response: Any, *, notes: bool = False) -> Response:
    """A response whose fields are what they should be; a failure where one is not.

    What was paid stays beside a failure. Messages of failures are cut to what a person reads, without keys.

    Args:
        response: what an adapter gave.
        notes: a listener was asked: a note is a reply too.
    """
    if not isinstance(response, Response):
        return _failed(f"its adapter gave {type(response).__name__} instead of a response")
    problem = next(_problems(response, notes), None)
    usage = _counted(response.usage) if not next(_usage_problems(response.usage), None) else None
    cost, seconds = _amount(response.cost), _amount(response.seconds)
    if problem is not None and response.failure is None:
        return replace(_failed(f"its reply cannot be used: {problem}"), usage=usage, cost=cost, seconds=seconds)
    failure = None if response.failure is None else _failure(response.failure)
    return replace(response, failure=failure, usage=usage, cost=cost, seconds=seconds, meta=_meta(response.meta))


def check_kept(sample: Sample, location: str) -> None:
    """Refuse a sample that no journal could hold, before anything is asked.

    Raises:
        DataError: it is nested too deep, or holds something that is no JSON.
    """
    parts = [part for message in sample.messages for part in message.content]
    texts = [part.text if isinstance(part, Text) else (part.label, getattr(part, "transcript", None)) for part in parts]
    turns = [(turn.meta, turn.reference, turn.choices) for turn in sample.turns or ()]
    facts = (sample.id, sample.cluster, sample.meta, sample.reference, sample.choices, texts, turns)
    try:
        orjson.dumps(facts)
    except TypeError as error:
        name = sample.id.encode("utf-8", "backslashreplace").decode()
        raise DataError(
            location,
            f"sample '{clipped(name, _NAME)}' cannot be kept as JSON ({error}); expected texts, numbers, lists and "
            f"objects, nested at most {DEEPEST} deep",
        ) from None


def _failed(message: str) -> Response:
    return Response(failure=_failure(Failure("model", message)))


def _failure(failure: Any) -> Failure:
    kind: Any = getattr(failure, "kind", None)
    message = getattr(failure, "message", None)
    text = message if isinstance(message, str) else f"no message ({type(message).__name__})"
    known: FailureKind = kind if isinstance(kind, str) and kind in _KINDS else "model"  # type: ignore[assignment]
    return Failure(known, clipped(redact(text), _MESSAGE))


def _problems(response: Any, notes: bool) -> Iterator[str]:
    if response.text is not None and not isinstance(response.text, str):
        yield f"its text is {type(response.text).__name__}, expected a string"
    elif response.text is not None and len(response.text) > _TEXT:
        yield f"its text has {len(response.text):,} characters, more than {_TEXT:,}"
    if response.thought is not None and not isinstance(response.thought, str):
        yield f"its thought is {type(response.thought).__name__}, expected a string"
    if response.audio is not None and not isinstance(response.audio, Audio):
        yield f"its speech is {type(response.audio).__name__}, expected Audio"
    if response.text is None and response.audio is None and not (notes and response.note is not None):
        yield "neither a note nor text" if notes else "neither text nor speech"
    for name in ("cost", "seconds"):
        value = getattr(response, name)
        if value is not None and _amount(value) is None:
            yield f"its {name} is {_shown(value)}, expected a number from 0 on"
    yield from _usage_problems(response.usage)
    if response.meta is not None and not isinstance(response.meta, Mapping):
        yield f"its meta is {type(response.meta).__name__}, expected an object"


def _usage_problems(usage: Any) -> Iterator[str]:
    if usage is None:
        return
    if not isinstance(usage, Mapping):
        yield f"its usage is {type(usage).__name__}, expected numbers by name"
        return
    if len(usage) > _UNITS:
        yield f"its usage has {len(usage)} entries, more than {_UNITS}"
    for key, value in usage.items():
        if not isinstance(key, str) or not is_unicode(key) or len(key) > _NAME:
            yield f"its usage has the name {_shown(key)}"
        elif _amount(value) is None:
            yield f"its usage '{key}' is {_shown(value)}, expected a number from 0 on"


def _meta(meta: Any) -> Mapping[str, Any] | None:
    if not isinstance(meta, Mapping):
        return None
    if too_deep(meta):
        return {"unstorable": f"nested more than {DEEPEST} deep"}
    served = meta.get("model")
    if not isinstance(served, str):
        return meta
    return {**meta, "model": clipped(served.encode("utf-8", "replace").decode(), _NAME)}


def _counted(usage: Mapping[str, Any] | None) -> dict[str, float] | None:
    return None if usage is None else {key: _amount(value) or 0 for key, value in usage.items()}


def _amount(value: Any) -> float | None:
    """A number from 0 on as journals hold it, also where it is numpy's; None for anything else."""
    kind = type(value)
    if kind is bool or not issubclass(kind, numbers.Real) or not 0 <= value < _MOST:
        return None
    return int(value) if issubclass(kind, numbers.Integral) else float(value)


def _shown(value: object) -> str:
    if isinstance(value, str | int | float):
        return clipped(repr(value), 100) if not isinstance(value, int) or abs(value) < _MOST else "too large a number"
    return type(value).__name__
