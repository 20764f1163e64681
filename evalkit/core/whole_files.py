"""Files that commands write for their users: as a whole or not at all, and by one process at a time."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalkit.core import owners
from evalkit.core.errors import UsageError

_OLD = 3600.0  # seconds after which a claim from another machine, or one without a readable owner, is a leftover
_TEMPORARY = re.compile(r"\..+\.(\d+)")  # .NAME.PID


@contextmanager
def whole_file(to: Path) -> Iterator[Path]:
    """Gives a path beside the wanted one; what is written there takes its place in the end.

    A claim file `.NAME.claim` keeps other processes off meanwhile. Links are followed, and what is no regular file
    (/dev/stdout, a pipe) is written as it is.

    Raises:
        UsageError: another process writes the file, or it cannot be written.
    """
    try:
        if to.exists() and not stat.S_ISREG(to.stat().st_mode):
            if to.is_dir():
                raise UsageError(f"{to}: is a folder; name a file in it")
            yield to
            return
        target = Path(os.path.realpath(to))
        claim = target.with_name(f".{target.name}.claim")
        _claim(to, claim)
        part = temporary(target)
        try:
            sweep(target.parent, target.name)
            yield part
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
            claim.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{to}: cannot be written ({error.strerror or error})") from error


def write_whole(to: Path, content: str | bytes) -> None:
    """Write a file; see `whole_file`."""
    with whole_file(to) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def temporary(path: Path) -> Path:
    """The name of this process' unfinished form of a file."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove unfinished files of processes that are gone: of one name, or all."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            found = _TEMPORARY.fullmatch(entry.name)
            ours = found is not None and (name is None or entry.name == f".{name}.{found[1]}")
            if found is not None and ours and not owners.process_lives(int(found[1])):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _claim(to: Path, claim: Path) -> None:
    for _ in range(100):
        try:
            file = os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            holder = owners.holder(claim, _OLD)
            if holder is not None:
                raise UsageError(
                    f"{to}: process {owners.pid_of(holder.tag)} is writing this file; wait for it to end, or name "
                    f"another file (if no process does, remove {claim})"
                ) from None
            continue
        with os.fdopen(file, "w") as stream:
            stream.write(owners.me())
        return
    raise UsageError(f"{to}: cannot be claimed for writing; remove {claim}")
