"""`evalkit plot`: pictures of results, and the data behind them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from evalkit.cli.text import say
from evalkit.core.errors import UsageError
from evalkit.run.options import DEFAULT_OUT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from evalkit.records.summary import Summary
    from evalkit.report.pictures.points import Point

Rows: TypeAlias = Sequence[Mapping[str, object]]
Drawing: TypeAlias = "tuple[Rows, Callable[[], Figure]]"

KINDS = {
    "forest": "every value with its interval, column by column",
    "radar": "a suite: one axis per column, one outline per model",
    "breakdown": "a value by groups of samples, such as MMMB's accuracy by turn distance and by number of images",
    "confusion": "references against answers, for one run whose answers are labels",
    "cost": "cost against score, one point per run",
}

_BELONGS: Mapping[str, tuple[str, ...]] = {
    "columns": ("forest", "radar", "cost"),
    "published": ("forest", "radar"),
    "same": ("forest", "radar"),
    "by": ("breakdown",),
    "metric": ("breakdown",),
    "scale": ("radar",),
    "x": ("cost",),
    "scoring": ("confusion",),
}
_DEFAULTS = {"published": "same", "scale": "range", "x": "cost"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.epilog = "kinds: " + "; ".join(f"{name}: {what}" for name, what in KINDS.items())
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument(
        "runs", nargs="*", type=Path, metavar="DIR",
        help=f"run directories, results folders, leaderboards saved as JSON (default: {DEFAULT_OUT})",
    )  # fmt: skip
    parser.add_argument(
        "--to", type=Path, required=True, action="append", metavar="FILE",
        help="where to write: FILE.png, FILE.svg, FILE.pdf, or FILE.csv for the data (repeatable)",
    )  # fmt: skip
    parser.add_argument("--columns", metavar="PATTERN", help="forest, radar, cost: only these columns, as 'mmmb.*'")
    parser.add_argument("--model", metavar="PATTERN", help="only these models")
    parser.add_argument(
        "--published", choices=("none", "same", "all"),
        help="forest, radar: printed values of no model, of the same models (default), or of all",
    )  # fmt: skip
    parser.add_argument(
        "--same", action="append", default=[], metavar="MODEL=ID",
        help="forest, radar: a model of the runs is this model id of the papers (repeatable)",
    )  # fmt: skip
    parser.add_argument("--by", metavar="NAME[,NAME]", help="breakdown: by what (default: by all there is)")
    parser.add_argument("--metric", metavar="NAME", help="breakdown: which metric (default: the first)")
    parser.add_argument("--scale", choices=("range", "shown"), help="radar: what an axis spans (default: range)")
    parser.add_argument("--x", choices=("cost", "seconds", "tokens"), help="cost: what is paid (default: cost)")
    parser.add_argument("--scoring", metavar="NAME", help="confusion: the scores file that has the labels")


def run(arguments: argparse.Namespace) -> int:
    """Draw, and write every file that was asked for."""
    from evalkit.report.pictures.style import picture_format, save

    for option, kinds in _BELONGS.items():
        if getattr(arguments, option) not in (None, []) and arguments.kind not in kinds:
            raise UsageError(f"--{option} belongs to {' and '.join(kinds)}, not to {arguments.kind}")
    for option, default in _DEFAULTS.items():
        setattr(arguments, option, getattr(arguments, option) or default)
    for to in arguments.to:
        if to.suffix != ".csv":
            picture_format(to)
    rows, draw = _DRAWERS[arguments.kind](arguments)
    figure: Figure | None = None
    for to in arguments.to:
        if to.suffix == ".csv":
            _write_rows(rows, to)
        else:
            figure = figure or draw()
            save(figure, to)
        say(str(to))
    return 0


def _forest(arguments: argparse.Namespace) -> Drawing:
    from evalkit.report.pictures.forest import forest

    found = _points(arguments)
    return [point.row() for point in found], lambda: forest(found)


def _radar(arguments: argparse.Namespace) -> Drawing:
    from evalkit.report.pictures.radar import radar

    found = _points(arguments)
    return [point.row() for point in found], lambda: radar(found, arguments.scale)


def _breakdown(arguments: argparse.Namespace) -> Drawing:
    from evalkit.report.pictures.breakdown import breakdown, group_values

    runs = [summary for _, summary in _summaries(arguments)]
    found = group_values(runs, arguments.by.split(",") if arguments.by else [], arguments.metric)
    return [value.row() for value in found], lambda: breakdown(found)


def _confusion(arguments: argparse.Namespace) -> Drawing:
    from evalkit.report.pictures.confusion import confusion, confusion_picture

    runs = _summaries(arguments)
    if len(runs) != 1:
        raise UsageError(
            f"a confusion matrix shows one run; there are {len(runs)}: " + ", ".join(str(d) for d, _ in runs)
        )
    ((directory, summary),) = runs
    found = confusion(directory, summary.task, summary.model, arguments.scoring)
    return found.rows(), lambda: confusion_picture(found)


def _cost(arguments: argparse.Namespace) -> Drawing:
    from evalkit.report.pictures.cost import cost_picture, cost_points

    found = cost_points(_summaries(arguments), arguments.columns, arguments.x)
    return [point.row() for point in found], lambda: cost_picture(found, arguments.x)


_DRAWERS: Mapping[str, Callable[[argparse.Namespace], Drawing]] = {
    "forest": _forest,
    "radar": _radar,
    "breakdown": _breakdown,
    "confusion": _confusion,
    "cost": _cost,
}


def _points(arguments: argparse.Namespace) -> list[Point]:
    from evalkit.cli.judge_options import pairs
    from evalkit.report.pictures.points import points

    paths = _paths(arguments) if arguments.runs or arguments.published != "all" or DEFAULT_OUT.is_dir() else []
    same = pairs(arguments.same, "--same")
    return points(paths, arguments.columns, arguments.model, arguments.published, same)


def _summaries(arguments: argparse.Namespace) -> list[tuple[Path, Summary]]:
    from evalkit.report.run_paths import find_summaries
    from evalkit.report.summaries import load_summary

    files = [file for path in _paths(arguments) for file in find_summaries(path, DEFAULT_OUT)]
    found = [(file.parent, load_summary(file)) for file in dict.fromkeys(files)]
    if arguments.model is None:
        return found
    from fnmatch import fnmatch

    from evalkit.core.errors import UnknownNameError

    patterns = arguments.model.split(",")
    for pattern in patterns:
        if not any(fnmatch(run.model, pattern) for _, run in found):
            raise UnknownNameError("model", pattern, {run.model for _, run in found})
    return [(place, run) for place, run in found if any(fnmatch(run.model, pattern) for pattern in patterns)]


def _paths(arguments: argparse.Namespace) -> list[Path]:
    return arguments.runs or [DEFAULT_OUT]


def _write_rows(rows: Rows, to: Path) -> None:
    import csv
    import io

    from evalkit.cli.output import write
    from evalkit.report.csv_safe import inert

    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: inert(value) for key, value in row.items()} for row in rows)
    write(text.getvalue(), to)
