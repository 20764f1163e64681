"""Where a command's text goes: standard output, or a file that is never left half-written."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evalkit.core.errors import UsageError


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str], default: str) -> None:
    """Arguments --format and --to."""
    parser.add_argument("--format", choices=formats, default=default, help=f"default: {default}")
    parser.add_argument("--to", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def write(text: str, to: Path | None) -> None:
    """Print a text, or write it to a file as a whole.

    Raises:
        UsageError: the file cannot be written.
    """
    if to is None:
        sys.stdout.write(text)
        return
    part = to.with_name(f".{to.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, to)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"--to {to}: cannot be written ({error.strerror})") from error
