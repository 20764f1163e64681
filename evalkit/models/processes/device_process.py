"""The parent's end of one process of `--devices N`: its pipes, its log, what it has in hand."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core import own_process
from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.response import Failure
from evalkit.core.sample import Request
from evalkit.core.shown import printable, redact
from evalkit.models.processes.device_frames import portable_request, read_frames, write_frame

_MODULE = "evalkit.models.processes.device_worker"
_TAIL = 2000  # bytes of stderr quoted in a message


@dataclass(slots=True)
class Given:
    """A request with the number of processes that died while they had it."""

    request: Request
    deaths: int = 0


class DeviceProcess:
    """A process and two threads that read from it and write to it.

    Events are put into a queue as (process, kind, ...): "ready" (versions), "idle" and "more" (most and least it
    asks for), "answer" (id, response, snapshot), "unreadable" (id, failure), "fatal" (message), "gone".

    Args:
        number: from 0.
        environment: of the process.
        model: name and arguments.
        events: where to put them.
    """

    def __init__(
        self,
        number: int,
        environment: Mapping[str, str],
        model: tuple[str, Mapping[str, Any]],
        events: queue.SimpleQueue[tuple[Any, ...]],
    ) -> None:
        self.number = number
        self.given: dict[str, Given] = {}
        self.idle = self.ready = False
        self.asks = (1, 1)
        self.snapshot: tuple[int, int, int | None, Mapping[str, Any]] = (0, 0, None, {})
        self._events = events
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 closed in `close`
        try:
            self._process = own_process.start(
                own_process.module_command(_MODULE), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self._log, env=environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise EvalkitError(f"cannot start a process for a device: {error.strerror}") from error
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox.put(model)
        for work in (self._read, self._write):
            threading.Thread(target=work, daemon=True, name=f"device {number}").start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def give(self, items: Sequence[Given]) -> None:
        """Hand over a portion; an empty one tells that there is no more for now."""
        self.given.update((item.request.id, item) for item in items)
        self.idle = False
        self._outbox.put([item.request for item in items])

    def end(self) -> str:
        """Wait for a process that is gone; returns what is to be said of it."""
        self._stop(wait=5.0)
        code = self._process.returncode
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _TAIL))
        tail = printable(redact(self._log.read().decode("utf-8", "replace").strip()))[-500:]
        self._log.close()
        return f"exit code {code}" + (f"; its stderr ends: {tail}" if tail else "")

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._stop(wait=1.0)
        self._log.close()

    def _stop(self, wait: float) -> None:
        self._outbox.put(None)  # closes its stdin, on which it ends
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(wait)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for message in read_frames(stream):
                self._events.put((self, *message))
        self._events.put((self, "gone"))

    def _write(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as stream:  # it died: reading tells
            write_frame(stream, self._outbox.get())
            while (requests := self._outbox.get()) is not None:
                readable = [self._portable(request) for request in requests]
                write_frame(stream, [request for request in readable if request is not None])

    def _portable(self, request: Request) -> Request | None:
        try:
            return portable_request(request)
        except DataError as error:
            failure = Failure("input", str(error))
        except Exception as error:  # an opener of a data set may raise anything; as in one process
            failure = Failure("model", f"it could not be prepared: {type(error).__name__}: {error}")
        self._events.put((self, "unreadable", request.id, failure))
        return None
