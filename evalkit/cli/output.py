"""Where a command's text goes: standard output, or a file that is never left half-written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evalkit.core.shown import printable
from evalkit.core.whole_files import write_whole


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str], default: str, terminal: str = "") -> None:
    """Arguments --format and --to.

    Args:
        parser: of the command.
        formats: there are.
        default: without --format.
        terminal: default where the text goes to a terminal; `chosen_format` tells which holds.
    """
    told = f"default: {default}" + (f"; on a terminal: {terminal}" if terminal else "")
    parser.add_argument("--format", choices=formats, default=None if terminal else default, help=told)
    parser.add_argument("--to", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def add_csv_safe(parser: argparse.ArgumentParser) -> None:
    """Argument --csv-safe."""
    parser.add_argument(
        "--csv-safe", action=argparse.BooleanOptionalAction, default=True,
        help="csv: an apostrophe before what a spreadsheet would take for a formula (default: yes)",
    )  # fmt: skip


def chosen_format(arguments: argparse.Namespace, default: str, terminal: str) -> str:
    """The format that was asked for, or the default of where the text goes."""
    if arguments.format is not None:
        return str(arguments.format)
    return terminal if arguments.to is None and sys.stdout.isatty() else default


def write(text: str, to: Path | None) -> None:
    """Print a text, or write it to a file as a whole.

    Raises:
        UsageError: the file cannot be written, or another process writes it.
    """
    if to is not None:
        write_whole(to, text)
    else:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)  # a pipe gets the data as they are
