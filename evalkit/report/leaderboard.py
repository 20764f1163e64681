"""Leaderboard rows: the columns of runs beside what papers print for the same columns."""

from __future__ import annotations

import fnmatch
import functools
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from evalkit import plugins
from evalkit.core.errors import UnknownNameError
from evalkit.published import numbers as published
from evalkit.records.leaderboard import Leaderboard, LeaderboardRow
from evalkit.records.summary import Summary
from evalkit.report.kinds import row_kind
from evalkit.report.own_columns import headline
from evalkit.report.printed_once import printed_once
from evalkit.report.summaries import chosen_part, circumstances, load_summary, summaries

__all__ = ["leaderboard", "load_summary", "ordered", "paper_rows", "run_rows", "selected", "summaries", "summary_rows"]


def run_rows(results: Path) -> Iterator[LeaderboardRow]:
    """One row per column of every run below a results folder.

    Raises:
        ResultsError: no such folder, or a file that cannot be read.
    """
    for directory, summary in summaries(results):
        yield from summary_rows(directory, summary)


def summary_rows(directory: Path, summary: Summary) -> Iterator[LeaderboardRow]:
    """One row per column of one run; per value of its own where its task has no columns."""
    columns = list(headline(summary))
    if not columns:
        return
    facts, marks = circumstances(directory), _marks(summary)
    judges = {protocol: facts.judges_of(protocol) for protocol in {one.protocol for _, one in columns}}
    for name, column in columns:
        judge, rubric = judges[column.protocol]
        yield LeaderboardRow(
            model=summary.model,
            column=name,
            value=column.value,
            low=column.low,
            high=column.high,
            strict=column.strict,
            n=column.n,
            counts=summary.counts,
            unit=column.unit,
            higher_is_better=column.higher_is_better,
            decimals=column.decimals,
            rounding=column.rounding,
            source="run",
            task=summary.task,
            protocol=column.protocol,
            judge=judge,
            rubric=rubric,
            complete=summary.complete and summary.data_complete and summary.selection is None,
            limit=summary.limit,
            seed=summary.seed,
            data_revision=summary.data_revision,
            run=summary.run,
            date=facts.created,
            marks=list(marks),
            arguments=summary.model_arguments,
        )


def paper_rows(columns: set[str] | None = None) -> Iterator[LeaderboardRow]:
    """One row per number that a paper prints, on each column's common scale; repeated in a second table it is one."""
    for name, info in published.columns().items():
        if columns is not None and name not in columns:
            continue
        for printed in printed_once(published.rows(name)):
            row, ((_, tables),) = printed.row, printed.places
            kind = row_kind(row.model_id, row.group, row.paper, row.table)
            marks = [
                row.mark,
                row.reading if row.reading != "clear" else None,
                kind if kind != "model" else None,
                "does not follow from its columns" if row.exception else None,
            ]
            yield LeaderboardRow(
                model=row.model_id,
                column=name,
                value=row.value,
                unit=info.unit,
                higher_is_better=info.higher_is_better,
                decimals=row.decimals,
                source="paper",
                paper=row.paper,
                table=tables,
                variant=row.variant,
                marks=[mark for mark in marks if mark],
            )


def leaderboard(results: Path, columns: set[str] | None = None, printed: set[str] | None = None) -> Leaderboard:
    """Runs and papers on the columns asked for; on those that runs have, where None.

    Rows are ordered by column, best value first; rows without a value come last.

    Args:
        results: results folder.
        columns: column ids; None for all that runs have.
        printed: further columns whose printed numbers are wanted, whether a run has them or not.

    Raises:
        ResultsError: no such folder, or a file that cannot be read.
    """
    ours = [row for row in run_rows(results) if columns is None or row.column in columns]
    wanted = (columns if columns is not None else {row.column for row in ours}) | (printed or set())
    return Leaderboard(rows=ordered([*ours, *paper_rows(wanted)]))


def ordered(rows: Iterable[LeaderboardRow]) -> list[LeaderboardRow]:
    """Rows by column, best value first; the same set of rows always comes in the same order."""

    def order(row: LeaderboardRow) -> tuple[str, bool, float, str]:
        value = 0.0 if row.value is None else -row.value if row.higher_is_better else row.value
        return row.column, row.value is None, value, row.model

    found: list[LeaderboardRow] = []
    for _, group in itertools.groupby(sorted(rows, key=order), order):
        alike = list(group)
        # Few rows are alike so far; writing out every row only to order these would be felt.
        found += sorted(alike, key=LeaderboardRow.model_dump_json) if len(alike) > 1 else alike
    return found


def selected(
    rows: Iterable[LeaderboardRow], columns: str | None = None, models: str | None = None
) -> list[LeaderboardRow]:
    """Rows whose column and model match patterns such as "librispeech.*,fleurs.*".

    Args:
        rows: the rows to choose from.
        columns: comma-separated patterns of column ids; None for all.
        models: comma-separated patterns of model names; None for all.

    Raises:
        UnknownNameError: a pattern that matches no row, with the nearest names there are.
    """
    found = list(rows)
    for kind, patterns in (("column", columns), ("model", models)):
        if patterns is None:
            continue
        chosen: set[str] = set()
        known = {row.column if kind == "column" else row.model for row in found}
        for pattern in patterns.split(","):
            matching = set(fnmatch.filter(known, pattern.strip()))
            if not matching:
                raise UnknownNameError(kind, pattern.strip(), known)
            chosen |= matching
        found = [row for row in found if (row.column if kind == "column" else row.model) in chosen]
    return found


def twin_mark(task: str) -> str:
    """What is said of a task whose data only have the structure of another's; "" of any other task."""
    original = _originals().get(task)
    return "" if original is None else f"twin of {original}, not the original"


def _marks(summary: Summary) -> list[str]:
    marks = [twin_mark(summary.task)] if twin_mark(summary.task) else []
    marks += [chosen_part(summary)] if chosen_part(summary) else []
    marks += [summary.data_mark()] if summary.data_mark() else []
    return marks if summary.complete else [*marks, "incomplete"]


@functools.cache
def _originals() -> dict[str, str]:
    """Name of a twin -> name of the task whose structure it has, as the cards say."""
    tasks = plugins.plugins("task")
    return {name: str(found.header["twin_of"]) for name, found in tasks.items() if "twin_of" in found.header}
