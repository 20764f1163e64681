"""Where a command's text goes, and in which format: standard output, or a file that is never left half-written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.shown import printable
from evalkit.core.whole_files import write_whole

_SAME = ({"md", "markdown"}, {"latex", "tex"})  # names of one format; a command knows it by either
_ENDINGS = {
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".markdown": "markdown",
    ".md": "markdown",
    ".parquet": "parquet",
    ".tex": "latex",
    ".txt": "text",
    ".yaml": "hf-model-index",
    ".yml": "hf-model-index",
}


def add_output(parser: argparse.ArgumentParser, formats: Sequence[str], default: str, terminal: str = "") -> None:
    """Arguments --format and --to.

    Args:
        parser: of the command.
        formats: there are.
        default: without --format and a file whose ending names one.
        terminal: default where the text goes to a terminal; `chosen_format` tells which holds.
    """
    told = f"default: by the ending of --to, else {default}" + (f"; on a terminal: {terminal}" if terminal else "")
    add_format(parser, formats, told)
    parser.add_argument("--to", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def add_csv_safe(parser: argparse.ArgumentParser) -> None:
    """Argument --csv-safe."""
    parser.add_argument(
        "--csv-safe", action=argparse.BooleanOptionalAction, default=True,
        help="csv: an apostrophe before what a spreadsheet would take for a formula (default: yes)",
    )  # fmt: skip


def add_format(parser: argparse.ArgumentParser, formats: Sequence[str], told: str) -> None:
    """The argument --format, which takes a format by any of its names."""
    parser.add_argument("--format", choices=formats, type=lambda word: _known(word, formats) or word, help=told)


def chosen_format(arguments: argparse.Namespace, formats: Collection[str], default: str, terminal: str = "") -> str:
    """The format that was asked for: by --format, by the ending of --to, or the default of where the text goes.

    Raises:
        UsageError: the ending is that of a format which the command does not write.
    """
    if arguments.format is not None:
        return str(arguments.format)
    if arguments.to is None:
        return terminal if terminal and sys.stdout.isatty() else default
    ending = _ENDINGS.get(arguments.to.suffix.lower())
    if ending is None:
        return default
    found = _known(ending, formats)
    if found is None:
        raise UsageError(
            f"--to {arguments.to}: this command does not write {ending}; it writes {', '.join(formats)}. "
            "Choose another ending, or name the format with --format"
        )
    return found


def _known(word: str, formats: Collection[str]) -> str | None:
    """A format as the command calls it."""
    names = next((same for same in _SAME if word in same), {word})
    return next((name for name in formats if name in names), None)


def write(text: str, to: Path | None) -> None:
    """Print a text, or write it to a file as a whole.

    Raises:
        UsageError: the file cannot be written, or another process writes it.
    """
    if to is not None:
        write_whole(to, text)
    else:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)  # a pipe gets the data as they are
