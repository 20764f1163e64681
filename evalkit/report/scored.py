"""The scores of one run as arrays: per sample which of the distinct statistics it has."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.core.errors import DataError
from evalkit.core.metric import join
from evalkit.records import journals

Index = NDArray[np.int32]
MISSING = -1


@dataclass(frozen=True, slots=True)
class Labels:
    """A name per sample: `names[index[i]]`, or none where the index is -1."""

    names: Sequence[str]
    index: Index

    def mask(self, name: str) -> NDArray[np.bool_]:
        """Samples with that name, shape (samples,)."""
        found = self.names.index(name) if name in self.names else -2
        return np.asarray(self.index == found)

    def at(self, place: int) -> str | None:
        """Name of one sample."""
        number = int(self.index[place])
        return None if number == MISSING else self.names[number]


@dataclass(frozen=True, slots=True)
class Statistics:
    """One metric's statistics.

    Args:
        vectors: the distinct ones, shape (distinct, fields).
        faithful: row of `vectors` per sample, -1 where the official rule drops it, shape (samples,).
        strict: the same with everything not scored counted as wrong.
    """

    vectors: NDArray[np.float64]
    faithful: Index
    strict: Index

    def rows(self, strict: bool) -> NDArray[np.float64]:
        """Statistics per sample, zeros where dropped, shape (samples, fields)."""
        index = self.strict if strict else self.faithful
        padded = np.vstack([self.vectors, np.zeros((1, self.vectors.shape[1]))])
        return np.asarray(padded[index])

    def total(self) -> NDArray[np.float64]:
        """Summed faithful statistics, shape (fields,)."""
        return np.asarray(self.rows(False).sum(axis=0))


@dataclass(frozen=True, slots=True)
class ScoredSamples:
    """One scoring of a run, sample by sample, in the order of its file.

    Args:
        ids: sample ids.
        splits, clusters: per sample.
        groups: breakdown -> its value per sample.
        metrics: metric name -> statistics.
    """

    ids: Sequence[str]
    splits: Labels
    clusters: Labels
    groups: Mapping[str, Labels]
    metrics: Mapping[str, Statistics]

    def within(self, splits: Collection[str] | None, groups: Mapping[str, str]) -> NDArray[np.bool_]:
        """Samples of some splits (None: all) that are in all of some groups, shape (samples,).

        Args:
            splits: names.
            groups: breakdown -> value.
        """
        mask = np.ones(len(self.ids), dtype=bool)
        if splits is not None:
            mask = np.asarray(np.any([self.splits.mask(split) for split in splits], axis=0))
        for breakdown, group in groups.items():
            labels = self.groups.get(breakdown)
            mask &= labels.mask(group) if labels is not None else False
        return mask


@dataclass(slots=True)
class _Names:
    """Collects a name per sample."""

    numbers: dict[str, int] = field(default_factory=dict)
    index: list[int] = field(default_factory=list)

    def add(self, name: str | None, place: int) -> None:
        if len(self.index) < place:  # a breakdown that earlier samples lack
            self.index.extend([MISSING] * (place - len(self.index)))
        self.index.append(MISSING if name is None else self.numbers.setdefault(name, len(self.numbers)))

    def labels(self, n: int) -> Labels:
        self.index.extend([MISSING] * (n - len(self.index)))
        return Labels(list(self.numbers), np.array(self.index, dtype=np.int32))


@dataclass(slots=True)
class _Vectors:
    """Collects a metric's statistics per sample."""

    where: Path
    metric: str
    numbers: dict[tuple[float, ...], int] = field(default_factory=dict)
    faithful: dict[int, int] = field(default_factory=dict)
    strict: dict[int, int] = field(default_factory=dict)

    def number(self, vector: Sequence[float], sample: str) -> int:
        key = tuple(vector)
        found = self.numbers.get(key)
        if found is None:
            self._check(key, sample)
            found = self.numbers[key] = len(self.numbers)
        return found

    def _check(self, key: tuple[float, ...], sample: str) -> None:
        if not all(isinstance(entry, int | float) and math.isfinite(entry) for entry in key):
            raise DataError(
                self.where,
                f"sample '{sample}': the statistics {list(key)} of '{self.metric}' are not all finite numbers; "
                "the scorer that wrote them is at fault. Mend it, remove this file, repeat the 'evalkit run' command",
            )
        width = len(next(iter(self.numbers), key))
        if len(key) != width:
            raise DataError(
                self.where,
                f"sample '{sample}': {len(key)} statistics of '{self.metric}' where others have {width}; "
                "remove this file and repeat the 'evalkit run' command",
            )

    def statistics(self, n: int) -> Statistics:
        vectors = np.array(list(self.numbers), dtype=np.float64)
        return Statistics(vectors, _dense(self.faithful, n), _dense(self.strict, n))


class _Units:
    """Collects the units of metrics that join samples, and joins them once all are there."""

    def __init__(self, joins: Mapping[str, str]) -> None:
        self._joins = {metric: join(how) for metric, how in joins.items()}
        self._base = {metric: metric.rpartition("_pass@")[0] or metric for metric in joins}
        # metric -> unit -> (first id, its place, faithful sums, strict sums)
        self._found: dict[str, dict[str, tuple[str, int, list[float] | None, list[float] | None]]] = {}

    def add(self, record: Mapping[str, Any], place: int) -> None:
        faithful, strict = record["faithful"], record.get("strict")
        for metric, base in self._base.items():
            if base != metric:
                unit = record.get("origin", record["id"])
            else:
                named = (record.get("units") or {}).get(metric)
                unit = record["id"] if named is None else f"{named}~{record.get('repeat', 1)}"
            kept = self._found.setdefault(metric, {})
            first, at, *sums = kept.get(unit, (record["id"], place, None, None))
            if record["id"] < first:
                first, at = record["id"], place
            vectors = faithful.get(base), (faithful if strict is None else strict).get(base)
            added = [_sum(known, vector) for known, vector in zip(sums, vectors, strict=True)]
            kept[unit] = first, at, added[0], added[1]

    def join(self, metrics: dict[str, _Vectors], path: Path) -> None:
        for metric, how in self._joins.items():
            made = metrics[metric] = _Vectors(path, metric)
            for first, at, *sums in self._found.get(metric, {}).values():
                for total, places in zip(sums, (made.faithful, made.strict), strict=True):
                    vector = how(tuple(total)) if total is not None else None
                    if vector is not None:
                        places[at] = made.number(vector, first)


def _sum(known: list[float] | None, vector: Sequence[float] | None) -> list[float] | None:
    if vector is None:
        return known
    return list(vector) if known is None else [a + b for a, b in zip(known, vector, strict=True)]


def _dense(found: Mapping[int, int], n: int) -> Index:
    index = np.full(n, MISSING, dtype=np.int32)
    if found:
        index[np.fromiter(found.keys(), dtype=np.int64, count=len(found))] = np.fromiter(
            found.values(), dtype=np.int32, count=len(found)
        )
    return index


def read_scores(
    path: Path, splits: Collection[str], joins: Mapping[str, str] | None = None, repeats: int = 1
) -> ScoredSamples:
    """The lines of a `scores/*.jsonl` that belong to some splits.

    Statistics of a metric that joins samples stand at the sample of a unit whose id comes first; the others have none.

    Args:
        path: the file.
        splits: names.
        joins: metric -> how it joins the samples of a unit.
        repeats: askings of each sample; those of one sample are one cluster, and lines of later ones are left out.

    Raises:
        DataError: statistics that cannot be added, with the sample id.
        ResultsError: a line that is not JSON.
    """
    ids: list[str] = []
    split_names, cluster_names = _Names(), _Names()
    groups: dict[str, _Names] = {}
    metrics: dict[str, _Vectors] = {}
    units = _Units(joins or {})
    for record in journals.read(path, journals.RESCORED):
        try:
            if record["split"] in splits and record.get("repeat", 1) <= repeats:
                place = len(ids)
                ids.append(record["id"])
                split_names.add(record["split"], place)
                origin = record.get("origin", record["id"]) if repeats > 1 else None
                cluster_names.add(record.get("cluster", origin), place)
                units.add(record, place)
                for key, value in (record.get("groups") or {}).items():
                    groups.setdefault(key, _Names()).add(value, place)
                _add(record, place, path, metrics)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                path,
                f"sample '{record.get('id', '?')}': not a line of schema evalkit.scores/1 ({error!r}); "
                "remove this file and repeat the 'evalkit run' command, which asks no answer again",
            ) from error
    n = len(ids)
    units.join(metrics, path)
    return ScoredSamples(
        ids=ids,
        splits=split_names.labels(n),
        clusters=cluster_names.labels(n),
        groups={key: names.labels(n) for key, names in groups.items()},
        metrics={name: vectors.statistics(n) for name, vectors in metrics.items()},
    )


def _add(record: Mapping[str, Any], place: int, path: Path, metrics: dict[str, _Vectors]) -> None:
    faithful, strict = record["faithful"], record.get("strict")
    for name, vector in faithful.items():
        kept = metrics.get(name)
        if kept is None:
            kept = metrics[name] = _Vectors(path, name)
        kept.faithful[place] = kept.number(vector, record["id"])
        if strict is None:
            kept.strict[place] = kept.faithful[place]
    for name, vector in (strict or {}).items():
        kept = metrics.setdefault(name, _Vectors(path, name))
        kept.strict[place] = kept.number(vector, record["id"])
