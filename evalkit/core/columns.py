"""Published columns as a graph: cells of a summary, and rules that make values of other values.

A `Cell` is one value of a task: a metric over a split, a group, or everything. A `Rule` is a formula over cells, rules
and the ids of other columns. A graph is checked when its task is made, before anything is downloaded or asked, and is
evaluated in dependency order by `evalkit.run.columns`; the arithmetic is that of `evalkit.statistics.averages`, which
recomputes the printed averages of papers by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeAlias, get_args

from evalkit.core.errors import EvalkitError, UnknownNameError, UsageError
from evalkit.core.metric import Metric
from evalkit.core.scorer import Scorer

Number: TypeAlias = int | float | Decimal | Fraction
Formula: TypeAlias = Literal[
    "mean", "mean_available", "weighted_mean", "pooled_counts", "sum", "difference", "rtf_80ms"
]
Rounding: TypeAlias = Literal["nearest", "cut", "either"]
Groups = tuple[tuple[str, str], ...]

FORMULAS: tuple[str, ...] = get_args(Formula)
ROUNDINGS: tuple[str, ...] = get_args(Rounding)


class AveragingError(EvalkitError):
    """Values or weights that cannot be averaged by the rule asked for."""


def exact(value: Number) -> Fraction:
    """The decimal number that a value is written as, so that 2.83 becomes 283/100.

    Raises:
        AveragingError: the value is not a finite number.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise AveragingError(f"expected a number, got {value!r}")
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise AveragingError(f"expected a finite number, got {value!r}")
    return Fraction(number)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a summary: a metric over splits, breakdown groups, both, or everything.

    Args:
        split: name of the split, or several to be pooled; None for all that its scorer runs on.
        metric: name of the metric; None for the headline, the first metric of the first scorer that runs there.
        group: (breakdown, value), or several such pairs or a mapping for samples that are in all of these groups.
        scorer: NAME or NAME:PROFILE, where several scorers give the metric.
    """

    split: str | tuple[str, ...] | None = None
    metric: str | None = None
    group: tuple[str, str] | Groups | Mapping[str, str] | None = None
    scorer: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.group, Mapping):
            object.__setattr__(self, "group", tuple(self.group.items()))
        if self.split is not None and not isinstance(self.split, str):
            object.__setattr__(self, "split", tuple(self.split))

    @property
    def splits(self) -> tuple[str, ...] | None:
        """Names of the splits; None for all that the scorer runs on."""
        return (self.split,) if isinstance(self.split, str) else self.split

    @property
    def groups(self) -> Groups:
        """(breakdown, value) of every group, sorted; empty for all samples."""
        group: Any = self.group
        if not group:
            return ()
        pairs = (group,) if isinstance(group[0], str) else group
        return tuple(sorted((str(key), str(value)) for key, value in pairs))

    def __str__(self) -> str:
        words = [*(self.splits or ()), *(f"{key}={value}" for key, value in self.groups), self.metric, self.scorer]
        return f"Cell({', '.join(word for word in words if word) or 'everything'})"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one value follows from others.

    Attributes:
        formula: one of FORMULAS.
        of: what it is made of: cells, rules, ids of columns; their order matters for difference and rtf_80ms.
        weights: one per part, for weighted_mean and pooled_counts; for mean_available too, which shares them out among
            the parts that have a value.
        scale: factors that bring single parts, by their `names`, to a common scale before a mean (1 where not named).
        rounding: how the result is printed; "cut" truncates, "either" (habit of a paper unclear) rounds.
        tolerance: further deviation allowed from the printed value, where weights are estimates.
        decimals: digits tables print; those of the first part where None.

    Raises:
        AveragingError: the parts do not fit together.
    """

    formula: Formula
    of: tuple[Node, ...]
    weights: tuple[Number, ...] | None = None
    scale: tuple[tuple[str, Number], ...] = ()
    rounding: Rounding = "nearest"
    tolerance: Number = 0
    decimals: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(self.of))
        if self.formula not in FORMULAS:
            raise AveragingError(f"unknown formula {self.formula!r}; known: {', '.join(FORMULAS)}")
        if self.rounding not in ROUNDINGS:
            raise AveragingError(f"unknown rounding {self.rounding!r}; known: {', '.join(ROUNDINGS)}")
        if not self.of or len(set(self.of)) != len(self.of):
            raise AveragingError(f"{self.formula} needs columns, each named once; got {[str(one) for one in self.of]}")
        expected = {"difference": 2, "rtf_80ms": 4}.get(self.formula, len(self.of))
        if len(self.of) != expected:
            raise AveragingError(f"{self.formula} needs {expected} columns, got {len(self.of)}")
        weighted = self.formula in ("weighted_mean", "pooled_counts")
        if (self.weights is not None) != weighted and self.formula != "mean_available":
            raise AveragingError(f"weights belong to weighted_mean and pooled_counts; formula {self.formula}")
        if self.weights is not None:
            weights_of(self.weights, len(self.of))
        names = [name for name, _ in self.scale]
        if len(set(names)) != len(names) or not set(names) <= set(self.names):
            raise AveragingError(f"scale names columns that are averaged, each once; got {names}")
        if names and self.formula not in ("mean", "mean_available", "weighted_mean"):
            raise AveragingError(f"scale belongs to means; formula {self.formula}")
        if exact(self.tolerance) < 0:
            raise AveragingError(f"tolerance must not be negative, got {self.tolerance}")

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each part: its column id, or "#" and its place from 0."""
        return tuple(one if isinstance(one, str) else f"#{place}" for place, one in enumerate(self.of))

    @property
    def columns(self) -> tuple[str, ...]:
        """Ids of the columns that go in directly."""
        return tuple(one for one in self.of if isinstance(one, str))

    def rescaled(self, factors: Mapping[str, Number], result: Number = 1) -> Rule:
        """The same rule for inputs multiplied by `factors` and a result multiplied by `result`.

        Raises:
            AveragingError: the formula does not allow it (only means do).
        """
        scale = {name: exact(factor) for name, factor in self.scale}
        changed = {name: exact(factors.get(name, 1)) for name in self.names}
        if all(factor == 1 for factor in changed.values()) and exact(result) == 1:
            return self
        new = {name: scale.get(name, Fraction(1)) * exact(result) / changed[name] for name in self.names}
        pairs = tuple((name, factor) for name, factor in new.items() if factor != 1)
        return replace(self, scale=pairs, tolerance=exact(self.tolerance) * exact(result))


Node: TypeAlias = Cell | Rule | str
Column: TypeAlias = Cell | Rule
Columns = Mapping[str, Column]


def weights_of(weights: Iterable[Number], parts: int | None = None) -> list[Fraction]:
    """Weights as exact numbers.

    Args:
        weights: one per part.
        parts: how many there must be, where that is known.

    Raises:
        AveragingError: one is negative, all are zero, or there is not one for each part.
    """
    portions = [exact(weight) for weight in weights]
    if parts is not None and len(portions) != parts:
        raise AveragingError(f"{parts} values but {len(portions)} weights; each value needs one weight")
    if any(portion < 0 for portion in portions) or not any(portions):
        raise AveragingError(f"weights must not be negative nor all zero, got {[float(p) for p in portions]}")
    return portions


def Mean(  # noqa: N802 reads as a node of the graph
    *of: Node, weights: Sequence[Number] | None = None, rounding: Rounding = "nearest", decimals: int | None = None
) -> Rule:
    """The mean of several values; weighted where weights are given, one per value."""
    given = tuple(weights) if weights is not None else None
    formula: Formula = "mean" if given is None else "weighted_mean"
    return Rule(formula, of, given, rounding=rounding, decimals=decimals)


def cells(node: Node, columns: Columns) -> Iterator[Cell]:
    """The cells a value is made of, in order; ids that `columns` does not have are passed over."""
    if isinstance(node, Cell):
        yield node
    elif isinstance(node, Rule):
        for part in node.of:
            yield from cells(part, columns)
    elif node in columns:
        yield from cells(columns[node], columns)


def ordered(columns: Columns, place: str, known: Collection[str] = ()) -> list[str]:
    """Ids of the columns, each after those it is made of.

    Args:
        columns: the graph.
        place: whose it is, for errors.
        known: ids of columns that are made elsewhere.

    Raises:
        UsageError: a circle, or a column that is not there.
    """
    done: dict[str, None] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in trail:
            circle = " -> ".join([*trail[trail.index(name) :], name])
            raise UsageError(f"{place}: the columns are made of each other: {circle}")
        for needed in _ids(columns[name]):
            if needed in known and (needed not in columns or needed == name):
                continue
            if needed not in columns:
                raise UnknownNameError(f"column in {place}, which '{name}' is made of:", needed, {*columns, *known})
            visit(needed, (*trail, name))
        done[name] = None

    for name in columns:
        visit(name, ())
    return list(done)


def _ids(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Rule):
        for part in node.of:
            yield from _ids(part)


def resolved(cell: Cell, scorers: Sequence[Scorer], splits: Sequence[str], place: str) -> tuple[Scorer, Metric]:
    """The scorer and the metric of a cell.

    Args:
        cell: what is wanted.
        scorers: of the task.
        splits: of the task.
        place: task and column, for errors.

    Raises:
        UsageError: none gives it, or it is not clear which of several is meant.
    """
    wanted = cell.splits or tuple(splits)
    able = [one for one in scorers if cell.scorer is None or cell.scorer in _scorer_names(one)]
    if not able:
        raise UnknownNameError(f"scorer in {place}:", str(cell.scorer), sorted({name_of(one) for one in scorers}))
    if cell.metric is None:
        able = [one for one in able if all(one.runs_on(split) for split in wanted)]
        if not able:
            raise UsageError(f"{place}: {cell} names no metric, and no single scorer runs on {', '.join(wanted)}")
        metric = able[0].metrics[0]
    else:
        given = {metric.name for one in able for metric in one.metrics}
        if cell.metric not in given:
            raise UnknownNameError(f"metric in {place}:", cell.metric, given)
        able = [one for one in able if any(metric.name == cell.metric for metric in one.metrics)]
        if cell.splits is not None:
            able = [one for one in able if all(one.runs_on(split) for split in wanted)]
        if not able:
            raise UsageError(f"{place}: the scorer of '{cell.metric}' does not run on split {', '.join(wanted)}")
        metric = next(metric for metric in able[0].metrics if metric.name == cell.metric)
    rivals = [one for one in able if any(other.name == metric.name for other in one.metrics)]
    if len(rivals) > 1:
        names = ", ".join(name_of(one) for one in rivals)
        raise UsageError(f"{place}: {cell} could mean '{metric.name}' of {names}; say which by scorer=")
    return able[0], metric


def name_of(scorer: Scorer) -> str:
    """NAME:PROFILE of a scorer; its protocol may need a judge to be made, this does not."""
    return f"{scorer.name}:{scorer.profile}" if scorer.profile else scorer.name


def _scorer_names(scorer: Scorer) -> tuple[str, str]:
    return scorer.name, name_of(scorer)


@dataclass(frozen=True, slots=True)
class Measured:
    """What kind of value a node has: unit, direction, and the upper end of its scale where that is known."""

    unit: str
    higher_is_better: bool
    top: float | None

    @classmethod
    def of(cls, metric: Metric) -> Measured:
        """Of a metric."""
        top = metric.range[1] if metric.range is not None else top_of(metric.unit)
        return cls(metric.unit, metric.higher_is_better, top)


def top_of(unit: str) -> float | None:
    """Upper end of the scale that a unit names: 100 of a percentage, 5 of "1..5" or "score 1-5"; None for others."""
    if "%" in unit or unit == "BLEU":
        return 100.0
    found = re.fullmatch(r"(?:\w+ )?-?\d+(?:\.\d+)?(?:\.\.|-)(\d+(?:\.\d+)?)", unit)
    return float(found[1]) if found else 1.0 if unit == "cosine" else None


def measured(node: Node, columns: Columns, of_cell: Mapping[Cell, Measured], place: str) -> Measured | None:
    """What kind of value a node has; None where nothing is known of it.

    Raises:
        UsageError: it averages values of different units, directions or scales.
    """
    if isinstance(node, Cell):
        return of_cell.get(node)
    if isinstance(node, str):
        return measured(columns[node], columns, of_cell, place) if node in columns else None
    parts = [measured(part, columns, of_cell, place) for part in node.of]
    if node.formula in ("difference", "rtf_80ms"):
        return parts[0] if node.formula == "difference" else None
    scale = {name: float(exact(factor)) for name, factor in node.scale}
    first: Measured | None = None
    for name, part in zip(node.names, parts, strict=True):
        if part is None:
            continue
        found = part
        if name in scale:
            found = replace(part, unit="", top=part.top and part.top * scale[name])
        if first is None:
            first = found
        elif _differ(first, found):
            one, other = (f"'{kind.unit}'" if kind.unit else f"up to {kind.top:g}" for kind in (first, found))
            raise UsageError(
                f"{place} averages over two units or scales, {one} and {other}; give scale= or two columns"
            )
        elif first.higher_is_better != found.higher_is_better:
            raise UsageError(f"{place} averages values of which some are better when higher, others when lower")
    if node.formula == "sum" and first is not None and len(node.of) > 1:
        return replace(first, top=None)
    return first


def _differ(one: Measured, other: Measured) -> bool:
    if one.top is not None and other.top is not None:
        return abs(one.top - other.top) > 1e-9
    return bool(one.unit and other.unit and one.unit != other.unit)


def check_columns(
    columns: Columns, scorers: Sequence[Scorer], splits: Sequence[str], breakdowns: Sequence[str], place: str
) -> None:
    """Refuse a graph that could not give its values.

    Raises:
        UnknownNameError, UsageError: an unknown split, breakdown, metric, scorer or column, two scorers at once, values
            of two units averaged, columns made of each other.
    """
    ordered(columns, place)
    kinds: dict[Cell, Measured] = {}
    for name, column in columns.items():
        here = f"{place}, column '{name}'"
        for cell in cells(column, columns):
            if cell in kinds:
                continue
            for split in cell.splits or ():
                if split not in splits:
                    raise UnknownNameError(f"split in {here}:", split, splits)
            for key, _ in cell.groups:
                if key not in breakdowns:
                    raise UnknownNameError(f"breakdown in {here}:", key, breakdowns)
            kinds[cell] = Measured.of(resolved(cell, scorers, splits, here)[1])
    for name, column in columns.items():
        measured(column, columns, kinds, f"{place}, column '{name}'")
