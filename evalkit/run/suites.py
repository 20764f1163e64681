"""The summary of a suite: its rules over the columns of its members' runs."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.model import Model
from evalkit.published.settling import SettledSuite
from evalkit.records.summary import Counts, IntervalMethod, Summary
from evalkit.run import identity, summarize, summary_files
from evalkit.run.columns import ColumnPart, graph
from evalkit.run.directory import RunDirectory, safe_name
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome
from evalkit.run.prepare import filed_name


def conclude(
    suite: SettledSuite, members: Sequence[Outcome], model: Model, options: Options, seconds: float
) -> Outcome:
    """Make the suite's columns of its members' and write its summary.

    Args:
        suite: its columns are known to be there.
        members: outcomes of its members, those of inner suites among them.
        model: that was run.
        options: of the command.
        seconds: that all took.
    """
    declared = suite.suite
    summaries = [outcome.summary for outcome in members if outcome.summary is not None]
    shown = filed_name(model, options)
    facts = {"suite": declared.name, "version": declared.version, "members": [summary.run for summary in summaries]}
    run_id = identity.digest(facts)
    known: dict[str, ColumnPart] = {}
    for outcome in members:
        known.update(outcome.parts)
    made = graph(suite.columns, lambda cell: None, known, f"suite '{declared.name}'")
    totals = [summary.counts for summary in summaries]
    counts = Counts(**{key: sum(getattr(count, key) for count in totals) for key in Counts.model_fields})
    lacking = [name for name in suite.columns if name not in made]
    summary = Summary(
        run=run_id,
        model=shown,
        model_arguments=dict(model.identity()),
        task=declared.name,
        task_version=declared.version,
        data_revision=" ".join(summary.data_revision for summary in summaries),
        splits=[f"{s.task}:{split}" for s in summaries for split in s.splits],
        limit=options.selected().limit,
        selection=str(options.selected()) or None if options.selected().limit is None else None,
        repeats=options.repeats,
        seed=options.seed,
        complete=all(summary.complete for summary in summaries) and not lacking,
        counts=counts,
        interval=IntervalMethod(
            level=summarize.LEVEL,
            resamples=summarize.RESAMPLES,
            seed=options.seed,
            unit=summaries[0].interval.unit,
        ),
        results=[],
        columns={name: part.column() for name, part in made.items()},
        members=[f"{s.model}/{s.task}/{s.run}" for s in summaries],
        data={f"{s.task}:{split}": size for s in summaries for split, size in s.data.items()},
        notices=[f"column '{name}' has no value: a column it is made of has none" for name in lacking],
    )
    if mark := summary.data_mark():
        summary.notices.insert(0, f"{mark}; no complete copy of the data, so never ranked")
    path = options.out / safe_name(shown) / safe_name(declared.name) / run_id
    with RunDirectory(path) as directory:
        saved = summary_files.save(directory, "", summary)
    first = members[0]
    return Outcome(path, saved, first.task, (), summary, summary.complete, made, 0, seconds)
