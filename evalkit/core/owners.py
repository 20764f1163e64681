"""Who holds a file: a line that names a process so that others can tell whether it lives."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TAG = re.compile(r"(\d+) (\d*) (\S*) (\S+)")
_MOST = 400  # bytes of a tag


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a file: its tag, whether it lives for sure, and when the file was last touched, s."""

    tag: str
    lives: bool
    touched: float


def me() -> str:
    """This process: its number, when it started, its space of numbers, its machine."""
    return f"{os.getpid()} {_started(os.getpid())} {_space()} {_machine()}"


def pid_of(tag: str) -> str:
    """The process number in a tag, for messages; "unknown" where there is none."""
    found = _TAG.fullmatch(tag.strip())
    return found[1] if found else "unknown"


def lives(tag: str) -> bool | None:
    """Whether a process lives; None where that cannot be told from here, as for one on another machine."""
    found = _TAG.fullmatch(tag.strip())
    if found is None or (found[3], found[4]) != (_space(), _machine()):
        return None
    number = int(found[1])
    return process_lives(number) and (not found[2] or found[2] == _started(number))


def holder(path: Path, lasts: float, now: Callable[[], float] = time.time) -> Holder | None:
    """Who holds a file; None when nobody does any more: the file of a process that is gone is taken away.

    Args:
        path: of the file, which holds a tag.
        lasts: seconds since it was touched for which one counts whose process cannot be looked for from here.
        now: the time.

    Raises:
        OSError: the folder cannot be read or written.
    """
    try:
        with path.open("rb") as stream:
            tag = stream.read(_MOST).decode("ascii", "replace")
            touched = os.fstat(stream.fileno()).st_mtime
        living = lives(tag)
        if living or (living is None and now() - touched < lasts):
            return Holder(tag, bool(living), touched)
        aside = path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}")
        os.rename(path, aside)  # of several that find it, one succeeds
        # Told by its content: the number of a file that is gone is soon given to another one.
        if aside.read_bytes().decode("ascii", "replace") != tag:
            with contextlib.suppress(OSError):  # somebody has taken the place meanwhile
                os.link(aside, path)  # it was somebody's new one
        aside.unlink()
    except FileNotFoundError:
        pass  # given back, or taken away by another process
    return None


def process_lives(number: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it is there, and another user's
    return True


def _machine() -> str:
    return re.sub(r"\s", "_", socket.gethostname()) or "unknown"


def _space() -> str:
    with contextlib.suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def _started(number: int) -> str:
    """Clock ticks between the start of the machine and that of a process: tells a number used again apart."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    return ""
