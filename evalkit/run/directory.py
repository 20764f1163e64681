"""The run directory `<out>/<model>/<task>/<hash>/`: its files, its lock, starting over."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from types import TracebackType

from evalkit.core.errors import ResultsError


def safe_name(name: str) -> str:
    """A name as a folder name: letters, digits, dot, dash, underscore; everything else becomes '_'."""
    return re.sub(r"[^\w.\-]+", "_", name).strip("._") or "_"


class RunDirectory:
    """Paths of one run, locked while it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run.json"
        self.samples = path / "samples.jsonl"
        self.media = path / "media"
        self._lock = -1

    def summary(self, part: str = "") -> Path:
        """The summary; `part` names one that covers less, or by another rule, than the run's own."""
        return self.path / (f"summary.{part}.json" if part else "summary.json")

    def scores(self, scoring: str) -> Path:
        """Journal of one scoring."""
        return self.path / "scores" / f"{scoring}.jsonl"

    def transcripts(self, transcriber: str) -> Path:
        """Journal of one transcriber."""
        return self.path / "transcripts" / f"{transcriber}.jsonl"

    def listened(self, role: str, listener: str) -> Path:
        """Journal of one listener of another role than transcriber."""
        return self.path / "listened" / f"{role}-{listener}.jsonl"

    def __enter__(self) -> RunDirectory:
        """Create and lock the directory.

        Raises:
            ResultsError: not writable, or another process works in it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ResultsError(
                f"{self.path}: cannot be created or written ({error.strerror}); choose another --out"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 64, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._lock)
            raise ResultsError(
                f"{self.path}: process {holder} is working in this run directory. Wait for it to end, "
                "or use another --out; nothing was changed"
            ) from None
        try:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, str(os.getpid()).encode(), 0)
        except OSError as error:
            os.close(self._lock)
            raise ResultsError(f"{self.path}: cannot be written ({error.strerror}); choose another --out") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)  # releases the lock; so does the end of the process, however it comes

    def set_aside(self) -> Path | None:
        """Move earlier results of this run to a sibling folder; returns it, or None when there were none.

        Called with the lock held; the directory itself and its lock stay.
        """
        found = [entry for entry in self.path.iterdir() if entry.name != ".lock"]
        if not found:
            return None
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.old{number}")).exists():
            number += 1
        aside.mkdir()
        for entry in found:
            entry.rename(aside / entry.name)
        return aside
