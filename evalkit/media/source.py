"""The bytes behind a media handle."""

from __future__ import annotations

import hashlib
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Media


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
            data = path.read_bytes()
        except FileNotFoundError:
            raise DataError(handle.label, "file not found; check the path and --data") from None
        except ValueError:
            raise DataError(handle.label, "not a path (it holds a NUL character)") from None
        except OSError as error:
            raise DataError(handle.label, f"cannot be read: {error.strerror}") from None
    if not data:
        raise DataError(handle.label, "the file is empty (0 bytes)")
    return data


def content_hash(data: bytes) -> str:
    """Short content hash (128 bit, hexadecimal) that names media files and keys caches."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
