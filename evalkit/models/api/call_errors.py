"""What can go wrong with one call, by what follows from it: ask again, give this request up, or end the run."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.core.errors import EvalkitError
from evalkit.core.response import FailureKind


class CallError(EvalkitError):
    """Base of the outcomes of a call that is not an answer.

    Args:
        message: what happened; the call layer takes keys out of it.
        kind: kind of the failure the request ends in, if it does.
        usage: units the provider counted all the same; they are paid.
    """

    def __init__(self, message: str, *, kind: FailureKind = "model", usage: Mapping[str, float] | None = None) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.usage = usage


class RetryableCallError(CallError):
    """The same call may work later: overload, rate limit, a broken connection, a garbled reply.

    Args:
        message, kind, usage: as in `CallError`.
        retry_after: seconds the provider asks to wait.
        everyone: True when the wait concerns all calls to this provider (a rate limit), not this one alone.
        unreached: True when no server took the request.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind = "model",
        usage: Mapping[str, float] | None = None,
        retry_after: float | None = None,
        everyone: bool = False,
        unreached: bool = False,
    ) -> None:
        super().__init__(message, kind=kind, usage=usage)
        self.retry_after = retry_after
        self.everyone = everyone
        self.unreached = unreached


class FinalCallError(CallError):
    """The provider refuses this request and would refuse it again; other requests are not concerned."""


class DeniedCallError(CallError):
    """No such model, no right to it: of the run where nothing has been answered, else of this request alone.

    Gateways answer in this way for what one request holds, a video that somebody has locked or a prompt that another
    service refuses.

    Args:
        message, kind, usage: as in `CallError`.
        account: True when it is about the key: many in a row end the run, whatever was answered before.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind = "model",
        usage: Mapping[str, float] | None = None,
        account: bool = False,
    ) -> None:
        super().__init__(message, kind=kind, usage=usage)
        self.account = account


class FatalCallError(CallError):
    """No call can work: a wrong key, no quota, no such model. Ends the run; answers so far are kept."""
