"""When to ask again: full-jitter backoff, what Retry-After says, and a breaker for a service that is down."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime as parsedate

from evalkit.models.api.call_errors import CallError, DeniedCallError, FatalCallError, RetryableCallError

BASE = 0.5  # seconds, bound of the first wait
LONGEST = 60.0  # seconds, bound of every later one
PATIENCE = 900.0  # seconds; a provider that asks for a longer wait has run out of quota
WINDOW = 60.0  # seconds; rates are per minute, so a limit is no limit of the day before a minute has passed
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d*)?)s)?(?:(\d+(?:\.\d*)?)ms)?")
PROBES = 4  # requests that are denied before it is held to be the fault of the key, the address or the model's name


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

    Reads `retry-after-ms` (milliseconds), `Retry-After` as seconds or as a date (RFC 9110, 10.2.3), and where a limit
    is used up, when it is reset: `RateLimit-Reset`, `X-RateLimit-Reset` as seconds, as a moment in seconds or
    milliseconds since the epoch (OpenRouter) or as a date, and OpenAI's `x-ratelimit-reset-requests` and
    `x-ratelimit-reset-tokens` ("6m0s", "120ms").

    Args:
        headers: of the response; names in lower case, or a mapping that ignores case.
        now: seconds since the epoch, for tests.
    """
    moment = time.time() if now is None else now
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000.0
    told = _wait(headers.get("retry-after"), moment)
    if told is not None:
        return told
    waits = []
    for kind in ("", "-requests", "-tokens"):
        for start in ("x-ratelimit", "ratelimit"):
            left = _number(headers.get(f"{start}-remaining{kind}"))
            if left == 0.0 or (left is None and not kind):
                waits.append(_wait(headers.get(f"{start}-reset{kind}"), moment))
    return max((wait for wait in waits if wait), default=None)


def duration_seconds(text: str) -> float | None:
    """Seconds of a duration such as "7m12.5s", "120ms", "1h", or None."""
    found = _DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return None
    units = (86_400.0, 3600.0, 60.0, 1.0, 0.001)
    return sum(float(value or 0) * unit for value, unit in zip(found.groups(), units, strict=True))


def _wait(value: str | None, now: float) -> float | None:
    """Seconds from now on: of a number, a moment of the epoch, a duration or a date."""
    if not value or len(value) > 100:
        return None
    number = _number(value)
    if number is not None:
        if number > 1e11:
            number /= 1000.0  # milliseconds
        return max(0.0, number - now) if number > 1e9 else number
    duration = duration_seconds(value)
    if duration is not None:
        return duration
    try:
        when = datetime.fromisoformat(value.replace("Z", "+00:00")) if value[:1].isdigit() else parsedate(value)
        return max(0.0, (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0.0 <= number < float("inf") else None


class Breaker:
    """Ends a run that gets nowhere, so that it fails early and says why.

    Requests given up after all retries count until one is answered; four times as many are borne where the server has
    answered before and still takes requests. Requests the provider refuses count only while nothing has ever been
    answered, and never for the sample's own faults (its size, its files).

    Args:
        limit: given-up requests in a row that end the run.
        proven: an earlier command got answers.
    """

    def __init__(self, limit: int, proven: bool = False) -> None:
        self._limit = limit
        self._given_up = 0
        self.proven = proven  # something has been answered: key, address and model's name are right

    def answered(self) -> None:
        """Note an answer."""
        self._given_up = 0
        self.proven = True

    def given_up(self, error: CallError) -> FatalCallError | None:
        """Note a request that ended in an error; the error that ends the run, when it is time."""
        passing = isinstance(error, RetryableCallError) or (isinstance(error, DeniedCallError) and error.account)
        if not passing and (self.proven or error.kind != "model"):
            return None
        self._given_up += 1
        unreached = isinstance(error, RetryableCallError) and error.unreached
        if self._given_up < (self._limit if unreached or not self.proven else 4 * self._limit):
            return None
        return FatalCallError(
            f"{self._given_up} requests in a row were given up without one answer between them; the last error: {error}"
        )


class RateLimit:
    """Waits of a provider that lets nobody through: they concern all calls, and grow until one is let through again.

    Args:
        clock: seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said = 0.0  # when the provider last said so
        self.pauses = 0  # in a row
        self.resume_at = 0.0  # before which no call may start

    def hit(self, began: float, asked: float | None) -> None:
        """Note a call the limit stopped.

        Args:
            began: when the call began; those under way together make one pause.
            asked: seconds the provider asks to wait.
        """
        now = self._clock()
        if began >= self._said:
            self.pauses, self._said = self.pauses + 1, now
        own = min(LONGEST, 4.0 * BASE * 2.0 ** min(self.pauses - 1, 30))
        wait = own if asked is None else asked if self.pauses == 1 else max(asked, own)
        self.resume_at = max(self.resume_at, now + wait)

    def passed(self, began: float) -> None:
        """Note a call that was let through."""
        if self.pauses and began >= self._said:
            self.pauses = 0

    def borne(self, since: float, retries: int) -> bool:
        """True when a request stopped for the first time at `since` should be given up.

        Others may be let through meanwhile, each minute as many as the limit has; so it waits on, up to `PATIENCE`.
        """
        waited = self._clock() - since
        return not retries or waited > PATIENCE or (self.pauses > retries and waited >= WINDOW)
