"""What a reply that is no answer means: for the request, for all calls, or for the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.response import Response
from evalkit.models.api.call_errors import (
    CallError,
    DeniedCallError,
    FatalCallError,
    FinalCallError,
    RetryableCallError,
)
from evalkit.models.api.refusals import complaint
from evalkit.models.api.retrying import retry_after_seconds


@dataclass(frozen=True, slots=True)
class Service:
    """Whose replies these are, for messages.

    Args:
        address: where it was asked.
        model: the model's name there.
        keys: environment variables that may hold the key.
        quoted: makes what was said fit for a message.
    """

    address: str
    model: str
    keys: Sequence[str]
    quoted: Callable[[str], str]


def blocked(usage: Mapping[str, float] | None = None) -> Response:
    """The answer to a request that the provider's filter stopped, with what it counted all the same."""
    return Response(text="", usage={**(usage or {}), "blocked": 1.0})


def refused(
    service: Service, status: int, headers: Mapping[str, str], body: Any, said: str = ""
) -> CallError | Response:
    """What a reply with an HTTP status of 400 and more means.

    Args:
        service: who replied.
        status: of HTTP.
        headers: names in lower case, or a mapping that ignores case.
        body: parsed, of any type.
        said: what to quote where the body holds no message.

    Returns:
        An error; or an empty answer that counts as "blocked", where a filter stopped the prompt.
    """
    found = complaint(body)
    text = f"{service.address} says ({status}): {service.quoted(found.message or said)}"
    keys = " or ".join(service.keys)
    if status == 401:
        return DeniedCallError(
            f"{text}. " + (f"Is the key in {keys} right?" if keys else "Is a key needed?"), account=True
        )
    if status == 402 or (status in (400, 403, 429) and found.no_money):
        return FatalCallError(f"{text}. The account has no quota left; check its plan and billing")
    if status == 451 or (status != 429 and found.filtered):
        return blocked()
    if status == 413 or found.too_large:
        return FinalCallError(text, kind="limit")
    if status in (403, 404):
        return DeniedCallError(f"{text}. Check the model's name '{service.model}', the address, and the key's rights")
    if status in (408, 409, 425, 429) or status >= 500:
        wait = retry_after_seconds(headers)
        wait = found.wait if wait is None and status == 429 else wait
        return RetryableCallError(text, retry_after=wait, everyone=status == 429)
    return FinalCallError(f"{text.rstrip('.')}; {found.advice}" if found.advice else text)


def fault_within(service: Service, body: Any, usage: Mapping[str, float] | None = None) -> CallError | Response:
    """What an error means that came within a reply of HTTP status 200, or within a stream."""
    found = complaint(body)
    if found.status and found.status != 401:
        meaning = refused(service, found.status, {}, body)
    elif found.filtered:
        meaning = blocked()
    else:
        said = f": {service.quoted(found.message)}" if found.message else ""
        kind, text = ("limit", "refuses the request") if found.too_large else ("model", "broke off without an answer")
        error = FinalCallError if found.too_large else RetryableCallError
        meaning = error(f"{service.address} {text}{said}", kind=kind)  # type: ignore[arg-type]
    if isinstance(meaning, Response):
        return blocked(usage)
    meaning.usage = usage
    return meaning
