"""`evalkit leaderboard`: results beside published numbers, ranked and merged."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit import plugins
from evalkit.cli.output import add_csv_safe, add_output, chosen_format, write
from evalkit.cli.text import say
from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.run.options import DEFAULT_OUT

if TYPE_CHECKING:
    from evalkit.records.leaderboard import Leaderboard, LeaderboardRow

FORMATS = ("json", "csv", "md", "html", "latex", "text")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"folder of all results (default: {DEFAULT_OUT})")
    parser.add_argument("--task", metavar="T[,T2]", help="only the columns of these tasks")
    parser.add_argument("--columns", metavar="PATTERN", help="only these columns, as 'fleurs.*,mmmb.*'")
    parser.add_argument("--model", metavar="PATTERN", help="only these models")
    parser.add_argument("--rank", action="store_true", help="rank the complete runs of one protocol per column")
    parser.add_argument("--protocol", metavar="P", help="with --rank: this one instead of the commonest")
    parser.add_argument(
        "--merge", type=Path, nargs="+", action="extend", default=[], metavar="FILE",
        help="join leaderboards saved as JSON (and the results in --out, where it is given)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="same as --format json")
    add_output(parser, FORMATS, "json", terminal="text")
    add_csv_safe(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the leaderboard."""
    gc.disable()  # every row stays to the end; looking for garbage among them takes a sixth of the time
    try:
        return _run(arguments)
    finally:
        gc.enable()


def _run(arguments: argparse.Namespace) -> int:
    from evalkit.records.leaderboard import Leaderboard
    from evalkit.report.leaderboard import selected

    if arguments.protocol is not None and not arguments.rank:
        raise UsageError("--protocol belongs to --rank")
    if arguments.json and arguments.format not in (None, "json"):
        raise UsageError(f"--json and --format {arguments.format} contradict each other")
    rows: Sequence[LeaderboardRow] = _board(arguments).rows
    rows = selected(rows, arguments.columns, arguments.model)
    if arguments.rank:
        from evalkit.report.ranking import ranked

        rows = ranked(rows, arguments.protocol)
    if not rows:
        say("evalkit: no run there has a value, and no printed number was asked for by --columns", error=True)
    kind = "json" if arguments.json else chosen_format(arguments, FORMATS, "json", "text")
    write(_render(Leaderboard(rows=list(rows)), kind, safe=arguments.csv_safe), arguments.to)
    return 0


def _board(arguments: argparse.Namespace) -> Leaderboard:
    from evalkit.report.leaderboard import leaderboard
    from evalkit.report.leaderboard_merge import merge, read_leaderboard
    from evalkit.report.own_columns import is_own

    tasks = {_task(word.strip()) for word in (arguments.task or "").split(",") if word.strip()}
    columns = _columns_of(tasks) if arguments.task else None
    wanted = columns if columns is not None or arguments.columns is None else _named(arguments.columns)
    results = arguments.out or DEFAULT_OUT
    if not arguments.merge and not results.is_dir():
        _known(tasks, set(plugins.plugins("task")))  # a misspelt name is told before a folder that is not there
    boards = [read_leaderboard(path) for path in arguments.merge]
    if arguments.out is not None or not boards:
        boards.append(leaderboard(results, printed=wanted))
    board = merge(boards) if arguments.merge else boards[0]
    if columns is not None:
        known = {row.task for row in board.rows if row.task is not None} | set(plugins.plugins("task"))
        _known(tasks, known)
        board.rows = [row for row in board.rows if row.column in columns or (is_own(row) and row.task in tasks)]
    return board


def _known(tasks: set[str], known: set[str]) -> None:
    for name in sorted(tasks - known):
        raise UnknownNameError("task", name, known)


def _task(word: str) -> str:
    """Name of the task that a word of --task means: its own, or that of its file."""
    path = Path(word)
    return path.stem if path.suffix in (".jsonl", ".ndjson") else word


def _columns_of(tasks: set[str]) -> set[str]:
    """The published columns of tasks; a task of a file is known by its runs alone."""
    from evalkit.published.settling import columns_of

    known = tasks & set(plugins.plugins("task"))
    return {column for name in known for column in columns_of(plugins.load_task(name))}


def _named(patterns: str) -> set[str]:
    """Published columns that patterns name: their printed numbers are shown where no run has the column too."""
    import fnmatch

    from evalkit.published import numbers as published

    return {name for pattern in patterns.split(",") for name in fnmatch.filter(published.columns(), pattern.strip())}


def _render(board: Leaderboard, kind: str, *, safe: bool) -> str:
    if kind == "json":
        return board.model_dump_json(by_alias=True, indent=2) + "\n"
    from evalkit.report.leaderboard_tables import leaderboard_csv, leaderboard_tables

    if kind == "csv":
        return leaderboard_csv(board.rows, safe=safe)
    tables = leaderboard_tables(board.rows)
    if kind == "html":
        from evalkit.report.render_html import render_page

        return render_page(tables, "Leaderboard")
    if kind == "latex":
        from evalkit.report.render_latex import render_latex

        return "\n".join(render_latex(table) for table in tables)
    if kind == "md":
        from evalkit.report.render_markdown import render_markdown

        return "\n".join(render_markdown(table) for table in tables)
    from evalkit.cli.table_text import render_text

    return "\n".join(render_text(table) for table in tables)
