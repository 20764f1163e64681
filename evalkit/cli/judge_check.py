"""`evalkit judge-check`: how good a judge is as an instrument."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.cli.forecast_text import show_outlooks
from evalkit.cli.judge_options import add_call_arguments, add_judge_arguments, call_limits, read_judge_options
from evalkit.cli.text import columns_of_text, interval, number, say, say_json
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.run.instrument import Comparison

_SHOWN = 20  # disagreements of two raters in the text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", type=Path, metavar="RUN_DIR", help="run directory with judged answers")
    parser.add_argument(
        "--scoring", action="append", default=[], metavar="NAME",
        help="scores file or part of its name (repeatable; default: every judge's); several are compared",
    )  # fmt: skip
    labels = parser.add_argument_group("human labels")
    labels.add_argument(
        "--labels", type=Path, action="append", default=[], metavar="FILE.csv",
        help="labels of people: a column of ids, and others (repeatable: a file for each person)",
    )  # fmt: skip
    labels.add_argument("--id-column", default="id", metavar="NAME", help="heading of the ids (default: id)")
    labels.add_argument(
        "--column", action="append", default=[], metavar="NAME",
        help="heading of the labels (repeatable; default: every other column). Columns that are no values of the judge "
        "are several people",
    )  # fmt: skip
    suite = parser.add_argument_group("injected instructions")
    suite.add_argument("--injection", action="store_true", help="ask a judge about answers that tell it what to say")
    suite.add_argument("--limit", type=int, default=20, metavar="N", help="answers to attack (default: 20)")
    add_judge_arguments(suite, votes=False)
    add_call_arguments(suite)
    suite.add_argument("--dry-run", action="store_true", help="print the number of calls and an estimate; ask nothing")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the intervals (default: 0)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Measure; 0 when something could be measured."""
    from evalkit.run.instrument import Check, check, forecast

    judging = read_judge_options(arguments, call_limits(arguments))
    if not arguments.injection and (judging.any or arguments.dry_run):
        raise UsageError(
            "--judge, --judge-arg, --rubric and --dry-run go with --injection, the only part that asks a judge; "
            "which scorings are compared is said by --scoring"
        )
    wanted = Check(
        scorings=arguments.scoring,
        labels=arguments.labels,
        id_column=arguments.id_column,
        columns=arguments.column,
        injection=judging if arguments.injection else None,
        limit=arguments.limit,
        seed=arguments.seed,
    )
    if arguments.dry_run:
        return show_outlooks(list(forecast(arguments.run, wanted)), as_json=arguments.json)
    found, comparisons = check(arguments.run, wanted)
    if arguments.json:
        told = [measure.as_json() for measure in found]
        told += [entry for comparison in comparisons for entry in comparison.as_json()]
        say_json(told)
        return 0
    rows = [["", "measure", "value", "95% interval", "n"]]
    heading = None
    for measure in found:
        title = f"{measure.about}: {measure.subject}"
        value = number(measure.estimate.value, 3)
        shown = interval(measure.estimate.low, measure.estimate.high, 3)
        rows.append([title if title != heading else "", measure.name, value, shown, str(measure.estimate.n)])
        heading = title
    say(columns_of_text(rows, right={2, 4}))
    for comparison in comparisons:
        _show(comparison)
    return 0


def _show(comparison: Comparison) -> None:
    """A confusion table, and the samples two raters disagree about."""
    table, parted = comparison.confusion, comparison.disagreements
    rounded = ", labels rounded to whole numbers" if table.rounded else ""
    say(f"\nconfusion: {comparison.subject} (rows: the first{rounded})\n")
    heads = [f"{label:g}" for label in table.labels]
    rows = [["", *heads], *([head, *map(str, row)] for head, row in zip(heads, table.counts, strict=True))]
    say(columns_of_text(rows, right=range(len(heads) + 1)))
    if not parted:
        return
    more = f", the {_SHOWN} widest; --json has all" if len(parted) > _SHOWN else ""
    say(f"\n{len(parted)} disagreements{more}\n")
    samples = [[one.id, f"{one.first:g}", f"{one.second:g}"] for one in parted[:_SHOWN]]
    say(columns_of_text([["sample", "first", "second"], *samples], right={1, 2}))
