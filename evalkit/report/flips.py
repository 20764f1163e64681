"""Samples whose score changed from one run to the other, with what was asked and answered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from evalkit.records import journals
from evalkit.records.samples import Strict
from evalkit.report.definitions import reduction_named
from evalkit.report.scored import ScoredSamples
from evalkit.report.sides import CellRef, Side


class Flip(Strict):
    """One sample that changed."""

    id: str
    split: str
    a: float | None = Field(description="the sample's own value in A; null where undefined")
    b: float | None
    reference: Any = None
    answer_a: str | None = None
    answer_b: str | None = None


class Flips(Strict):
    """The samples that changed in one metric of one task; what was not scored counts as wrong."""

    task: str
    metric: str
    unit: str
    decimals: int
    better: int = Field(description="samples that B answers better")
    worse: int
    listed_better: list[Flip] = Field(default_factory=list, description="the largest changes first")
    listed_worse: list[Flip] = Field(default_factory=list)


def flips(a: Side, b: Side, names: Sequence[str], listed: int) -> list[Flips]:
    """Changed samples behind some values: one entry per task and metric.

    Args:
        a: the first side.
        b: the second side.
        names: values that both sides have.
        listed: how many samples to list in each direction, the largest changes first.
    """
    found: dict[tuple[str, str, str], Flips] = {}
    for name in names:
        for ours, theirs in zip(a.measures[name].cells, b.measures[name].cells, strict=False):
            key = (ours.task, ours.scoring, ours.metric)
            if key in found or (ours.task, ours.metric) != (theirs.task, theirs.metric):
                continue
            measure = a.measures[name]
            change = _Change(a, b, ours, theirs, measure.higher_is_better)
            found[key] = Flips(
                task=ours.task,
                metric=ours.metric,
                unit=measure.unit,
                decimals=measure.decimals,
                better=change.count(1),
                worse=change.count(-1),
                listed_better=list(change.largest(1, listed)),
                listed_worse=list(change.largest(-1, listed)),
            )
    _add_texts([flip for entry in found.values() for flip in (*entry.listed_better, *entry.listed_worse)], found, a, b)
    return list(found.values())


class _Change:
    """How much each shared sample of a scoring gained."""

    def __init__(self, a: Side, b: Side, ours: CellRef, theirs: CellRef, higher_is_better: bool) -> None:
        self.one, other = a.samples(ours), b.samples(theirs)
        places = {key: place for place, key in enumerate(other.ids)}
        self.at_a = np.array([i for i, key in enumerate(self.one.ids) if key in places], dtype=np.int64)
        at_b = np.array([places[self.one.ids[i]] for i in self.at_a.tolist()], dtype=np.int64)
        self.values_a, amounts_a = _values(self.one, ours, self.at_a)
        self.values_b, amounts_b = _values(other, theirs, at_b)
        change = amounts_b - amounts_a
        change[~np.isfinite(change)] = 0.0
        self.change = change if higher_is_better else -change

    def count(self, sign: int) -> int:
        return int((self.change * sign > 0).sum())

    def largest(self, sign: int, listed: int) -> Iterator[Flip]:
        places = np.flatnonzero(self.change * sign > 0).tolist()
        places.sort(key=lambda i: (-abs(self.change[i]), self.one.ids[int(self.at_a[i])]))
        for i in places[:listed]:
            place = int(self.at_a[i])
            yield Flip(
                id=self.one.ids[place],
                split=self.one.splits.at(place) or "",
                a=_number(self.values_a[i]),
                b=_number(self.values_b[i]),
            )


def _values(
    samples: ScoredSamples, cell: CellRef, places: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of single samples, and the amounts by which changes are ordered.

    Sums of ratios and means are changed by a sample's first entry (errors, correct answers), not by its rate.
    """
    statistics = samples.metrics.get(cell.metric)
    if statistics is None:
        nothing = np.full(len(places), np.nan)
        return nothing, nothing
    reduce = reduction_named(cell.reduction, cell.task)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_vector = np.asarray(reduce(statistics.vectors.T), dtype=np.float64)
    index = statistics.strict[places]
    values = np.where(index < 0, np.nan, per_vector[index])
    if cell.reduction in ("ratio", "mean"):
        return values, np.where(index < 0, np.nan, statistics.vectors[index, 0])
    return values, values


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _add_texts(listed: Sequence[Flip], found: Mapping[tuple[str, str, str], Flips], a: Side, b: Side) -> None:
    for task in dict.fromkeys(task for task, _, _ in found):
        entries = [entry for (name, _, _), entry in found.items() if name == task]
        wanted: dict[str, list[Flip]] = {}
        for entry in entries:
            for flip in (*entry.listed_better, *entry.listed_worse):
                wanted.setdefault(flip.id, []).append(flip)
        scorings = [scoring for name, scoring, _ in found if name == task]
        for side, field in ((a, "answer_a"), (b, "answer_b")):
            for key, reference, text in _texts(side, task, scorings, wanted):
                for flip in wanted[key]:
                    setattr(flip, field, text)
                    flip.reference = reference


def _texts(
    side: Side, task: str, scorings: Sequence[str], wanted: Mapping[str, Sequence[Flip]]
) -> Iterator[tuple[str, Any, str | None]]:
    """Id, reference and answer of some samples; the transcript where a transcriber heard the answer."""
    directory = side.directories.get(task)
    if directory is None or not wanted:
        return
    heard: dict[str, str | None] = {}
    identities = side.runs[task].scorings
    for transcriber in {identities.get(scoring, {}).get("transcriber") for scoring in scorings} - {None}:
        for record in _some(directory / "transcripts" / f"{transcriber}.jsonl", wanted):
            heard[record["id"]] = record.get("heard")
    for record in _some(directory / "samples.jsonl", wanted):
        text = heard.get(record["id"], record.get("text"))
        failure = record.get("failure")
        yield record["id"], record.get("reference"), f"(failed: {failure['message']})" if failure else text


def _some(path: Path, wanted: Mapping[str, object]) -> Iterator[dict[str, Any]]:
    left = len(wanted)
    for record in journals.read(path, journals.FAILED):
        if record["id"] in wanted:
            yield record
            left -= 1
            if not left:
                return
