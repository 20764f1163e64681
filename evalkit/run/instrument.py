"""Measuring the judges of a run: agreement with each other and with people, with themselves, under attack."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.scorer import Answered
from evalkit.judging import injection, quality
from evalkit.judging.agreement import Estimate
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.options import JudgeOptions
from evalkit.records import journals
from evalkit.run import rejudge
from evalkit.run.directory import RunDirectory
from evalkit.run.record import load_record


@dataclass(frozen=True, slots=True)
class Check:
    """What to measure.

    Args:
        scorings: names of scores files, or parts of them; every judge's where empty.
        labels: CSV file of human labels.
        id_column, column: its headings.
        injection: judge and rubric of the injection suite; None to leave it out.
        limit: answers the suite attacks.
        seed: of the bootstrap.
    """

    scorings: Sequence[str] = ()
    labels: Path | None = None
    id_column: str = "id"
    column: str | None = None
    injection: JudgeOptions | None = None
    limit: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about a judge.

    Args:
        about: "agreement", "votes", "position" or "injection".
        subject: whose: scorings, values, attacks.
        name: of the measure.
        estimate: the number.
    """

    about: str
    subject: str
    name: str
    estimate: Estimate

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"about": self.about, "subject": self.subject, "name": self.name, **dataclasses.asdict(self.estimate)}


def check(path: Path, wanted: Check) -> list[Measure]:
    """Measure the judges of a run.

    Raises:
        ResultsError: no such run.
        UsageError: no such scoring, or nothing to measure.
        DataError: labels that cannot be read.
    """
    directory = rejudge.existing(path)
    names = _scorings(directory, wanted)
    found = [
        *_agreements(directory, names, wanted),
        *(measure for name in names for measure in _alone(directory, name, wanted.seed)),
    ]
    if wanted.injection is not None:
        with directory:
            found += _attacked(directory, wanted)
    if not found:
        raise UsageError(
            f"{path}: nothing to measure. Judge with several votes or by a second judge (evalkit judge), give --labels "
            "FILE.csv, or ask for --injection"
        )
    return found


def forecast(path: Path, wanted: Check) -> Iterator[rejudge.Outlook]:
    """What the injection suite would take; asks nothing.

    Raises:
        EvalkitError: as `check`, but for a key or package that is missing.
    """
    directory = rejudge.existing(path)
    for scorer, answers in _targets(directory, wanted):
        yield rejudge.outlook(scorer, injection.forecast(scorer, answers))


def _scorings(directory: RunDirectory, wanted: Check) -> list[str]:
    known = sorted(path.stem for path in (directory.path / "scores").glob("*.jsonl"))
    if not wanted.scorings:
        return [name for name in known if _is_judges(name)]
    chosen = []
    for word in wanted.scorings:
        fitting = [word] if word in known else [name for name in known if word in name]
        if len(fitting) != 1:
            raise UsageError(
                f"--scoring {word}: {len(fitting)} scores files fit; there are {', '.join(known) or 'none'}"
            )
        chosen += fitting
    return chosen


def _is_judges(scoring: str) -> bool:
    return scoring.startswith("judge-")


def _agreements(directory: RunDirectory, names: Sequence[str], wanted: Check) -> Iterator[Measure]:
    raters = {name: quality.labels_of(_records(directory, name), judged=_is_judges(name)) for name in names}
    pairs = list(itertools.combinations(raters, 2))
    if wanted.labels is not None:
        people = f"people ({wanted.labels.name})"
        pairs += [(name, people) for name in names]
        raters[people] = quality.read_csv(wanted.labels, wanted.id_column, wanted.column)
    for one, other in pairs:
        try:
            values = quality.paired(raters[one], raters[other])
        except UsageError:
            if wanted.scorings or wanted.labels is not None:
                raise
            continue  # judges of different things, found rather than asked for
        for mine, theirs in values:
            value = mine if mine == theirs else f"{mine} with {theirs}"
            first, second = raters[one][mine], raters[other][theirs]
            if not first.keys() & second.keys():
                if not wanted.scorings and wanted.labels is None:
                    continue
                raise UsageError(
                    f"nothing to compare: no sample has labels of both, {one} ({value}) and {other}; the first speaks "
                    f"of {_some(first)}, the second of {_some(second)}"
                )
            for name, estimate in quality.compared(first, second, wanted.seed).items():
                yield Measure("agreement", f"{one} with {other}, {value}", name, estimate)


def _some(labels: quality.Labels) -> str:
    """A few of the samples that were labelled, for messages."""
    return ", ".join(repr(key) for key in list(labels)[:3]) + (", ..." if len(labels) > 3 else "") or "none"


def _alone(directory: RunDirectory, name: str, seed: int) -> Iterator[Measure]:
    for value, votes in quality.vote_agreement(_records(directory, name), seed).items():
        subject = f"{name}, {value}, {votes.votes} votes"
        yield Measure("votes", subject, "unanimous_percent", votes.unanimous)
        yield Measure("votes", subject, "krippendorff_alpha", votes.alpha)
        yield Measure("votes", subject, "standard_deviation", votes.spread)
    for value, bias in quality.position_bias(_records(directory, name), seed).items():
        yield Measure("position", f"{name}, {value}", "inconsistent_percent", bias.inconsistent)
        yield Measure("position", f"{name}, {value}", "first_preferred_percent", bias.first_preferred)
        yield Measure("position", f"{name}, {value}", "effect_of_first_place", bias.effect)


def _targets(directory: RunDirectory, wanted: Check) -> Iterator[tuple[JudgeScorer, list[Answered]]]:
    """The judges of the injection suite, and the answers each of them is tried with."""
    judging = wanted.injection
    assert judging is not None
    if wanted.limit < 1:
        raise UsageError(f"--limit {wanted.limit}: expected at least 1 answer to attack")
    _, scorers = rejudge.scorers_of(directory, load_record(directory.run), judging)
    for scorer in scorers:
        written = _written(rejudge.answers_of(directory, scorer, judging), scorer.hears)
        answers = list(itertools.islice(written, wanted.limit))
        if not answers:
            raise UsageError(f"{directory.path}: no written answer to attack")
        yield scorer, answers


def _attacked(directory: RunDirectory, wanted: Check) -> Iterator[Measure]:
    for scorer, answers in _targets(directory, wanted):
        with closing(scorer):
            found, restless = injection.resistance(scorer, answers, wanted.seed)
        for value, estimate in restless.items():
            yield Measure("injection", f"{scorer.protocol}, {value}, no attack", "changed_percent", estimate)
        for attack, values in found.items():
            for value, effect in values.items():
                subject = f"{scorer.protocol}, {value}, {attack}"
                yield Measure("injection", subject, "changed_percent", effect.changed)
                yield Measure("injection", subject, "raised_percent", effect.raised)
                yield Measure("injection", subject, "shift", effect.shift)


def _written(answers: Iterator[Answered], heard: bool) -> Iterator[Answered]:
    for answer in answers:
        text = answer.response.heard if heard else answer.response.text
        if answer.response.failure is None and text and text.strip():
            yield answer


def _records(directory: RunDirectory, name: str) -> Iterator[dict[str, Any]]:
    return journals.read(directory.scores(name), journals.RESCORED)
