"""`--devices N`: one process per device, which share a stream of samples; what a dead one had goes to the others.

Every process runs the same model on its own device and plans its own batches. It asks for samples a window at a time;
towards the end portions shrink, so that all finish at about the same time. A process that dies is started anew; what
it had in hand is given out again, in smaller portions, in the end one by one, until the sample that kills is alone.
"""

from __future__ import annotations

import collections
import logging
import os
import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit import plugins
from evalkit.core.errors import EvalkitError
from evalkit.core.model import Answer, Model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.media import remarks
from evalkit.models.local.throughput import Throughput
from evalkit.models.processes.device_list import check_count
from evalkit.models.processes.device_process import DeviceProcess, Given

_DEATHS_IN_A_ROW = 5  # of one process without an answer between them; then its device is given up
_FAILED_STARTS = 2  # in a row: likewise
_RESTARTS = 30  # of one process in all
_SUSPECT = 2  # deaths after which a sample is asked alone
_SIGHT = 3  # portions per process looked ahead; in sight of the end, each gets that part of its share at a time
_LOG = logging.getLogger(__name__)


class DevicePool(Model):
    """A model in several processes; for the run it is that model.

    Args:
        name: registered name of the model.
        arguments: of its constructor.
        devices: how many processes.

    Raises:
        UsageError: fewer devices than processes, or arguments the model refuses.
    """

    computes = True

    def __init__(self, name: str, arguments: Mapping[str, Any], devices: int) -> None:
        self._inner = plugins.load_model(name, arguments)
        self._model = (name, dict(arguments))
        self._devices = check_count(devices)
        self.name, self.takes, self.gives = self._inner.name, self._inner.takes, self._inner.gives
        self.arguments = {**self._inner.arguments, "devices": devices}
        self.incidental = self._inner.incidental | {"devices"}
        self.can, self.speech_rate = self._inner.can, self._inner.speech_rate
        self.hears_itself, self.opens_media = self._inner.hears_itself, self._inner.opens_media
        self.code = self._inner.code
        self.answered_by = type(self._inner)  # whose code is part of the run's identity: devices are none
        self._processes: list[DeviceProcess] = []
        self._versions: Mapping[str, str] = {}

    def identity(self) -> Mapping[str, Any]:
        """That of the model: sharing changes no answer."""
        return self._inner.identity()

    def versions(self) -> Mapping[str, str]:
        """Those of the model."""
        return self._versions or self._inner.versions()

    def notices(self, ids: Any, takes: Any) -> Sequence[str]:
        """Those of the model."""
        return self._inner.notices(ids, takes)

    def check(self) -> None:
        """What the model checks."""
        self._inner.check()

    def start(self) -> None:
        """Start all processes; they load the model at the same time."""
        self._events: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._deaths, self._restarts = [0] * len(self._devices), [0] * len(self._devices)
        self._processes = [self._started(number) for number in range(len(self._devices))]
        self._done = Throughput(began=time.perf_counter())
        self._said = ""

    def close(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.close()
        self._processes = []

    def pids(self) -> list[int]:
        """Processes at work."""
        return [process.pid for process in self._processes]

    def status(self) -> str:
        """Rates over all processes, for a progress line."""
        if not self._done.answered:
            return f"{len(self._processes)} processes"
        shots = [process.snapshot for process in self._processes]
        self._done.tokens, self._done.padded = sum(shot[0] for shot in shots), sum(shot[1] for shot in shots)
        memory = [shot[2] for shot in shots if shot[2] is not None]
        return f"{self._done.line(sum(memory) if memory else None)}, {len(shots)} processes"

    def circumstances(self) -> Mapping[str, Any]:
        """What each process has found."""
        found = {str(process.number): process.snapshot[3] for process in self._processes if process.snapshot[3]}
        return {"processes": found} if found else {}

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers as they come.

        Raises:
            EvalkitError: the model cannot be loaded or cannot answer at all, or every process keeps dying.
        """
        self._done = Throughput(began=time.perf_counter())
        share = _Share(requests, len(self._devices))
        while True:
            for process in self._processes:
                if process.idle:
                    portion = share.portion(*process.asks)
                    if portion:
                        process.give(portion)
            if share.empty and not any(process.given for process in self._processes):
                return
            process, kind, *facts = self._events.get()
            if kind == "ready":
                self._versions, process.ready = facts[0], True
            elif kind == "idle":
                process.idle, process.asks = True, (facts[0], facts[1])
            elif kind == "more":
                process.asks = (facts[0], facts[1])
                enough = self._has_enough(process, share)
                process.give([] if enough else share.portion(process.asks[0], process.asks[1], fresh=True))
            elif kind == "unreadable":
                process.given.pop(facts[0])
                yield facts[0], Response(failure=facts[1])
            elif kind == "answer":
                key, response, heard, process.snapshot = facts
                remarks.restore(process.given.pop(key).request.messages, heard)
                self._deaths[process.number] = 0
                self._done.answered += 1
                self._done.generated += (response.usage or {}).get("output_tokens", 0.0)
                yield key, response
            elif kind == "fatal":
                raise EvalkitError(facts[0])
            elif process in self._processes:
                yield from self._gone(process, share)

    def _has_enough(self, process: DeviceProcess, share: _Share) -> bool:
        """Whether a process at work gets nothing more for now.

        Its look-ahead would take a small task as a whole before the others have loaded their weights.
        """
        if any(item.deaths for item in process.given.values()):
            return True
        left = share.left()
        if left is None:
            return False
        left += sum(len(other.given) for other in self._processes)
        return len(process.given) >= -(-left // len(self._processes))

    def _gone(self, process: DeviceProcess, share: _Share) -> Iterator[Answer]:
        number, why = process.number, process.end()
        self._processes.remove(process)
        lost = list(process.given.values())
        self._deaths[number] += 1
        for item in lost:
            item.deaths += 1
        if len(lost) == 1 and lost[0].deaths > _SUSPECT:
            message = f"its process died {lost[0].deaths} times with it, the last time with this sample alone: {why}"
            yield lost.pop().request.id, Response(failure=Failure("model", message))
        share.give_back(lost)
        _LOG.warning(
            "process %d of model '%s' ended (%s); its %d samples are shared out again",
            number + 1, self.name, why, len(lost),
        )  # fmt: skip
        self._restarts[number] += 1
        bound = _DEATHS_IN_A_ROW if process.ready else _FAILED_STARTS
        if self._deaths[number] < bound and self._restarts[number] <= _RESTARTS:
            self._processes.append(self._started(number))
        elif not self._processes:
            raise EvalkitError(
                f"every process of model '{self.name}' died again and again without an answer; the last one: {why}. "
                "Answers so far are kept"
            )

    def _started(self, number: int) -> DeviceProcess:
        environment = dict(os.environ)
        device = self._devices[number]
        if device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = device
        else:  # processes on one CPU share its cores
            cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            environment.setdefault("OMP_NUM_THREADS", str(max(1, cores // len(self._devices))))
        return DeviceProcess(number, environment, self._model, self._events)


class _Share:
    """Requests to be given out, fresh ones and those whose process died."""

    def __init__(self, requests: Iterator[Request], processes: int) -> None:
        self._requests, self._processes = requests, processes
        self._fresh: collections.deque[Given] = collections.deque()
        self._again: collections.deque[Given] = collections.deque()
        self._ended = False

    @property
    def empty(self) -> bool:
        """True when nothing is left to give."""
        self._fill(1)
        return not self._fresh and not self._again

    def left(self) -> int | None:
        """Requests left to give; None while the end is not in sight."""
        return len(self._fresh) + len(self._again) if self._ended else None

    def give_back(self, items: Sequence[Given]) -> None:
        """Take back what a process had when it died."""
        self._again.extend(items)

    def portion(self, most: int, least: int, fresh: bool = False) -> list[Given]:
        """What one process gets now; empty when nothing is left.

        Args:
            most: as many as it can look at.
            least: no fewer, where there are as many.
            fresh: none that another process died with.
        """
        if self._again and not fresh:
            deaths = max(item.deaths for item in self._again)
            count = 1 if deaths >= _SUSPECT else max(1, most // 4)
            return [self._again.popleft() for _ in range(min(count, len(self._again)))]
        # Looked at ahead as far as all processes can reach: when the end comes in sight, portions shrink.
        self._fill(_SIGHT * most * self._processes)
        even = -(-len(self._fresh) // (_SIGHT * self._processes)) if self._ended else most
        count = min(most, max(least, even), len(self._fresh))
        return [self._fresh.popleft() for _ in range(count)]

    def _fill(self, count: int) -> None:
        while not self._ended and len(self._fresh) < count:
            request = next(self._requests, None)
            if request is None:
                self._ended = True
            else:
                self._fresh.append(Given(request))
