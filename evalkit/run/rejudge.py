"""Judging the answers of a finished run by another judge or rubric; answers are read, never made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.core.errors import DataError, EvalkitError, ResultsError, UnknownNameError, UsageError
from evalkit.core.message import VideoPolicy
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.source import Row, Rows, Source
from evalkit.core.task import Suite, Task
from evalkit.judging.cache import FILE_NAME
from evalkit.judging.forecast import Forecast
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.options import JudgeOptions
from evalkit.published.settling import settle
from evalkit.records import journals
from evalkit.records.run import Run, Stretch
from evalkit.records.summary import Result, Summary
from evalkit.run import identity, summarize, summary_files
from evalkit.run.columns import Measurements
from evalkit.run.directory import RunDirectory, safe_name
from evalkit.run.judges import configure, judges_of
from evalkit.run.listeners import TRANSCRIBER
from evalkit.run.record import load_record, now, save_record
from evalkit.run.score import answered, mark, score, settled_scores
from evalkit.run.tallies import collect
from evalkit.run.usage import used_by_judges


@dataclass(slots=True)
class Rejudged:
    """One new scoring of a run.

    Args:
        protocol: its id.
        scores: its journal.
        summary: its summary.
        results: its values.
        beside: the pooled values of the run's other scorings.
        scored: answers scored now.
        calls: verdicts asked for now.
        usage: summed units of all its verdicts.
        cost: US dollars of all its verdicts; None when unknown.
    """

    protocol: str
    scores: Path
    summary: Path
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


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one scoring would take.

    Args:
        protocol: its id.
        found: calls, tokens, money.
        obstacle: why its judge could not be asked as things are; None when it could, or need not be asked.
    """

    protocol: str
    found: Forecast
    obstacle: str | None = None


def outlook(scorer: JudgeScorer, found: Forecast) -> Outlook:
    """A scorer's forecast, with what would keep its judge from being asked."""
    obstacle = None
    try:
        if found.calls:
            scorer.check_helper()
    except EvalkitError as error:
        obstacle = str(error)
    return Outlook(scorer.protocol, found, obstacle)


def forecast(path: Path, judging: JudgeOptions) -> Iterator[Outlook]:
    """What re-judging a run would take, scoring by scoring; asks nothing.

    Raises:
        EvalkitError: as `rejudge`, but for a key or package that is missing.
    """
    directory = existing(path)
    record = load_record(directory.run)
    _, scorers = scorers_of(directory, record, judging)
    for scorer in scorers:
        yield outlook(scorer, scorer.forecast(_unsettled(directory, scorer, judging)))


def answers_of(directory: RunDirectory, scorer: JudgeScorer, judging: JudgeOptions) -> Iterator[Answered]:
    """The answers of a run as a scorer sees them, what was heard included."""
    yield from _answers(directory, _transcripts(directory, judging.transcriber) if scorer.hears else None)


def unsettled_answers(
    directory: RunDirectory, scorer: Scorer, scoring: str, transcripts: str | None
) -> Iterator[Answered]:
    """The answers of a run that a scoring still has to look at.

    Args:
        directory: of the run; read only.
        scorer: says whether speech is judged by what was heard of it.
        scoring: name of the scores file.
        transcripts: name of the transcripts, where it is.
    """
    settled = settled_scores(directory.scores(scoring))
    for answer in _answers(directory, transcripts if scorer.hears else None):
        if not scorer.runs_on(answer.split) or answer.response.failure is not None:
            continue
        if settled.get(answer.id) != mark(answer.response):
            yield answer


def _answers(directory: RunDirectory, transcripts: str | None) -> Iterator[Answered]:
    heard = None
    if transcripts is not None:
        lines = journals.read(directory.transcripts(transcripts), ())  # the latest line of each
        heard = {line["id"]: line for line in lines}
    for line in journals.read(directory.samples, journals.FAILED):
        yield answered(line, directory.path, heard)


def rejudge(path: Path, judging: JudgeOptions) -> list[Rejudged]:
    """Judge a run's answers; each scoring has a summary of its own, `summary.<scoring>.json`.

    Args:
        path: the run directory.
        judging: what to judge them by.

    Raises:
        ResultsError: no such run, one that is not finished, or another process works in it.
        UsageError: nothing to judge by, or a judge that cannot do it.
        MissingExtraError: the judge's package is missing.
        DataError: a rubric that cannot be used.
    """
    directory = existing(path)
    task, scorers = scorers_of(directory, load_record(directory.run), judging)
    for scorer in scorers:
        if next(_unsettled(directory, scorer, judging), None) is not None:
            scorer.check_helper()  # a scoring that is whole needs neither key nor package
    with directory:
        base = summary_files.widest(directory)
        if base is None:
            raise ResultsError(
                f"{directory.path}: no summary yet that this version of evalkit reads; finish the run first: "
                "repeat its 'evalkit run' command, which asks no answer again"
            )
        record = load_record(directory.run)
        return [_judged(directory, record, base, task, scorer, judging) for scorer in scorers]


def _unsettled(directory: RunDirectory, scorer: JudgeScorer, judging: JudgeOptions) -> Iterator[Answered]:
    heard = _transcripts(directory, judging.transcriber) if scorer.hears else None
    name = identity.scoring_name(scorer, identity.scoring(scorer, heard))
    return unsettled_answers(directory, scorer, name, heard)


def _judged(
    directory: RunDirectory, record: Run, base: Summary, task: Task, scorer: JudgeScorer, judging: JudgeOptions
) -> Rejudged:
    heard = _transcripts(directory, judging.transcriber) if scorer.hears else None
    facts = identity.scoring(scorer, heard)
    name = identity.scoring_name(scorer, facts)
    record.scorings[name] = facts
    save_record(directory, record)
    work = Stretch(started=now(), seconds=0.0, stages=["score"], asked=0, failed=0)
    began = time.perf_counter()
    try:
        with closing(scorer):
            work.scored = score(task, scorer, directory, name, {TRANSCRIBER: heard} if heard else {})
            calls = scorer.calls
    except BaseException as error:
        work.interrupted = type(error).__name__
        raise
    finally:
        work.seconds = round(time.perf_counter() - began, 3)
        if work.scored or work.interrupted:
            record.stretches.append(work)
        save_record(directory, record)
    saved, summary = _summarized(directory, record, base, task, scorer, name)
    beside = [
        result
        for result in base.results
        if result.scoring != name and result.split is None and result.breakdown is None
    ]
    return Rejudged(
        scorer.protocol,
        directory.scores(name),
        saved,
        summary.results,
        beside,
        work.scored,
        calls,
        summary.verdict_usage,
        summary.verdict_cost,
    )


def existing(path: Path) -> RunDirectory:
    """A run directory that holds answers.

    Raises:
        ResultsError: it does not.
    """
    for needed in ("run.json", "samples.jsonl"):
        if not (path / needed).is_file():
            raise ResultsError(f"{path} is no run directory: it has no {needed}. Expected RESULTS/MODEL/TASK/ID")
    return RunDirectory(path)


def scorers_of(directory: RunDirectory, record: Run, judging: JudgeOptions) -> tuple[Task, list[JudgeScorer]]:
    """The task, as far as it is needed, and the configured scorers of a run.

    Raises:
        UsageError: nothing to judge by, or a judge that cannot do it.
        DataError: a rubric that cannot be used.
    """
    task = _task(directory, record)
    judges = judges_of(task.scorers)
    inside = [judge.profile for judge in judges if not any(judge is scorer for scorer in task.scorers)]
    if inside:
        raise UsageError(
            f"task '{record.task}' is judged by {', '.join(inside)} inside another rule, which would be left out here; "
            "name the judge to 'evalkit run --stages score,summarize' instead"
        )
    if not judges and judging.rubric is not None:
        judges = [JudgeScorer(judging.rubric, heard=judging.heard)]
    if not judges:
        raise UsageError(f"task '{record.task}' has no judge of its own; name a rubric with --rubric")
    return task, configure(task.name, judges, judging, _results_folder(directory.path.resolve(), record) / FILE_NAME)


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
    settle(task)
    return task


class _Recorded(Source):
    """Stands for the data of a run whose task is not installed; only its answers are at hand."""

    def __init__(self, path: Path) -> None:
        self.splits = ()
        self._path = path

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        raise DataError(self._path, "the task of this run is not installed, so its data cannot be read")


def _no_sample(row: Row, split: str) -> Sample:
    raise AssertionError("a recorded run has no rows to make samples of")


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
    directory: RunDirectory, record: Run, base: Summary, task: Task, scorer: JudgeScorer, name: str
) -> tuple[Path, Summary]:
    """The scoring's own summary, of the samples that the run's is of."""
    sizes = _sizes(directory, record, base)

    def chosen(line: Mapping[str, Any]) -> bool:
        return line["split"] in base.splits and line.get("repeat", 1) <= base.repeats

    def records() -> Iterator[dict[str, Any]]:
        return filter(chosen, journals.read(directory.scores(name), journals.RESCORED))

    tallies = collect(records(), None, base.splits, scorer.metrics, base.repeats)
    shown = record.identity.get("video")
    scoring = summarize.Scoring(scorer, name, tallies, records, VideoPolicy(**shown) if shown else None)
    counts = summarize.headline_counts([scoring], sizes)
    parts = Measurements(task, [scoring], base.splits, base.seed).parts() if task.scorers else {}
    usage, cost = used_by_judges(directory, [name], chosen)
    summary = base.model_copy(
        update={
            "results": summarize.results(scoring, sizes, base.seed, base.repeats),
            "columns": {key: part.column() for key, part in parts.items()},
            "counts": counts,
            "verdict_usage": usage,
            "verdict_cost": cost,
            "complete": counts.n_scored == counts.n_total,
            "interval": base.interval.model_copy(update={"unit": "clusters" if tallies.clustered else "samples"}),
        }
    )
    return summary_files.save(directory, name, summary), summary


def _sizes(directory: RunDirectory, record: Run, summary: Summary) -> dict[str, int]:
    """Planned samples per split, each as often as it was asked; of a run with a selection, those that were answered."""
    partial = summary.limit is not None or summary.selection is not None
    if not partial and all(split in record.sizes for split in summary.splits):
        return {split: record.sizes[split] * summary.repeats for split in summary.splits}
    sizes = dict.fromkeys(summary.splits, 0)
    for line in journals.read(directory.samples, journals.FAILED):
        if line["split"] in sizes and line.get("repeat", 1) <= summary.repeats:
            sizes[line["split"]] += 1
    return sizes
