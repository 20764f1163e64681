"""What a finished run shows: values with intervals, protocol, counts, and what papers print."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from evalkit.cli.failures import show_failures
from evalkit.cli.spending import spending_lines
from evalkit.cli.text import columns_of_text, interval, number, say, say_json
from evalkit.published import numbers as published
from evalkit.records.summary import ColumnValue, Counts, Result, Summary
from evalkit.report.printed_once import printed_once
from evalkit.report.summaries import chosen_part
from evalkit.run.pipeline import Outcome
from evalkit.statistics.averages import fixed

SHOWN_ROWS = 5  # published rows per column in the terminal; `evalkit leaderboard` has all


def report(outcomes: Iterable[Outcome], *, as_json: bool) -> int:
    """Print each outcome as it comes; returns the exit code."""
    summaries = []
    complete = True
    for outcome in outcomes:
        complete &= outcome.complete
        if outcome.summary is None:
            say(f"{outcome.directory}: {outcome.asked} answered; not summarized yet", error=True)
            continue
        if as_json:
            summaries.append({"directory": str(outcome.directory), **outcome.summary.model_dump(by_alias=True)})
        else:
            _show(outcome, outcome.summary)
        if not outcome.complete:
            sys.stdout.flush()
            _show_failures(outcome, outcome.summary.counts)
    if as_json:
        say_json(summaries)
    return 0 if complete else 1


def _show(outcome: Outcome, summary: Summary) -> None:
    part = f"  ({chosen_part(summary)})" if chosen_part(summary) else ""
    say(f"\n{summary.task} v{summary.task_version}  ·  {summary.model}{part}")
    say(f"data {summary.data_revision}  ·  seed {summary.seed}\n")
    if summary.results:
        say(columns_of_text(_result_rows(summary), right={1, 3, 4}))
        method = summary.interval
        told = f"intervals: {method.level:.0%} {method.method}, {method.resamples} resamples of {method.unit}"
        if any(result.value is not None and result.low is None for result in summary.results):
            told += f"; none where all {method.unit} are alike, or too few to tell"
        say(f"\n{told}\n{counts_line(summary.counts)}")
    if repeats := _repeats(summary):
        say(f"\n{repeats}")
    if summary.columns:
        say(f"\n{columns_of_text(_column_rows(summary), right={1})}")
    if used := spending_lines(summary, outcome.directory):
        say("\n" + used)
    if flags := _flags(summary):
        say(flags)
    for notice in summary.notices:
        say(f"note: {notice}")
    asked = f"{outcome.asked} asked now, " if outcome.asked else "nothing asked, "
    say(f"\n{asked}{outcome.seconds:.1f} s  ·  {outcome.summary_path}")


def counts_line(counts: Counts) -> str:
    """The five counts on one line, and pending samples where there are any."""
    fields = ["n_total", "n_scored", "n_unparsed", "n_model_failed", "n_judge_failed"]
    if counts.n_pending:
        fields.append("n_pending")
    return "  ".join(f"{field} {getattr(counts, field)}" for field in fields)


def _result_rows(summary: Summary) -> list[list[str]]:
    rows = [["", "value", "interval", "strict", "n", "metric", "protocol"]]
    for result in summary.results:
        if result.split is not None and result.breakdown is not None:
            continue  # in summary.json; a screen has no room for every group of every split
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
                interval(column.low, column.high, column.decimals, column.rounding),
                _papers(name, column),
            ]
        )
    return rows


def _papers(name: str, column: ColumnValue) -> str:
    if name not in published.columns():
        return ""
    rows = [printed.row for printed in printed_once(published.rows(name), across_papers=True)]
    rows.sort(key=lambda row: row.value, reverse=column.higher_is_better)
    shown = [f"{row.model_id} {fixed(row.printed, row.decimals)}" for row in rows[:SHOWN_ROWS]]
    more = f", and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
    return ", ".join(shown) + more


def _repeats(summary: Summary) -> str:
    """How far the repeats of the samples differ, for each pooled value."""
    lines = []
    for result in summary.results:
        found = result.repeats
        if found is None or result.split is not None or found.mean is None:
            continue
        each = "  ".join(number(value, result.decimals) for value in found.values)
        spread = number(found.standard_deviation, result.decimals)
        lines.append(f"{result.label}: {number(found.mean, result.decimals)}, standard deviation {spread} ({each})")
    return f"{summary.repeats} repeats, seeds of their own\n" + "\n".join(lines) if lines else ""


def _flags(summary: Summary) -> str:
    """How many samples carry which flag, over everything; flags are named as in the journal and the task's card."""
    whole = [result for result in summary.results if result.split is None and result.breakdown is None]
    counts = {flag: count for result in whole for flag, count in result.flags.items()}
    return "flags: " + "  ".join(f"{flag} {counts[flag]}" for flag in sorted(counts)) if counts else ""


def _show_failures(outcome: Outcome, counts: Counts) -> None:
    """Name the samples without a score: of the headline counts, else of the first rule that has some.

    Rules differ in this: one may read what a listener noted, which is missing where the listener failed.
    """
    whole = [result for result in outcome.summary.results if result.split is None and result.breakdown is None]  # type: ignore[union-attr]
    lacking = {result.scoring: result.counts for result in whole if result.counts.n_scored < result.counts.n_total}
    name = next(iter(lacking), "")
    whose = ""
    if counts.n_scored == counts.n_total and lacking:
        counts, whose = lacking[name], f"{name}: "
    say(f"evalkit: {whose}{counts.n_total - counts.n_scored} of {counts.n_total} samples have no score", error=True)
    if name:
        show_failures(outcome.directory / "scores" / f"{name}.jsonl")
