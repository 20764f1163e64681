"""Leaderboard rows: the columns of runs beside what papers print for the same columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydantic

from evalkit.core.errors import ResultsError
from evalkit.records.leaderboard import Leaderboard, LeaderboardRow
from evalkit.records.run import Run
from evalkit.records.summary import SUMMARY_SCHEMA, Summary
from evalkit.report import published


def summaries(results: Path) -> Iterator[tuple[Path, Summary]]:
    """Run directories below a results folder with their summaries, sorted by path; set-aside runs are left out.

    Raises:
        ResultsError: no such folder, or a summary that cannot be read.
    """
    if not results.is_dir():
        raise ResultsError(f"{results}: no such folder; run something first, or name another with --out")
    for path in sorted(results.glob("*/*/*/summary.json")):
        if ".old" not in path.parent.name:
            yield path.parent, load_summary(path)


def load_summary(path: Path) -> Summary:
    """Read a summary.json.

    Raises:
        ResultsError: damaged, or of another schema version.
    """
    try:
        return Summary.model_validate_json(path.read_bytes())
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise ResultsError(
            f"{path}: not a summary of schema {SUMMARY_SCHEMA} ({'.'.join(map(str, first['loc']))}: {first['msg']}). "
            "Repeat its 'evalkit run' command to write it anew; no answer is asked again"
        ) from error


def run_rows(results: Path) -> Iterator[LeaderboardRow]:
    """One row per column of every run."""
    for directory, summary in summaries(results):
        date = _date(directory)
        for name, column in summary.columns.items():
            yield LeaderboardRow(
                model=summary.model,
                column=name,
                value=column.value,
                low=column.low,
                high=column.high,
                strict=column.strict,
                n=column.n,
                unit=column.unit,
                higher_is_better=column.higher_is_better,
                source="run",
                protocol=column.protocol,
                complete=summary.complete,
                limit=summary.limit,
                data_revision=summary.data_revision,
                run=str(directory),
                date=date,
                marks=_marks(summary),
                arguments=summary.model_arguments,
            )


def paper_rows(columns: set[str] | None = None) -> Iterator[LeaderboardRow]:
    """One row per printed number, on each column's common scale."""
    for name, info in published.columns().items():
        if columns is not None and name not in columns:
            continue
        for row in published.rows(name):
            marks = [mark for mark in (row.mark, row.reading if row.reading != "clear" else None) if mark]
            yield LeaderboardRow(
                model=row.model_id,
                column=name,
                value=row.value,
                unit=info.unit,
                higher_is_better=info.higher_is_better,
                source="paper",
                paper=row.paper,
                table=row.table,
                variant=row.variant,
                marks=marks,
            )


def leaderboard(results: Path, columns: set[str] | None = None) -> Leaderboard:
    """Runs and papers on the columns asked for; on those that runs have, where None.

    Rows are ordered by column, best value first; rows without a value come last.
    """
    ours = [row for row in run_rows(results) if columns is None or row.column in columns]
    wanted = columns if columns is not None else {row.column for row in ours}
    rows = [*ours, *paper_rows(wanted)]

    def order(row: LeaderboardRow) -> tuple[str, bool, float, str, str]:
        value = 0.0 if row.value is None else -row.value if row.higher_is_better else row.value
        return row.column, row.value is None, value, row.model, row.run or f"{row.paper} {row.table} {row.variant}"

    return Leaderboard(rows=sorted(rows, key=order))


def _marks(summary: Summary) -> list[str]:
    marks = [] if summary.limit is None else [f"limit {summary.limit}"]
    return marks if summary.complete else [*marks, "incomplete"]


def _date(directory: Path) -> str | None:
    path = directory / "run.json"
    if not path.exists():
        return None
    try:
        return Run.model_validate_json(path.read_bytes()).created
    except pydantic.ValidationError as error:
        raise ResultsError(f"{path}: damaged or of another version of evalkit; repeat its command") from error
