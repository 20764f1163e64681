"""The file that remembers content hashes: one record per file, packed, so that 100,000 are read at once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import struct
from collections.abc import Mapping
from pathlib import Path

from evalkit.data.cache_folder import cache_folder

SIZE = 16  # bytes of each of a record's three hashes: of the path, of the file's state, of its content
_MAGIC = b"evalkit hashes 3"  # 16 bytes
_RECORD = 3 * SIZE
_RECORDS = struct.Struct(f"{SIZE}s{SIZE}s{SIZE}s")
_MOST = 2_000_000  # records kept, the newest; 96 MB

Known = dict[bytes, tuple[bytes, bytes]]  # hash of the path -> hash of its state, hash of its content


def path() -> Path:
    """Where it lies."""
    return cache_folder() / "content-hashes.bin"


def load() -> Known:
    """What is remembered; nothing where the file is missing, or is not as it was written."""
    try:
        data = path().read_bytes()
    except OSError:
        return {}
    body = data[len(_MAGIC) : -SIZE]
    if not data.startswith(_MAGIC) or len(body) % _RECORD or data[-SIZE:] != _sum(body):
        return {}
    return {key: (state, content) for key, state, content in _RECORDS.iter_unpack(body)}


def add(found: Mapping[bytes, tuple[bytes, bytes]]) -> None:
    """Remember more; what other processes added meanwhile stays.

    The file is replaced as a whole, so that a reader sees the old or the new one. Where the folder cannot be written
    nothing is remembered, which costs time alone.
    """
    if not found:
        return
    target = path()
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_name(f"{target.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = load()
            for key in found:
                known.pop(key, None)  # to the end, as one of the newest
            known.update(found)
            records = [key + state + content for key, (state, content) in known.items()][-_MOST:]
            body = b"".join(records)
            try:
                partial.write_bytes(_MAGIC + body + _sum(body))
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)


def _sum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=SIZE).digest()
