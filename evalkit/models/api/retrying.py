"""When to ask again: full-jitter backoff, what Retry-After says, and a breaker for a service that is down."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from evalkit.models.api.call_errors import CallError, FatalCallError, RetryableCallError

BASE = 0.5  # seconds, bound of the first wait
LONGEST = 60.0  # seconds, bound of every later one
PATIENCE = 900.0  # seconds; a provider that asks for a longer wait has run out of quota


def backoff(failures: int, retry_after: float | None = None) -> float:
    """Seconds to wait before the next attempt.

    Full jitter: uniform between 0 and min(60, 0.5 * 2**(failures - 1)), so that calls that failed together do not
    come back together ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). A wait that the provider
    asks for is added below it.

    Args:
        failures: failed attempts so far, from 1.
        retry_after: seconds the provider asked for.
    """
    spread = random.uniform(0.0, min(LONGEST, BASE * 2.0 ** min(failures - 1, 30)))
    return spread if retry_after is None else retry_after + min(spread, 1.0)


def retry_after_seconds(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that response headers ask to wait, or None.

    Reads `retry-after-ms` (milliseconds), and `Retry-After` as seconds or as a date (RFC 9110, 10.2.3).

    Args:
        headers: of the response; names in lower case, or a mapping that ignores case.
        now: seconds since the epoch, for tests.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000.0
    value = headers.get("retry-after")
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        when = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, when - (time.time() if now is None else now))


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0.0 <= number < float("inf") else None


class Breaker:
    """Ends a run that gets nowhere, so that it fails early and says why.

    Requests given up after all retries count until one is answered. Requests the provider refuses count only
    while nothing has ever been answered, and never for the sample's own faults (its size, its files).

    Args:
        limit: given-up requests in a row that end the run.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._given_up = 0
        self._answered = False

    def answered(self) -> None:
        """Note an answer."""
        self._given_up = 0
        self._answered = True

    def given_up(self, error: CallError) -> FatalCallError | None:
        """Note a request that ended in an error; the error that ends the run, when it is time."""
        if not isinstance(error, RetryableCallError) and (self._answered or error.kind != "model"):
            return None
        self._given_up += 1
        if self._given_up < self._limit:
            return None
        return FatalCallError(
            f"{self._given_up} requests in a row were given up without one answer between them; the last error: {error}"
        )
