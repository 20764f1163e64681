"""`evalkit data submission`: a finished run as the file that an official scorer reads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

FORMATS = ("mmau", "mmar", "voicebench", "jsonl")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", type=Path, metavar="RUN", help="run directory: RESULTS/MODEL/TASK/RUN")
    parser.add_argument("--format", choices=FORMATS, required=True, help="whose scorer shall read it")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="the file")
    parser.add_argument(
        "--repeat", type=int, default=1, metavar="N", help="the N-th asking of each sample (default: 1)"
    )
    parser.add_argument("--partial", action="store_true", help="write it though some samples have no answer in it")


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 1 when it does not hold the answers of all samples."""
    from evalkit.cli.output import write
    from evalkit.report.submissions import submission

    made = submission(arguments.run, arguments.format, repeat=arguments.repeat, partial=arguments.partial)
    write(made.text, arguments.to)
    told = f", {len(made.missing)} samples without an answer" if made.missing else ""
    told += f"; {made.lacking}" if made.lacking else ""
    print(f"{arguments.to}: {made.rows} rows{told}", file=sys.stderr)
    return 1 if made.missing or made.lacking else 0
