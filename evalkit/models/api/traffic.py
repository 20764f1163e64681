"""What all calls of one model share: rates, waits, money, and what is known of the service behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evalkit.core.limits import CallLimits
from evalkit.core.sample import Request
from evalkit.models.api.keys import without_keys
from evalkit.models.api.rate_limits import Bucket
from evalkit.models.api.retrying import Breaker, RateLimit

if TYPE_CHECKING:
    from evalkit.models.api.calling import CallModel

_LONGEST = 2000  # characters of an error message


class Traffic:
    """What all streams of one model share: rates, the breaker, waits that concern everyone, money.

    Args:
        model: whose calls these are.
        limits: their bounds.
    """

    def __init__(self, model: CallModel, limits: CallLimits) -> None:
        self.model, self.limits = model, limits
        self.breaker = Breaker(model.breaker_limit, model.answered_before)
        self.rate_limit = RateLimit()
        self.closed = False  # the model was closed: nothing more is asked
        self.calling = 0  # calls under way
        self.denied = 0  # requests that wait for another's answer to tell whose fault it is
        self._news = asyncio.Event()
        rpm, tpm = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = Bucket(rpm) if rpm is not None else None
        self._tokens = Bucket(tpm) if tpm is not None else None
        self._paid, self._calls, self._guess = 0.0, 0, 0.0

    @property
    def open(self) -> bool:
        """False while one call at a time finds out whether the service lets any through."""
        careful = self.rate_limit.pauses or (self.denied and not self.breaker.proven)
        return not (careful and self.calling)

    def changed(self) -> None:
        """Wake those that wait for news."""
        self._news.set()
        self._news.clear()

    async def news(self) -> None:
        """Wait until something has changed."""
        await self._news.wait()

    def expect(self, request: Request) -> float:
        """Tokens a request may take, where they are limited; also the first guess of what a call costs."""
        budget = self.limits.budget
        counts_money = budget is not None and budget.maximum is not None and not self._calls
        if self._tokens is None and not counts_money:
            return 0.0
        units = self.model.units(request)
        if counts_money and self.model.price is not None:
            self._guess = self.model.price.cost(units) or 0.0
        return units["input_tokens"] + units["output_tokens"]

    def reserve(self, tokens: float) -> float:
        """Take one request and its tokens from the buckets; returns the seconds to wait."""
        wait = self._requests.reserve(1.0) if self._requests is not None else 0.0
        return max(wait, self._tokens.reserve(tokens)) if self._tokens is not None else wait

    def settle(self, tokens: float, usage: Mapping[str, float] | None, cost: float | None) -> None:
        """Note what an attempt took in the end; money that cannot be told is counted at its estimate."""
        if self._tokens is not None:
            used = usage.get("input_tokens", 0.0) + usage.get("output_tokens", 0.0) if usage else 0.0
            self._tokens.correct(tokens, used)
        if cost:  # attempts that came to nothing say nothing of what a call costs
            self._paid, self._calls = self._paid + cost, self._calls + 1
        if self.limits.budget is not None:
            self.limits.budget.charge(cost if cost is not None else self._guess)

    def affordable(self, under_way: int) -> bool:
        """True when the budget allows one more call beside those under way, at what calls cost so far."""
        budget = self.limits.budget
        if budget is None or budget.maximum is None or not under_way:
            return True
        each = self._paid / self._calls if self._calls else self._guess
        return budget.spent + (under_way + 1) * each <= budget.maximum

    def shown(self, text: str) -> str:
        """Text without keys."""
        return without_keys(text, self.model.secrets())

    def told(self, error: object) -> str:
        """An error's message without keys, and not longer than a person reads."""
        return storable(self.shown(str(error)))[:_LONGEST]

    def without_keys(self, value: Any) -> Any:
        """A JSON value whose texts hold no key."""
        if isinstance(value, str):
            return storable(self.shown(value))
        if isinstance(value, Mapping):
            return {key: self.without_keys(entry) for key, entry in value.items()}
        return [self.without_keys(entry) for entry in value] if isinstance(value, list | tuple) else value


def storable(text: str) -> str:
    """Text that a file can hold: half a surrogate pair, which JSON can name, becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def joined_pairs(text: str) -> tuple[str, bool]:
    """The text with the halves of surrogate pairs that came in different pieces joined, and whether none is left over.

    What is left over becomes the sign for what cannot be shown.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return storable(joined), joined.count("\ufffd") == text.count("\ufffd")
    return text, True
