"""Two sides' scores of one value, matched sample by sample."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.core.errors import DataError, UsageError
from evalkit.report.definitions import reduction_named
from evalkit.report.scored import ScoredSamples
from evalkit.report.sides import CellRef, Measure, Side
from evalkit.statistics.paired import Pairs, Part, Statistic

SHOWN_IDS = 3


@dataclass(frozen=True, slots=True)
class Pairing:
    """The samples that two sides share, for one value.

    Args:
        pairs: their statistics by independent unit.
        n: shared samples that count on at least one side.
        only_a, only_b: ids that one side alone has, sorted.
        dropped_a, dropped_b: shared samples that the official rule drops on that side alone.
        dropped_both: shared samples that it drops on both sides.
        identity: equal where the same is compared under two names, as by an average of one column and by the column.
    """

    pairs: Pairs
    n: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    dropped_a: int
    dropped_b: int
    dropped_both: int
    identity: Hashable

    @property
    def same_samples(self) -> bool:
        """True when both sides have the same samples."""
        return not self.only_a and not self.only_b


@dataclass(frozen=True, slots=True)
class _Matched:
    """The shared samples of one cell."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    ids: bytes
    units: Sequence[str]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    dropped_a: int
    dropped_b: int
    dropped_both: int


def pair(a: Side, b: Side, ours: Measure, theirs: Measure, *, strict: bool = False) -> Pairing:
    """Match the samples behind a value of two sides.

    Args:
        a: one side.
        b: the other side.
        ours: the value of `a`.
        theirs: the same value of `b`.
        strict: everything not scored counts as wrong.

    Raises:
        DataError: a sample belongs to another cluster in the other run, or statistics differ in shape.
        UsageError: the value is made of other parts on the other side.
        ResultsError: a side keeps no samples.
    """
    if len(ours.cells) != len(theirs.cells):
        raise UsageError(f"{a.where} and {b.where} make this value of {len(ours.cells)} and {len(theirs.cells)} parts")
    matched: list[_Matched] = []
    parts: list[Part] = []
    for cell, counterpart in zip(ours.cells, theirs.cells, strict=True):
        found = _match(a, b, cell, counterpart, strict)
        matched.append(found)
        parts.append(Part(reduction_named(cell.reduction, cell.task), found.a.shape[1], cell.weight))
    return Pairing(
        pairs=_pairs(matched, parts, ours.absolute),
        n=sum(len(found.units) for found in matched),
        only_a=tuple(sorted(key for found in matched for key in found.only_a)),
        only_b=tuple(sorted(key for found in matched for key in found.only_b)),
        dropped_a=sum(found.dropped_a for found in matched),
        dropped_b=sum(found.dropped_b for found in matched),
        dropped_both=sum(found.dropped_both for found in matched),
        identity=_weighed(
            ((cell.task, cell.scoring, cell.metric, cell.reduction, found.ids), cell.weight)
            for cell, found in zip(ours.cells, matched, strict=True)
        ),
    )


def definition_key(measure: Measure, side: Side) -> Hashable:
    """What a value is made of, by definition alone: equal where the same value goes by two names."""

    def samples(cell: CellRef) -> Hashable:
        facts, splits = side.runs.get(cell.task), cell.in_splits()
        whole = splits is None or (facts is not None and set(splits) == set(facts.splits))
        return None if whole else frozenset(splits or ()), frozenset(cell.in_groups().items())

    return _weighed(
        ((cell.task, cell.scoring, cell.metric, cell.reduction, cell.join, samples(cell)), cell.weight)
        for cell in measure.cells
    )


def _weighed(parts: Iterable[tuple[Hashable, float]]) -> Hashable:
    """Parts with their shares of the whole; those without weight do not count."""
    weights: dict[Hashable, float] = {}
    for part, weight in parts:
        weights[part] = weights.get(part, 0.0) + weight
    whole = sum(weights.values())
    return frozenset((part, round(weight / whole, 12)) for part, weight in weights.items() if weight)


def refusal(pairing: Pairing, name: str, a: str, b: str) -> str | None:
    """Why two sets of samples cannot be compared as they are, with examples; None where they are the same."""
    if pairing.same_samples:
        return None
    facts = [
        f"{len(only)} only in {where} ({', '.join(only[:SHOWN_IDS])}{', ...' if len(only) > SHOWN_IDS else ''})"
        for only, where in ((pairing.only_a, a), (pairing.only_b, b))
        if only
    ]
    return f"{name}: the runs have {pairing.n} samples in common, " + ", ".join(facts)


def _match(a: Side, b: Side, cell: CellRef, counterpart: CellRef, strict: bool) -> _Matched:
    one, other = a.samples(cell), b.samples(counterpart)
    rows_a, rows_b = _rows(one, cell, strict), _rows(other, counterpart, strict)
    if rows_a.shape[1] != rows_b.shape[1]:
        raise DataError(
            b.where, f"statistics of '{cell.metric}' have {rows_b.shape[1]} entries, in {a.where} {rows_a.shape[1]}"
        )
    places_a, places_b = _places(one, cell), _places(other, counterpart)
    shared = sorted(places_a.keys() & places_b.keys())
    at_a = np.array([places_a[key] for key in shared], dtype=np.int64)
    at_b = np.array([places_b[key] for key in shared], dtype=np.int64)
    dropped_a, dropped_b = _dropped(one, cell, at_a, strict), _dropped(other, counterpart, at_b, strict)
    kept = ~(dropped_a & dropped_b)
    counted = json.dumps([shared[place] for place in np.flatnonzero(kept).tolist()])
    units = _units(one, other, at_a, at_b, shared, cell.task, b.where)
    return _Matched(
        a=rows_a[at_a[kept]],
        b=rows_b[at_b[kept]],
        ids=hashlib.blake2b(counted.encode("ascii"), digest_size=16).digest(),
        units=[units[place] for place in np.flatnonzero(kept).tolist()],
        only_a=tuple(places_a.keys() - places_b.keys()),
        only_b=tuple(places_b.keys() - places_a.keys()),
        dropped_a=int((dropped_a & ~dropped_b).sum()),
        dropped_b=int((dropped_b & ~dropped_a).sum()),
        dropped_both=int((~kept).sum()),
    )


def _rows(samples: ScoredSamples, cell: CellRef, strict: bool) -> NDArray[np.float64]:
    statistics = samples.metrics.get(cell.metric)
    if statistics is None:  # every sample was dropped
        return np.zeros((len(samples.ids), len(cell.fields)))
    return statistics.rows(strict)


def _dropped(samples: ScoredSamples, cell: CellRef, places: NDArray[np.int64], strict: bool) -> NDArray[np.bool_]:
    statistics = samples.metrics.get(cell.metric)
    if statistics is None:
        return np.ones(len(places), dtype=bool)
    index = statistics.strict if strict else statistics.faithful
    return np.asarray(index[places] < 0)


def _places(samples: ScoredSamples, cell: CellRef) -> dict[str, int]:
    mask = samples.within(cell.in_splits(), cell.in_groups())
    if mask.all():
        return {key: place for place, key in enumerate(samples.ids)}
    return {samples.ids[place]: place for place in np.flatnonzero(mask).tolist()}


def _units(
    one: ScoredSamples,
    other: ScoredSamples,
    at_a: NDArray[np.int64],
    at_b: NDArray[np.int64],
    shared: Sequence[str],
    task: str,
    where: str,
) -> list[str]:
    """The independent unit of each shared sample: its cluster, or itself."""
    if not one.clusters.names and not other.clusters.names:
        return [f"{task}\0{key}" for key in shared]
    units = []
    for key, place_a, place_b in zip(shared, at_a.tolist(), at_b.tolist(), strict=True):
        cluster = one.clusters.at(place_a)
        if cluster != other.clusters.at(place_b):
            raise DataError(
                where, f"sample '{key}' is in cluster {other.clusters.at(place_b)!r}, in the other run in {cluster!r}"
            )
        units.append(f"{task}\0{key}" if cluster is None else f"{task}\0\0{cluster}")
    return units


def _pairs(matched: Sequence[_Matched], parts: Sequence[Part], absolute: bool) -> Pairs:
    numbers: dict[str, int] = {}
    for found in matched:
        for unit in found.units:
            numbers.setdefault(unit, len(numbers))
    samples = sum(len(found.units) for found in matched)
    width = sum(part.size for part in parts)
    a, b = np.zeros((len(numbers), width)), np.zeros((len(numbers), width))
    strata = np.full(len(numbers), -1, dtype=np.int64)
    spanning = False
    start = 0
    for k, (found, part) in enumerate(zip(matched, parts, strict=True)):
        where = np.fromiter((numbers[unit] for unit in found.units), dtype=np.int64, count=len(found.units))
        for rows, summed in ((found.a, a), (found.b, b)):
            for entry in range(part.size):
                summed[:, start + entry] = np.bincount(where, weights=rows[:, entry], minlength=len(numbers))
        spanning |= bool((strata[where] >= 0).any())
        strata[where] = k
        start += part.size
    if spanning:  # a unit has samples in several parts: the units of all parts are drawn together
        strata[:] = 0
    return Pairs(a, b, Statistic(tuple(parts), absolute), strata, clustered=len(numbers) < samples)
