"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(to: Path) -> Iterator[Path]:
    """A path to write to; the file `to` appears when the block ends, and an error leaves what was there.

    What is no plain file, as /dev/stdout, a pipe or a link to elsewhere, is written to as it is: taking its place would
    remove it.

    Raises:
        OSError: it cannot be written.
    """
    if to.is_symlink() or (to.exists() and not to.is_file()):
        yield to
        return
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, to)
    finally:
        part.unlink(missing_ok=True)
