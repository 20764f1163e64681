"""Errors of connections, named for what they are: refused, no such name, TLS, reset, no answer in time."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from evalkit.models.api.call_errors import CallError, RetryableCallError

_CHAIN = 12  # causes of an error that are looked at
_UNRESOLVED = ("Name or service not known", "name resolution", "nodename nor servname", "getaddrinfo failed")
_CLOSED = ("ServerDisconnected", "RemoteProtocolError", "ReadError", "WriteError", "ClientPayload", "IncompleteRead")
_NO_HTTP = ("BadStatusLine", "BadHttpMessage", "ClientResponseError", "LocalProtocolError", "illegal ")
_IN_VAIN = ("ConnectTimeout", "ConnectionTimeoutError", "PoolTimeout")


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it."""
    left: BaseException | None = error
    for _ in range(_CHAIN):
        if left is None:
            return
        yield left
        left = left.__cause__ or left.__context__


def of_the_call(error: BaseException) -> CallError | None:
    """An error of ours below one of a client, which wraps what its transport raises."""
    return next((cause for cause in chain(error) if isinstance(cause, CallError)), None)


def broken(error: BaseException, address: str) -> RetryableCallError:
    """What an error of the network means.

    Args:
        error: as the client raised it.
        address: where was called.
    """
    host = urlsplit(address).hostname or address
    causes = list(chain(error))
    names = " ".join(type(cause).__name__ for cause in causes)
    said = " ".join(dict.fromkeys(str(cause)[:300] for cause in causes if str(cause)))
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}

    def unreached(what: str) -> RetryableCallError:
        return RetryableCallError(f"no connection to {address}: {what}", unreached=True)

    if "ProxyError" in names or "ClientProxy" in names or "ClientHttpProxy" in names:
        return unreached(f"the proxy did not let it through ({said[:200]}); see HTTPS_PROXY, HTTP_PROXY and NO_PROXY")
    if any(isinstance(cause, socket.gaierror) for cause in causes) or any(word in said for word in _UNRESOLVED):
        return unreached(f"the name '{host}' cannot be resolved (DNS)")
    bad = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if bad is not None:
        why = getattr(bad, "verify_message", "") or said[:200]  # one library's own kind of it has no such attribute
        return unreached(f"TLS: its certificate is not accepted ({why})")
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "SSLError" in names:
        hint = "; does it speak plain HTTP? Then write http://" if "WRONG_VERSION" in said or "RECORD" in said else ""
        return unreached(f"TLS: the handshake failed ({said[:200]}){hint}")
    if errno.ECONNREFUSED in numbers or "Connect call failed" in said or "Connection refused" in said:
        return unreached("connection refused; nothing listens there")
    if numbers & {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}:
        return unreached("no route to the host")
    if errno.EMFILE in numbers:
        return unreached("too many open files; give a smaller --concurrency")
    if any(word in names or word in said for word in _NO_HTTP):
        return RetryableCallError(f"what answers at {address} does not speak HTTP as it should ({said[:200]})")
    if numbers & {errno.ECONNRESET, errno.EPIPE} or any(word in names for word in _CLOSED) or "disconnected" in said:
        return RetryableCallError(f"{address} closed the connection before its answer was whole (reset)")
    if any(word in names for word in _IN_VAIN) or errno.ETIMEDOUT in numbers:
        return unreached("no connection in time (timeout)")
    if "Timeout" in names:
        return RetryableCallError(f"{address} did not answer in time", kind="timeout")
    if "TooManyRedirects" in names:
        return RetryableCallError(f"{address} redirects in a circle")
    return RetryableCallError(f"no connection to {address}: {type(causes[-1]).__name__}: {said[:300]}")
