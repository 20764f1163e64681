"""Measuring the judges of a run: agreement with each other and with people, with themselves, under attack."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.scorer import Answered
from evalkit.judging import injection, quality, raters
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
        labels: CSV files of human labels.
        id_column: heading of their ids.
        columns: headings of their labels; all others where empty. Several columns without the name of a value are
            several people, and so are several files.
        injection: judge and rubric of the injection suite; None to leave it out.
        limit: answers the suite attacks.
        seed: of the bootstrap.
    """

    scorings: Sequence[str] = ()
    labels: Sequence[Path] = ()
    id_column: str = "id"
    columns: Sequence[str] = ()
    injection: JudgeOptions | None = None
    limit: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about a judge.

    Args:
        about: "agreement", "people", "judge_with_people", "votes", "position" or "injection".
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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where two raters meet and where they part.

    Args:
        first, second: who.
        value: what they label.
        confusion: how often each label meets each.
        disagreements: the samples they label differently, the widest gap first.
    """

    first: str
    second: str
    value: str
    confusion: raters.Confusion
    disagreements: Sequence[raters.Disagreement]

    @property
    def subject(self) -> str:
        """Whose and what."""
        return f"{self.first} with {self.second}, {self.value}"

    def as_json(self) -> list[dict[str, Any]]:
        """As JSON: the table, and the samples."""
        table = {"about": "confusion", "subject": self.subject, "name": "counts", **dataclasses.asdict(self.confusion)}
        samples = [dataclasses.asdict(one) for one in self.disagreements]
        return [table, {"about": "disagreements", "subject": self.subject, "name": "samples", "samples": samples}]


def check(path: Path, wanted: Check) -> tuple[list[Measure], list[Comparison]]:
    """Measure the judges of a run.

    Returns:
        The measures, and the comparisons of raters behind the agreements.

    Raises:
        ResultsError: no such run.
        UsageError: no such scoring, or nothing to measure.
        DataError: labels that cannot be read.
    """
    directory = rejudge.existing(path)
    names = _scorings(directory, wanted)
    meetings = list(_meetings(directory, names, wanted))
    found = [
        *(measure for meeting in meetings for measure in _agreement(meeting, wanted.seed)),
        *_ceilings(meetings, wanted.seed),
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
    return found, [_comparison(meeting) for meeting in meetings]


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


@dataclass(frozen=True, slots=True)
class _Meeting:
    """The labels of two raters for one value; the value's name among the judge's, and as it is shown."""

    one: str
    other: str
    value: str
    shown: str
    first: quality.Labels
    second: quality.Labels
    people: int  # of the two


def _meetings(directory: RunDirectory, names: Sequence[str], wanted: Check) -> Iterator[_Meeting]:
    labels = {name: quality.labels_of(_records(directory, name), judged=_is_judges(name)) for name in names}
    people = _people(labels, wanted)
    pairs = [(one, other, 0) for one, other in itertools.combinations(labels, 2)]
    pairs += [(name, person, 1) for name in names for person in people]
    pairs += [(one, other, 2) for one, other in itertools.combinations(people, 2)]
    labels.update(people)
    asked = bool(wanted.scorings or wanted.labels)
    for one, other, human in pairs:
        try:
            values = quality.paired(labels[one], labels[other])
        except UsageError:
            if asked and human < 2:
                raise
            continue  # judges of different things, found rather than asked for
        for mine, theirs in values:
            value = mine if mine == theirs else f"{mine} with {theirs}"
            first, second = labels[one][mine], labels[other][theirs]
            if first.keys() & second.keys():
                yield _Meeting(one, other, mine, value, first, second, human)
            elif asked and human < 2:
                raise UsageError(
                    f"nothing to compare: no sample has labels of both, {one} ({value}) and {other}; the first speaks "
                    f"of {_some(first)}, the second of {_some(second)}"
                )


def _people(judged: Mapping[str, Mapping[str, quality.Labels]], wanted: Check) -> dict[str, dict[str, quality.Labels]]:
    """Raters by name: one a file, or one a column where the columns are no values of a judge's."""
    values = {value for found in judged.values() for value in found}
    shown = [path.name if len({one.name for one in wanted.labels}) == len(wanted.labels) else str(path)
             for path in wanted.labels]  # fmt: skip
    if len(set(shown)) < len(shown):
        raise UsageError("--labels: the same file is given twice")
    people: dict[str, dict[str, quality.Labels]] = {}
    for path, name in zip(wanted.labels, shown, strict=True):
        columns = quality.read_csv(path, wanted.id_column, wanted.columns)
        if len(columns) > 1 and not values & columns.keys() and len(values) == 1:
            people.update({f"people ({name}: {column})": {column: labels} for column, labels in columns.items()})
        else:
            people[f"people ({name})"] = columns
    return people


def _agreement(meeting: _Meeting, seed: int) -> Iterator[Measure]:
    for name, estimate in quality.compared(meeting.first, meeting.second, seed).items():
        yield Measure("agreement", f"{meeting.one} with {meeting.other}, {meeting.shown}", name, estimate)


def _ceilings(meetings: Sequence[_Meeting], seed: int) -> Iterator[Measure]:
    """People among themselves, and beside it each judge with them, where a judge was compared with several people."""
    judged: dict[tuple[str, str], list[_Meeting]] = {}
    for meeting in meetings:
        if meeting.people == 1:
            judged.setdefault((meeting.one, meeting.value), []).append(meeting)
    told: set[tuple[str, ...]] = set()
    for (judge, value), found in judged.items():
        if len(found) < 2:
            continue
        labels = [meeting.second for meeting in found]
        who = tuple(meeting.other for meeting in found)
        if (value, *who) not in told:
            told.add((value, *who))
            for name, estimate in raters.among(labels, seed).items():
                yield Measure("people", f"{len(found)} raters, {value}", name, estimate)
        for name, estimate in raters.among(labels, seed, judge=found[0].first).items():
            yield Measure("judge_with_people", f"{judge} with {len(found)} raters, {value}", name, estimate)


def _comparison(meeting: _Meeting) -> Comparison:
    return Comparison(
        meeting.one,
        meeting.other,
        meeting.shown,
        raters.confusion(meeting.first, meeting.second),
        raters.disagreements(meeting.first, meeting.second),
    )


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
