"""The traffic of one API model: many calls at once, below its limits, each request answered once.

Requests are pulled in the thread that reads the answers; everything else happens in the thread of the calls. A
request ends as exactly one entry of the queue between the two: its answer, or none when the run stopped before.
"""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, field

from evalkit.core.errors import DataError
from evalkit.core.limits import BudgetError
from evalkit.core.model import Answer
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.models.api.call_errors import (
    CallError,
    DeniedCallError,
    FatalCallError,
    FinalCallError,
    RetryableCallError,
)
from evalkit.models.api.retrying import PATIENCE, PROBES, backoff
from evalkit.models.api.traffic import Traffic, joined_pairs
from evalkit.models.api.waiting import Waiting, seconds_text

_RESUMABLE = "Answers so far are kept; repeat the command to go on"


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
        self._all_pulled = False
        self._under_way: dict[str, float] = {}  # request -> when its call began
        self._waiting = Waiting(self._state)
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
                        self._loop.call_soon_threadsafe(self._pulled_all)
                    else:
                        tokens = self._traffic.expect(request)
                        self._out += 1
                        self._loop.call_soon_threadsafe(self._launch, request, tokens)
                if not self._out:
                    break
                try:
                    ended = self._ended.get(timeout=self._waiting.left())
                except queue.Empty:
                    self._waiting.tell()
                    continue
                if ended is None:
                    continue  # news: there may be room, or the end has come
                self._out -= 1
                key, response = ended
                self._waiting.over()
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
        traffic = self._traffic
        most = self._concurrency + ready + min(self._resting, self._concurrency) + traffic.denied
        return self._out < most and not traffic.closed and traffic.affordable(self._out - traffic.denied)

    def _pulled_all(self) -> None:
        self._all_pulled = True
        self._traffic.changed()

    def _launch(self, request: Request, tokens: float) -> None:
        task = self._loop.create_task(self._serve(request, tokens))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._traffic.changed()

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
        traffic, failures, asked, spent = self._traffic, 0, 0, _Spent()
        limited = 0.0  # when the provider's rate first kept it out
        while True:
            async with self._slots:
                if not await self._turn(tokens):
                    return None
                began = time.perf_counter()
                since = time.monotonic()
                error: CallError
                traffic.calling += 1
                self._under_way[request.id] = since
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
                    traffic.rate_limit.passed(since)
                    return self._accept(response, tokens, time.perf_counter() - began, spent)
                finally:
                    traffic.calling -= 1
                    self._under_way.pop(request.id, None)
                    traffic.changed()
            asked += 1
            cost = self._cost(error.usage) if error.usage else 0.0
            traffic.settle(tokens, error.usage, cost)
            spent.add(error.usage, cost)
            if isinstance(error, FatalCallError):
                self._halt(FatalCallError(f"{traffic.told(error)}. {_RESUMABLE}"))
            if self._stop is not None and not isinstance(error, FinalCallError):
                return None
            if isinstance(error, RetryableCallError) and error.everyone:
                limited = limited or since
                traffic.rate_limit.hit(since, error.retry_after)
                if self._asks_too_long(error):
                    return None
                if not traffic.rate_limit.borne(limited, traffic.limits.retries):
                    continue  # it waits for its turn with all others
                advice = f"{error}. The provider's rate is lower than this: give --rpm N, or a smaller --concurrency"
                error = RetryableCallError(advice, kind=error.kind, retry_after=error.retry_after)
                return self._give_up(error, asked, spent)
            traffic.rate_limit.passed(since)
            if isinstance(error, DeniedCallError) and not await self._is_its_own(error):
                return None
            failures += 1
            if not isinstance(error, RetryableCallError) or failures > traffic.limits.retries:
                return self._give_up(error, asked, spent)
            if self._asks_too_long(error):
                return None
            await self._rest(backoff(failures, error.retry_after))

    async def _turn(self, tokens: float) -> bool:
        """Wait for this call's turn; False when the run has stopped or the money is spent."""
        traffic = self._traffic
        due = time.monotonic() + traffic.reserve(tokens)
        while self._stop is None:
            left = max(due, traffic.rate_limit.resume_at) - time.monotonic()
            if left > 0.0:
                await self._idly(asyncio.sleep(left))
            elif traffic.open:
                break
            else:
                await self._idly(traffic.news())
        budget = traffic.limits.budget
        if self._stop is None and budget is not None and budget.reached:
            self._halt(
                BudgetError(
                    f"stopped: {budget.spent:.4f} of at most {budget.maximum:g} US dollars are spent. {_RESUMABLE}"
                )
            )
        return self._stop is None

    async def _is_its_own(self, error: DeniedCallError) -> bool:
        """Whether a denied request is denied for itself, as others are answered; False when the run has stopped."""
        traffic = self._traffic
        if traffic.breaker.proven:
            return True
        traffic.denied += 1
        self._ended.put(None)  # there is room for those that may be answered
        traffic.changed()
        try:
            while self._stop is None and not traffic.breaker.proven:
                nobody_left = self._all_pulled and len(self._tasks) == traffic.denied
                undecided = traffic.calling or self._resting
                if not undecided and (traffic.denied >= PROBES or nobody_left):
                    self._halt(FatalCallError(f"{traffic.told(error)}. {_RESUMABLE}"))
                    return False
                await self._idly(traffic.news())
        finally:
            traffic.denied -= 1
        return self._stop is None

    def _asks_too_long(self, error: RetryableCallError) -> bool:
        """True, and the run has stopped, when the provider asks for a wait that no command should sit out."""
        if error.retry_after is None or error.retry_after <= PATIENCE:
            return False
        self._halt(
            FatalCallError(
                f"the provider asks to wait {error.retry_after:.0f} s: {self._traffic.told(error)}. {_RESUMABLE}"
            )
        )
        return True

    async def _rest(self, seconds: float) -> None:
        """Wait before asking again, without a slot."""
        self._resting += 1
        self._ended.put(None)
        try:
            await self._idly(asyncio.sleep(seconds))
        finally:
            self._resting -= 1
            self._traffic.changed()

    async def _idly(self, wait: Awaitable[None]) -> None:
        """Wait; cancelled when the run stops."""
        task = asyncio.current_task()
        assert task is not None
        self._idle.add(task)
        try:
            await wait
        finally:
            self._idle.discard(task)

    def _state(self) -> str:
        """What is waited for, to be told."""
        now = time.monotonic()
        limit, calls = self._traffic.rate_limit, dict(self._under_way)
        if limit.pauses and limit.resume_at > now:
            return f"the provider's rate is reached; asking again in {seconds_text(limit.resume_at - now)}"
        if calls:
            oldest = min(calls, key=lambda key: calls[key])
            return (
                f"{len(calls)} calls under way, that of sample '{oldest}' for {seconds_text(now - calls[oldest])}; "
                f"--timeout bounds each attempt (now {self._traffic.limits.timeout:g} s)"
            )
        return f"{self._resting} requests wait to be asked again after a fault"

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
            if not response.text.isascii():
                response.text, whole = joined_pairs(response.text)
                if not whole and response.failure is None:
                    response.failure = Failure("model", "its text is no Unicode text: it holds half a surrogate pair")
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
