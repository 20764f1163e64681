"""`evalkit leaderboard`: results and published rows as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit import plugins
from evalkit.run.options import DEFAULT_OUT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="folder of all results")
    parser.add_argument("--task", metavar="T[,T2]", help="only the columns of these tasks")
    parser.add_argument("--json", action="store_true", help="JSON (the default and only format so far)")


def run(arguments: argparse.Namespace) -> int:
    """Print the leaderboard."""
    from evalkit.report.leaderboard import leaderboard

    columns: set[str] | None = None
    if arguments.task:
        columns = set()
        for name in arguments.task.split(","):
            columns.update(plugins.load_task(name).columns)
    print(leaderboard(arguments.out, columns).model_dump_json(by_alias=True, indent=2))
    return 0
