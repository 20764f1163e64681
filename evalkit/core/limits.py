"""What paid or shared models are allowed to use: parallel calls, rates, retries, money."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from evalkit.core.errors import EvalkitError


class BudgetError(EvalkitError):
    """The money a command may spend is spent; everything answered so far is kept."""


class Budget:
    """Money that all models of one command share, in US dollars.

    Args:
        maximum: what may be spent; None for no bound.
    """

    def __init__(self, maximum: float | None = None) -> None:
        self.maximum = maximum
        self.spent = 0.0
        self._lock = threading.Lock()

    def charge(self, cost: float | None) -> None:
        """Note what a call cost; None (unknown) adds nothing."""
        with self._lock:
            self.spent += cost or 0.0

    @property
    def reached(self) -> bool:
        """True when no further call may be made."""
        return self.maximum is not None and self.spent >= self.maximum


@dataclass(slots=True)
class CallLimits:
    """Limits of one model's calls; they cannot change answers, so they are no part of any identity.

    Args:
        concurrency: calls under way at once.
        requests_per_minute, tokens_per_minute: token buckets; None for no bound.
        timeout: seconds for one attempt.
        retries: further attempts after a retryable error; with 0, not even a rate limit is waited out.
        budget: shared money.
    """

    concurrency: int = 16
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout: float = 600.0
    retries: int = 6
    budget: Budget | None = None
