"""The run directory `<out>/<model>/<task>/<hash>/`: its files, its lock, starting over."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from pathlib import Path
from types import TracebackType

from evalkit.core import owners
from evalkit.core.errors import ResultsError
from evalkit.core.whole_files import sweep
from evalkit.run.lease import Lease

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)  # a file system without them


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
        self._lease = Lease(path / ".lease")

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
            self._take()
        except BaseException:
            os.close(self._lock)
            raise
        for folder in (self.path, self.path / "scores", self.path / "transcripts", self.media):
            sweep(folder)
        return self

    def _take(self) -> None:
        try:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._taken(os.pread(self._lock, 64, 0).decode("ascii", "replace").strip()) from None
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
            holder = self._lease.take()
            if holder is not None:  # the file system gave the lock to both
                raise self._taken(owners.pid_of(holder))
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, str(os.getpid()).encode(), 0)
        except OSError as error:
            raise ResultsError(f"{self.path}: cannot be written ({error.strerror}); choose another --out") from error

    def _taken(self, holder: str) -> ResultsError:
        return ResultsError(
            f"{self.path}: process {holder or 'unknown'} is working in this run directory. Wait for it to end, "
            "or use another --out; nothing was changed"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lease.give_back()
        os.close(self._lock)  # releases the lock; so does the end of the process, however it comes

    def set_aside(self) -> Path | None:
        """Move earlier results of this run to a sibling folder; returns it, or None when there were none.

        Called with the lock held; the directory itself and its lock stay.
        """
        found = [entry for entry in self.path.iterdir() if entry.name not in (".lock", ".lease")]
        if not found:
            return None
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.old{number}")).exists():
            number += 1
        aside.mkdir()
        for entry in found:
            entry.rename(aside / entry.name)
        return aside
