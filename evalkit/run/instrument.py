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
from evalkit.judging.wishes import Wishes
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
    injection: Wishes | None = None
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
            found += _attacked(directory, wanted.injection, wanted)
    if not found:
        raise UsageError(
            f"{path}: nothing to measure. Judge with several votes or by a second judge (evalkit judge), give --labels "
            "FILE.csv, or ask for --injection"
        )
    return found


def _scorings(directory: RunDirectory, wanted: Check) -> list[str]:
    known = sorted(path.stem for path in (directory.path / "scores").glob("*.jsonl"))
    if not wanted.scorings:
        return [name for name in known if name.startswith("judge-")]
    chosen = []
    for word in wanted.scorings:
        fitting = [word] if word in known else [name for name in known if word in name]
        if len(fitting) != 1:
            raise UsageError(
                f"--scoring {word}: {len(fitting)} scores files fit; there are {', '.join(known) or 'none'}"
            )
        chosen += fitting
    return chosen


def _agreements(directory: RunDirectory, names: Sequence[str], wanted: Check) -> Iterator[Measure]:
    raters = {name: quality.labels_of(_records(directory, name)) for name in names}
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
            found = quality.compared(raters[one][mine], raters[other][theirs], wanted.seed)
            for name, estimate in found.items():
                yield Measure("agreement", f"{one} with {other}, {value}", name, estimate)


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


def _attacked(directory: RunDirectory, wishes: Wishes, wanted: Check) -> Iterator[Measure]:
    _, scorers = rejudge.scorers_of(directory, load_record(directory.run), wishes)
    for scorer in scorers:
        answers = list(
            itertools.islice(_written(rejudge.answers_of(directory, scorer, wishes), scorer.hears), wanted.limit)
        )
        if not answers:
            raise UsageError(f"{directory.path}: no written answer to attack")
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
