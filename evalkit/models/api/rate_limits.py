"""Token buckets that keep calls below a provider's limits per minute."""

from __future__ import annotations

import time
from collections.abc import Callable


class Bucket:
    """Grants a number of units per minute, evenly: a burst is at most one second's worth (at least one unit).

    A caller reserves and is told how long to wait; reservations are served in order, so nobody starves. A
    reservation larger than the burst is granted at once when the bucket is full and paid back by those after it.
    Over any stretch of t seconds at most rate * t / 60 + burst units are granted, plus what the last caller takes
    beyond the burst.

    Args:
        per_minute: units per minute.
        clock: seconds, for tests.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60.0
        self._burst = max(1.0, self._rate)
        self._level = self._burst
        self._clock = clock
        self._then = clock()

    def reserve(self, units: float) -> float:
        """Take units; returns the seconds to wait before using them."""
        self._refill()
        wanted = min(units, self._burst)
        wait = max(0.0, (wanted - self._level) / self._rate)
        self._level -= units
        return wait

    def correct(self, reserved: float, used: float) -> None:
        """Replace a reservation by what was used in the end."""
        self._refill()
        self._level = min(self._burst, self._level + reserved - used)

    def _refill(self) -> None:
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._then) * self._rate)
        self._then = now
