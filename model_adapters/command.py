"""Any program that answers JSON Lines on stdin and stdout."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.model import Answer, Model, model
from evalkit.core.sample import Request
from evalkit.models.processes.program_files import program_hashes
from evalkit.models.processes.workers import WorkerPool


@model("command", takes=("text", "image", "audio", "video"), gives=("text", "speech"))
class Command(Model):
    """Runs a program and talks to it; see `evalkit.models.processes.workers` for the lines.

    Args:
        cmd: the command line, split as a shell splits words; no shell is started.
        workers: processes that share the samples.
        timeout: seconds for one request.
        retries: how often a request is asked again after its process died or timed out.
        speech: folder from which spoken answers are taken, where the program does not write them to `audio_out`.

    The contents of the program, and of the files its command line names, are part of the identity.
    """

    incidental = frozenset({"workers", "timeout", "retries", "speech"})

    def __init__(self, cmd: str, workers: int = 1, timeout: float = 600.0, retries: int = 1, speech: str = "") -> None:
        try:
            self._command = shlex.split(cmd)
        except ValueError as error:
            raise UsageError(f"model 'command': cmd cannot be split into words: {error}") from None
        if not self._command:
            raise UsageError("model 'command': cmd is empty")
        if shutil.which(self._command[0]) is None:
            raise UsageError(f"model 'command': there is no program '{self._command[0]}' on the PATH")
        if workers < 1 or not timeout > 0 or retries < 0:
            raise UsageError("model 'command': workers >= 1, timeout > 0 and retries >= 0 are needed")
        if speech and not os.path.isdir(speech):
            raise UsageError(f"model 'command': speech={speech} is no folder")
        self._settings: Mapping[str, Any] = {
            "workers": workers, "timeout": timeout, "retries": retries, "speech": speech
        }  # fmt: skip
        self._pool: WorkerPool | None = None

    def identity(self) -> Mapping[str, Any]:
        """Arguments, and a content hash of each file that the program is made of."""
        return {**super().identity(), "program": program_hashes(self._command)}

    def start(self) -> None:
        """Prepare the pool; processes start with the first requests."""
        self._pool = WorkerPool(self._command, **self._settings)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.close()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers in the order the processes give them."""
        assert self._pool is not None
        return self._pool.stream(requests)
