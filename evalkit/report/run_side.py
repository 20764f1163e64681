"""Run directories as a side of a comparison: their values, and what those are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from evalkit.core.errors import ResultsError, UsageError
from evalkit.records.summary import ColumnValue, Result, Summary, Value
from evalkit.report.own_columns import value_name
from evalkit.report.run_paths import find_summaries, listed, load_run
from evalkit.report.run_scores import RunScores
from evalkit.report.scored import ScoredSamples
from evalkit.report.sides import CellRef, Measure, RunFacts, Side
from evalkit.report.summaries import load_summary


def run_side(
    paths: Sequence[Path],
    out: Path | None = None,
    tasks: Collection[str] | None = None,
    like: Mapping[str, RunFacts] | None = None,
) -> Side:
    """The runs of some paths as one side: at most one run of each task, and the members of suites.

    Args:
        paths: what `find_summaries` takes.
        out: folder of all results, where beginnings of names are looked for.
        tasks: only runs of these; of all tasks where None.
        like: task -> the run of the other side; of several runs of a task the only one of its model is taken, and a
            note says so.

    Raises:
        ResultsError: a summary or run.json that cannot be read.
        UsageError: no run there, or two runs of one task.
    """
    reader = _Reader()
    found: dict[str, list[_OneRun]] = {}
    others: list[str] = []
    for file in dict.fromkeys(file for path in paths for file in find_summaries(path, out)):
        summary = load_summary(file)
        if tasks is not None and summary.task not in tasks:
            others.append(summary.task)
            continue
        found.setdefault(summary.task, []).append(_OneRun(file.parent, summary))
    for task, runs in found.items():
        chosen = _alike(runs, like[task]) if like is not None and task in like else runs
        if len(chosen) > 1:
            several = f"several runs of the task '{task}'; name one of them"
            raise UsageError(listed(several, [run.directory for run in runs]))
        (reader.runs[task],) = chosen
        if len(runs) > 1:
            model = chosen[0].summary.model
            reader.notes.append(f"of {len(runs)} runs of '{task}', that of '{model}' is taken: {chosen[0].directory}")
    side = reader.side(" ".join(str(path) for path in paths))
    side.others = sorted(set(others) - set(side.runs))
    return side


def _alike(runs: list[_OneRun], other: RunFacts) -> list[_OneRun]:
    """Of several runs of a task the only one of another run's model; else all.

    Several of that model are not told apart: the one with its arguments would be the run that it was itself.
    """
    same = [run for run in runs if run.summary.model == other.model]
    return same if len(same) == 1 else runs


class _OneRun:
    """A run directory with its records."""

    def __init__(self, directory: Path, summary: Summary) -> None:
        self.directory, self.summary = directory, summary
        record = None if summary.members else load_run(directory / "run.json")
        self.identity = {} if record is None else record.identity
        self.scores = RunScores(directory, summary, {} if record is None else record.scorings)

    def facts(self) -> RunFacts:
        summary, counts = self.summary, self.summary.counts
        return RunFacts(
            run=summary.run,
            model=summary.model,
            model_arguments=summary.model_arguments,
            task=summary.task,
            task_version=summary.task_version,
            data_revision=summary.data_revision,
            splits=summary.splits,
            limit=summary.limit,
            selection=summary.selection,
            incomplete_data=summary.data_mark().removeprefix("incomplete data: "),
            seed=summary.seed,
            complete=summary.complete,
            n_total=counts.n_total,
            n_scored=counts.n_scored,
            n_unparsed=counts.n_unparsed,
            n_failed=counts.n_model_failed + counts.n_judge_failed,
            n_pending=counts.n_pending,
            level=summary.interval.level,
            generation=dict(self.identity.get("generation") or {}),
            task_arguments=dict(self.identity.get("task_arguments") or {}),
            history=self.identity.get("history"),
            scorings={name: dict(identity) for name, identity in self.scores.identities.items()},
        )

    def ref(self, result: Result) -> CellRef:
        return CellRef(
            task=self.summary.task,
            scoring=result.scoring,
            metric=result.metric,
            split=result.split,
            breakdown=result.breakdown,
            group=result.group,
            reduction=result.reduction,
            join=result.join,
            fields=result.fields,
        )

    def refs_of(self, column: ColumnValue) -> list[CellRef]:
        """What a column is made of, as its summary says."""
        return [
            CellRef(
                task=cell.task,
                scoring=cell.scoring,
                metric=cell.metric,
                split=cell.splits[0] if cell.splits and len(cell.splits) == 1 else None,
                breakdown=next(iter(cell.groups)) if len(cell.groups) == 1 else None,
                group=next(iter(cell.groups.values())) if len(cell.groups) == 1 else None,
                splits=cell.splits if cell.splits and len(cell.splits) > 1 else None,
                groups=cell.groups if len(cell.groups) > 1 else None,
                reduction=cell.reduction,
                join=cell.join,
                fields=cell.fields,
                weight=cell.weight,
            )
            for cell in column.cells or ()
        ]


class _Reader:
    """Collects the values of runs under names."""

    def __init__(self) -> None:
        self.runs: dict[str, _OneRun] = {}
        self.measures: dict[str, Measure] = {}
        self.notes: list[str] = []

    def side(self, where: str) -> Side:
        for task in sorted(self.runs):
            self._add_members(self.runs[task])
        for task in sorted(self.runs):
            self._add(self.runs[task])
        return Side(
            where=where,
            runs={task: run.facts() for task, run in sorted(self.runs.items())},
            measures=self.measures,
            directories={task: run.directory for task, run in self.runs.items()},
            load=self._load,
            notes=self.notes,
        )

    def _load(self, task: str, scoring: str) -> ScoredSamples:
        return self.runs[task].scores.checked(scoring)

    def _add_members(self, suite: _OneRun) -> None:
        for member in suite.summary.members:
            model, _, run = member.rsplit("/", 2)
            root = suite.directory.resolve().parents[2]
            summaries = {path.parent: load_summary(path) for path in root.glob(f"*/*/{run}/summary.json")}
            found = [_OneRun(path, summary) for path, summary in summaries.items() if summary.model == model]
            if len(found) != 1:
                raise ResultsError(f"{suite.directory}: the run {member}, which it averages, is not in {root}")
            task = found[0].summary.task
            if self.runs.setdefault(task, found[0]).summary.run != run:
                raise UsageError(
                    listed(
                        f"{suite.directory} averages another run of '{task}' than the one named; name only one",
                        [found[0].directory, self.runs[task].directory],
                    )
                )

    def _add(self, run: _OneRun) -> None:
        summary = run.summary
        told = {name: column for name, column in summary.columns.items() if column.cells}
        silent = [name for name in summary.columns if name not in told]
        if silent:
            self.notes.append(
                f"{run.directory}: the summary does not say what {', '.join(silent[:3])} is made of, so its results "
                "stand in its place; repeat the 'evalkit run' command, which asks no answer again"
            )
        columns = told
        for name, column in told.items():
            measure = _measure(column, run.refs_of(column), column.protocol, "", headline=True)
            measure.absolute = abs(sum(cell.weight for cell in measure.cells) - 1.0) > 1e-9
            self._put(name, summary.task, measure)
        for result in summary.results:
            name = value_name(summary.task, result)
            if name in self.measures:
                name += f":{result.protocol}"
            headline = not columns and result.breakdown is None
            measure = _measure(result, [run.ref(result)], result.protocol, result.label, headline=headline)
            self._put(name, summary.task, measure)

    def _put(self, name: str, task: str, measure: Measure) -> None:
        self.measures[f"{name} ({task})" if name in self.measures else name] = measure


def _measure(found: Value, cells: list[CellRef], protocol: str, label: str, *, headline: bool) -> Measure:
    shared = {name: getattr(found, name) for name in ("unit", "higher_is_better", "decimals")}
    values = {name: getattr(found, name) for name in Value.model_fields}
    shared["rounding"] = found.rounding if isinstance(found, ColumnValue) else "nearest"
    return Measure(**values, **shared, label=label, protocol=protocol, headline=headline, cells=cells)
