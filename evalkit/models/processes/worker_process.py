"""One process of a worker pool: its streams, its request, the end of its stderr."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from evalkit.core import own_process
from evalkit.core.errors import EvalkitError
from evalkit.core.shown import printable, redact
from evalkit.models.processes.worker_lines import Hello

_TAIL = 8000  # bytes of stderr looked at for a message


@dataclasses.dataclass(slots=True)
class Job:
    """One request on its way."""

    id: str
    line: bytes
    written: list[Path]
    tries: int = 0

    def remove_files(self) -> None:
        """Remove the files that were written for this request."""
        for path in self.written:
            path.unlink(missing_ok=True)


@dataclasses.dataclass(slots=True)
class WorkerProcess:
    """A process and what it is doing.

    Attributes:
        ready: it may be asked; with a handshake, after its hello and its first pong.
        asked_at: when its request was sent.
        ping_at: when to ask during a request whether it still listens; None when asked.
        listens: it answered that ping; None as long as none was sent.
        stray: lines on its stdout that were no messages, and the last of them.
    """

    number: int
    process: subprocess.Popen[bytes] | None = None
    job: Job | None = None
    deadline: float = 0.0
    unsent: bytes = b""
    received: bytearray = dataclasses.field(default_factory=bytearray)
    log: IO[bytes] | None = None
    hello: Hello | None = None
    ready: bool = False
    ping_at: float | None = None
    listens: bool | None = None
    stray: int = 0
    last_stray: str = ""

    def start(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> IO[bytes]:
        """Start the process in a group of its own; gives its stdout.

        Raises:
            EvalkitError: the program cannot be started.
        """
        self.log = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 closed with the process
        try:
            self.process = own_process.start(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, bufsize=0,
                env=environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self.log.close()
            raise EvalkitError(f"cannot start '{command[0]}': {error.strerror}") from error
        assert self.process.stdin is not None and self.process.stdout is not None
        os.set_blocking(self.process.stdin.fileno(), False)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.received, self.unsent = bytearray(), b""
        self.hello, self.ready, self.ping_at, self.listens = None, False, None, None
        self.stray, self.last_stray = 0, ""
        return self.process.stdout

    def tail(self, characters: int = 500) -> str:
        """The end of what the process wrote on stderr."""
        if self.log is None or self.log.closed:
            return ""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - _TAIL))
        return printable(redact(self.log.read().decode("utf-8", "replace").strip()))[-characters:]

    def kill(self) -> None:
        """Kill the process and everything it started: workers lead their own process groups."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def ended(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-code).name}"
    return f"exit code {code}"
