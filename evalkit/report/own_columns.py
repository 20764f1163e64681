"""The values that stand for a run: its published columns, or its own values where its task has none.

A task without columns, as that of a user's own JSON Lines file, has one value per metric over all samples, and one per
split where there are several. They go by the name `TASK/all/METRIC` or `TASK/SPLIT/METRIC` in every command.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.records.leaderboard import LeaderboardRow
from evalkit.records.summary import ColumnValue, Result, Summary, Value
from evalkit.statistics.averages import fixed


def value_name(task: str, result: Result) -> str:
    """Name of a value that is no published column: task, place and metric."""
    if result.breakdown is not None:
        within = "" if result.split is None else f"{result.split},"
        place = f"{within}{result.breakdown}={result.group}"
    else:
        place = result.split if result.split is not None else "all"
    return f"{task}/{place}/{result.metric}"


def headline(summary: Summary) -> Iterator[tuple[str, ColumnValue]]:
    """(name, value) of a run's columns, or of its own values where it has no column."""
    if summary.columns:
        yield from summary.columns.items()
        return
    for result in summary.results:
        if result.breakdown is None:
            yield value_name(summary.task, result), _column(result)


def is_own(row: LeaderboardRow) -> bool:
    """Whether a row is a task's own value, which means the same only over the same data."""
    return row.source == "run" and row.task is not None and row.column.startswith(f"{row.task}/")


def short_revision(revision: str | None) -> str:
    """A revision of data as a reader tells it from another: its scheme and the beginning of its hash."""
    scheme, separator, digest = (revision or "unknown data").rpartition(":")
    return f"{scheme}{separator}{digest[:8]}"


def _column(result: Result) -> ColumnValue:
    return ColumnValue(
        **{name: getattr(result, name) for name in Value.model_fields},
        protocol=result.protocol,
        unit=result.unit,
        higher_is_better=result.higher_is_better,
        decimals=result.decimals,
        printed=None if result.value is None else fixed(result.value, result.decimals),
    )
