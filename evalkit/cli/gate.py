"""`evalkit gate`: is the current run worse than the baseline?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.cli.text import say

if TYPE_CHECKING:
    from evalkit.report.gate_report import GateReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.epilog = (
        "exit codes: 0 no regression; 1 a regression; 2 cannot judge (a column is missing, another protocol, too few "
        "samples, a file that cannot be read). docs/gate.md describes the policy file and the tests."
    )
    parser.add_argument("--baseline", type=Path, required=True, metavar="FILE", help="made by 'evalkit baseline save'")
    parser.add_argument("--current", type=Path, required=True, metavar="DIR", help="run directory, or a folder of runs")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="TOML; without it every column may not get worse")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="append Markdown, as to $GITHUB_STEP_SUMMARY")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Judge, print, and write what was asked for."""
    from evalkit.core.errors import EvalkitError
    from evalkit.report.gate_report import unjudged

    policy = "(defaults)" if arguments.policy is None else str(arguments.policy)
    try:
        report = _judged(arguments, policy)
    except EvalkitError as error:
        report = unjudged(str(arguments.baseline), str(arguments.current), policy, str(error))
    say(_text(report))
    _write(report, arguments)
    if report.problem is not None:
        say(f"evalkit: {report.problem}", error=True)
    return report.exit_code


def _judged(arguments: argparse.Namespace, where: str) -> GateReport:
    from evalkit.cli.compare import side
    from evalkit.report.gate import judge
    from evalkit.report.policy import Policy, read_policy
    from evalkit.report.run_side import run_side

    policy = Policy() if arguments.policy is None else read_policy(arguments.policy)
    baseline = side(arguments.baseline)
    current = run_side([arguments.current], tasks=baseline.runs, like=baseline.runs)
    return judge(baseline, current, policy, where)


def _write(report: GateReport, arguments: argparse.Namespace) -> None:
    if arguments.json is not None:
        _file(arguments.json, (report.model_dump_json(by_alias=True, indent=2) + "\n").encode())
    if arguments.junit is not None:
        from evalkit.report.junit import junit_xml

        _file(arguments.junit, junit_xml(report))
    if arguments.summary is not None:
        from evalkit.report.gate_markdown import gate_markdown

        _file(arguments.summary, gate_markdown(report).encode(), append=True)


def _file(path: Path, content: bytes, *, append: bool = False) -> None:
    from evalkit.core.errors import ResultsError
    from evalkit.core.whole_files import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not append:
            write_whole(path, content)
            return
        with path.open("ab", buffering=0) as file:  # one write: other processes append to the same page
            file.write(content)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written ({error.strerror})") from error


def _text(report: GateReport) -> str:
    from evalkit.cli.text import columns_of_text, number
    from evalkit.report.gate_markdown import interval, p_value
    from evalkit.report.gate_report import remarks

    lines = []
    if report.checks:
        rows = [["", "column", "baseline", "current", "change", "interval", "p", "allowed", "detectable", "n"]]
        for check in report.checks:
            digits = check.decimals
            rows.append(
                [
                    check.status,
                    check.column,
                    number(check.baseline, digits, check.rounding),
                    number(check.current, digits, check.rounding),
                    number(check.difference, digits, signed=True),
                    interval(check),
                    p_value(check.p_adjusted),
                    number(check.allowed, digits),
                    number(check.detectable, digits),
                    "-" if check.n is None else str(check.n),
                ]
            )
        lines += [columns_of_text(rows, right={2, 3, 4, 6, 7, 8, 9}), ""]
    for status, columns, text in remarks(report):
        lines.append(f"{'note' if status == 'pass' else status}: {', '.join(columns)}: {text}")
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join([*lines, f"gate: {report.outcome} (exit {report.exit_code})"])
