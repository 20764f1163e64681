"""Reading score journals into tallies: one per metric and set of samples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.metric import Tally, merged
from evalkit.core.score import Vector

Vectors = Mapping[str, Vector]
Group = tuple[str, str] | None  # (breakdown, value); None for everything


@dataclass(slots=True)
class Cut:
    """One set of samples: what became of them, and their statistics by metric."""

    statuses: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("scored", "unparsed", "model_failed", "judge_failed"), 0)
    )
    faithful: dict[str, Tally] = field(default_factory=dict)
    strict: dict[str, Tally] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)

    def add(self, status: str, faithful: Vectors, strict: Vectors, cluster: str | None, flags: Iterable[str]) -> None:
        """Count one sample."""
        for flag in flags:
            self.flags[flag] = self.flags.get(flag, 0) + 1
        self.statuses[status] += 1
        for name, vector in faithful.items():
            tally = self.faithful.get(name)
            if tally is None:
                tally = self.faithful[name] = Tally()
            tally.add(vector, cluster)
        for name, vector in strict.items():
            tally = self.strict.get(name)
            if tally is None:
                tally = self.strict[name] = Tally()
            tally.add(vector, cluster)

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


class Tallies:
    """Tallies of one scoring, by split and by (split, breakdown group). Sharded tallies add up to the whole."""

    def __init__(self) -> None:
        self.splits: dict[str, Cut] = {}
        self.groups: dict[tuple[str, str], Cut] = {}

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one line of a score journal."""
        faithful = {name: tuple(vector) for name, vector in record["faithful"].items()}
        given = record.get("strict")
        strict = faithful if given is None else {name: tuple(vector) for name, vector in given.items()}
        cluster = record.get("cluster")
        status = record["status"]
        flags = record.get("flags", ())
        _cut(self.splits, record["split"]).add(status, faithful, strict, cluster, flags)
        for key, value in (record.get("groups") or {}).items():
            _cut(self.groups, (key, value)).add(status, faithful, strict, cluster, flags)

    def merge(self, other: Tallies) -> Tallies:
        """Add another set of tallies in place; returns self."""
        for split, cut in other.splits.items():
            _cut(self.splits, split).merge(cut)
        for group, cut in other.groups.items():
            _cut(self.groups, group).merge(cut)
        return self

    @property
    def clustered(self) -> bool:
        """True when samples named clusters."""
        return any(tally.clustered for cut in self.splits.values() for tally in cut.faithful.values())

    def cut(self, split: str | None, group: Group = None) -> Cut:
        """Statistics of a split, a group, or (both None) of everything."""
        if group is not None:
            return self.groups.get(group, Cut())
        if split is not None:
            return self.splits.get(split, Cut())
        whole = Cut()
        for name in sorted(self.splits):
            whole.merge(self.splits[name])
        return whole


def collect(records: Iterable[Mapping[str, Any]], wanted: Collection[str] | None, splits: Collection[str]) -> Tallies:
    """Tallies of the journal lines a plan selects.

    Args:
        records: lines of a score journal.
        wanted: ids the plan selects, or None for all of its splits.
        splits: the plan's splits.
    """
    tallies = Tallies()
    for record in records:
        if record["split"] in splits and (wanted is None or record["id"] in wanted):
            tallies.add(record)
    return tallies


def _cut(table: dict[Any, Cut], key: Any) -> Cut:
    cut = table.get(key)
    if cut is None:
        cut = table[key] = Cut()
    return cut
