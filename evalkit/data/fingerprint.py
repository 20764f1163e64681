"""Identity of data: it follows content. Every file is read once, and again only when its state has changed.

What a content hash was found for is remembered with the file's resolved path, device, inode, size, and times of its
last change of content and of state (ns; the second cannot be set back by a program). While all of these stay, the file
is not read again; `verifying` reads it all the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from evalkit.core.errors import DataError
from evalkit.data import hash_manifest
from evalkit.media.source import open_regular

_BLOCK = 1 << 20
_THREADS = min(8, (os.cpu_count() or 1) + 2)  # more than processors: some of them wait for the disk
_SETTLED = 2_000_000_000  # ns; within them a file may change again and keep its times (FAT counts in 2 s)
_TOLD = 4 << 30  # bytes to be read from which on a line says so
_FACTS = struct.Struct("<QQqqq").pack  # a file's device, inode, size and times

_verify: ContextVar[bool] = ContextVar("verify", default=False)
Key = TypeVar("Key")


@dataclass(slots=True)
class Established:
    """How an identity was established.

    Args:
        files: files it is a hash of.
        bytes: their size.
        hashed: files that were read for it now.
        cached: files whose hash was known, and whose state has not changed since.
        missing: named files that are not there.
        verified: every file was read, whatever was known.
    """

    files: int = 0
    bytes: int = 0
    hashed: int = 0
    cached: int = 0
    missing: int = 0
    verified: bool = False

    def __add__(self, other: Established) -> Established:
        counts = {name: getattr(self, name) + getattr(other, name) for name in self.__slots__ if name != "verified"}
        return Established(**counts, verified=self.verified)

    def record(self) -> dict[str, Any]:
        """As `run.json` has it."""
        return {"by": "content", **{name: getattr(self, name) for name in self.__slots__}}


@contextlib.contextmanager
def verifying(wanted: bool = True) -> Iterator[None]:
    """Within this block every file is read again, whatever is remembered of it."""
    token = _verify.set(wanted)
    try:
        yield
    finally:
        _verify.reset(token)


@dataclass(slots=True)
class _Unread:
    """A file that has to be read."""

    path: str
    key: bytes
    before: bytes
    size: int
    places: list[int] = field(default_factory=list)


def content_hashes(paths: Sequence[Path | str], most: int | None = None) -> tuple[list[str | None], Established]:
    """Content hash (128 bit, hexadecimal) of each file, and how it was found.

    It is None where there is no regular file that can be opened; whoever reads the data tells that.

    Args:
        paths: the files.
        most: larger files (bytes) count as missing, as nothing reads them either.

    Raises:
        DataError: a file cannot be read to its end.
    """
    verified = _verify.get()
    known = hash_manifest.load() if paths else {}
    found: list[str | None] = [None] * len(paths)
    how = Established(files=len(paths), verified=verified)
    unread: dict[bytes, _Unread] = {}
    folders: dict[str, str] = {}
    for place, given in enumerate(paths):
        path = os.fspath(given)
        try:
            state = os.stat(path)
        except (OSError, ValueError):
            how.missing += 1
            continue
        if not stat.S_ISREG(state.st_mode) or (most is not None and state.st_size > most):
            how.missing += 1
            continue
        how.bytes += state.st_size
        folder, slash, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = os.path.realpath(folder or slash or ".")
        key = _short(f"{folders[folder]}/{name}".encode(errors="surrogateescape"))
        now = _state(state)
        kept = known.get(key)
        if kept is not None and kept[0] == now and not verified:
            found[place] = kept[1].hex()
            how.cached += 1
        else:
            unread.setdefault(key, _Unread(path, key, now, state.st_size)).places.append(place)
    for one, content in _read_all(list(unread.values())):
        for place in one.places:
            found[place] = content
        how.hashed += 1 if content is not None else 0
        how.missing += 0 if content is not None else len(one.places)
    return found, how


def combined(files: Mapping[str, Path | str] | Iterable[tuple[str, Path | str]]) -> tuple[str, Established]:
    """Hash of names and contents; the order of the files is of no matter.

    Args:
        files: name by which a file counts, which has no absolute path -> the file.
    """
    pairs = list(files.items()) if isinstance(files, Mapping) else list(files)
    found, how = content_hashes([path for _, path in pairs])
    lines = sorted(f"{name}\0{content or 'missing'}\n" for (name, _), content in zip(pairs, found, strict=True))
    return hashlib.blake2b("".join(lines).encode(errors="surrogateescape"), digest_size=16).hexdigest(), how


def _read_all(unread: Sequence[_Unread]) -> Iterator[tuple[_Unread, str | None]]:
    """Contents as they are read; what was read is remembered even where the reading is interrupted."""
    if not unread:
        return
    if (size := sum(one.size for one in unread)) >= _TOLD:
        sys.stderr.write(
            f"evalkit: reading {size / 1e9:.1f} GB of data for their identity (again only if they change)\n"
        )
    learned: dict[bytes, tuple[bytes, bytes]] = {}
    pool, stop = ThreadPoolExecutor(_THREADS), threading.Event()
    jobs: list[tuple[_Unread, Future[tuple[str | None, bool]]]] = []
    try:
        jobs += [(one, pool.submit(_read, one, stop)) for one in unread]
        for one, job in jobs:
            content, settled = job.result()
            if content is not None and settled:
                learned[one.key] = one.before, bytes.fromhex(content)
            yield one, content
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        hash_manifest.add(learned)


def _read(one: _Unread, stop: threading.Event) -> tuple[str | None, bool]:
    """Content hash, and whether the file has rested long enough for its state to vouch for it."""
    began = time.time_ns()
    digest = hashlib.sha256()  # processors have instructions for it: it reads three times as fast as others
    try:
        file = open_regular(one.path)
    except DataError:
        return None, False
    with file:
        before = os.fstat(file.fileno())
        try:
            left = before.st_size + _BLOCK  # some files of no size have no end
            while left > 0 and not stop.is_set() and (block := file.read(_BLOCK)):
                digest.update(block)
                left -= len(block)
        except OSError as error:
            raise DataError(one.path, f"cannot be read: {error.strerror}") from None
        after = os.fstat(file.fileno())
    rested = max(before.st_mtime_ns, before.st_ctime_ns) < began - _SETTLED
    return digest.hexdigest()[: 2 * hash_manifest.SIZE], rested and _state(before) == _state(
        after
    ) == one.before and not stop.is_set()


def _state(state: os.stat_result) -> bytes:
    facts = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    try:
        return _short(_FACTS(*facts))
    except struct.error:  # a date after 2262
        return _short(b"%d %d %d %d %d" % facts)


def _short(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=hash_manifest.SIZE).digest()
