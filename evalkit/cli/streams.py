"""The standard streams of a command: a reader that goes away, or none from the beginning, changes no result."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

_GONE = (errno.EPIPE, errno.EIO, errno.EBADF)  # the reader, the terminal, the file itself


class LastingStream(io.TextIOWrapper):
    """A stream that goes on into nothing when whoever reads it has gone."""

    def write(self, text: str, /) -> int:
        """Write a text."""
        try:
            return super().write(text)
        except OSError as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        if error.errno not in _GONE:
            raise error
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self.fileno())
        os.close(nothing)


def make_lasting() -> None:
    """Fill in closed standard streams, and make those for writing last.

    A journal opened while a stream is closed would get its number, and whatever prints would print into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 lasts as long as the process
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        if isinstance(stream, io.TextIOWrapper):
            buffered, encoding, lines = stream.line_buffering, stream.encoding, stream.write_through
            stream = LastingStream(
                stream.detach(), encoding=encoding, errors="backslashreplace",  # a terminal without Unicode ends no run
                line_buffering=buffered, write_through=lines,
            )  # fmt: skip
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
