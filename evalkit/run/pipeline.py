"""One run of one model on one task: plan -> generate -> transcribe -> score -> summarize."""

from __future__ import annotations

import functools
import itertools
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.core.model import Model
from evalkit.core.scorer import Scorer
from evalkit.core.task import Task
from evalkit.records import journals
from evalkit.records.run import Run, Stretch
from evalkit.records.summary import IntervalMethod, SplitSize, Summary
from evalkit.run import generate, listen, summarize, summary_files
from evalkit.run.alongside import Alongside, fits
from evalkit.run.columns import ColumnPart, Measurements
from evalkit.run.directory import RunDirectory
from evalkit.run.judges import judges_of
from evalkit.run.listeners import TRANSCRIBER
from evalkit.run.not_resumed import not_resumed
from evalkit.run.notices import of_flags
from evalkit.run.options import Options
from evalkit.run.plan import Plan, check
from evalkit.run.prepare import Prepared, obstacles, prepare
from evalkit.run.progress import Progress
from evalkit.run.record import open_record, stretch
from evalkit.run.score import score
from evalkit.run.selection import Selection
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
        parts: its columns with their resamples, for averages over several tasks.
        asked: requests the model answered now.
        seconds: wall time of this command's part.
    """

    directory: Path
    summary_path: Path | None
    task: Task
    splits: tuple[str, ...]
    summary: Summary | None
    complete: bool
    parts: Mapping[str, ColumnPart]
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
        plan.selection = Selection()
    with RunDirectory(prepared.path) as directory:
        if options.fresh:
            directory.set_aside()
        elif line := not_resumed(prepared.path, prepared.facts):
            sys.stderr.write(f"evalkit: {line}\n")
        location = plan.rows.location
        record = open_record(directory, prepared.facts, prepared.run_id, prepared.shown, location, options.command)
        if not record.data_identity or options.verify_data:
            record.data_identity = dict(plan.rows.established)
        with stretch(directory, record, model, options.stages) as part:
            work = _Work(prepared, directory, options, record, part, sizes)
            summary, parts = work.go()
            complete = summary.complete if summary is not None else work.complete()
    seconds = time.perf_counter() - began
    return Outcome(directory.path, work.summary_path, task, plan.splits, summary, complete, parts, part.asked, seconds)


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

    def go(self) -> tuple[Summary | None, Mapping[str, ColumnPart]]:
        stages = self.options.stages
        if "generate" in stages and not self._finished():
            self._generate()
        if any(other.computes for other in self._helpers()):
            self.prepared.model.release()  # the devices are theirs now
        listened = self.prepared.listened
        if "listen" in stages:
            for role, listener in self.prepared.listeners.items():
                self._listen(role, listener, listened[role])
        for scorer in self.scorers:
            name, facts = self.prepared.scoring(scorer)
            self.record.scorings[name] = facts
            self.names.append(name)
            if "score" in stages:
                with closing(scorer):
                    attempted = self.attempted.get(name, ())
                    self.part.scored += score(
                        self.plan.task, scorer, self.directory, name, listened, self._chosen(), attempted
                    )
        if "summarize" not in stages:
            return None, {}
        return self._summarize(self.names)

    def _listen(self, role: str, listener: Model, name: str) -> None:
        """Let a listener note something of every answer of splits whose scorers need it."""
        self.record.transcribers[name if role == TRANSCRIBER else f"{role}-{name}"] = dict(listener.identity())
        needing = [scorer for scorer in self.scorers if _needs(scorer, role)]
        together = any(scorer.together for scorer in needing)  # such a one looks at every answer
        chosen = None if together else self._chosen()

        def concerned(line: Mapping[str, Any]) -> bool:
            return any(scorer.runs_on(line["split"]) for scorer in needing) and (chosen is None or chosen(line))

        language = self.plan.task.language
        media = dict.fromkeys(name for scorer in needing for name in scorer.listeners.get(role, ()))
        recordings = listen.answers(self.directory, language, concerned)
        if media:
            compared = (sample for sample in self.plan.samples() if concerned({"split": sample.split, "id": sample.id}))
            recordings = itertools.chain(recordings, listen.compared(compared, media, language))
        stage = "transcribe" if role == TRANSCRIBER else f"listen: {role}"
        with Progress(self.options.progress, stage, None, status=listener.status) as tick:
            self.part.transcribed += listen.listen(self.directory, listener, name, recordings, tick, role)

    def _helpers(self) -> Iterator[Model]:
        """Models that work on the answers: listeners and judges."""
        yield from self.prepared.listeners.values()
        for scorer in self.scorers:
            for helper in scorer.helpers():
                if isinstance(helper.asks, Model):
                    yield helper.asks

    def _finished(self) -> bool:
        """True when the journal is known to hold every answer, without reading the data."""
        known = self.sizes or self.record.sizes
        repeats = self.plan.repeats
        if self.plan.partial or not all(split in known for split in self.plan.splits):
            return False
        _, per_split = generate.answered(self.directory, repeats)
        wanted = {
            split: known[split] if self.sizes is not None else known[split] * repeats for split in self.plan.splits
        }
        if any(per_split.get(split, 0) != wanted[split] for split in self.plan.splits):
            return False
        self.sizes = wanted
        return True

    def _generate(self) -> None:
        model = self.prepared.model
        total = sum(self.sizes.values()) if self.sizes is not None else self.plan.expected

        def count(failed: bool) -> None:
            self.part.asked += 1
            self.part.failed += failed
            tick(failed)
            for one in alongside:
                one.on_answer()

        def ready() -> None:
            for problem in obstacles(model, self.scorers, self.prepared.listeners.values(), self.options.stages):
                raise problem  # a judge's key that is missing is told before hours of answers

        with ExitStack() as stack:
            alongside = [stack.enter_context(one) for one in self._alongside()]
            with Progress(self.options.progress, "generate", total, status=model.status) as tick:
                self.sizes = generate.generate(self.plan, self.scorers, model, self.directory, count, ready)
        self.part.scored += sum(one.scored for one in alongside)
        if not self.plan.partial:
            self.record.sizes.update({split: size // self.plan.repeats for split, size in self.sizes.items()})

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
        planned, selects = self._planned(), self._selects
        if "score" not in self.options.stages:
            return self._good(self.directory.samples, journals.FAILED, selects) == sum(planned.values())
        for scorer, name in zip(self.scorers, self.names, strict=True):
            own = sum(size for split, size in planned.items() if scorer.runs_on(split))
            if self._good(self.directory.scores(name), journals.RESCORED, selects) != own:
                return False
        return True

    @staticmethod
    def _good(path: Path, provisional: tuple[bytes, ...], selects: journals.Chosen) -> int:
        return sum(
            record.get("failure") is None and record.get("status", "scored") == "scored"
            for record in journals.read(path, provisional)
            if selects(record)
        )

    def _wanted(self) -> set[str] | None:
        """Ids the plan selects; None for all of its splits."""
        if self.plan.partial and self.wanted is None:
            self.wanted = {sample.id for sample in self.plan.samples()}
        return self.wanted

    def _selects(self, line: Mapping[str, Any]) -> bool:
        """Whether a journal line is of a planned sample."""
        wanted = self._wanted()
        if line["split"] not in self.plan.splits or line.get("repeat", 1) > self.plan.repeats:
            return False
        return wanted is None or line["id"] in wanted

    def _chosen(self) -> journals.Chosen:
        """Tells journal lines of planned samples: to score what was answered beyond the plan may be dear."""
        self._wanted()  # the data are read here, not by the thread that scores beside the model
        return self._selects

    def _planned(self) -> dict[str, int]:
        """Planned samples per split; read from the data if no stage knows."""
        if self.sizes is None:
            self.sizes = dict.fromkeys(self.plan.splits, 0)
            for sample in self.plan.samples():
                self.sizes[sample.split] += 1
        return self.sizes

    def _notices(self) -> list[str]:
        ids = self._ids if not self.plan.partial else None
        return list(self.prepared.model.notices(ids, self.plan.task.takes))

    def _ids(self) -> set[str]:
        return {record["id"] for record in journals.read(self.directory.samples, journals.FAILED)}

    def _summarize(self, names: list[str]) -> tuple[Summary, Mapping[str, ColumnPart]]:
        plan, sizes = self.plan, self._planned()
        chosen = self._chosen()
        scorings = []
        for scorer, name in zip(self.scorers, names, strict=True):
            records = functools.partial(self._score_lines, name)
            tallies = collect(records(), None, plan.splits, scorer.metrics, plan.repeats)
            scorings.append(summarize.Scoring(scorer, name, tallies, records, self.plan.task.video))
        results = [
            result for scoring in scorings for result in summarize.results(scoring, sizes, plan.seed, plan.repeats)
        ]
        usage, cost = used(self.directory, chosen)
        judged = [s.name for s in scorings if judges_of([s.scorer])]
        verdict_usage, verdict_cost = used_by_judges(self.directory, judged, chosen)
        measurements = Measurements(plan.task, scorings, plan.splits, plan.seed)
        parts = measurements.parts()
        summary = Summary(
            run=self.record.id,
            model=self.record.model,
            model_arguments=dict(self.prepared.model.identity()),
            task=plan.task.name,
            task_version=plan.task.version,
            data_revision=plan.rows.revision,
            splits=list(plan.splits),
            limit=plan.selection.limit,
            selection=str(plan.selection) or None if plan.selection.limit is None else None,
            repeats=plan.repeats,
            seed=plan.seed,
            complete=all(summarize.complete(scoring, sizes) for scoring in scorings),
            counts=summarize.headline_counts(scorings, sizes),
            interval=IntervalMethod(
                level=summarize.LEVEL,
                resamples=summarize.RESAMPLES,
                seed=plan.seed,
                unit="clusters" if any(s.tallies.clustered for s in scorings) else "samples",
            ),
            results=results,
            columns={name: part.column() for name, part in parts.items()},
            usage=usage,
            cost=cost,
            verdict_usage=verdict_usage,
            verdict_cost=verdict_cost,
            notices=[*self._notices(), *of_flags(summarize.headline(scorings, sizes), plan.generation.max_new_tokens)],
            data=self._data_sizes(),
        )
        if mark := summary.data_mark():
            summary.notices.insert(0, f"{mark}; no complete copy of the data, so never ranked")
        rule = "" if self.prepared.own_rule else names[0]
        self.summary_path = summary_files.save(self.directory, rule, summary)
        return summary, parts

    def _data_sizes(self) -> dict[str, SplitSize]:
        """Samples of each split whose size its card tells, where all of the split is asked."""
        if self.plan.partial:
            return {}  # the selection is told, and keeps the run from being ranked
        found = self._planned()
        return {
            split: SplitSize(expected=size, found=found[split] // self.plan.repeats)
            for split, size in self.plan.task.sizes.items()
            if split in self.plan.splits and split in found
        }

    def _score_lines(self, name: str) -> Iterator[Mapping[str, Any]]:
        return filter(self._chosen(), journals.read(self.directory.scores(name), journals.RESCORED))


def _needs(scorer: Scorer, role: str) -> bool:
    if role == TRANSCRIBER:
        return scorer.hears or scorer.may_hear
    return role in scorer.listeners
