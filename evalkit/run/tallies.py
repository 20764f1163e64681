"""Reading score journals into tallies: one per metric and set of samples that share split and groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.core.columns import Groups
from evalkit.core.metric import Metric, Tally, join, merged
from evalkit.core.score import STATUSES, Vector

Vectors = Mapping[str, Vector]
REPEAT = "repeat"  # the breakdown of samples that are asked several times


@dataclass(slots=True)
class Cut:
    """One set of samples: what became of them, and their statistics by metric."""

    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    faithful: dict[str, Tally] = field(default_factory=dict)
    strict: dict[str, Tally] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Samples in this set."""
        return sum(self.statuses.values())

    @property
    def answered(self) -> Cut:
        """This set; without statistics where not one of its samples was answered, as nothing was measured then."""
        if self.statuses["model_failed"] < self.n or not self.n:
            return self
        return Cut(statuses=self.statuses, flags=self.flags)

    def merge(self, other: Cut) -> Cut:
        """Add another cut in place; returns self."""
        for status, count in other.statuses.items():
            self.statuses[status] += count
        for flag, count in other.flags.items():
            self.flags[flag] = self.flags.get(flag, 0) + count
        for ours, theirs in ((self.faithful, other.faithful), (self.strict, other.strict)):
            for name, tally in theirs.items():
                ours[name] = merged([ours[name], tally]) if name in ours else merged([tally])
        return self


def passes(metrics: Sequence[Metric], repeats: int) -> list[Metric]:
    """pass@K for every K up to the number of repeats, of the metrics that say right or wrong."""
    return [
        replace(
            metric,
            name=f"{metric.name}_pass@{k}",
            label=f"{metric.label} pass@{k}",
            fields=("passed", "samples"),
            join=f"pass@{k}",
        )
        for metric in metrics
        if metric.binary and metric.join is None and repeats > 1
        for k in range(1, repeats + 1)
    ]


class Tallies:
    """Tallies of one scoring, by split and breakdown groups. Sharded tallies add up to the whole.

    Args:
        metrics: of the scorer.
        repeats: askings of each sample; where there are several, those of one sample are one cluster.
    """

    def __init__(self, metrics: Sequence[Metric] = (), repeats: int = 1) -> None:
        over_repeats = passes(metrics, repeats)
        self._joins = {one.name: join(one.join) for one in [*metrics, *over_repeats] if one.join is not None}
        self._passes: dict[str, list[str]] = {}
        for metric in over_repeats:
            self._passes.setdefault(metric.name.rpartition("_pass@")[0], []).append(metric.name)
        self._repeats = repeats
        self._cells: dict[tuple[str, Groups], Cut] = {}
        self._by_group: dict[tuple[str, str], list[tuple[str, Groups]]] | None = None

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one line of a score journal."""
        faithful = {name: tuple(vector) for name, vector in record["faithful"].items()}
        given = record.get("strict")
        strict = faithful if given is None else {name: tuple(vector) for name, vector in given.items()}
        cluster = self.cluster_of(record)
        origin = record.get("origin", record["id"])
        units = record.get("units") or {}
        groups = record.get("groups") or {}
        if self._repeats > 1:
            number = record.get("repeat", 1)
            units = {name: f"{unit}~{number}" for name, unit in units.items()}
            groups = {**groups, REPEAT: str(number)}
        cut = self._cell((record["split"], tuple(sorted(groups.items()))))
        cut.statuses[record["status"]] += 1
        for flag in record.get("flags", ()):
            cut.flags[flag] = cut.flags.get(flag, 0) + 1
        for tallies, vectors in ((cut.faithful, faithful), (cut.strict, strict)):
            for name, vector in vectors.items():
                tally = tallies.get(name)
                if tally is None:
                    tally = tallies[name] = Tally()
                tally.add(vector, cluster, units.get(name, record["id"]) if name in self._joins else None)
                for passed in self._passes.get(name, ()):
                    tallies.setdefault(passed, Tally()).add(vector, cluster, origin)

    def cluster_of(self, record: Mapping[str, Any]) -> str | None:
        """The cluster of a line's sample; None where it is one of its own."""
        own = record.get("origin", record["id"]) if self._repeats > 1 else None
        cluster: str | None = record.get("cluster", own)
        return cluster

    def _cell(self, key: tuple[str, Groups]) -> Cut:
        cut = self._cells.get(key)
        if cut is None:
            cut, self._by_group = self._cells.setdefault(key, Cut()), None
        return cut

    def merge(self, other: Tallies) -> Tallies:
        """Add another set of tallies in place; returns self."""
        for key, cut in other._cells.items():
            self._cells.setdefault(key, Cut()).merge(cut)
        self._by_group = None
        return self

    @property
    def clustered(self) -> bool:
        """True when samples named clusters."""
        return any(tally.clustered for cut in self._cells.values() for tally in cut.faithful.values())

    @property
    def groups(self) -> list[tuple[str, str]]:
        """Every (breakdown, value) there is, sorted."""
        return sorted({pair for _, groups in self._cells for pair in groups})

    def has(self, split: str, group: tuple[str, str]) -> bool:
        """Whether some sample of a split is in a group."""
        return any(key[0] == split for key in self._index().get(group, ()))

    def cut(self, splits: Collection[str] | str | None = None, groups: Groups = ()) -> Cut:
        """Statistics of some splits (None: all) and of the samples that are in all of some groups."""
        wanted = [splits] if isinstance(splits, str) else splits
        places = self._cells.keys() if not groups else self._index().get(groups[0], ())
        whole = Cut()
        for key in sorted(places):
            if (wanted is None or key[0] in wanted) and all(group in key[1] for group in groups[1:]):
                whole.merge(self._cells[key])
        for name, how in self._joins.items():
            for tallies in (whole.faithful, whole.strict):
                if name in tallies:
                    tallies[name] = tallies[name].joined(how)
        return whole

    def _index(self) -> dict[tuple[str, str], list[tuple[str, Groups]]]:
        if self._by_group is None:
            self._by_group = {}
            for key in self._cells:
                for group in key[1]:
                    self._by_group.setdefault(group, []).append(key)
        return self._by_group


def collect(
    records: Iterable[Mapping[str, Any]],
    wanted: Collection[str] | None,
    splits: Collection[str],
    metrics: Sequence[Metric] = (),
    repeats: int = 1,
) -> Tallies:
    """Tallies of the journal lines a plan selects.

    Args:
        records: lines of a score journal.
        wanted: ids the plan selects, or None for all of its splits.
        splits: the plan's splits.
        metrics: of the scorer.
        repeats: askings of each sample; lines of later ones are left out.
    """
    tallies = Tallies(metrics, repeats)
    for record in records:
        if record["split"] not in splits or record.get("repeat", 1) > repeats:
            continue
        if wanted is None or record["id"] in wanted:
            tallies.add(record)
    return tallies
