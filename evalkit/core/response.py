"""What came back from a model: what it wrote, what it said, what was heard, kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from evalkit.core import thinking
from evalkit.core.message import Audio

FailureKind = Literal["input", "model", "timeout", "missing", "limit"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer.

    Args:
        kind: "input" (media missing or broken), "model" (the model or its process failed), "timeout",
            "missing" (no recorded answer), "limit" (more than the model takes).
        message: what happened and what can be done.
    """

    kind: FailureKind
    message: str


@dataclass(slots=True)
class Response:
    """A model's answer to one request.

    Args:
        text: what the model wrote; None when it only speaks.
        audio: what it said, encoded.
        heard: what a transcriber heard in `audio`; filled in by the transcribe stage.
        usage: counted units, for example {"input_tokens": 31, "output_tokens": 4, "audio_seconds": 2.5}.
        cost: price of the call in US dollars; None when unknown.
        seconds: time the model spent on this answer.
        failure: set when there is no answer; then the other fields mean nothing.
        meta: what else the model tells (JSON).
        note: what a listener noted of a recording (JSON): a voice vector, an emotion, a quality.
        likelihoods: logarithm of the probability of each of the request's continuations, in nats.
        timing: event -> seconds since the request ("first_text", "first_audio", "end").
        thought: what it thought before it answered; in no other field, never scored, never spoken.
    """

    text: str | None = None
    audio: Audio | None = None
    heard: str | None = None
    usage: Mapping[str, float] | None = None
    cost: float | None = None
    seconds: float | None = None
    failure: Failure | None = None
    meta: Mapping[str, Any] | None = None
    note: Any = None
    likelihoods: tuple[float, ...] | None = None
    timing: Mapping[str, float] | None = None
    thought: str | None = None


def without_thought(response: Response) -> Response:
    """The response with the thought that stands in its text moved to its own field.

    A text that ends inside a thought was cut there: it counts as "truncated".
    """
    given: Any = response  # an adapter may give anything: refused where answers are kept, as one sample's failure
    if not issubclass(type(given), Response) or given.failure is not None:
        return response
    if not isinstance(response.text, str) or not response.text:
        return response
    if not isinstance(given.thought, str | None) or not isinstance(given.usage, Mapping | None):
        return response
    found = thinking.split(response.text)
    if found.answer == response.text and not found.cut:
        return response
    told = [thought for thought in (response.thought, found.thought) if thought]
    usage = {**(response.usage or {}), "truncated": 1.0} if found.cut else response.usage
    return replace(response, text=found.answer, usage=usage, thought="\n\n".join(told) or None)
