"""What a suite ends with: its paper's tables, with the runs of this command among their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from evalkit.cli.table_text import render_text
from evalkit.cli.text import say
from evalkit.published.areas import area
from evalkit.report.paper_tables import TableOptions, paper_table


def show_tables(suites: Iterable[str], runs: Sequence[Path], out: Path) -> None:
    """Print every table of some suites once.

    Args:
        suites: PAPER or PAPER:AREA, as `--suite` takes them.
        runs: directories of the runs that were made.
        out: folder of all results.
    """
    for word in suites:
        found = area(word)
        for number in found.tables:
            say("")
            say(render_text(paper_table(found.paper, number, TableOptions(runs=runs))).rstrip("\n"))
        table = f"--paper {found.paper} --table {found.tables[0]}"
        say(f"\nother formats: evalkit table {table} --with-run {out}")
