"""Run directories as a side of a comparison: their values, and what those are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from evalkit.core.errors import ResultsError, UsageError
from evalkit.core.task import Average, Cell, Suite, Task
from evalkit.records.summary import ColumnValue, Result, Summary, Value
from evalkit.report.definitions import definition_of
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
        self.generation = {} if record is None else dict(record.identity.get("generation") or {})
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
            seed=summary.seed,
            complete=summary.complete,
            n_total=counts.n_total,
            n_scored=counts.n_scored,
            n_unparsed=counts.n_unparsed,
            n_failed=counts.n_model_failed + counts.n_judge_failed,
            n_pending=counts.n_pending,
            level=summary.interval.level,
            generation=self.generation,
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
            fields=result.fields,
        )

    def ref_of_cell(self, cell: Cell) -> CellRef:
        """What a column of the task is made of: as `Cell`, the first metric where it names none."""
        breakdown, group = cell.group if cell.group else (None, None)
        for result in self.summary.results:
            if (result.split, result.breakdown) == (None, None) and cell.metric in (None, result.metric):
                place = {"split": cell.split, "breakdown": breakdown, "group": group}
                return self.ref(result).model_copy(update=place)
        raise ResultsError(f"{self.directory / 'summary.json'}: no result of the metric '{cell.metric}'")


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
        definition = definition_of(summary)
        if definition is None and summary.columns:
            self.notes.append(
                f"{run.directory}: how the columns of '{summary.task}' version {summary.task_version} are made is not "
                "known here, so its results stand in their place"
            )
        columns = summary.columns if definition is not None else {}
        for name, column in columns.items():
            assert definition is not None
            cells = list(self._parts(definition, name, run))
            self._put(name, summary.task, _measure(column, cells, column.protocol, "", headline=True))
        for result in summary.results:
            name = value_name(summary.task, result)
            if name in self.measures:
                name += f":{result.protocol}"
            headline = not columns and result.breakdown is None
            measure = _measure(result, [run.ref(result)], result.protocol, result.label, headline=headline)
            self._put(name, summary.task, measure)

    def _put(self, name: str, task: str, measure: Measure) -> None:
        self.measures[f"{name} ({task})" if name in self.measures else name] = measure

    def _parts(self, definition: Task | Suite, name: str, run: _OneRun) -> Iterator[CellRef]:
        column = definition.columns[name]
        parts = column.of if isinstance(column, Average) else (column,)
        weights = column.weights if isinstance(column, Average) and column.weights else (1.0,) * len(parts)
        for part, weight in zip(parts, weights, strict=True):
            found = run.ref_of_cell(part) if isinstance(part, Cell) else self._of_member(part, run)
            yield found.model_copy(update={"weight": float(weight)})

    def _of_member(self, column: str, suite: _OneRun) -> CellRef:
        for member in suite.summary.members:
            run = self.runs[member.rsplit("/", 2)[1]]
            definition = definition_of(run.summary)
            cell = definition.columns.get(column) if definition is not None else None
            if isinstance(cell, Cell):
                return run.ref_of_cell(cell)
        raise ResultsError(f"{suite.directory}: none of the runs it averages yields the column '{column}'")


def _measure(found: Value, cells: list[CellRef], protocol: str, label: str, *, headline: bool) -> Measure:
    shared = {name: getattr(found, name) for name in ("unit", "higher_is_better", "decimals")}
    values = {name: getattr(found, name) for name in Value.model_fields}
    shared["rounding"] = found.rounding if isinstance(found, ColumnValue) else "nearest"
    return Measure(**values, **shared, label=label, protocol=protocol, headline=headline, cells=cells)
