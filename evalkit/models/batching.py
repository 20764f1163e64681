"""Batches by length under a token budget: prepared ahead in threads, sorted to cut padding, halved without memory.

A window of requests is prepared (media decoded, prompts tokenised) while the device works on earlier ones. Batches
are cut from the window sorted by length, so that rows of one batch are nearly as long as each other; the padded size
of a batch, rows x longest row, stays within the budget. Running out of memory halves the budget for good and tries
the rows again in smaller batches; a single row that does not fit is that sample's failure.
"""

from __future__ import annotations

import collections
import itertools
import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from evalkit.core.errors import DataError
from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request

Work = TypeVar("Work")


class OutOfMemoryError(Exception):
    """The device has no room for a batch; adapters raise it in place of their library's error."""


class TooLongError(Exception):
    """A request is longer than the model's context; the message names both lengths."""


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Work]):
    """A request that is ready for the device.

    Args:
        request: what was asked.
        work: what the adapter made of it.
        tokens: its length on the device: prompt tokens, media included, plus the tokens it may generate.
    """

    request: Request
    work: Work
    tokens: int


@dataclass(slots=True)
class Throughput:
    """What the batches so far came to.

    Args:
        answered: requests answered.
        tokens: their tokens.
        padded: tokens of their batches, padding included.
        batches: batches run.
        device_seconds: time inside `answer`.
        began: when the stream started, of `time.perf_counter`.
    """

    answered: int = 0
    tokens: int = 0
    padded: int = 0
    batches: int = 0
    device_seconds: float = 0.0
    began: float = 0.0

    @property
    def padding_share(self) -> float:
        """Share of the device's tokens that were padding, 0 to 1."""
        return 1.0 - self.tokens / self.padded if self.padded else 0.0

    @property
    def harness_share(self) -> float:
        """Share of the time spent outside the model, 0 to 1."""
        passed = time.perf_counter() - self.began
        return max(0.0, 1.0 - self.device_seconds / passed) if passed > 0 else 0.0


class PlannedModel(Model, Generic[Work]):
    """A local model that answers in planned batches.

    Subclasses say how a request is prepared and how one batch is answered; order, memory and look-ahead are here.

    Attributes:
        token_budget: padded tokens of one batch at the most; halved when the device runs out of memory.
        batch_size: rows of one batch at the most; None leaves it to the budget.
        window: requests looked at when batches are cut; more cut padding, and hold more decoded media.
        threads: threads that prepare ahead.
    """

    token_budget: int = 16384
    batch_size: int | None = None
    window: int = 64
    threads: int = 2

    @abstractmethod
    def prepare(self, request: Request) -> Prepared[Work]:
        """Decode media and tokenise; runs in a thread, ahead of the device.

        Raises:
            DataError: broken media.
            TooLongError: longer than the context.
        """

    @abstractmethod
    def answer(self, batch: Sequence[Prepared[Work]]) -> Sequence[Response]:
        """Answer one batch on the device, in order.

        Raises:
            OutOfMemoryError: there is no room for it.
        """

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answer all requests, batch by batch; order is that of lengths within each window."""
        self.throughput = Throughput(began=time.perf_counter())
        with ThreadPoolExecutor(self.threads, thread_name_prefix="evalkit-prepare") as pool:
            ahead: _Ahead[Work] = _Ahead(pool, self.prepare, requests, 2 * self.window)
            try:
                while window := list(itertools.islice(ahead, self.window)):
                    ready: list[Prepared[Work]] = []
                    for request, future in window:
                        prepared = _result(request, future)
                        if isinstance(prepared, Response):
                            yield request.id, prepared
                        else:
                            ready.append(prepared)
                    yield from self._answered(ready)
            finally:
                ahead.cancel()

    def _answered(self, ready: list[Prepared[Work]]) -> Iterator[Answer]:
        # Longest first: when memory does not suffice, it shows at once.
        waiting = collections.deque(sorted(ready, key=lambda item: -item.tokens))
        while waiting:
            batch = self._cut(waiting)
            began = time.perf_counter()
            try:
                responses = self.answer(batch)
            except OutOfMemoryError as error:
                if len(batch) == 1:
                    message = f"out of memory with this sample alone ({batch[0].tokens} tokens): {error}"
                    yield batch[0].request.id, Response(failure=Failure("limit", message))
                    continue
                self.token_budget = max(1, min(self.token_budget, len(batch) * batch[0].tokens) // 2)
                waiting.extendleft(reversed(batch))
                continue
            seconds = time.perf_counter() - began
            if len(responses) != len(batch):
                raise ValueError(f"{self.name} gave {len(responses)} responses to a batch of {len(batch)}")
            self._count(batch, seconds)
            for item, response in zip(batch, responses, strict=True):
                if response.seconds is None and response.failure is None:
                    response = replace(response, seconds=seconds / len(batch))
                yield item.request.id, response

    def _cut(self, waiting: collections.deque[Prepared[Work]]) -> list[Prepared[Work]]:
        """The next batch: as many rows as fit beside the longest one."""
        longest = waiting[0].tokens
        most = max(1, self.token_budget // max(1, longest))
        if self.batch_size is not None:
            most = min(most, self.batch_size)
        return [waiting.popleft() for _ in range(min(most, len(waiting)))]

    def _count(self, batch: Sequence[Prepared[Any]], seconds: float) -> None:
        done = self.throughput
        done.answered += len(batch)
        done.tokens += sum(item.tokens for item in batch)
        done.padded += len(batch) * max(item.tokens for item in batch)
        done.batches += 1
        done.device_seconds += seconds


class _Ahead(Generic[Work]):
    """Requests with the futures of their preparation, a bounded number ahead of the reader."""

    def __init__(self, pool: ThreadPoolExecutor, prepare: Any, requests: Iterator[Request], most: int) -> None:
        self._pool, self._prepare, self._requests, self._most = pool, prepare, requests, most
        self._queue: collections.deque[tuple[Request, Future[Prepared[Work]]]] = collections.deque()

    def __iter__(self) -> _Ahead[Work]:
        return self

    def __next__(self) -> tuple[Request, Future[Prepared[Work]]]:
        while len(self._queue) < self._most and (request := next(self._requests, None)) is not None:
            self._queue.append((request, self._pool.submit(self._prepare, request)))
        if not self._queue:
            raise StopIteration
        return self._queue.popleft()

    def cancel(self) -> None:
        for _, future in self._queue:
            future.cancel()


def _result(request: Request, future: Future[Prepared[Work]]) -> Prepared[Work] | Response:
    try:
        return future.result()
    except DataError as error:
        return Response(failure=Failure("input", str(error)))
    except TooLongError as error:
        return Response(failure=Failure("limit", str(error)))
    except Exception as error:  # a processor that stumbles over one sample must not end the run
        return Response(failure=Failure("model", f"it could not be prepared: {type(error).__name__}: {error}"))
