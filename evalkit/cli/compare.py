"""`evalkit compare`: two runs over the same samples, value by value."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.cli.text import escaped_json, say
from evalkit.run.options import DEFAULT_OUT

if TYPE_CHECKING:
    from evalkit.report.sides import Side


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.epilog = (
        "A and B are run directories, folders that hold runs of several tasks (the common tasks are compared), the "
        "beginning of a run's name, or baseline files. Differences are B - A. See docs/gate.md for the methods. "
        "Exit code 0 whatever the difference: 'evalkit gate' is the command that judges."
    )
    parser.add_argument("a", metavar="A", type=Path, help="the first run: a baseline, an older version, another model")
    parser.add_argument("b", metavar="B", type=Path, help="the second run")
    parser.add_argument(
        "--value", action="append", default=[], metavar="NAME", help="only these values; shell patterns; repeatable"
    )
    parser.add_argument("--all", action="store_true", help="also splits and breakdowns of tasks that have columns")
    parser.add_argument("--strict", action="store_true", help="everything not scored counts as wrong")
    parser.add_argument("--common", action="store_true", help="compare the samples both have, where they differ")
    parser.add_argument(
        "--allow-differences",
        action="store_true",
        help="compare across protocols, task versions, data revisions, limits or judges; the output is marked",
    )
    parser.add_argument("--flips", type=int, default=5, metavar="N", help="list N samples that got better and N worse")
    parser.add_argument("--level", type=float, default=0.05, metavar="L", help="of the tests (default: 0.05)")
    parser.add_argument("--power", type=float, default=0.8, metavar="P", help="for what is detectable (default: 0.8)")
    parser.add_argument("--detect", type=float, metavar="D", help="how many samples a difference of D would need")
    parser.add_argument("--resamples", type=int, metavar="R", help="of the bootstrap (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything random (default: 0)")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="folder of all results")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    from evalkit.core.errors import UsageError
    from evalkit.report.comparison import RESAMPLES, Settings, compare
    from evalkit.report.flips import flips

    if arguments.flips < 0:
        raise UsageError(f"--flips {arguments.flips}: expected 0 or more")
    settings = Settings(
        level=arguments.level,
        power=arguments.power,
        resamples=RESAMPLES if arguments.resamples is None else arguments.resamples,
        seed=arguments.seed,
        strict=arguments.strict,
        common=arguments.common,
        allow_differences=arguments.allow_differences,
        detect=arguments.detect,
    )
    a, b = (side(path, arguments.out) for path in (arguments.a, arguments.b))
    found = compare(a, b, settings, arguments.value, everything=arguments.all)
    found.flips = flips(a, b, [row.name for row in found.rows], arguments.flips)
    if arguments.json:
        say(escaped_json(found.model_dump_json(by_alias=True, indent=2)))
    else:
        from evalkit.cli.comparison_text import comparison_text

        say(comparison_text(found))
    return 0


def side(path: Path, out: Path | None = None) -> Side:
    """What a path of the user means: a baseline file, or runs."""
    from evalkit.report.baseline import baseline_side
    from evalkit.report.run_paths import is_summary
    from evalkit.report.run_side import run_side

    if not is_summary(path) and (path.is_file() or path.suffix == ".json"):
        return baseline_side(path)
    return run_side([path], out)
