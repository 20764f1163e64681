"""`evalkit table`: a published table, or one of your own, in any format."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.cli.output import add_csv_safe, add_output, chosen_format, write
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.report.run_rows import RunRowOptions
    from evalkit.report.table_model import Table

FORMATS = ("text", "csv", "json", "latex", "markdown", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--paper", metavar="P", help="a paper; with --table one of its tables")
    what.add_argument("--spec", type=Path, metavar="FILE.toml", help="a table of your own (docs/tables.md)")
    what.add_argument("--list", action="store_true", help="list the published tables")
    parser.add_argument("--table", metavar="N", help="number of the table")
    parser.add_argument(
        "--with-run", type=Path, nargs="+", action="extend", default=[], metavar="DIR",
        help="add these runs: run directories, results folders, or leaderboards saved as JSON",
    )  # fmt: skip
    parser.add_argument("--delta", action="store_true", help="show ours minus theirs for the same model")
    parser.add_argument("--intervals", action="store_true", help="show the confidence intervals of runs")
    parser.add_argument("--digits", type=int, metavar="N", help="decimals; papers keep what they printed at most")
    parser.add_argument(
        "--same", action="append", default=[], metavar="MODEL=ID",
        help="a model of the runs is this model id of the paper (repeatable)",
    )  # fmt: skip
    parser.add_argument("--highlight", choices=("all", "papers", "none"), help="who can be best (default: all)")
    parser.add_argument("--notes", choices=("none", "short", "all"), help="how much is explained (default: short)")
    parser.add_argument("--recompute", action="store_true", help="show averages as their columns give them")
    parser.add_argument("--standalone", action="store_true", help="latex: a whole document instead of one table")
    add_output(parser, FORMATS, "text")
    add_csv_safe(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    if arguments.list:
        write(_listing(), arguments.to)
        return 0
    kind = chosen_format(arguments, FORMATS, "text")
    if arguments.standalone and kind != "latex":
        raise UsageError("--standalone belongs to --format latex")
    if arguments.digits is not None and not 0 <= arguments.digits <= 12:
        raise UsageError(f"--digits {arguments.digits}: expected 0 to 12")
    text = render(_table(arguments), kind, standalone=arguments.standalone, safe=arguments.csv_safe)
    write(text, arguments.to)
    return 0


def render(table: Table, kind: str, *, standalone: bool = False, safe: bool = True) -> str:
    """A table in one of FORMATS."""
    if kind == "csv":
        from evalkit.report.render_csv import render_csv

        return render_csv(table, safe=safe)
    if kind == "json":
        from evalkit.report.render_json import render_json

        return render_json(table)
    if kind == "latex":
        from evalkit.report.render_latex import render_latex

        return render_latex(table, standalone=standalone)
    if kind == "markdown":
        from evalkit.report.render_markdown import render_markdown

        return render_markdown(table)
    if kind == "html":
        from evalkit.report.render_html import render_html

        return render_html(table)
    from evalkit.cli.table_text import render_text

    return render_text(table)


def _table(arguments: argparse.Namespace) -> Table:
    own = _own(arguments)
    if arguments.spec is not None:
        from evalkit.report.spec import spec_table

        if arguments.table is not None:
            raise UsageError("--table belongs to --paper; a spec names its own rows and columns")
        for option, key in (("highlight", "best and second"), ("notes", "notes"), ("recompute", "average")):
            if getattr(arguments, option):
                raise UsageError(f"--{option} belongs to --paper; a spec says so itself: {key}")
        return spec_table(arguments.spec, own, arguments.with_run)
    from evalkit.report.paper_tables import TableOptions, paper_table

    if arguments.table is None:
        from evalkit.published import numbers as published

        numbers = ", ".join(published.load_paper(arguments.paper).tables)
        raise UsageError(f"--paper {arguments.paper} needs --table; it has {numbers}")
    options = TableOptions(
        runs=arguments.with_run,
        own=own,
        notes=arguments.notes or "short",
        recompute=arguments.recompute,
        highlight=arguments.highlight or "all",
    )
    return paper_table(arguments.paper, arguments.table, options)


def _own(arguments: argparse.Namespace) -> RunRowOptions:
    from evalkit.cli.judge_options import pairs
    from evalkit.report.run_rows import RunRowOptions

    if arguments.delta and not arguments.with_run and arguments.spec is None:
        raise UsageError("--delta compares a run with the paper; name runs by --with-run")
    return RunRowOptions(arguments.digits, arguments.intervals, arguments.delta, pairs(arguments.same, "--same"))


def _listing() -> str:
    from evalkit.cli.text import columns_of_text, terminal_room
    from evalkit.report.paper_tables import listed

    rows = [["paper", "table", "rows", "columns", "arrangement", "title"]]
    rows += [[t.paper, t.table, str(t.rows), str(t.columns), t.layout, t.title] for t in listed()]
    return columns_of_text(rows, right={2, 3}, room=terminal_room()) + "\n"
