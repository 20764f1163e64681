"""Long waits are told, at a terminal or not: nobody should wonder whether a command still works."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

FIRST = 30.0  # seconds without an answer that are told; then twice as many each time

_LOG = logging.getLogger(__name__)


class Waiting:
    """Tells how long nothing has been answered.

    Args:
        state: says what is waited for.
    """

    def __init__(self, state: Callable[[], str]) -> None:
        self._state = state
        self.over()

    def over(self) -> None:
        """Note an answer."""
        self._since = time.monotonic()
        self._told_at = FIRST

    def left(self) -> float:
        """Seconds until there is something to tell."""
        return max(0.0, self._since + self._told_at - time.monotonic())

    def tell(self) -> None:
        """Tell, where it is time."""
        waited = time.monotonic() - self._since
        if waited < self._told_at:
            return
        self._told_at *= 2.0
        _LOG.warning("no answer for %s: %s", seconds_text(waited), self._state())


def seconds_text(seconds: float) -> str:
    """A time as people say it: "45 s", "2 min 5 s", "1 h 3 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 // 60 else "")
