"""One run of one model on one task: plan -> generate -> transcribe -> score -> summarize."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.model import Model
from evalkit.core.scorer import Scorer
from evalkit.core.task import Task
from evalkit.judging.judge import JudgeScorer
from evalkit.records import journals
from evalkit.records.run import Run, Stretch
from evalkit.records.summary import IntervalMethod, Summary
from evalkit.run import generate, summarize, summary_files
from evalkit.run.alongside import Alongside, fits
from evalkit.run.directory import RunDirectory
from evalkit.run.notices import of_flags
from evalkit.run.options import Options
from evalkit.run.plan import Plan, check
from evalkit.run.prepare import Prepared, obstacles, prepare
from evalkit.run.progress import Progress
from evalkit.run.record import open_record, stretch
from evalkit.run.score import score
from evalkit.run.tallies import collect
from evalkit.run.usage import used, used_by_judges


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
    prepared = prepare(model, task, options, splits)
    plan = prepared.plan
    sizes = check(plan, prepared.scorers)
    if sizes is not None and plan.takes_all(sizes):
        plan.limit = None
    with RunDirectory(prepared.path) as directory:
        if options.fresh:
            directory.set_aside()
        location = plan.rows.location
        record = open_record(directory, prepared.facts, prepared.run_id, prepared.shown, location, options.command)
        with stretch(directory, record, model, options.stages) as part:
            work = _Work(prepared, directory, options, record, part, sizes)
            summary, scorings = work.go()
            complete = summary.complete if summary is not None else work.complete()
    seconds = time.perf_counter() - began
    return Outcome(
        directory.path, work.summary_path, task, plan.splits, summary, complete, scorings, part.asked, seconds
    )


@dataclass(slots=True)
class _Work:
    """The stages of one command on one run directory."""

    prepared: Prepared
    directory: RunDirectory
    options: Options
    record: Run
    part: Stretch
    sizes: dict[str, int] | None
    names: list[str] = field(default_factory=list)
    summary_path: Path | None = None
    wanted: set[str] | None = None
    attempted: dict[str, set[str]] = field(default_factory=dict)  # by name of the scoring

    @property
    def plan(self) -> Plan:
        return self.prepared.plan

    @property
    def scorers(self) -> list[Scorer]:
        return self.prepared.scorers

    def go(self) -> tuple[Summary | None, list[summarize.Scoring]]:
        stages = self.options.stages
        if "generate" in stages and not self._finished():
            self._generate()
        if any(other.computes for other in self._listeners()):
            self.prepared.model.release()  # the devices are theirs now
        heard_by, transcriber = self.prepared.transcripts, self.prepared.transcriber
        if transcriber is not None and heard_by is not None and "transcribe" in stages:
            self.record.transcribers[heard_by] = dict(transcriber.identity())
            with Progress(self.options.progress, "transcribe", None, status=transcriber.status) as tick:
                together = any(scorer.together for scorer in self.scorers)  # such a one looks at every answer
                self.part.transcribed = generate.transcribe(
                    self.directory,
                    transcriber,
                    heard_by,
                    self.plan.task.language,
                    tick,
                    None if together else self._chosen(),
                )
        for scorer in self.scorers:
            name, facts = self.prepared.scoring(scorer)
            self.record.scorings[name] = facts
            self.names.append(name)
            if "score" in stages:
                with closing(scorer):
                    self.part.scored += score(
                        self.plan.task,
                        scorer,
                        self.directory,
                        name,
                        heard_by,
                        self._chosen(),
                        self.attempted.get(name, ()),
                    )
        if "summarize" not in stages:
            return None, []
        return self._summarize(self.names)

    def _listeners(self) -> Iterator[Model]:
        """Models that work on the answers: transcriber and judges."""
        if self.prepared.transcriber is not None:
            yield self.prepared.transcriber
        for scorer in self.scorers:
            if isinstance(scorer, JudgeScorer) and isinstance(scorer.judge, Model):
                yield scorer.judge

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
        model = self.prepared.model
        total = sum(self.sizes.values()) if self.sizes is not None else self.plan.limit

        def count(failed: bool) -> None:
            self.part.asked += 1
            self.part.failed += failed
            tick(failed)
            for one in alongside:
                one.on_answer()

        def ready() -> None:
            for problem in obstacles(model, self.scorers, self.prepared.transcriber, self.options.stages):
                raise problem  # a judge's key that is missing is told before hours of answers

        with ExitStack() as stack:
            alongside = [stack.enter_context(one) for one in self._alongside()]
            with Progress(self.options.progress, "generate", total, status=model.status) as tick:
                self.sizes = generate.generate(self.plan, self.scorers, model, self.directory, count, ready)
        self.part.scored += sum(one.scored for one in alongside)
        if self.plan.limit is None:
            self.record.sizes.update(self.sizes)

    def _alongside(self) -> list[Alongside]:
        """What can be scored while the model works."""
        if "score" not in self.options.stages:
            return []
        found = []
        for scorer in self.scorers:
            if fits(self.prepared.model, scorer, self.prepared.transcripts is not None):
                name, _ = self.prepared.scoring(scorer)
                found.append(Alongside(self.plan.task, scorer, self.directory, name, self._chosen()))
                self.attempted[name] = found[-1].attempted
        return found

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
        if self.plan.limit is not None and self.wanted is None:
            self.wanted = {sample.id for sample in self.plan.samples()}
        return self.wanted

    def _chosen(self) -> journals.Chosen | None:
        """Tells journal lines of planned samples; None where all are: what was answered beyond the plan may be dear."""
        wanted, splits = self._wanted(), frozenset(self.plan.splits)
        if wanted is None and splits >= set(self.plan.task.source.splits):
            return None
        return lambda line: line["split"] in splits and (wanted is None or line["id"] in wanted)

    def _planned(self) -> dict[str, int]:
        """Planned samples per split; read from the data if no stage knows."""
        if self.sizes is None:
            self.sizes = dict.fromkeys(self.plan.splits, 0)
            for sample in self.plan.samples():
                self.sizes[sample.split] += 1
        return self.sizes

    def _notices(self) -> list[str]:
        ids = self._ids if self.plan.limit is None else None
        return list(self.prepared.model.notices(ids, self.plan.task.takes))

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
        judged = [s.name for s in scorings if isinstance(s.scorer, JudgeScorer)]
        verdict_usage, verdict_cost = used_by_judges(self.directory, judged, wanted, plan.splits)
        summary = Summary(
            run=self.record.id,
            model=self.record.model,
            model_arguments=dict(self.prepared.model.identity()),
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
            verdict_usage=verdict_usage,
            verdict_cost=verdict_cost,
            notices=[*self._notices(), *of_flags(scorings[0].tallies.cut(None), plan.generation.max_new_tokens)],
        )
        rule = "" if self.prepared.own_rule else names[0]
        self.summary_path = summary_files.save(self.directory, rule, summary)
        return summary, scorings
