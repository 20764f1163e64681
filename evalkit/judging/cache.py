"""The verdict cache: what judges replied, in one SQLite file that all runs and processes of a results folder share.

A reply is written the moment it arrives, in a transaction of its own, so that a process killed at any time has lost
nothing it paid for. The first reply to a question stands: a process that asked the same at the same time takes it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from evalkit.core.errors import ResultsError

FILE_NAME = ".verdicts.sqlite"
_BUSY = 60.0  # seconds to wait for another process' transaction
_TABLE = """
CREATE TABLE IF NOT EXISTS verdicts (
    key BLOB PRIMARY KEY, reply TEXT NOT NULL, usage TEXT, cost REAL, seconds REAL,
    judge TEXT NOT NULL, rubric TEXT NOT NULL, made TEXT NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a judge said to one question.

    Args:
        text: the whole reply.
        usage: counted units.
        cost: US dollars; None when unknown.
        seconds: time the judge took.
    """

    text: str
    usage: Mapping[str, float] | None = None
    cost: float | None = None
    seconds: float | None = None


class VerdictCache:
    """Replies by key.

    Args:
        path: the file; None keeps replies in memory only.
        read_only: look replies up and leave the file as it is, absent where it is absent.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self.path = path if not read_only or (path is not None and path.is_file()) else None
        self._lock = threading.Lock()
        with self._errors():
            path = self.path
            if path is not None and read_only:
                self._file = sqlite3.connect(
                    f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY, isolation_level=None,
                    check_same_thread=False,
                )  # fmt: skip
                self._file.execute("PRAGMA query_only=ON")
                return
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(
                path or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False
            )
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(_TABLE)

    def get(self, key: bytes) -> Reply | None:
        """The reply kept under a key."""
        with self._errors(), self._lock:
            found = self._file.execute("SELECT reply, usage, cost, seconds FROM verdicts WHERE key = ?", (key,))
            row = found.fetchone()
        if row is None:
            return None
        return Reply(row[0], orjson.loads(row[1]) if row[1] else None, row[2], row[3])

    def put(self, key: bytes, reply: Reply, judge: str, rubric: str) -> Reply:
        """Keep a reply; returns the one that stands, which another process may have written first."""
        made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        usage = orjson.dumps(reply.usage).decode() if reply.usage else None
        text = reply.text.encode("utf-8", "replace").decode()
        with self._errors(), self._lock:
            added = self._file.execute(
                "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (key, text, usage, reply.cost, reply.seconds, judge, rubric, made),
            ).rowcount
        return Reply(text, reply.usage, reply.cost, reply.seconds) if added else self.get(key) or reply

    def __len__(self) -> int:
        with self._errors(), self._lock:
            count: int = self._file.execute("SELECT count(*) FROM verdicts").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ResultsError(
                f"{self.path}: the verdict cache cannot be used ({error}). Another process may hold it, the disk may "
                "be full, or the file is damaged: then move it away, and verdicts are asked for again"
            ) from error
