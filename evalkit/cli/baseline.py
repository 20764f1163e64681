"""`evalkit baseline`: save what later runs are judged against, or show it."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit.cli.text import say
from evalkit.run.options import DEFAULT_OUT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    save = actions.add_parser(
        "save", help="write a baseline file of runs", description="Write a baseline file of runs."
    )
    save.add_argument(
        "runs", metavar="RUN_DIR", type=Path, nargs="+", help="run directories, or folders that hold some"
    )
    save.add_argument("--to", type=Path, required=True, metavar="FILE", help="the file; an earlier one is replaced")
    save.add_argument("--no-samples", action="store_true", help="values only: small, but no paired test is possible")
    save.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME",
        help="keep only these values; shell patterns; repeatable",
    )
    save.add_argument("--all", action="store_true", help="also splits and breakdowns of tasks that have columns")
    save.add_argument("--note", metavar="TEXT", help="a remark for readers of the file")
    save.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="folder of all results")
    show = actions.add_parser("show", help="print what a baseline file holds", description="Print what a file holds.")
    show.add_argument("file", type=Path, metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Save or show."""
    return _save(arguments) if arguments.action == "save" else _show(arguments.file)


def _save(arguments: argparse.Namespace) -> int:
    from evalkit.report.baseline import baseline_of, write_baseline
    from evalkit.report.run_side import run_side

    side = run_side(arguments.runs, arguments.out)
    for note in side.notes:
        say(f"note: {note}", error=True)
    for facts in side.runs.values():
        if not facts.complete:
            say(
                f"note: {facts.task}: {facts.n_unparsed} unparsed, {facts.n_failed} failed of {facts.n_total} samples",
                error=True,
            )
    baseline = baseline_of(
        side, arguments.value, samples=not arguments.no_samples, everything=arguments.all, note=arguments.note
    )
    write_baseline(baseline, arguments.to)
    kept = "values only" if baseline.samples is None else f"{sum(len(r.ids) for r in baseline.samples)} samples"
    say(f"{arguments.to}: {len(baseline.columns)} columns, {kept}, {arguments.to.stat().st_size / 1024:.0f} kB")
    return 0


def _show(path: Path) -> int:
    from evalkit.cli.text import columns_of_text, interval, number
    from evalkit.report.baseline import read_baseline

    baseline = read_baseline(path)
    say(
        f"{path}  ·  saved {baseline.saved} by evalkit {baseline.evalkit}"
        + f"  ·  {baseline.note}" * bool(baseline.note)
    )
    for facts in baseline.runs:
        limit = "" if facts.limit is None else f"  limit {facts.limit}"
        say(f"{facts.task} v{facts.task_version}  ·  {facts.model}  ·  data {facts.data_revision}{limit}")
    rows = [["column", "value", "interval", "n", "protocol"]]
    for name, measure in baseline.columns.items():
        value = number(measure.value, measure.decimals, measure.rounding)
        ends = interval(measure.low, measure.high, measure.decimals, measure.rounding)
        rows.append([name, value, ends, str(measure.n), measure.protocol])
    say(f"\n{columns_of_text(rows, right={1, 3})}")
    if baseline.samples is None:
        say("\nvalues only: no paired test is possible")
    return 0
