"""The summary of a suite: averages over the columns of its members' runs."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import EvalkitError
from evalkit.core.model import Model
from evalkit.core.task import Cell, Suite
from evalkit.records.summary import Counts, IntervalMethod, Summary
from evalkit.run import identity, journal, summarize
from evalkit.run.directory import RunDirectory, safe_name
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome
from evalkit.run.prepare import filed_name
from evalkit.run.record import json_bytes


def conclude(suite: Suite, members: Sequence[Outcome], model: Model, options: Options, seconds: float) -> Outcome:
    """Average the members' columns and write the suite's summary.

    Raises:
        EvalkitError: a column the suite averages is yielded by no member.
    """
    summaries = [outcome.summary for outcome in members if outcome.summary is not None]
    shown = filed_name(model, options)
    facts = {"suite": suite.name, "version": suite.version, "members": [summary.run for summary in summaries]}
    run_id = identity.digest(facts)
    columns = {}
    for name, average in suite.columns.items():
        parts = [_part(suite, members, str(column), options.seed) for column in average.of]
        columns[name] = summarize.combined(average, parts)
    totals = [summary.counts for summary in summaries]
    counts = Counts(**{key: sum(getattr(count, key) for count in totals) for key in Counts.model_fields})
    summary = Summary(
        run=run_id,
        model=shown,
        model_arguments=dict(model.identity()),
        task=suite.name,
        task_version=suite.version,
        data_revision=" ".join(summary.data_revision for summary in summaries),
        splits=[f"{s.task}:{split}" for s in summaries for split in s.splits],
        limit=options.limit,
        seed=options.seed,
        complete=all(summary.complete for summary in summaries),
        counts=counts,
        interval=IntervalMethod(
            level=summarize.LEVEL,
            resamples=summarize.RESAMPLES,
            seed=options.seed,
            unit=summaries[0].interval.unit,
        ),
        results=[],
        columns=columns,
        members=[f"{s.model}/{s.task}/{s.run}" for s in summaries],
    )
    path = options.out / safe_name(shown) / safe_name(suite.name) / run_id
    with RunDirectory(path) as directory:
        journal.write_atomically(directory.summary(), json_bytes(summary.model_dump(by_alias=True)))
    first = members[0]
    return Outcome(path, path / "summary.json", first.task, (), summary, summary.complete, [], 0, seconds)


def _part(suite: Suite, members: Sequence[Outcome], column: str, seed: int) -> summarize.ColumnPart:
    for outcome in members:
        cell = outcome.task.columns.get(column)
        if isinstance(cell, Cell):
            part = summarize.part(outcome.task, outcome.scorings, outcome.splits, cell, seed)
            if part is not None:
                return part
    raise EvalkitError(f"suite '{suite.name}': none of its tasks yields the column '{column}'")
