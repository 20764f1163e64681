"""Who holds a file: a line that names a process so that others can tell whether it lives."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from pathlib import Path

_TAG = re.compile(r"(\d+) (\d*) (\S*) (\S+)")


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


def process_lives(number: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
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
