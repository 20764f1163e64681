"""Many files made by one function in several processes: images drawn, turns spoken."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from evalkit.core import own_process
from evalkit.core.errors import EvalkitError

FEW = 16  # so few items are made in this process: interpreters take longer to start


def made(
    maker: Callable[[Any, Path], str],
    items: Sequence[Any],
    folder: Path,
    tick: Callable[[], object],
    *,
    workers: int | None = None,
    most: int = 8,
) -> list[str]:
    """Make a file of each item; returns the files' names, in order.

    Args:
        maker: function of a module that can be imported; makes the file of an item in a folder, returns its name.
        items: what JSON can hold.
        folder: made when missing.
        tick: called after each file.
        workers: processes; one for each processor, `most` at most, where None.
        most: see `workers`.

    Raises:
        EvalkitError: a process failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = workers or min(most, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    if number == 1 or len(items) < FEW:
        names = []
        for item in items:
            names.append(maker(item, folder))
            tick()
        return names
    # New interpreters instead of forked ones: the caller may have threads, and need not be importable.
    listed = folder / "items.jsonl"
    listed.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    words = own_process.module_command(__name__, f"{maker.__module__}:{maker.__qualname__}", str(listed), str(number))
    running: list[subprocess.Popen[str]] = []
    with ExitStack() as stack:
        stack.callback(listed.unlink, missing_ok=True)
        stack.callback(_end, running)
        # Into files: a full pipe would stop a process that nobody reads yet.
        logs = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(number)]
        for part, log in enumerate(logs):
            running.append(
                own_process.start([*words, str(part)], stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8")
            )
        named = dict(_collected(running, logs, tick, folder))
    return [named[place] for place in range(len(items))]


def _end(running: Sequence[subprocess.Popen[str]]) -> None:
    for process in running:
        process.kill()
        process.communicate()


def _collected(
    running: Sequence[subprocess.Popen[str]], logs: Sequence[IO[str]], tick: Callable[[], object], folder: Path
) -> Iterator[tuple[int, str]]:
    for process, log in zip(running, logs, strict=True):
        assert process.stdout is not None
        for line in process.stdout:
            place, name = line.rstrip("\n").split(" ", 1)
            tick()
            yield int(place), name
        code = process.wait()
        if code != 0:
            log.seek(0)
            told = log.read().strip() or "no message"
            raise EvalkitError(f"{folder}: making its files failed (exit code {code}): {told}")


def main() -> int:
    """Make the files of every n-th item of a list; a line for each on stdout."""
    maker, listed, number, part = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    module, _, name = maker.partition(":")
    make = getattr(importlib.import_module(module), name)
    with listed.open(encoding="utf-8") as file:
        for place, line in enumerate(file):
            if place % number == part:
                sys.stdout.write(f"{place} {make(json.loads(line), listed.parent)}\n")
    return 0
