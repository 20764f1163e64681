"""Programs that answer JSON Lines: a pool of worker processes, restarted when they die, with a timeout.

The lines are described in docs/worker.md. A program may leave the handshake out and answer request by request:

    {"type": "answer", "id": "...", "messages": [...], "settings": {"max_new_tokens": 256, ...}, "seed": 123}
    {"id": "...", "text": "...", "audio": "/abs/reply.wav"?, "usage": {...}?, "error": "..."?}

Media travel as paths. Everything a worker writes on stderr is kept for error messages.
"""

from __future__ import annotations

import collections
import contextlib
import logging
import os
import selectors
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError, EvalkitError
from evalkit.core.message import Media
from evalkit.core.model import Answer
from evalkit.core.own_process import foreign_environment
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.models.processes import worker_lines as lines
from evalkit.models.processes.spool import Spool
from evalkit.models.processes.worker_process import Job, WorkerProcess, ended

_LOST_IN_A_ROW = 50  # samples in a row that a program which has answered before may lose
_STARTS = 3  # failed starts in a row of a program that has started before
_PATIENCE = 0.8  # share of the timeout after which a worker is asked whether it still listens
_MOST_BYTES = 1 << 26  # of one line

_Again = collections.deque[Job]


@dataclass(frozen=True, slots=True)
class Handshake:
    """What is expected of workers that say hello, as all do that run by `worker_main.py`.

    Args:
        model: registered name they must give.
        start_timeout: seconds from the start to the hello: weights are loaded meanwhile.
        stray_lines: lines on stdout that are no messages and are let pass; with one more the process is killed.
        help: shown when the process does not start (how its environment is made).
    """

    model: str
    start_timeout: float = 1800.0
    stray_lines: int = 20
    help: str = ""


class WorkerPool:
    """Identical workers that share a stream of requests, one request in flight each.

    Args:
        command: program and arguments.
        workers: how many processes.
        timeout: seconds a worker may take for one request; without a handshake its own start included.
        retries: how often a request is asked again after its worker died, timed out or told of a passing error.
        environment: variables added to the environment; TMPDIR is the folder from which speech is taken.
        environments: the whole environment of each worker, in place of this process' own.
        handshake: for workers that say hello; None for plain programs.
        lost_in_a_row: samples in a row that may be lost before the run ends, once something was answered.
        wav: give audio as WAV files.
        speech: folder of the program's own from which spoken answers are taken, too.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        workers: int = 1,
        timeout: float = 600.0,
        retries: int = 1,
        environment: Mapping[str, str] | None = None,
        environments: Sequence[Mapping[str, str]] | None = None,
        handshake: Handshake | None = None,
        lost_in_a_row: int = _LOST_IN_A_ROW,
        wav: bool = False,
        speech: str = "",
    ) -> None:
        self._command, self._timeout, self._retries = list(command), timeout, retries
        self._count = workers
        self._handshake = handshake
        self._bound = lost_in_a_row
        self._selector = selectors.DefaultSelector()
        self._spool = Spool(wav, speech)
        own = {**foreign_environment(), "TMPDIR": str(self._spool.folder), **(environment or {})}
        self._environments = list(environments or [own] * workers)
        self._workers = [WorkerProcess(number) for number in range(workers)]
        self._answered = False
        self._lost_in_a_row = self._failed_starts = 0
        self.hello: lines.Hello | None = None  # of the worker that said it last

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            self._stop(worker)
        self._selector.close()
        self._spool.close()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order they come; a request that fails gives a response with a failure.

        Raises:
            EvalkitError: the program cannot be started, or keeps dying before it answers anything.
        """
        again: _Again = collections.deque()
        exhausted = False
        while True:
            for worker in self._workers:
                while worker.job is None and (again or not exhausted):
                    job = again.popleft() if again else self._next(requests)
                    if job is None:
                        exhausted = True
                    elif isinstance(job, Job):
                        self._give(worker, job)
                    else:
                        yield job
            busy = [worker for worker in self._workers if worker.job is not None]
            if not busy:
                return
            yield from self._wait(busy, again)

    def _next(self, requests: Iterator[Request]) -> Job | Answer | None:
        request = next(requests, None)
        if request is None:
            return None
        try:
            return self._job(request)
        except DataError as error:
            return request.id, Response(failure=Failure("input", str(error)))

    def _job(self, request: Request) -> Job:
        job = Job(request.id, b"", [])

        def place(media: Media) -> str:
            path, written = self._spool.place(media)
            if written:
                job.written.append(Path(path))
            return path

        audio_out = self._spool.new(".wav") if request.settings.speech else None
        try:
            job.line = lines.request_line(request, place, str(audio_out) if audio_out else None)
        except DataError:
            job.remove_files()
            raise
        if audio_out is not None:
            job.written.append(audio_out)
        return job

    def _give(self, worker: WorkerProcess, job: Job) -> None:
        worker.job = job
        if worker.process is None:
            stdout = worker.start(self._command, self._environments[worker.number], self._spool.folder)
            self._selector.register(stdout, selectors.EVENT_READ, worker)
            if self._handshake is not None:
                worker.deadline = time.monotonic() + self._handshake.start_timeout
                return  # asked once it is ready
            worker.ready = True
        self._ask(worker)

    def _ask(self, worker: WorkerProcess) -> None:
        assert worker.job is not None
        now = time.monotonic()
        worker.deadline = now + self._timeout
        worker.listens, worker.ping_at = None, now + _PATIENCE * self._timeout if self._handshake else None
        self._queue(worker, worker.job.line)

    def _queue(self, worker: WorkerProcess, data: bytes) -> None:
        assert worker.process is not None and worker.process.stdin is not None
        if not worker.unsent:
            self._selector.register(worker.process.stdin, selectors.EVENT_WRITE, worker)
        worker.unsent += data

    def _stop(self, worker: WorkerProcess) -> int | None:
        process = worker.process
        if process is None:
            return None
        assert process.stdin is not None and process.stdout is not None
        if self._handshake is not None and worker.ready and worker.job is None and not worker.unsent:
            with contextlib.suppress(OSError):
                os.write(process.stdin.fileno(), lines.BYE)
        for stream in (process.stdin, process.stdout):
            if stream.fileno() in self._selector.get_map():
                self._selector.unregister(stream)
            stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)  # a worker ends by itself when its stdin closes
        worker.kill()  # whatever it started, too
        process.wait()
        worker.process, worker.unsent = None, b""
        if worker.log is not None:
            worker.log.close()
        return process.returncode

    def _wait(self, busy: Sequence[WorkerProcess], again: _Again) -> Iterator[Answer]:
        nearest = min(min(worker.deadline, worker.ping_at or worker.deadline) for worker in busy)
        events = self._selector.select(max(0.0, nearest - time.monotonic()))
        for key, _ in events:
            worker: WorkerProcess = key.data
            if worker.process is None:
                continue  # stopped while handling an earlier event
            if key.fileobj is worker.process.stdin:
                self._send(worker)
            else:
                yield from self._receive(worker, again)
        now = time.monotonic()
        for worker in busy:
            if worker.job is None:
                continue
            if worker.ping_at is not None and now >= worker.ping_at and worker.ready:
                worker.ping_at, worker.listens = None, False
                self._queue(worker, lines.PING)
            if now >= worker.deadline:
                yield from self._lost(worker, again, "timeout", self._silence(worker))

    def _silence(self, worker: WorkerProcess) -> str:
        if not worker.ready:
            assert self._handshake is not None
            return f"it was not ready within {self._handshake.start_timeout:g} s (start_timeout)"
        state = {None: "", True: "; it still listens, so it may only be slow", False: "; it does not listen any more"}
        return f"no answer within {self._timeout:g} s{state[worker.listens]}"

    def _send(self, worker: WorkerProcess) -> None:
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

    def _receive(self, worker: WorkerProcess, again: _Again) -> Iterator[Answer]:
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
            yield from self._line(worker, line, again)
        if len(worker.received) > _MOST_BYTES and worker.job is None:
            worker.kill()  # it talks without being asked; started anew when needed
            self._stop(worker)
        elif len(worker.received) > _MOST_BYTES:
            worker.kill()
            yield from self._lost(worker, again, "model", f"it wrote a line of more than {_MOST_BYTES >> 20} MiB")

    def _line(self, worker: WorkerProcess, line: bytes, again: _Again) -> Iterator[Answer]:
        job, message = worker.job, lines.parsed(line)
        assert job is not None
        kind = message.get("type") if message is not None else None
        if message is not None and kind == "hello" and worker.hello is None and not self._answers(message, job):
            self._greet(worker, message)
        elif kind == "pong" and worker.hello is not None:
            if worker.ready:
                worker.listens = True
            else:
                worker.ready, self._failed_starts = True, 0
                self._ask(worker)
        elif message is not None and worker.ready and message.get("id") == job.id:
            yield from self._reply(worker, job, message, again)
        else:
            yield from self._stray(worker, line, again)

    def _answers(self, message: Mapping[str, Any], job: Job) -> bool:
        """Whether a plain program's line is its answer, whatever type it gives it."""
        return self._handshake is None and message.get("id") == job.id

    def _greet(self, worker: WorkerProcess, message: Mapping[str, Any]) -> None:
        try:
            hello = lines.hello(message)
            if self._handshake is not None and hello.model != self._handshake.model:
                raise ValueError(f"it is the worker of '{hello.model}', not of '{self._handshake.model}'")
        except ValueError as error:
            raise EvalkitError(f"'{self._command[0]}' cannot be used as a worker: {error}") from error
        worker.hello = self.hello = hello
        if not worker.ready:
            self._queue(worker, lines.PING)

    def _stray(self, worker: WorkerProcess, line: bytes, again: _Again) -> Iterator[Answer]:
        """A line that is no message where one is expected."""
        assert worker.job is not None
        worker.stray += 1
        worker.last_stray = line[:200].decode("utf-8", "replace")
        expected = f'a JSON object with "id": "{worker.job.id}" and "text" (logs belong on stderr)'
        if self._handshake is None:
            why = f"it wrote {worker.last_stray!r} where {expected} was expected"
            yield from self._lost(worker, again, "model", why)
        elif worker.stray > self._handshake.stray_lines:
            why = f"it wrote {worker.stray} lines on stdout that are no messages, the last {worker.last_stray!r}"
            yield from self._lost(worker, again, "model", why)
        elif worker.stray == 1:
            logging.getLogger(__name__).warning(
                "%s: its worker wrote %r on stdout, which is no message; up to %d such lines are let pass",
                self._handshake.model, worker.last_stray, self._handshake.stray_lines,
            )  # fmt: skip

    def _reply(self, worker: WorkerProcess, job: Job, reply: Mapping[str, Any], again: _Again) -> Iterator[Answer]:
        worker.job = None
        job.tries += 1
        self._answered, self._lost_in_a_row = True, 0
        passing = reply.get("error") and reply.get("error_kind") in lines.AGAIN
        if reply.get("restart") is True or (passing and reply.get("error_kind") == "out_of_memory"):
            self._stop(worker)  # memory in pieces, or a device in an unknown state
        if passing and job.tries <= self._retries:
            again.append(job)
            return
        try:
            response = lines.response(reply, self._spool.take)
        except DataError as error:
            response = Response(failure=Failure("model", f"its speech cannot be used: {error}"))
        job.remove_files()
        yield job.id, response

    def _lost(self, worker: WorkerProcess, again: _Again, kind: Any, why: str) -> Iterator[Answer]:
        """Handle a worker that did not answer: restart it, ask once more or give the request up."""
        job = worker.job
        assert job is not None
        if kind == "timeout" or worker.stray:
            worker.kill()
        started, tail = worker.ready, worker.tail(500 if worker.ready else 3000)
        code = self._stop(worker)
        worker.job = None
        stray = f", after {worker.stray} lines on stdout that are no messages" if worker.stray else ""
        message = f"{why} ({ended(code)}{stray})" + (f"; its stderr ends: {tail}" if tail else "")
        if not started:
            self._not_started(message)
            again.appendleft(job)  # not the request's fault
            return
        job.tries += 1
        self._lost_in_a_row += 1
        # A program that never answered anything is broken; one that did may meet a row of samples it cannot stand.
        bound = (1 + self._retries) * self._bound if self._answered else 2 * self._count + self._retries + 1
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

    def _not_started(self, message: str) -> None:
        """Count a failed start; end the run if there is no point in trying again."""
        assert self._handshake is not None
        self._failed_starts += 1
        if self.hello is not None and self._failed_starts < _STARTS:
            return
        advice = f"\n{self._handshake.help}" if self._handshake.help else ""
        raise EvalkitError(
            f"the worker of model '{self._handshake.model}' ('{self._command[0]}') does not start: {message}{advice}"
        )
