"""The traffic of one API model: many calls at once, below its limits, each request answered once.

Requests are pulled in the thread that reads the answers; everything else happens in the thread of the calls. A
request ends as exactly one entry of the queue between the two: its answer, or none when the run stopped before.
"""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError
from evalkit.core.limits import BudgetError, CallLimits
from evalkit.core.model import Answer
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.models.api.call_errors import CallError, FatalCallError, FinalCallError, RetryableCallError
from evalkit.models.api.keys import without_keys
from evalkit.models.api.rate_limits import Bucket
from evalkit.models.api.retrying import PATIENCE, Breaker, backoff

if TYPE_CHECKING:
    from evalkit.models.api.calling import CallModel

_LONGEST = 2000  # characters of an error message
_RESUMABLE = "Answers so far are kept; repeat the command to go on"


class Traffic:
    """What all streams of one model share: rates, the breaker, waits that concern everyone, money.

    Args:
        model: whose calls these are.
        limits: their bounds.
    """

    def __init__(self, model: CallModel, limits: CallLimits) -> None:
        self.model, self.limits = model, limits
        self.breaker = Breaker(model.breaker_limit)
        self.closed = False  # the model was closed: nothing more is asked
        self.resume_at = 0.0  # time.monotonic() before which no call may start
        rpm, tpm = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = Bucket(rpm) if rpm is not None else None
        self._tokens = Bucket(tpm) if tpm is not None else None
        self._paid, self._calls, self._guess = 0.0, 0, 0.0

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
        if cost is not None:
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
        return self.shown(str(error))[:_LONGEST]

    def without_keys(self, value: Any) -> Any:
        """A JSON value whose texts hold no key."""
        if isinstance(value, str):
            return self.shown(value)
        if isinstance(value, Mapping):
            return {key: self.without_keys(entry) for key, entry in value.items()}
        return [self.without_keys(entry) for entry in value] if isinstance(value, list | tuple) else value


@dataclass(slots=True)
class _Spent:
    """What the attempts of one request used; the cost is None as soon as a part of it is unknown."""

    usage: dict[str, float] = field(default_factory=dict)
    cost: float | None = 0.0

    def add(self, usage: Mapping[str, float] | None, cost: float | None) -> None:
        for key, value in (usage or {}).items():
            self.usage[key] = self.usage.get(key, 0.0) + value
        self.cost = None if cost is None or self.cost is None else self.cost + cost


class CallStream:
    """One pass over requests.

    Args:
        traffic: shared state of the model.
        loop: event loop, running in the thread of the calls.
    """

    def __init__(self, traffic: Traffic, loop: asyncio.AbstractEventLoop) -> None:
        self._traffic, self._loop = traffic, loop
        self._concurrency = traffic.limits.concurrency
        self._slots = asyncio.Semaphore(self._concurrency)
        self._ended: queue.SimpleQueue[tuple[str, Response | None] | None] = queue.SimpleQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()
        self._out = 0  # requests pulled whose end has not been read
        self._resting = 0  # of those, waiting to be asked again
        self._stop: Exception | None = None

    def answers(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Pull requests and give answers; see `CallModel.stream`."""
        exhausted, broken = False, None
        try:
            while True:
                while not exhausted and self._stop is None and self._room():
                    try:
                        request = next(requests, None)
                    except Exception as error:  # broken data: what is under way is paid for, so its answers are kept
                        exhausted, broken = True, error
                        self._loop.call_soon_threadsafe(self._halt, error)
                        break
                    if request is None:
                        exhausted = True
                    else:
                        tokens = self._traffic.expect(request)
                        self._out += 1
                        self._loop.call_soon_threadsafe(self._launch, request, tokens)
                if not self._out:
                    break
                ended = self._ended.get()
                if ended is None:
                    continue  # news: there may be room, or the end has come
                self._out -= 1
                key, response = ended
                if response is not None:
                    yield key, response
        finally:
            if self._out and self._loop.is_running():
                asyncio.run_coroutine_threadsafe(self._abandon(), self._loop).result(timeout=30)
        if (ending := self._stop or broken) is not None:
            raise ending

    def _room(self) -> bool:
        """True when another request may be pulled: those that rest make room, up to as many again."""
        ready = max(1, self._concurrency // 8)  # asked as soon as a call ends, without waiting for this thread
        most = self._concurrency + ready + min(self._resting, self._concurrency)
        return self._out < most and not self._traffic.closed and self._traffic.affordable(self._out)

    def _launch(self, request: Request, tokens: float) -> None:
        task = self._loop.create_task(self._serve(request, tokens))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, request: Request, tokens: float) -> None:
        response: Response | None = None
        try:
            response = await self._answer(request, tokens)
        except asyncio.CancelledError:
            pass  # stopped while it waited: it stays unanswered
        except Exception as error:
            shown = self._traffic.shown(str(error))
            self._halt(error if shown == str(error) else FatalCallError(f"{type(error).__name__}: {shown}"))
        finally:
            self._ended.put((request.id, response))

    async def _answer(self, request: Request, tokens: float) -> Response | None:
        """Ask until there is an answer or no sense in asking; None when the run stopped before."""
        traffic, failures, spent = self._traffic, 0, _Spent()
        while True:
            async with self._slots:
                if not await self._turn(tokens):
                    return None
                began = time.perf_counter()
                error: CallError
                try:
                    response = await asyncio.wait_for(traffic.model.call(request), traffic.limits.timeout)
                except (TimeoutError, asyncio.TimeoutError):
                    error = RetryableCallError(f"no answer within {traffic.limits.timeout:g} s", kind="timeout")
                except DataError as broken:
                    traffic.settle(tokens, None, 0.0)
                    return _failed("input", str(broken), spent)
                except CallError as failed:
                    error = failed
                else:
                    return self._accept(response, tokens, time.perf_counter() - began, spent)
            cost = self._cost(error.usage) if error.usage else 0.0
            traffic.settle(tokens, error.usage, cost)
            spent.add(error.usage, cost)
            if isinstance(error, FatalCallError):
                self._halt(FatalCallError(f"{traffic.told(error)}. {_RESUMABLE}"))
            if self._stop is not None and not isinstance(error, FinalCallError):
                return None
            failures += 1
            if not isinstance(error, RetryableCallError) or failures > traffic.limits.retries:
                return self._give_up(error, failures, spent)
            if not await self._rest(error, failures):
                return None

    async def _turn(self, tokens: float) -> bool:
        """Wait for this call's turn; False when the run has stopped or the money is spent."""
        traffic = self._traffic
        due = time.monotonic() + traffic.reserve(tokens)
        while self._stop is None:
            left = max(due, traffic.resume_at) - time.monotonic()
            if left <= 0.0:
                break
            await self._sleep(left)
        budget = traffic.limits.budget
        if self._stop is None and budget is not None and budget.reached:
            self._halt(
                BudgetError(
                    f"stopped: {budget.spent:.4f} of at most {budget.maximum:g} US dollars are spent. {_RESUMABLE}"
                )
            )
        return self._stop is None

    async def _rest(self, error: RetryableCallError, failures: int) -> bool:
        """Wait before asking again, without a slot; False when the run has stopped."""
        if error.retry_after is not None and error.retry_after > PATIENCE:
            self._halt(
                FatalCallError(
                    f"the provider asks to wait {error.retry_after:.0f} s: {self._traffic.told(error)}. {_RESUMABLE}"
                )
            )
            return False
        delay = backoff(failures, error.retry_after)
        if error.everyone and error.retry_after is not None:
            self._traffic.resume_at = max(self._traffic.resume_at, time.monotonic() + error.retry_after)
        self._resting += 1
        self._ended.put(None)
        try:
            await self._sleep(delay)
        finally:
            self._resting -= 1
        return True

    async def _sleep(self, seconds: float) -> None:
        """Sleep; cancelled when the run stops."""
        task = asyncio.current_task()
        assert task is not None
        self._idle.add(task)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._idle.discard(task)

    def _accept(self, response: Response, tokens: float, seconds: float, spent: _Spent) -> Response:
        cost = response.cost if response.cost is not None else self._cost(response.usage)
        self._traffic.settle(tokens, response.usage, cost)
        spent.add(response.usage, cost)
        self._traffic.breaker.answered()
        response.usage, response.cost = spent.usage or None, spent.cost
        if response.seconds is None:
            response.seconds = seconds
        if response.text:
            response.text = self._traffic.shown(response.text)
        if response.thought:
            response.thought = self._traffic.shown(response.thought)
        if response.meta:
            response.meta = self._traffic.without_keys(response.meta)
        return response

    def _give_up(self, error: CallError, failures: int, spent: _Spent) -> Response:
        times = f"; asked {failures} times" if failures > 1 else ""
        message = self._traffic.told(error) + times
        fatal = self._traffic.breaker.given_up(error)
        if fatal is not None:
            self._halt(FatalCallError(f"{self._traffic.told(fatal)}. {_RESUMABLE}"))
        return _failed(error.kind, message, spent)

    def _cost(self, usage: Mapping[str, float] | None) -> float | None:
        price = self._traffic.model.price
        return price.cost(usage) if price is not None else None

    def _halt(self, error: Exception) -> None:
        """Ask nothing more; calls under way end by themselves."""
        if self._stop is None:
            self._stop = error
        for task in list(self._idle):
            task.cancel()
        self._ended.put(None)

    async def _abandon(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _failed(kind: object, message: str, spent: _Spent) -> Response:
    return Response(usage=spent.usage or None, cost=spent.cost, failure=Failure(kind, message))  # type: ignore[arg-type]
