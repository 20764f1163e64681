"""Requests prepared in threads ahead of the device: a bounded number of them, and a bounded number of bytes."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request

Work = TypeVar("Work")

_UNKNOWN = 4  # requests prepared before the first shows how large they are


class OutOfMemoryError(Exception):
    """The device has no room for a batch; adapters raise it in place of their library's error."""


class DeviceLostError(EvalkitError):
    """The device has stopped working for this process; a new process may use it."""


class TooLongError(Exception):
    """A request is longer than the model's context; the message names both lengths."""


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Work]):
    """A request that is ready for the device.

    Args:
        request: what was asked.
        work: what the adapter made of it.
        tokens: its length on the device: prompt tokens, media included, plus the tokens it may generate.
        bytes: memory that `work` takes, roughly; bounds how many wait.
        kind: only requests of one kind are put into a batch.
    """

    request: Request
    work: Work
    tokens: int
    bytes: int = 0
    kind: str = ""

    @property
    def group(self) -> tuple[str, str]:
        """What rows of one batch have in common: settings and kind."""
        return repr(self.request.settings), self.kind


class Ahead(Generic[Work]):
    """Requests in order, with what their preparation came to.

    Args:
        pool: threads.
        prepare: called in them.
        requests: taken only as far ahead as asked for.
        most_bytes: prepared requests, those taken and not yet worked on included, hold about this much at the most.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        prepare: Callable[[Request], Prepared[Work]],
        requests: Iterator[Request],
        most_bytes: int,
    ) -> None:
        self._pool, self._prepare, self._requests, self._most_bytes = pool, prepare, requests, most_bytes
        self._queue: collections.deque[tuple[Request, Future[Prepared[Work]]]] = collections.deque()
        self._largest = 0  # bytes; 0 until one is prepared
        self._ended = False

    @property
    def exhausted(self) -> bool:
        """True when there is nothing left to take."""
        self._fill(1)
        return not self._queue

    def take(self, count: int, ahead: int, held: int) -> Iterator[tuple[Request, Prepared[Work] | Response]]:
        """The next requests, with a failure in place of those that could not be prepared.

        Args:
            count: how many at the most; fewer where bytes are short, one at least.
            ahead: how many to keep in preparation.
            held: how many the reader has taken before and still holds.
        """
        for taken in itertools.count():
            # One half for the reader, one for what is prepared meanwhile.
            fits = max(1, self._most_bytes // max(1, 2 * self._largest))
            if taken >= max(1, min(count, fits - held)):
                return
            # Until a size is known, no more are prepared than threads work on.
            self._fill(max(1, min(ahead, fits)) if self._largest else _UNKNOWN)
            if not self._queue:
                return
            request, future = self._queue.popleft()
            ready = _result(future)
            if isinstance(ready, Prepared):
                self._largest = max(self._largest, ready.bytes, 1)
            yield request, ready

    def cancel(self) -> None:
        """Drop what has not been begun."""
        for _, future in self._queue:
            future.cancel()

    def _fill(self, most: int) -> None:
        while not self._ended and len(self._queue) < most:
            request = next(self._requests, None)
            if request is None:
                self._ended = True
            else:
                self._queue.append((request, self._pool.submit(self._prepare, request)))


def _result(future: Future[Prepared[Work]]) -> Prepared[Work] | Response:
    try:
        return future.result()
    except DataError as error:
        return Response(failure=Failure("input", str(error)))
    except TooLongError as error:
        return Response(failure=Failure("limit", str(error)))
    except EvalkitError:
        raise
    except Exception as error:  # a processor that stumbles over one sample must not end the run
        return Response(failure=Failure("model", f"it could not be prepared: {type(error).__name__}: {error}"))
