"""Ours beside theirs: every cell of a published table that a run of ours has, with the difference and the interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.published import numbers as published
from evalkit.published.tables import Row
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.entries import TableColumn, table_columns
from evalkit.report.layouts import table_layout
from evalkit.report.leaderboard import summary_rows
from evalkit.reproduction.plan import Job, Plan
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome
from evalkit.run.tasks import choose, run_chosen
from evalkit.statistics import averages


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of ours and the one that is printed, on the scale of the table.

    Args:
        model_id: id of the row.
        column: column id.
        variant: of the printed row.
        unit: of the values.
        ours: None where a run gave no value.
        low, high: interval of ours; None for an average made by the table's rule.
        theirs: None where the paper prints none for this model.
        difference: ours minus theirs.
        inside: whether theirs lies in our interval, its last digit being rounded; None where one of them is missing.
        decimals: digits the table prints.
        protocol: of ours; the rule of an average.
        remarks: limits, incomplete runs, what is known about the printed cell.
    """

    model_id: str
    column: str
    variant: str | None
    unit: str
    ours: float | None
    low: float | None
    high: float | None
    theirs: float | None
    difference: float | None
    inside: bool | None
    decimals: int
    protocol: str
    remarks: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """The cell as JSON."""
        return asdict(self)


def run_jobs(jobs: Iterable[Job], options: Options) -> Iterator[tuple[Job, Outcome]]:
    """Run jobs one after the other; what keeps one from ending is added to its problems, and the others go on.

    Yields:
        Each outcome, those of a suite's members too.
    """
    for job in jobs:
        assert job.make is not None
        own = replace(options, model_name=job.model_id)
        try:
            for outcome in run_chosen(job.make, [choose(job.word, own)], own):
                yield job, outcome
        except EvalkitError as error:
            job.problems.append(str(error))


def rows_of(outcomes: Iterable[tuple[Job, Outcome]]) -> list[LeaderboardRow]:
    """The columns that outcomes have, under the model ids of the table."""
    return [
        row.model_copy(update={"model": job.model_id})
        for job, outcome in outcomes
        if outcome.summary is not None
        for row in summary_rows(outcome.directory, outcome.summary)
    ]


def compared(plan: Plan, rows: Sequence[LeaderboardRow]) -> list[Cell]:
    """Every value of ours that the table has a column for, model by model in the order of the table."""
    table = plan.table
    columns = table_columns(table, table_layout(table), None)
    found: list[Cell] = []
    for model in dict.fromkeys(job.model_id for job in plan.jobs):
        mine = {row.column: row for row in rows if row.model == model and row.column in columns}
        values = {name: row.value for name, row in mine.items() if row.value is not None}
        numbers = {name: averages.exact(value) / columns[name].factor for name, value in values.items()}
        sizes = {name: row.n for name, row in mine.items() if row.n}
        rules = [(aggregate.column, aggregate.rule) for aggregate in table.aggregates]
        again = averages.derived(rules, numbers, sizes)
        made = {name: value for name, value in again.items() if name not in mine}
        rows_printed: list[Row | None] = [row for row in plan.rows if row.model_id == model]
        for printed in rows_printed or [None]:
            variant = printed.variant if printed is not None else None
            for name, column in columns.items():
                theirs = printed.values.get(name) if printed is not None else None
                if name in mine:
                    found.append(_cell(plan, model, variant, column, mine[name], numbers.get(name), theirs))
                elif name in made:
                    found.append(_made(plan, model, variant, column, made[name], theirs))
    return found


def _cell(
    plan: Plan,
    model: str,
    variant: str | None,
    column: TableColumn,
    row: LeaderboardRow,
    ours: Fraction | None,
    theirs: float | None,
) -> Cell:
    low, high = (None if end is None else averages.exact(end) / column.factor for end in (row.low, row.high))
    inside = None
    if theirs is not None and low is not None and high is not None:
        half = Fraction(1, 2 * 10**column.decimals)  # theirs may be anything that is printed so
        inside = low - half <= averages.exact(theirs) <= high + half
    judge = f", judge {row.judge}" if row.judge else ""
    return Cell(
        model_id=model,
        column=column.id,
        variant=variant,
        unit=column.unit,
        ours=_float(ours),
        low=_float(low),
        high=_float(high),
        theirs=theirs,
        difference=_difference(ours, theirs),
        inside=inside,
        decimals=column.decimals,
        protocol=f"{row.protocol}{judge}",
        remarks=(*row.marks, *_known(plan, model, variant, column.id)),
    )


def _made(
    plan: Plan, model: str, variant: str | None, column: TableColumn, ours: Fraction, theirs: float | None
) -> Cell:
    return Cell(
        model_id=model,
        column=column.id,
        variant=variant,
        unit=column.unit,
        ours=float(ours),
        low=None,
        high=None,
        theirs=theirs,
        difference=_difference(ours, theirs),
        inside=None,
        decimals=column.decimals,
        protocol="average by the table's rule",
        remarks=_known(plan, model, variant, column.id),
    )


def _known(plan: Plan, model: str, variant: str | None, column: str) -> tuple[str, ...]:
    """What is known about a printed cell: quoted from elsewhere, uncertain, repaired, no true average."""
    table = plan.table
    for row in published.rows(column):
        if (row.paper, row.table, row.model_id, row.variant) == (table.paper, table.table, model, variant):
            found = [row.mark, row.reading if row.reading != "clear" else None, row.exception]
            return tuple(f"theirs: {remark}" for remark in found if remark)
    return ()


def _difference(ours: Fraction | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else float(ours - averages.exact(theirs))


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
