"""Batches by length under a token budget: prepared ahead in threads, sorted to cut padding, halved without memory.

A window of requests is prepared (media decoded, prompts tokenised) while the device works on earlier ones. Batches
are cut from the window sorted by length, so that rows of one batch are nearly as long as each other; the padded size
of a batch, rows x longest row, stays within the budget. What is left of a window and would make a thin batch waits
for the next one. How many rows a batch has, within the budget, is found by timing the run's own batches (see
`batch_sizes`) unless it was said. Running out of memory halves the budget for good and tries the rows again in smaller
batches; a single row that does not fit, or that the model stumbles over, is that sample's failure.
"""

from __future__ import annotations

import collections
import math
import time
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Generic, TypeVar

from evalkit.core.errors import EvalkitError
from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.models.local.chosen_size import ChosenSize
from evalkit.models.local.look_ahead import Ahead, DeviceLostError, OutOfMemoryError, Prepared, TooLongError
from evalkit.models.local.throughput import Throughput

__all__ = ["DeviceLostError", "OutOfMemoryError", "PlannedModel", "Prepared", "Throughput", "TooLongError"]

Work = TypeVar("Work")

_LOST_IN_A_ROW = 20  # samples that may fail one after another before the first answer
_MOST_AHEAD = 2048  # requests
_FIRST_ON_CPU = 16  # rows
_TOLD = 8  # kinds of work
_GROWTH = 4  # a window to the one before it, until the window has its size: preparing is several times as fast


class PlannedModel(Model, Generic[Work]):
    """A local model that answers in planned batches.

    Subclasses say how a request is prepared and how one batch is answered; order, memory and look-ahead are here.
    Rows of one batch have the same settings of generation and are of one kind.

    Attributes:
        token_budget: padded tokens of one batch at the most; halved when the device runs out of memory.
        batch_size: rows of one batch at the most; None leaves it to the budget, and to what is measured.
        measures: look for the fastest number of rows within the budget, where `batch_size` is None.
        first_window: requests prepared before the first batch is cut: the device waits for them.
        window: requests looked at when later batches are cut, at least; it grows with the rows that fit a batch.
        threads: threads that prepare ahead.
        bytes_ahead: bytes of prepared requests held in all, roughly: those ahead and those that wait for a batch.
    """

    computes = True
    token_budget: int = 16384
    batch_size: int | None = None
    measures: bool = True
    first_window: int = 32
    window: int = 64
    threads: int = 2
    bytes_ahead: int = 4 << 30

    @abstractmethod
    def prepare(self, request: Request) -> Prepared[Work]:
        """Decode media and tokenise; runs in a thread, ahead of the device.

        Raises:
            DataError: broken media.
            TooLongError: longer than the context.
            EvalkitError: nothing can be prepared (a package is missing): ends the run.
        """

    def begin_thread(self) -> None:
        """Called once in every thread that prepares, before its first request."""

    @abstractmethod
    def answer(self, batch: Sequence[Prepared[Work]]) -> Sequence[Response]:
        """Answer one batch on the device, in order.

        Raises:
            OutOfMemoryError: there is no room for it.
            EvalkitError: the model cannot answer at all: ends the run.
        """

    def device_memory(self) -> int | None:
        """Bytes of device memory in use; None where that means nothing."""
        return None

    def device_works(self) -> bool:
        """Whether the device still computes; asked after an error, since some errors end it for the process."""
        return True

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answer all requests, batch by batch; order is that of lengths within each window.

        Raises:
            EvalkitError: the model fails on every sample.
            DeviceLostError: no further sample can be answered in this process.
        """
        self.throughput = Throughput(began=time.perf_counter())
        self._lost = 0
        self._earlier = getattr(self, "_choices", {})
        self._choices: dict[tuple[str, str], ChosenSize] = {}
        waiting: list[Prepared[Work]] = []
        with ThreadPoolExecutor(self.threads, "evalkit-prepare", self.begin_thread) as pool:
            ahead: Ahead[Work] = Ahead(pool, self.prepare, requests, self.bytes_ahead)
            size = min(self.first_window, self.window)
            try:
                while True:
                    for request, ready in ahead.take(size - len(waiting), self._ahead(size), len(waiting)):
                        if isinstance(ready, Response):
                            yield request.id, ready
                        else:
                            waiting.append(ready)
                    yield from self._answered(waiting, last=ahead.exhausted)
                    if ahead.exhausted and not waiting:
                        return
                    # As many as were being prepared behind the last batches: the device does not wait for more. With
                    # a fixed `batch_size` they depend on the requests alone: a run repeated cuts the same batches.
                    size = min(_GROWTH * size, self._window_size())
            finally:
                ahead.cancel()
                for choice in self._choices.values():
                    choice.keep()

    def portion(self) -> tuple[int, int]:
        """Requests to ask for at once where they are shared with other processes: a window; and the least, a batch."""
        if not hasattr(self, "throughput"):
            return self.window, min(self.batch_size or 16, 16)
        size = self._window_size()
        return size, min(self.batch_size or max(1, size // 10), 16)

    def circumstances(self) -> Mapping[str, Any]:
        """The sizes of batches that were measured and chosen in the last stream, for the work that took longest."""
        choices = sorted(getattr(self, "_choices", {}).values(), key=lambda choice: -choice.sizes.seconds)
        found = [choice.facts() for choice in choices[:_TOLD] if choice.sizes.seconds]
        return {"batch_sizes": found} if found else {}

    def first_rows(self) -> int | None:
        """Rows of the first batches, before any is measured; None: as many as fit."""
        # A processor gains little by more, and loses by padding and by caches that overflow.
        return _FIRST_ON_CPU if self.device_memory() is None else None

    def status(self) -> str:
        """Rates of the running stream for a progress line; empty before the first batch."""
        done = getattr(self, "throughput", None)
        return done.line(self.device_memory()) if done is not None and done.batches else ""

    def _ahead(self, size: int) -> int:
        """Requests in preparation behind a window of this size: the next window."""
        return min(max(2 * size, min(_GROWTH * size, self.window * 2)), _MOST_AHEAD)

    def _window_size(self) -> int:
        """Requests to look at: ten batches of what fits now, within bounds."""
        fits = self.batch_size or max(1, self.token_budget // max(1, self.throughput.mean_tokens or self.token_budget))
        return max(min(10 * fits, _MOST_AHEAD // 2), self.window)

    def _answered(self, waiting: list[Prepared[Work]], last: bool) -> Iterator[Answer]:
        """Run the batches that can be cut from the waiting rows; thin ones only if nothing is to come."""
        # Longest first: when memory does not suffice, it shows at once.
        waiting.sort(key=lambda item: (item.group, -item.tokens))
        worked, group = False, None
        while waiting:
            choice = self._choice(waiting)
            if choice is not None and waiting[0].group != group:
                choice.sizes.seam()
            group = waiting[0].group
            batch, full = self._cut(waiting, self._most(waiting, choice, last))
            if worked and not full and not last:
                return
            del waiting[: len(batch)]
            yield from self._run(batch, choice)
            worked = True

    def _choice(self, waiting: Sequence[Prepared[Work]]) -> ChosenSize | None:
        """Where sizes are measured: the choice for rows like the first one."""
        if not self.measures or self.batch_size is not None:
            return None
        group = waiting[0].group
        if group not in self._choices:
            rows = [item for item in waiting if item.group == group]
            median = rows[len(rows) // 2].tokens
            work = {
                "kind": rows[0].kind, "new_tokens": rows[0].request.settings.max_new_tokens,
                "tokens": 1 << round(math.log2(max(1, median))),
            }  # fmt: skip
            bound = max(1, self.token_budget // max(1, median))
            self._choices[group] = ChosenSize(self, work, bound, self.first_rows(), self._earlier.get(group))
        return self._choices[group]

    def _most(self, waiting: Sequence[Prepared[Work]], choice: ChosenSize | None, last: bool) -> int:
        """Rows of the next batch at the most."""
        first = waiting[0]
        fits = max(1, self.token_budget // max(1, first.tokens))
        if choice is None:
            return fits if self.batch_size is None else min(fits, self.batch_size)
        return choice.sizes.rows(sum(item.group == first.group for item in waiting), fits, last)

    def _run(self, batch: Sequence[Prepared[Work]], choice: ChosenSize | None) -> Iterator[Answer]:
        """Answer one batch, in smaller ones where it does not fit or a row spoils it."""
        todo = collections.deque([batch])
        while todo:
            batch, *rest = self._split(todo.popleft())  # the budget may have shrunk since it was cut
            todo.extendleft(reversed(rest))
            began = time.perf_counter()
            try:
                responses = self.answer(batch)
            except OutOfMemoryError as error:
                if len(batch) == 1:
                    message = (
                        f"out of memory with this sample alone ({batch[0].tokens} tokens): {error}. Shorten the input, "
                        "lower --max-new-tokens, take --dtype bfloat16 or a device with more memory"
                    )
                    yield batch[0].request.id, Response(failure=Failure("limit", message))
                    continue
                self.token_budget = max(1, min(self.token_budget, len(batch) * batch[0].tokens) // 2)
                self.throughput.out_of_memory += 1
                todo.appendleft(batch)
                continue
            except EvalkitError:
                raise
            except Exception as error:
                if not self.device_works():
                    raise self._device_lost(batch, error) from error
                if len(batch) > 1:
                    self.throughput.spoiled += 1
                    todo.extendleft([item] for item in reversed(batch))
                    continue
                yield batch[0].request.id, self._failed(error)
                continue
            seconds = time.perf_counter() - began
            if len(responses) != len(batch):
                raise ValueError(f"{self.name} gave {len(responses)} responses to a batch of {len(batch)}")
            self.throughput.count([item.tokens for item in batch], responses, seconds)
            if choice is not None:
                choice.measured(batch, responses, seconds)
            for item, response in zip(batch, responses, strict=True):
                if response.seconds is None and response.failure is None:
                    response = replace(response, seconds=seconds / len(batch))
                yield item.request.id, response

    def _device_lost(self, batch: Sequence[Prepared[Work]], error: Exception) -> DeviceLostError:
        ids = [item.request.id for item in batch]
        named = ", ".join(f"'{key}'" for key in ids[:3]) + (f" and {len(ids) - 3} others" if len(ids) > 3 else "")
        return DeviceLostError(
            f"model '{self.name}': the device stopped working on {named} ({type(error).__name__}: {error}). Answers so "
            "far are kept; the same command goes on. If it ends here again, add --devices 1: in a process of its own, "
            "which is started anew, the sample that does this is found and counted as failed"
        )

    def _failed(self, error: Exception) -> Response:
        self._lost += 1
        problem = f"{type(error).__name__}: {error}"
        if self._lost >= _LOST_IN_A_ROW and not self.throughput.answered:
            raise EvalkitError(f"model '{self.name}' fails on every sample; the last error was {problem}") from error
        return Response(failure=Failure("model", problem))

    def _split(self, batch: Sequence[Prepared[Work]]) -> list[Sequence[Prepared[Work]]]:
        parts: list[Sequence[Prepared[Work]]] = []
        rest = list(batch)
        while rest:
            part, _ = self._cut(rest, max(1, self.token_budget // max(1, rest[0].tokens)))
            parts.append(part)
            rest = rest[len(part) :]
        return parts

    def _cut(self, waiting: Sequence[Prepared[Work]], most: int) -> tuple[list[Prepared[Work]], bool]:
        """The next batch, and whether it is full: rows of the first one's group, so many at the most."""
        first = waiting[0]
        batch = []
        for item in waiting[:most]:
            if item.group != first.group:
                break
            batch.append(item)
        return batch, len(batch) == most
