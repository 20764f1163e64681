"""What a finished run shows: values with intervals, protocol, counts, and what papers print."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from evalkit.cli.failures import show_failures
from evalkit.cli.spending import spending_lines
from evalkit.cli.text import columns_of_text, interval, number, printable
from evalkit.published import numbers as published
from evalkit.records.summary import ColumnValue, Counts, Result, Summary
from evalkit.run.pipeline import Outcome

SHOWN_ROWS = 5  # published rows per column in the terminal; `evalkit leaderboard` has all


def report(outcomes: Iterable[Outcome], *, as_json: bool) -> int:
    """Print each outcome as it comes; returns the exit code."""
    summaries = []
    complete = True
    for outcome in outcomes:
        complete &= outcome.complete
        if outcome.summary is None:
            print(f"{outcome.directory}: {outcome.asked} answered; not summarized yet", file=sys.stderr)
            continue
        if as_json:
            summaries.append({"directory": str(outcome.directory), **outcome.summary.model_dump(by_alias=True)})
        else:
            _show(outcome, outcome.summary)
        if not outcome.complete:
            sys.stdout.flush()
            _show_failures(outcome, outcome.summary.counts)
    if as_json:
        print(json.dumps(summaries, ensure_ascii=False, indent=2))
    return 0 if complete else 1


def _show(outcome: Outcome, summary: Summary) -> None:
    limit = f"  (limit {summary.limit})" if summary.limit is not None else ""
    print(f"\n{summary.task} v{summary.task_version}  ·  {summary.model}{limit}")
    print(f"data {summary.data_revision}  ·  seed {summary.seed}\n")
    if summary.results:
        print(columns_of_text(_result_rows(summary), right={1, 3, 4}))
        method = summary.interval
        told = f"intervals: {method.level:.0%} {method.method}, {method.resamples} resamples of {method.unit}"
        if any(result.value is not None and result.low is None for result in summary.results):
            told += f"; none where all {method.unit} are alike, or too few to tell"
        print(f"\n{told}\n{counts_line(summary.counts)}")
    if summary.columns:
        print(f"\n{columns_of_text(_column_rows(summary), right={1})}")
    if used := spending_lines(summary, outcome.directory):
        print("\n" + used)
    if flags := _flags(summary):
        print(flags)
    for notice in summary.notices:
        print(f"note: {printable(notice)}")
    asked = f"{outcome.asked} asked now, " if outcome.asked else "nothing asked, "
    print(f"\n{asked}{outcome.seconds:.1f} s  ·  {outcome.summary_path}")


def counts_line(counts: Counts) -> str:
    """The five counts on one line, and pending samples where there are any."""
    fields = ["n_total", "n_scored", "n_unparsed", "n_model_failed", "n_judge_failed"]
    if counts.n_pending:
        fields.append("n_pending")
    return "  ".join(f"{field} {getattr(counts, field)}" for field in fields)


def _result_rows(summary: Summary) -> list[list[str]]:
    rows = [["", "value", "interval", "strict", "n", "metric", "protocol"]]
    for result in summary.results:
        rows.append(
            [
                _place(result),
                number(result.value, result.decimals),
                interval(result.low, result.high, result.decimals),
                number(result.strict, result.decimals),
                str(result.n) + (f" (-{result.n_dropped})" if result.n_dropped else ""),
                f"{result.label} {result.unit}",
                result.protocol,
            ]
        )
    return rows


def _place(result: Result) -> str:
    if result.breakdown is not None:
        return f"{result.breakdown} {result.group}"
    return result.split if result.split is not None else "all"


def _column_rows(summary: Summary) -> list[list[str]]:
    known = any(name in published.columns() for name in summary.columns)
    rows = [["column", "value", "interval", "what papers print" if known else ""]]
    for name, column in summary.columns.items():
        rows.append(
            [
                name,
                column.printed or "-",
                interval(column.low, column.high, column.decimals),
                _papers(name, column),
            ]
        )
    return rows


def _papers(name: str, column: ColumnValue) -> str:
    if name not in published.columns():
        return ""
    rows = sorted(published.rows(name), key=lambda row: row.value, reverse=column.higher_is_better)
    shown = [f"{row.model_id} {row.printed:g}" for row in rows[:SHOWN_ROWS]]
    more = f", and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
    return ", ".join(shown) + more


def _flags(summary: Summary) -> str:
    """How many samples carry which flag, over everything; flags are named as in the journal and the task's card."""
    whole = [result for result in summary.results if result.split is None and result.breakdown is None]
    counts = {flag: count for result in whole for flag, count in result.flags.items()}
    return printable("flags: " + "  ".join(f"{flag} {counts[flag]}" for flag in sorted(counts))) if counts else ""


def _show_failures(outcome: Outcome, counts: Counts) -> None:
    missing = counts.n_total - counts.n_scored
    print(f"evalkit: {missing} of {counts.n_total} samples have no score", file=sys.stderr)
    for scoring in outcome.scorings[:1]:
        show_failures(outcome.directory / "scores" / f"{scoring.name}.jsonl")
