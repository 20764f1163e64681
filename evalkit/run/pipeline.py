"""One run of one model on one task: plan -> generate -> transcribe -> score -> summarize."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.model import Model
from evalkit.core.scorer import Scorer
from evalkit.core.task import Task
from evalkit.judging.cache import FILE_NAME
from evalkit.metrics.scorers import scorer as make_scorer
from evalkit.records import journals
from evalkit.records.run import Run, Stretch
from evalkit.records.summary import IntervalMethod, Summary
from evalkit.run import generate, identity, journal, judges, summarize
from evalkit.run.directory import RunDirectory, safe_name
from evalkit.run.options import Options
from evalkit.run.plan import Plan, check, check_modalities, check_names, choose_splits
from evalkit.run.progress import Progress
from evalkit.run.record import json_bytes, open_record, stretch
from evalkit.run.score import score
from evalkit.run.tallies import collect
from evalkit.run.usage import used


@dataclass(slots=True)
class Outcome:
    """What a run came to.

    Args:
        directory: the run directory.
        summary_path: where the summary was written; None when it was not asked for.
        task, splits: what was run.
        summary: None when the stage `summarize` was not asked for.
        complete: every planned sample was answered and, where that stage was asked for, scored.
        scorings: scorers with their tallies, for averages over several tasks.
        asked: requests the model answered now.
        seconds: wall time of this command's part.
    """

    directory: Path
    summary_path: Path | None
    task: Task
    splits: tuple[str, ...]
    summary: Summary | None
    complete: bool
    scorings: list[summarize.Scoring]
    asked: int
    seconds: float


def data_folder(options: Options) -> Path | None:
    """Folder with local data: the option, else EVALKIT_DATA."""
    if options.data is not None:
        return options.data
    named = os.environ.get("EVALKIT_DATA")
    return Path(named) if named else None


def run(model: Model, task: Task, options: Options, splits: tuple[str, ...] = ()) -> Outcome:
    """Run a model on a task, or go on where an earlier command stopped.

    Args:
        model: not started; it is started only when there is something to ask.
        task: the protocol.
        options: what the command asks for.
        splits: the splits to do; all where empty.

    Raises:
        EvalkitError: the configuration cannot work, or the disk failed. Answers so far are kept.
    """
    began = time.perf_counter()
    options.check()
    check_names(model, task)
    model.limits = options.limits
    check_modalities(model, task)
    scorers = list(task.scorers)
    if options.scorer:
        scorers = [make_scorer(options.scorer, **options.scorer_arguments)]
    judges.configure(task.name, scorers, options.judging, options.out / FILE_NAME)
    heard_by = transcriber_of(task, scorers, model, options)
    rows = task.source.locate(data_folder(options), options.revision)
    generation = task.generation
    if options.max_new_tokens is not None:
        generation = replace(generation, max_new_tokens=options.max_new_tokens)
    if heard_by is not None:
        generation = replace(generation, speech=True)
    plan = Plan(task, rows, choose_splits(task, rows, splits), options.limit, options.seed, generation)
    sizes = check(plan, scorers)
    if sizes is not None and plan.takes_all(sizes):
        plan.limit = None
    facts = identity.answers(model, task, rows, generation, options.seed)
    shown = options.model_name or model.name
    run_id = identity.digest(facts)
    with RunDirectory(options.out / safe_name(shown) / safe_name(task.name) / run_id) as directory:
        if options.fresh:
            directory.set_aside()
        record = open_record(directory, facts, run_id, shown, rows.location, options.command)
        with stretch(directory, record, model, options.stages) as part:
            work = _Work(plan, model, scorers, heard_by, directory, options, record, part, sizes)
            summary, scorings = work.go()
            complete = summary.complete if summary is not None else work.complete()
    seconds = time.perf_counter() - began
    return Outcome(
        directory.path, work.summary_path, task, plan.splits, summary, complete, scorings, part.asked, seconds
    )


def transcriber_of(task: Task, scorers: Sequence[Scorer], model: Model, options: Options) -> Model | None:
    """The model that hears spoken answers, or None where only texts are scored.

    Raises:
        UsageError: none is named, or the model under test does not speak.
    """
    if not any(scorer.hears for scorer in scorers):
        return None
    name = options.transcriber
    if name is None and task.transcriber:
        name = task.transcriber.get(task.language or "*") or task.transcriber.get("*")
    if name is None:
        raise UsageError(f"task '{task.name}' scores speech; name a transcriber with --transcriber MODEL")
    transcriber = plugins.load_model(name)
    transcriber.limits = options.limits
    if "audio" not in transcriber.takes:
        raise UsageError(f"model '{name}' takes no audio, so it cannot be the transcriber")
    if "speech" not in model.gives:
        raise UsageError(f"model '{model.name}' gives no speech, and '{task.name}' is to be scored by what is heard")
    return transcriber


@dataclass(slots=True)
class _Work:
    """The stages of one command on one run directory."""

    plan: Plan
    model: Model
    scorers: list[Scorer]
    transcriber: Model | None
    directory: RunDirectory
    options: Options
    record: Run
    part: Stretch
    sizes: dict[str, int] | None
    names: list[str] = field(default_factory=list)
    summary_path: Path | None = None

    def go(self) -> tuple[Summary | None, list[summarize.Scoring]]:
        stages = self.options.stages
        if "generate" in stages and not self._finished():
            self._generate()
        heard_by = self._heard_by()
        if self.transcriber is not None and heard_by is not None and "transcribe" in stages:
            with Progress(self.options.progress, "transcribe", None) as tick:
                self.part.transcribed = generate.transcribe(self.directory, self.transcriber, heard_by, tick)
        for scorer in self.scorers:
            name, facts = self._scoring(scorer)
            self.record.scorings[name] = facts
            self.names.append(name)
            if "score" in stages:
                with closing(scorer):
                    self.part.scored += score(self.plan.task, scorer, self.directory, name, heard_by)
        if "summarize" not in stages:
            return None, []
        return self._summarize(self.names)

    def _heard_by(self) -> str | None:
        """Name of the transcripts."""
        if self.transcriber is None:
            return None
        return f"{safe_name(self.transcriber.name)}-{identity.digest(dict(self.transcriber.identity()), 8)}"

    def _scoring(self, scorer: Scorer) -> tuple[str, dict[str, Any]]:
        """Name and identity of a scoring."""
        facts = identity.scoring(scorer, self._heard_by() if scorer.hears else None)
        return identity.scoring_name(scorer, facts), facts

    def _finished(self) -> bool:
        """True when the journal is known to hold every answer, without reading the data."""
        known = self.sizes or self.record.sizes
        if self.plan.limit is not None or not all(split in known for split in self.plan.splits):
            return False
        _, per_split = generate.answered(self.directory)
        if any(per_split.get(split, 0) != known[split] for split in self.plan.splits):
            return False
        self.sizes = {split: known[split] for split in self.plan.splits}
        return True

    def _generate(self) -> None:
        if "score" in self.options.stages:
            judges.check(self.scorers)  # a key that is missing is told before hours of answers
        total = sum(self.sizes.values()) if self.sizes is not None else self.plan.limit

        def count(failed: bool) -> None:
            self.part.asked += 1
            self.part.failed += failed
            tick(failed)

        with Progress(self.options.progress, "generate", total) as tick:
            self.sizes = generate.generate(self.plan, self.scorers, self.model, self.directory, count)
        if self.plan.limit is None:
            self.record.sizes.update(self.sizes)

    def complete(self) -> bool:
        """True when every planned sample has an answer and, if scoring was asked for, a score."""
        planned = sum(self._planned().values())
        wanted = self._wanted()
        paths: dict[Path, tuple[bytes, ...]] = {self.directory.samples: journals.FAILED}
        if "score" in self.options.stages:
            paths = {self.directory.scores(name): journals.RESCORED for name in self.names}
        for path, provisional in paths.items():
            good = sum(
                record.get("failure") is None and record.get("status", "scored") == "scored"
                for record in journals.read(path, provisional)
                if record["split"] in self.plan.splits and (wanted is None or record["id"] in wanted)
            )
            if good != planned:
                return False
        return True

    def _wanted(self) -> set[str] | None:
        """Ids the plan selects; None for all of its splits."""
        return None if self.plan.limit is None else {sample.id for sample in self.plan.samples()}

    def _planned(self) -> dict[str, int]:
        """Planned samples per split; read from the data if no stage knows."""
        if self.sizes is None:
            self.sizes = dict.fromkeys(self.plan.splits, 0)
            for sample in self.plan.samples():
                self.sizes[sample.split] += 1
        return self.sizes

    def _ids(self) -> set[str]:
        return {record["id"] for record in journals.read(self.directory.samples, journals.FAILED)}

    def _summarize(self, names: list[str]) -> tuple[Summary, list[summarize.Scoring]]:
        plan, sizes = self.plan, self._planned()
        wanted = self._wanted()
        scorings = []
        for scorer, name in zip(self.scorers, names, strict=True):
            lines = journals.read(self.directory.scores(name), journals.RESCORED)
            scorings.append(summarize.Scoring(scorer, name, collect(lines, wanted, plan.splits)))
        results = [result for scoring in scorings for result in summarize.results(scoring, sizes, plan.seed)]
        counts = [summarize.counts(s.tallies.cut(None), sum(sizes.values())) for s in scorings]
        usage, cost = used(self.directory, wanted, plan.splits)
        summary = Summary(
            run=self.record.id,
            model=self.record.model,
            model_arguments=dict(self.model.identity()),
            task=plan.task.name,
            task_version=plan.task.version,
            data_revision=plan.rows.revision,
            splits=list(plan.splits),
            limit=plan.limit,
            seed=plan.seed,
            complete=all(count.n_scored == count.n_total for count in counts),
            counts=counts[0],
            interval=IntervalMethod(
                level=summarize.LEVEL,
                resamples=summarize.RESAMPLES,
                seed=plan.seed,
                unit="clusters" if any(s.tallies.clustered for s in scorings) else "samples",
            ),
            results=results,
            columns=summarize.columns(plan.task, scorings, plan.splits, plan.seed),
            usage=usage,
            cost=cost,
            notices=list(self.model.notices(self._ids)) if plan.limit is None else [],
        )
        self.summary_path = self._summary_path(summary)
        journal.write_atomically(self.summary_path, json_bytes(summary.model_dump(by_alias=True)))
        return summary, scorings

    def _summary_path(self, summary: Summary) -> Path:
        """Where a summary goes: one that covers less than the run's own does not replace it.

        Another scorer than the task's has a summary of its own as well.
        """
        usual = set(self.names) <= {self._scoring(scorer)[0] for scorer in self.plan.task.scorers}
        rule = "" if usual else self.names[0]
        own = self.directory.summary(rule)
        try:
            known = Summary.model_validate_json(own.read_bytes())
        except (OSError, ValueError):
            return own
        wider = known.limit is None or (summary.limit is not None and known.limit > summary.limit)
        if set(known.splits) >= set(summary.splits) and wider and known.counts.n_total > summary.counts.n_total:
            splits = "" if known.splits == summary.splits else "-" + "+".join(summary.splits)
            part = "part" + splits + (f"-limit{summary.limit}" if summary.limit else "")
            return self.directory.summary(f"{rule}.{part}" if rule else part)
        return own
