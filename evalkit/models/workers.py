"""Programs that answer JSON Lines: a pool of worker processes, restarted when they die, with a timeout.

A worker reads one request per line on stdin and writes one reply per line on stdout:

    {"id": "...", "messages": [{"role": "user", "content": [{"type": "audio", "path": "/abs/x.wav"}]}],
     "settings": {"max_new_tokens": 256, ...}, "seed": 123}
    {"id": "...", "text": "...", "audio": "/abs/reply.wav"?, "usage": {...}?, "error": "..."?}

Media travel as paths. Everything a worker writes on stderr is kept for error messages.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.message import Audio, Media, Text
from evalkit.core.model import Answer
from evalkit.core.response import Failure, FailureKind, Response
from evalkit.core.sample import Request
from evalkit.media.source import read_bytes

_TAIL = 2000  # bytes of stderr quoted in a message
_MOST = 1e15
_LOST_IN_A_ROW = 50  # samples in a row that a program which has answered before may lose


class WorkerPool:
    """Identical workers that share a stream of requests, one request in flight each.

    Args:
        command: program and arguments.
        workers: how many processes.
        timeout: seconds a worker may take for one request, its own start included.
        retries: how often a request is asked again after its worker died or timed out.
        environment: variables added to the environment.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        workers: int = 1,
        timeout: float = 600.0,
        retries: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command, self._timeout, self._retries = list(command), timeout, retries
        self._environment = {**os.environ, **(environment or {})}
        self._count = workers
        self._selector = selectors.DefaultSelector()
        self._folder = tempfile.TemporaryDirectory(prefix="evalkit-workers-")
        self._workers = [_Worker(number) for number in range(workers)]
        self._answered = False
        self._lost_in_a_row = 0

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            self._stop(worker)
        self._selector.close()
        self._folder.cleanup()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order they come; a request that fails gives a response with a failure.

        Raises:
            EvalkitError: the program cannot be started, or keeps dying before it answers anything.
        """
        again: collections.deque[_Job] = collections.deque()
        exhausted = False
        while True:
            for worker in self._workers:
                while worker.job is None and (again or not exhausted):
                    job = again.popleft() if again else self._next(requests)
                    if job is None:
                        exhausted = True
                    elif isinstance(job, _Job):
                        self._give(worker, job)
                    else:
                        yield job
            busy = [worker for worker in self._workers if worker.job is not None]
            if not busy:
                return
            yield from self._wait(busy, again)

    def _next(self, requests: Iterator[Request]) -> _Job | Answer | None:
        request = next(requests, None)
        if request is None:
            return None
        try:
            return self._job(request)
        except DataError as error:
            return request.id, Response(failure=Failure("input", str(error)))

    def _job(self, request: Request) -> _Job:
        spooled: list[Path] = []

        def part(content: Text | Media) -> dict[str, str]:
            if isinstance(content, Text):
                return {"type": "text", "text": content.text}
            return {"type": content.modality, "path": self._path(content, spooled)}  # type: ignore[attr-defined]

        line = {
            "id": request.id,
            "messages": [
                {"role": turn.role, "content": [part(content) for content in turn.content]} for turn in request.messages
            ],
            "settings": dataclasses.asdict(request.settings),
            "seed": request.seed,
        }
        return _Job(request.id, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE), spooled)

    def _path(self, media: Media, spooled: list[Path]) -> str:
        if media.path is not None:
            if not os.path.isfile(media.path):
                raise DataError(media.label, "file not found; check the path and --data")
            return os.path.abspath(media.path)
        handle, name = tempfile.mkstemp(suffix=Path(media.label).suffix, dir=self._folder.name)
        with os.fdopen(handle, "wb") as file:
            file.write(read_bytes(media))
        spooled.append(Path(name))
        return name

    def _give(self, worker: _Worker, job: _Job) -> None:
        if worker.process is None:
            self._start(worker)
        worker.job, worker.deadline = job, time.monotonic() + self._timeout
        worker.unsent = job.line
        assert worker.process is not None and worker.process.stdin is not None
        self._selector.register(worker.process.stdin, selectors.EVENT_WRITE, worker)

    def _start(self, worker: _Worker) -> None:
        worker.log = tempfile.TemporaryFile(dir=self._folder.name)  # noqa: SIM115 closed with the worker
        try:
            worker.process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=worker.log, bufsize=0,
                env=self._environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise EvalkitError(f"cannot start '{self._command[0]}': {error.strerror}") from error
        assert worker.process.stdin is not None and worker.process.stdout is not None
        os.set_blocking(worker.process.stdin.fileno(), False)
        os.set_blocking(worker.process.stdout.fileno(), False)
        worker.received = bytearray()
        self._selector.register(worker.process.stdout, selectors.EVENT_READ, worker)

    def _stop(self, worker: _Worker) -> int | None:
        process = worker.process
        if process is None:
            return None
        assert process.stdin is not None and process.stdout is not None
        for stream in (process.stdin, process.stdout):
            if stream.fileno() in self._selector.get_map():
                self._selector.unregister(stream)
            stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)  # a worker ends by itself when its stdin closes
        _kill(process)  # whatever it started, too
        process.wait()
        worker.process = None
        if worker.log is not None:
            worker.log.close()
        return process.returncode

    def _wait(self, busy: Sequence[_Worker], again: collections.deque[_Job]) -> Iterator[Answer]:
        nearest = min(worker.deadline for worker in busy)
        events = self._selector.select(max(0.0, nearest - time.monotonic()))
        for key, _ in events:
            worker: _Worker = key.data
            if worker.process is None:
                continue  # stopped while handling an earlier event
            if key.fileobj is worker.process.stdin:
                self._send(worker)
            else:
                yield from self._receive(worker, again)
        now = time.monotonic()
        for worker in busy:
            if worker.job is not None and now >= worker.deadline:
                why = f"no answer within {self._timeout:g} s"
                yield from self._lost(worker, again, "timeout", why)

    def _send(self, worker: _Worker) -> None:
        assert worker.process is not None and worker.process.stdin is not None
        stdin = worker.process.stdin
        try:
            sent = os.write(stdin.fileno(), worker.unsent)
        except BlockingIOError:
            return
        except BrokenPipeError:
            worker.unsent = b""  # it died; reading its stdout tells
        else:
            worker.unsent = worker.unsent[sent:]
        if not worker.unsent:
            self._selector.unregister(stdin)

    def _receive(self, worker: _Worker, again: collections.deque[_Job]) -> Iterator[Answer]:
        assert worker.process is not None and worker.process.stdout is not None
        data = os.read(worker.process.stdout.fileno(), 1 << 20)
        if not data:
            if worker.job is None:
                self._stop(worker)  # ended between two requests; started anew when needed
            else:
                yield from self._lost(worker, again, "model", "the program ended")
            return
        worker.received += data
        while worker.job is not None and (end := worker.received.find(b"\n")) >= 0:
            line = bytes(worker.received[:end])
            del worker.received[: end + 1]
            yield from self._reply(worker, line, again)

    def _reply(self, worker: _Worker, line: bytes, again: collections.deque[_Job]) -> Iterator[Answer]:
        job = worker.job
        assert job is not None
        try:
            reply: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            reply = None
        if not isinstance(reply, dict) or reply.get("id") != job.id:
            expected = f'a JSON object with "id": "{job.id}" and "text" (logs belong on stderr)'
            shown = line[:200].decode("utf-8", "replace")
            yield from self._lost(worker, again, "model", f"it wrote {shown!r} where {expected} was expected")
            return
        worker.job = None
        job.remove_files()
        self._answered, self._lost_in_a_row = True, 0
        yield job.id, _response(reply)

    def _lost(self, worker: _Worker, again: collections.deque[_Job], kind: Any, why: str) -> Iterator[Answer]:
        """Handle a worker that did not answer: restart it, ask once more or give the request up."""
        job = worker.job
        assert job is not None
        if kind == "timeout" and worker.process is not None:
            _kill(worker.process)
        tail = worker.tail()
        code = self._stop(worker)
        worker.job = None
        job.tries += 1
        self._lost_in_a_row += 1
        message = f"{why} (exit code {code})" + (f"; its stderr ends: {tail}" if tail else "")
        # A program that never answered anything is broken; one that did may meet a row of samples it cannot stand.
        bound = (1 + self._retries) * _LOST_IN_A_ROW if self._answered else 2 * self._count + self._retries + 1
        if self._lost_in_a_row > bound:
            raise EvalkitError(
                f"'{self._command[0]}' failed {self._lost_in_a_row} times in a row without one answer, "
                f"the last time on sample '{job.id}': {message}. Answers so far are kept"
            )
        if job.tries <= self._retries:
            again.append(job)
            return
        job.remove_files()
        yield job.id, Response(failure=Failure(kind, f"{message}; asked {job.tries} times"))


@dataclasses.dataclass(slots=True)
class _Job:
    """One request on its way."""

    id: str
    line: bytes
    spooled: list[Path]
    tries: int = 0

    def remove_files(self) -> None:
        for path in self.spooled:
            path.unlink(missing_ok=True)


@dataclasses.dataclass(slots=True)
class _Worker:
    """One process and what it is doing."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    job: _Job | None = None
    deadline: float = 0.0
    unsent: bytes = b""
    received: bytearray = dataclasses.field(default_factory=bytearray)
    log: IO[bytes] | None = None

    def tail(self) -> str:
        """The end of what the process wrote on stderr."""
        if self.log is None or self.log.closed:
            return ""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - _TAIL))
        return self.log.read().decode("utf-8", "replace").strip()[-500:]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker and everything it started: workers lead their own process groups."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _response(reply: Mapping[str, Any]) -> Response:
    if reply.get("error"):
        kind: FailureKind = "input" if reply.get("error_kind") == "input" else "model"
        return Response(failure=Failure(kind, str(reply["error"])))
    wrong = next((problem for problem in _problems(reply) if problem), None)
    if wrong:
        return Response(failure=Failure("model", f"its reply cannot be used: {wrong}"))
    audio = reply.get("audio")
    return Response(
        text=reply.get("text"),
        audio=Audio(path=audio) if audio is not None else None,
        usage=reply.get("usage"),
        cost=reply.get("cost"),
        seconds=reply.get("seconds"),
    )


def _problems(reply: Mapping[str, Any]) -> Iterator[str]:
    text, audio, usage = reply.get("text"), reply.get("audio"), reply.get("usage")
    if text is None and audio is None:
        yield 'neither "text" nor "audio"'
    for name in ("text", "audio"):
        value = reply.get(name)
        if value is not None and not isinstance(value, str):
            yield f'"{name}" is {type(value).__name__}, expected a string'
    for name in ("cost", "seconds"):
        if reply.get(name) is not None and not _is_amount(reply[name]):
            yield f'"{name}" is {reply[name]!r}, expected a number that is not negative'
    if usage is not None and not (isinstance(usage, dict) and all(map(_is_amount, usage.values()))):
        yield f'"usage" is {usage!r}, expected numbers by name'


def _is_amount(value: object) -> bool:
    """A count, a price or a time: not negative, and of a size that sums can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _MOST
