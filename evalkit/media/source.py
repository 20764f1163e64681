"""The bytes behind a media handle."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Media

_MOST_BYTES = 1 << 32  # of one file


def read_bytes(handle: Media) -> bytes:
    """Encoded bytes of a handle.

    Raises:
        DataError: the file is missing, unreadable or empty.
    """
    if handle.opener is not None:
        data = handle.opener()
    else:
        path = Path(str(handle.path))
        try:
            data = _content(path, handle.label)
        except FileNotFoundError:
            raise DataError(handle.label, "file not found; check the path and --data") from None
        except ValueError:
            raise DataError(handle.label, "not a path (it holds a NUL character)") from None
        except OSError as error:
            raise DataError(handle.label, f"cannot be read: {error.strerror}") from None
    if not data:
        raise DataError(handle.label, "the file is empty (0 bytes)")
    return data


def _content(path: Path, label: str) -> bytes:
    """The content of a regular file: a pipe or a device would wait, or never end."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as stream:
        known = os.fstat(file)
        if not stat.S_ISREG(known.st_mode):
            raise DataError(label, "is no regular file; expected recordings and pictures as files")
        if known.st_size > _MOST_BYTES:
            raise DataError(label, f"has {known.st_size >> 20:,} MiB; at most {_MOST_BYTES >> 20:,} MiB are read")
        return stream.read(known.st_size)


def content_hash(data: bytes) -> str:
    """Short content hash (128 bit, hexadecimal) that names media files and keys caches."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
