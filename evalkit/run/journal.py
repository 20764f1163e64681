"""Append-only JSON Lines that survive kill -9: one line is one write, a torn last line is cut off on opening."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from evalkit.core.errors import ResultsError

_BLOCK = 1 << 16


class Journal:
    """A JSON Lines file open for appending; every record reaches the operating system before `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._size = _cut_torn_line(self._file)
        except OSError as error:
            raise ResultsError(
                f"{path}: cannot be written ({error.strerror}); check permissions or choose another --out"
            ) from error

    def append(self, record: dict[str, Any]) -> None:
        """Write one record.

        Raises:
            ResultsError: no space or another failure of the disk; what was written before is safe.
        """
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        try:
            written = os.write(self._file, line)
            while written < len(line):
                more = os.write(self._file, line[written:])
                if more == 0:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                written += more
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise ResultsError(
                f"{self.path}: cannot be written ({error.strerror}). Everything before is safe: "
                "make room and repeat the command to go on"
            ) from error
        self._size += len(line)

    def close(self) -> None:
        """Flush to the disk and close."""
        if self._file >= 0:
            os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _cut_torn_line(file: int) -> int:
    """Cut the file after its last newline; returns the size that is left."""
    size = os.fstat(file).st_size
    end = size
    while end > 0:
        start = max(0, end - _BLOCK)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)
    return end


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a small file as a whole, or leave it as it was.

    Raises:
        ResultsError: the disk is full or the folder not writable.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ResultsError(
            f"{path}: cannot be written ({error.strerror}); check space and permissions, or choose another --out"
        ) from error
