"""A lease: a file that says which process works in a folder, renewed while it lives.

The lock of a run directory is flock's. On some network file systems flock succeeds for everybody, and two processes
would append to the same journal; the lease, which needs no more than exclusive creation, tells them apart.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

from evalkit.core import owners

BEAT = 10.0  # seconds between renewals
STALE = 30.0  # seconds without one after which a lease of another machine has ended
_TRIES = 200


class Lease:
    """A lease on a folder.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tag = owners.me()
        self._ended = threading.Event()

    def take(self) -> str | None:
        """Take the lease; returns the tag of the process that has it, None when it is ours now.

        Whether a process of another machine lives is found out by waiting for its next beats.

        Raises:
            OSError: the folder cannot be written.
        """
        watched: float | None = None
        for _ in range(_TRIES):
            try:
                file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            except FileExistsError:
                if (holder := owners.holder(self._path, STALE, self._clock)) is None:
                    continue
                if holder.lives or watched not in (None, holder.touched):
                    return holder.tag
                watched = holder.touched  # perhaps killed, on another machine: the next beats tell
                time.sleep(1.0)
                continue
            with os.fdopen(file, "w") as stream:
                stream.write(self._tag)
            threading.Thread(target=self._beat, daemon=True, name="evalkit-lease").start()
            return None
        return "unknown"

    def give_back(self) -> None:
        """End the lease, if it is still ours."""
        self._ended.set()
        with contextlib.suppress(OSError):
            if self._path.read_text(errors="replace") == self._tag:
                self._path.unlink()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(self._path)

    def _clock(self) -> float:
        """The time as the file system tells it, which may be another machine's."""
        probe = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            probe.write_bytes(b"")
            return probe.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)
