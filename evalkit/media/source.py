"""The bytes behind a media handle: regular files of bounded size, inside the folder of their data."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from evalkit.core.errors import DataError
from evalkit.core.message import Media
from evalkit.media.impostors import HEAD, impostor

_SMALL = 1 << 20  # bytes; what stands in place of a file is not larger
MAX_BYTES = 1 << 32  # of one encoded file; all of it is held in memory
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(handle: Media) -> bytes:
    """Encoded bytes of a handle.

    Raises:
        DataError: the file is missing, unreadable, empty, no regular file, or larger than 4 GiB.
    """
    if handle.opener is not None:
        data = handle.opener()
        if len(data) > MAX_BYTES:
            raise DataError(handle.label, _large(len(data)))
    else:
        with open_regular(str(handle.path), handle.label) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise DataError(handle.label, _large(size))
            try:
                data = file.read(MAX_BYTES + 1)  # it may grow, and /proc gives files of no size and no end
            except OSError as error:
                raise DataError(handle.label, f"cannot be read: {error.strerror}") from None
            if len(data) > MAX_BYTES:
                raise DataError(handle.label, _large(len(data)))
    if not data:
        raise DataError(handle.label, "the file is empty (0 bytes)")
    padded = not any(data[:HEAD]) and any(data)  # sound or a picture behind zeros: for its decoder to judge
    if len(data) <= _SMALL and not padded and (problem := impostor(data[:HEAD])) is not None:
        raise DataError(handle.label, problem)
    return data


def open_regular(path: str, label: str | None = None) -> BinaryIO:
    """Open a regular file for reading; links are followed.

    A device or a pipe is not opened: that alone may block, or do something.

    Args:
        path: the file.
        label: what errors call it; the path where None.

    Raises:
        DataError: missing, unreadable, or something else than a regular file.
    """
    label = path if label is None else label
    try:
        _check_regular(os.stat(path).st_mode, label)
        # Another file may have taken its place meanwhile: this does not wait for one, and looks at what was opened.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise DataError(label, "file not found; check the path and --data") from None
    except ValueError:
        raise DataError(label, "not a path (it holds a NUL character)") from None
    except OSError as error:
        raise DataError(label, f"cannot be read: {error.strerror}") from None
    try:
        _check_regular(os.fstat(descriptor).st_mode, label)
    except DataError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def check_regular(path: str, label: str | None = None) -> None:
    """Refuse what is no regular file; see `open_regular`."""
    open_regular(path, label).close()


def inside(root: Path, name: str, *, outside: bool = False) -> str:
    """The path of a file that data name.

    Args:
        root: folder of the data; relative names start here.
        name: what the data say.
        outside: let it lie anywhere.

    Raises:
        DataError: it lies outside of `root`, links resolved.
    """
    path = str(root / name)
    if outside:
        return path
    try:
        real, top = os.path.realpath(path), os.path.realpath(root)
    except ValueError:
        return path  # it holds a NUL character, and will not be opened
    if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
        raise DataError(
            name,
            f"lies outside of the data folder {root} (it is {real}); data of others could name any file here. "
            "Allow it with --allow-outside-media",
        )
    return path


def content_hash(data: bytes) -> str:
    """Short content hash (128 bit, hexadecimal) that names media files and keys caches."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _check_regular(mode: int, label: str) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in _KINDS if test(mode)), "no file")
        raise DataError(label, f"cannot be read: it is {kind}; expected a regular file")


def _large(size: int) -> str:
    return f"{size / 2**30:.1f} GiB; files of at most {MAX_BYTES >> 30} GiB are read"
