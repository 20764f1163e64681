"""The verdict cache: what judges replied, in one SQLite file that all runs and processes of a results folder share.

A reply is written the moment it arrives, in a transaction of its own, so that a process killed at any time has lost
nothing it paid for. The first reply to a question stands.

A process claims a question before it asks, so that several with the same questions pay once. A claim is renewed while
its process lives, and ends with it: at once on this machine, with its term elsewhere.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from evalkit.core import owners
from evalkit.core.errors import ResultsError

FILE_NAME = ".verdicts.sqlite"
_BUSY = 60.0  # seconds to wait for another process' transaction
_TABLE = """
CREATE TABLE IF NOT EXISTS verdicts (
    key BLOB PRIMARY KEY, reply TEXT NOT NULL, usage TEXT, cost REAL, seconds REAL,
    judge TEXT NOT NULL, rubric TEXT NOT NULL, made TEXT NOT NULL
) WITHOUT ROWID
"""


_CLAIMS = """
CREATE TABLE IF NOT EXISTS claims (
    key BLOB PRIMARY KEY, holder TEXT NOT NULL, owner TEXT NOT NULL, until REAL NOT NULL
) WITHOUT ROWID
"""
_TERM = 120.0  # seconds of a claim without renewal
_BEAT = 20.0  # seconds between renewals

Claim = Literal["ours", "theirs", "answered"]


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
        self._holder, self._closed = uuid.uuid4().hex, threading.Event()
        self._beating: threading.Thread | None = None
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
            self._file.execute(_CLAIMS)

    def claim(self, key: bytes) -> Claim:
        """Claim a question before it is asked: "theirs" while another process asks it, "answered" once it has."""
        if self.path is None:
            return "ours"
        now = time.time()
        with self._errors(), self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                if self._file.execute("SELECT 1 FROM verdicts WHERE key = ?", (key,)).fetchone():
                    return "answered"
                found = self._file.execute("SELECT holder, owner, until FROM claims WHERE key = ?", (key,)).fetchone()
                if found and found[0] != self._holder and found[2] > now and owners.lives(found[1]) is not False:
                    return "theirs"
                self._file.execute(
                    "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?)", (key, self._holder, owners.me(), now + _TERM)
                )
            finally:
                self._file.execute("COMMIT")
            if self._beating is None:
                self._beating = threading.Thread(target=self._beat, daemon=True, name="evalkit-claims")
                self._beating.start()
        return "ours"

    def release(self, key: bytes) -> None:
        """Give up a claim: there was no reply."""
        if self.path is not None:
            with self._errors(), self._lock:
                self._file.execute("DELETE FROM claims WHERE key = ? AND holder = ?", (key, self._holder))

    def _beat(self) -> None:
        while not self._closed.wait(_BEAT):
            with contextlib.suppress(sqlite3.Error), self._lock:
                until = time.time() + _TERM
                self._file.execute("UPDATE claims SET until = ? WHERE holder = ?", (until, self._holder))

    def get(self, key: bytes) -> Reply | None:
        """The reply kept under a key."""
        with self._errors(), self._lock:
            found = self._file.execute("SELECT reply, usage, cost, seconds FROM verdicts WHERE key = ?", (key,))
            row = found.fetchone()
        return None if row is None else self._reply(*row)

    def _reply(self, text: object, usage: object, cost: object, seconds: object) -> Reply:
        """A row as it should be.

        Raises:
            ResultsError: it is not; the file came from elsewhere, or is damaged.
        """
        try:
            units = orjson.loads(usage) if isinstance(usage, str | bytes) and usage else None
        except orjson.JSONDecodeError:
            units = usage
        amounts = [*units.values()] if isinstance(units, dict) else [units] if units is not None else []
        amounts += [value for value in (cost, seconds) if value is not None]
        if not isinstance(text, str) or not all(isinstance(value, int | float) for value in amounts):
            raise ResultsError(
                f"{self.path}: a verdict in it is none (text, usage, cost or seconds of another kind). Move the file "
                "away, and verdicts are asked for again"
            )
        return Reply(text, units, cost, seconds)  # type: ignore[arg-type]

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
            if self.path is not None:
                self._file.execute("DELETE FROM claims WHERE key = ? AND holder = ?", (key, self._holder))
        return Reply(text, reply.usage, reply.cost, reply.seconds) if added else self.get(key) or reply

    def __len__(self) -> int:
        with self._errors(), self._lock:
            count: int = self._file.execute("SELECT count(*) FROM verdicts").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the file; what is claimed and was not answered is free for others."""
        self._closed.set()
        with self._lock:
            if self._beating is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._file.execute("DELETE FROM claims WHERE holder = ?", (self._holder,))
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
