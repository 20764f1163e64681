"""`evalkit judge`: judge the answers of a run again, by another judge or rubric; answers are never made anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.cli.failures import show_failures
from evalkit.cli.forecast_text import show_outlooks
from evalkit.cli.judge_options import add_call_arguments, add_judge_arguments, call_limits, read_judge_options
from evalkit.cli.text import columns_of_text, interval, number, say, say_json

if TYPE_CHECKING:
    from evalkit.records.summary import Result
    from evalkit.run.rejudge import Rejudged


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", type=Path, metavar="RUN_DIR", help="run directory (holds run.json and samples.jsonl)")
    add_judge_arguments(parser)
    add_call_arguments(parser)
    parser.add_argument("--input", action="append", default=[], metavar="NAME=PLACE",
                        help="where samples have an input of the rubric: question=meta.transcript")  # fmt: skip
    parser.add_argument(
        "--heard", action="store_true", help="judge what a transcriber heard, by a rubric no task names"
    )
    parser.add_argument("--transcriber", metavar="NAME", help="transcripts to judge, where the run has several")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="verdict cache (default: of the results folder)")
    parser.add_argument("--dry-run", action="store_true", help="print the number of calls and an estimate; ask nothing")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Judge; 0 when every answer has a verdict, 1 otherwise."""
    from evalkit.cli.judge_options import pairs
    from evalkit.run.rejudge import forecast, rejudge

    judging = read_judge_options(arguments, call_limits(arguments))
    judging.inputs = pairs(arguments.input, "--input")
    judging.heard, judging.transcriber, judging.cache = arguments.heard, arguments.transcriber, arguments.cache
    if arguments.dry_run:
        return show_outlooks(list(forecast(arguments.run, judging)), as_json=arguments.json)
    done = rejudge(arguments.run, judging)
    if arguments.json:
        say_json([_as_json(one) for one in done])
    else:
        for one in done:
            _show(one)
    sys.stdout.flush()
    for one in done:
        if not one.complete:
            counts = one.results[0].counts
            missing = counts.n_total - counts.n_scored
            say(f"evalkit: {missing} of {counts.n_total} answers have no proper verdict", error=True)
            show_failures(one.scores)
    return 0 if all(one.complete for one in done) else 1


def _as_json(one: Rejudged) -> dict[str, object]:
    return {
        "protocol": one.protocol,
        "scores": str(one.scores),
        "summary": str(one.summary),
        "calls": one.calls,
        "usage": one.usage,
        "cost": one.cost,
        "results": [result.model_dump() for result in one.results],
    }


def _show(one: Rejudged) -> None:
    rows = [["", "value", "interval", "strict", "n", "metric", "protocol"]]
    rows += [_row(result) for result in (*one.results, *one.beside)]
    say(columns_of_text(rows, right={1, 3, 4}))
    counts = one.results[0].counts
    shown = "  ".join(f"{key} {value}" for key, value in counts.model_dump().items() if value or key != "n_pending")
    say(f"\n{shown}\n{one.calls} verdicts asked for now, {one.scored} answers scored  ·  {one.summary}\n")
    if one.usage:
        units = "  ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in one.usage.items())
        say(f"all verdicts: {units}  cost " + ("unknown" if one.cost is None else f"${one.cost:.4f}"))
    if flags := one.results[0].flags:
        say("flags: " + "  ".join(f"{flag} {count}" for flag, count in sorted(flags.items())))


def _row(result: Result) -> list[str]:
    place = " ".join(filter(None, (result.split, result.breakdown, result.group))) or "all"
    return [
        place,
        number(result.value, result.decimals),
        interval(result.low, result.high, result.decimals),
        number(result.strict, result.decimals),
        str(result.n) + (f" (-{result.n_dropped})" if result.n_dropped else ""),
        f"{result.label} {result.unit}".strip(),
        result.protocol,
    ]
