"""What stands on one side of a comparison: named values, what they were made of, and under which circumstances.

A side is read from run directories (`evalkit.report.run_side`) or from a baseline file (`evalkit.report.baseline`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from evalkit.core.errors import ResultsError, UnknownNameError
from evalkit.records.samples import Strict
from evalkit.report.scored import ScoredSamples


class CellRef(Strict):
    """One set of samples with one metric: what a value, or one part of an average, is made of."""

    task: str
    scoring: str = Field(description="name of the scores file")
    metric: str
    split: str | None = Field(None, description="null: all splits, or those of `splits`")
    breakdown: str | None = None
    group: str | None = None
    splits: list[str] | None = Field(None, description="several splits that are pooled")
    groups: dict[str, str] | None = Field(None, description="several breakdowns, for samples in all of these groups")
    reduction: str
    join: str | None = Field(None, description="how the samples of a unit become one")
    fields: list[str]
    weight: float = 1.0

    def in_splits(self) -> list[str] | None:
        """The splits its samples are of; None for all."""
        return self.splits if self.splits else None if self.split is None else [self.split]

    def in_groups(self) -> dict[str, str]:
        """Breakdown -> value of every group its samples are in."""
        single = {self.breakdown: self.group} if self.breakdown is not None and self.group is not None else {}
        return {**single, **(self.groups or {})}


class Measure(Strict):
    """A named value of one model."""

    value: float | None
    low: float | None = None
    high: float | None = None
    strict: float | None = None
    n: int
    n_dropped: int = 0
    label: str
    protocol: str
    unit: str
    absolute: bool = Field(False, description="the value is the sum of weight times cell, not their weighted mean")
    higher_is_better: bool
    decimals: int
    rounding: Literal["nearest", "cut"] = Field("nearest", description="how values are brought to these decimals")
    headline: bool = Field(description="a published column, or a task's own value where it has no columns")
    cells: list[CellRef]


class RunFacts(Strict):
    """The circumstances of one run."""

    run: str = Field(description="identity hash")
    model: str
    model_arguments: dict[str, Any]
    task: str
    task_version: int
    data_revision: str
    splits: list[str]
    limit: int | None
    selection: str | None = Field(None, description="which samples, where some other than the first N were chosen")
    incomplete_data: str = Field("", description="what the data lack; empty where they are complete")
    seed: int
    complete: bool
    n_total: int
    n_scored: int
    n_unparsed: int
    n_failed: int = Field(description="model or judge failed")
    n_pending: int
    level: float = Field(description="of the values' own intervals")
    generation: dict[str, Any] = Field(default_factory=dict)
    task_arguments: dict[str, Any] = Field(default_factory=dict)
    history: str | None = Field(None, description="of conversations that were played: own or given")
    scorings: dict[str, dict[str, Any]] = Field(default_factory=dict, description="scores file -> its identity")


@dataclass(slots=True)
class Side:
    """Everything known of one side.

    Args:
        where: the path it came from, for messages.
        runs: task -> circumstances.
        measures: name -> value.
        directories: task -> run directory; empty for a baseline file.
        load: reads the samples of (task, scoring); None where none are kept.
        notes: what a reader of the comparison should know.
        others: tasks that have runs there and were not asked for.
    """

    where: str
    runs: dict[str, RunFacts]
    measures: dict[str, Measure]
    directories: dict[str, Path] = field(default_factory=dict)
    load: Callable[[str, str], ScoredSamples] | None = None
    notes: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    _loaded: dict[tuple[str, str], ScoredSamples] = field(default_factory=dict)

    @property
    def models(self) -> str:
        """Names of its models."""
        return ", ".join(dict.fromkeys(facts.model for facts in self.runs.values()))

    def headline(self) -> dict[str, Measure]:
        """The values that stand for a run."""
        return {name: measure for name, measure in self.measures.items() if measure.headline}

    def chosen(self, patterns: Sequence[str], *, everything: bool = False) -> dict[str, Measure]:
        """Values by name: those that match a pattern, in the side's order; without patterns the headline or all.

        Raises:
            UnknownNameError: a pattern that matches nothing.
        """
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in self.measures):
                raise UnknownNameError(f"value of {self.where}:", pattern, self.measures)
        if not patterns:
            return dict(self.measures) if everything else self.headline()
        return {
            name: measure
            for name, measure in self.measures.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        }

    def samples(self, cell: CellRef) -> ScoredSamples:
        """Scores per sample behind a cell.

        Raises:
            ResultsError: this side keeps none.
        """
        key = (cell.task, cell.scoring)
        if key not in self._loaded:
            if self.load is None:
                raise ResultsError(
                    f"{self.where}: holds no scores per sample, which a paired comparison needs; "
                    "save it anew without --no-samples"
                )
            self._loaded[key] = self.load(*key)
        return self._loaded[key]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that two values to be compared do not share."""

    field: str
    a: Any
    b: Any

    def __str__(self) -> str:
        return f"{self.field} {_shown(self.a)} / {_shown(self.b)}"


def differences(a: Side, b: Side, name: str) -> list[Difference]:
    """Circumstances in which a value of two sides differs although it should not; the model may differ."""
    ours, theirs = a.measures[name], b.measures[name]
    found = list(
        _different(
            {"protocol": ours.protocol, "unit": ours.unit}, {"protocol": theirs.protocol, "unit": theirs.unit}, ""
        )
    )
    cells = [_definition(measure.cells) for measure in (ours, theirs)]
    if cells[0] != cells[1]:
        found.append(Difference("cells", *cells))
    tasks = list(dict.fromkeys(cell.task for cell in [*ours.cells, *theirs.cells]))
    for task in tasks:
        if task not in a.runs or task not in b.runs:
            continue  # the cells differ, which is said above
        one, other = a.runs[task], b.runs[task]
        prefix = f"{task}: " if len(tasks) > 1 else ""
        for key in ("task_version", "data_revision", "limit", "selection", "history"):
            found += _different({key: getattr(one, key)}, {key: getattr(other, key)}, prefix)
        found += _different(one.task_arguments, other.task_arguments, f"{prefix}task argument ")
        found += _different(one.generation, other.generation, f"{prefix}generation ")
    for cell, counterpart in zip(ours.cells, theirs.cells, strict=False):
        if cell.task in a.runs and counterpart.task in b.runs:
            one_scoring = a.runs[cell.task].scorings.get(cell.scoring, {})
            other_scoring = b.runs[counterpart.task].scorings.get(counterpart.scoring, {})
            found += _different(one_scoring, other_scoring, "scorer ")
    return list({str(difference): difference for difference in found}.values())


def _definition(cells: Sequence[CellRef]) -> list[tuple[Any, ...]]:
    """What cells are and how they weigh against each other."""
    total = math.fsum(cell.weight for cell in cells) or 1.0
    return [
        (
            cell.task,
            cell.metric,
            "+".join(cell.splits) if cell.splits else cell.split,
            " ".join(f"{key}={value}" for key, value in sorted(cell.in_groups().items())) or None,
            cell.reduction,
            round(cell.weight / total, 12),
        )
        for cell in cells
    ]


def _different(a: Mapping[str, Any], b: Mapping[str, Any], prefix: str) -> Iterator[Difference]:
    for key in dict.fromkeys([*a, *b]):
        if a.get(key) != b.get(key):
            yield Difference(f"{prefix}{key}", a.get(key), b.get(key))


def _shown(value: Any) -> str:
    text = "none" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."
