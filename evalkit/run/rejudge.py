"""Judging the answers of a finished run by another judge or rubric; answers are read, never made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from evalkit import plugins
from evalkit.core.errors import DataError, ResultsError, UnknownNameError, UsageError
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.core.source import Row, Rows, Source
from evalkit.core.task import Suite, Task
from evalkit.judging.cache import FILE_NAME
from evalkit.judging.forecast import Forecast
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.record import used
from evalkit.judging.wishes import Wishes
from evalkit.records import journals
from evalkit.records.run import Run, Stretch
from evalkit.records.summary import Result, Summary
from evalkit.run import identity, journal, summarize
from evalkit.run.directory import RunDirectory, safe_name
from evalkit.run.judges import configure
from evalkit.run.record import json_bytes, load_record, now, save_record
from evalkit.run.score import answered, score
from evalkit.run.tallies import collect


@dataclass(slots=True)
class Rejudged:
    """One new scoring of a run.

    Args:
        protocol: its id.
        scores: its journal.
        results: its values.
        beside: the pooled values of the run's other scorings.
        scored: answers scored now.
        calls: verdicts asked for now.
        usage: summed units of all its verdicts.
        cost: US dollars of all its verdicts; None when unknown.
    """

    protocol: str
    scores: Path
    results: list[Result]
    beside: list[Result]
    scored: int
    calls: int
    usage: dict[str, float]
    cost: float | None

    @property
    def complete(self) -> bool:
        """Every answer has a proper verdict."""
        return self.results[0].counts.n_scored == self.results[0].counts.n_total


def forecast(path: Path, wishes: Wishes) -> Iterator[tuple[str, Forecast]]:
    """What re-judging a run would take: (protocol, forecast) of each scoring; asks nothing.

    Raises:
        EvalkitError: as `rejudge`.
    """
    directory = existing(path)
    record = load_record(directory.run)
    _, scorers = scorers_of(directory, record, wishes)
    for scorer in scorers:
        with closing(scorer):
            answers = answers_of(directory, scorer, wishes)
            yield scorer.protocol, scorer.forecast(answer for answer in answers if answer.response.failure is None)


def answers_of(directory: RunDirectory, scorer: JudgeScorer, wishes: Wishes) -> Iterator[Answered]:
    """The answers of a run as a scorer sees them, what was heard included."""
    heard = None
    if scorer.hears:
        transcripts = directory.transcripts(_transcripts(directory, wishes.transcriber))
        heard = {line["id"]: line for line in journals.read(transcripts, journals.FAILED)}
    for line in journals.read(directory.samples, journals.FAILED):
        yield answered(line, directory.path, heard)


def rejudge(path: Path, wishes: Wishes) -> list[Rejudged]:
    """Judge a run's answers and put the results beside its others in `summary.json`.

    Args:
        path: the run directory.
        wishes: what to judge them by.

    Raises:
        ResultsError: no such run, or another process works in it.
        UsageError: nothing to judge by, or a judge that cannot do it.
        DataError: a rubric that cannot be used.
    """
    with existing(path) as directory:
        record = load_record(directory.run)
        task, scorers = scorers_of(directory, record, wishes)
        return [_judged(directory, record, task, scorer, wishes) for scorer in scorers]


def _judged(directory: RunDirectory, record: Run, task: Task, scorer: JudgeScorer, wishes: Wishes) -> Rejudged:
    heard = _transcripts(directory, wishes.transcriber) if scorer.hears else None
    facts = identity.scoring(scorer, heard)
    name = identity.scoring_name(scorer, facts)
    record.scorings[name] = facts
    save_record(directory, record)
    work = Stretch(started=now(), seconds=0.0, stages=["score"], asked=0, failed=0)
    began = time.perf_counter()
    try:
        with closing(scorer):
            work.scored = score(task, scorer, directory, name, heard)
            calls = scorer.calls
    except BaseException as error:
        work.interrupted = type(error).__name__
        raise
    finally:
        work.seconds = round(time.perf_counter() - began, 3)
        if work.scored or work.interrupted:
            record.stretches.append(work)
        save_record(directory, record)
    results, beside = _summarized(directory, record, scorer, name)
    usage, cost = used(journals.read(directory.scores(name), journals.RESCORED))
    return Rejudged(scorer.protocol, directory.scores(name), results, beside, work.scored, calls, usage, cost)


def existing(path: Path) -> RunDirectory:
    """A run directory that holds answers.

    Raises:
        ResultsError: it does not.
    """
    for needed in ("run.json", "samples.jsonl"):
        if not (path / needed).is_file():
            raise ResultsError(f"{path} is no run directory: it has no {needed}. Expected RESULTS/MODEL/TASK/ID")
    return RunDirectory(path)


def scorers_of(directory: RunDirectory, record: Run, wishes: Wishes) -> tuple[Task, list[JudgeScorer]]:
    """The task, as far as it is needed, and the configured scorers of a run.

    Raises:
        UsageError: nothing to judge by, or a judge that cannot do it.
        DataError: a rubric that cannot be used.
    """
    task = _task(directory, record)
    judges = [scorer for scorer in task.scorers if isinstance(scorer, JudgeScorer)]
    if not judges and wishes.rubric is not None:
        judges = [JudgeScorer(wishes.rubric, heard=wishes.heard)]
    if not judges:
        raise UsageError(f"task '{record.task}' has no judge of its own; name a rubric with --rubric")
    return task, configure(task.name, judges, wishes, _results_folder(directory.path.resolve(), record) / FILE_NAME)


def _results_folder(path: Path, record: Run) -> Path:
    """The folder of all results; of a run directory copied out of it, that directory itself."""
    inside = path.name == record.id and path.parent.name == safe_name(record.task)
    return path.parents[2] if inside and len(path.parents) > 2 else path


def _task(directory: RunDirectory, record: Run) -> Task:
    try:
        task = plugins.load_task(record.task)
    except UnknownNameError:
        return Task(source=_Recorded(directory.path), sample=_no_sample, scorers=[], name=record.task)
    if isinstance(task, Suite):
        raise UsageError(f"'{record.task}' is a suite; judge the runs of its tasks")
    return task


class _Recorded(Source):
    """Stands for the data of a run whose task is not installed; only its answers are at hand."""

    def __init__(self, path: Path) -> None:
        self.splits = ()
        self._path = path

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        raise DataError(self._path, "the task of this run is not installed, so its data cannot be read")


def _no_sample(row: Row, split: str) -> Sample:
    raise NotImplementedError


def _transcripts(directory: RunDirectory, wanted: str | None) -> str:
    known = sorted(path.stem for path in (directory.path / "transcripts").glob("*.jsonl"))
    fitting = [name for name in known if wanted is None or wanted in (name, name.rpartition("-")[0])]
    if len(fitting) != 1:
        raise UsageError(
            f"{directory.path}: speech is judged by its transcripts, and there are {len(fitting)} that fit; "
            f"name one of {', '.join(known) or 'none'} with --transcriber"
        )
    return fitting[0]


def _summarized(
    directory: RunDirectory, record: Run, scorer: JudgeScorer, name: str
) -> tuple[list[Result], list[Result]]:
    """The scoring's results, written beside the others."""
    if not directory.summary().exists():
        raise ResultsError(f"{directory.path}: no summary.json yet; finish the run first (verdicts are kept)")
    summary = Summary.model_validate_json(directory.summary().read_bytes())
    sizes = _sizes(directory, record, summary)
    tallies = collect(journals.read(directory.scores(name), journals.RESCORED), None, summary.splits)
    found = summarize.results(summarize.Scoring(scorer, name, tallies), sizes, summary.seed)
    others = [result for result in summary.results if result.protocol != scorer.protocol]
    summary.results = [*others, *found]
    journal.write_atomically(directory.summary(), json_bytes(summary.model_dump(by_alias=True)))
    beside = [result for result in others if result.split is None and result.breakdown is None]
    return found, beside


def _sizes(directory: RunDirectory, record: Run, summary: Summary) -> dict[str, int]:
    """Planned samples per split; of a run with a limit, those that were answered."""
    if summary.limit is None and all(split in record.sizes for split in summary.splits):
        return {split: record.sizes[split] for split in summary.splits}
    sizes = dict.fromkeys(summary.splits, 0)
    for line in journals.read(directory.samples, journals.FAILED):
        if line["split"] in sizes:
            sizes[line["split"]] += 1
    return sizes
