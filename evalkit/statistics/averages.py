"""How the field averages: every rule behind a published average, as exact functions.

The same functions recompute the averages that papers print and build those of our own runs, so a suite
average of ours means what the paper's column means. All arithmetic is done on fractions of the decimal
numbers as written (2.83 is 283/100, never its binary neighbour); only the last step makes a float. Pass
`fractions.Fraction` where a value comes from counts, and not even the input is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from evalkit.core.columns import AveragingError, Number, Rounding, Rule, exact, weights_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "AveragingError", "Number", "Recomputed", "Rounding", "Rule", "cut", "derived", "difference", "exact", "mean",
    "mean_available", "missing", "nearest", "pooled_counts", "recompute", "reproduces", "resampled", "rounded",
    "rtf_80ms", "total", "weighted_mean",
]  # fmt: skip

FRAME_MS = 80  # one codec frame of Qwen3-Omni: 12.5 frames a second


def mean(values: Iterable[Number]) -> float:
    """Plain mean of all values, in their unit.

    Raises:
        AveragingError: there are no values.
    """
    return float(_mean([exact(value) for value in values]))


def mean_available(values: Iterable[Number | None]) -> float:
    """Plain mean of the values that are not None (Covo-Audio Table 10, where models lack some tasks).

    Raises:
        AveragingError: every value is None.
    """
    return float(_mean([exact(value) for value in values if value is not None]))


def weighted_mean(values: Iterable[Number], weights: Iterable[Number]) -> float:
    """Mean with one weight per value, usually the number of items behind it; weights need not add up to one.

    Raises:
        AveragingError: values and weights differ in number, a weight is negative, or all are zero.
    """
    return float(_weighted_mean([exact(value) for value in values], weights_of(weights)))


def pooled_counts(percentages: Iterable[Number], sizes: Iterable[Number]) -> float:
    """Accuracy (%) over the union of sets, from the accuracy (%) and the number of items of each set.

    Each percentage is first turned back into the whole number of correct items nearest to it, which undoes
    the rounding of printed cells. The sizes must therefore be those the percentages were computed over.

    Raises:
        AveragingError: a percentage is outside 0-100, a size is no positive whole number, or their
            numbers differ.
    """
    return float(_pooled_counts([exact(value) for value in percentages], weights_of(sizes)))


def total(values: Iterable[Number]) -> float:
    """Sum of all values, in their unit (first-packet latency is the sum of its stages, Qwen3-Omni Table 2).

    Raises:
        AveragingError: there are no values.
    """
    return float(_sum([exact(value) for value in values]))


def difference(minuend: Number, subtrahend: Number) -> float:
    """The first value minus the second, in their unit."""
    return float(exact(minuend) - exact(subtrahend))


def rtf_80ms(thinker_tps: Number, talker_tps: Number, mtp_ms: Number, codec_ms: Number) -> float:
    """Real-time factor of generation: time to make one 80 ms codec frame, over 80 ms (Qwen3-Omni Table 2).

    Args:
        thinker_tps: tokens per second of the thinker.
        talker_tps: tokens per second of the talker.
        mtp_ms: milliseconds per token of the multi-token predictor.
        codec_ms: milliseconds per code of the codec decoder.

    Raises:
        AveragingError: a token rate is not positive.
    """
    return float(_rtf_80ms([exact(value) for value in (thinker_tps, talker_tps, mtp_ms, codec_ms)]))


def cut(value: Number, places: int) -> float:
    """The value without the decimals after `places` (towards zero): 2.8342857 becomes 2.83 for 2 places."""
    return float(Fraction(math.trunc(exact(value) * 10**places), 10**places))


def nearest(value: Number, places: int) -> float:
    """The value rounded to `places` decimals, an exact tie away from zero.

    All 17 exact ties among the published averages are printed that way (3.865 as 3.87, 38.305 as 38.31).
    """
    number = exact(value)
    steps = math.floor(abs(number) * 10**places + Fraction(1, 2))
    return float(Fraction(steps if number >= 0 else -steps, 10**places))


def rounded(value: Number, places: int, rounding: Rounding) -> float:
    """The value as a table with this rounding prints it; "either" (habit unclear) means nearest."""
    return cut(value, places) if rounding == "cut" else nearest(value, places)


def fixed(value: Number, places: int, rounding: Rounding = "nearest", *, signed: bool = False) -> str:
    """The value as text with that many decimals: the one way in which evalkit prints a value.

    Args:
        value: a finite number; a float stands for the decimal number it is written as.
        places: decimals.
        rounding: as `rounded`.
        signed: write the plus sign too. Zero is never negative.

    Raises:
        AveragingError: the value is not a finite number.
    """
    number = exact(value)
    scaled = abs(number) * 10**places
    steps = math.trunc(scaled) if rounding == "cut" else math.floor(scaled + Fraction(1, 2))
    digits = str(steps).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return ("-" if number < 0 and steps else "+" if signed else "") + text


@dataclass(frozen=True, slots=True)
class Recomputed:
    """An average recomputed from its columns.

    Attributes:
        value: the exact result, before rounding.
        slack: how far it may be off because the inputs were rounded when printed (0 for exact inputs).
        missing: columns left out, for mean_available alone.
    """

    value: Fraction
    slack: Fraction = Fraction(0)
    missing: tuple[str, ...] = ()


def missing(rule: Rule, values: Mapping[str, Number | None]) -> tuple[str, ...]:
    """Columns of the rule that have no value."""
    return tuple(name for name in rule.names if values.get(name) is None)


def recompute(
    rule: Rule,
    values: Mapping[str, Number | None],
    *,
    places: Mapping[str, int] | None = None,
    weights: Mapping[str, Number] | None = None,
) -> Recomputed | None:
    """Apply a rule to one row of values.

    Args:
        rule: the averaging rule.
        values: column id -> value; ids the rule does not use are ignored.
        places: decimals the values were printed with, which gives means a slack; None for exact values.
        weights: column id -> weight in place of the rule's own, for a run over another number of items.

    Returns:
        The recomputed average, or None where a column it needs has no value.

    Raises:
        AveragingError: the values do not fit the formula (see the functions of the same names).
    """
    absent = missing(rule, values)
    if absent and (rule.formula != "mean_available" or len(absent) == len(rule.of)):
        return None
    present = {name: exact(value) for name in rule.names if (value := values.get(name)) is not None}
    numbers = list(present.values())
    if rule.formula == "sum":
        return Recomputed(_sum(numbers))
    if rule.formula == "difference":
        return Recomputed(numbers[0] - numbers[1])
    if rule.formula == "rtf_80ms":
        return Recomputed(_rtf_80ms(numbers))
    chosen = _chosen_weights(rule, weights) or [1] * len(rule.of)
    portions = weights_of(weight for name, weight in zip(rule.names, chosen, strict=True) if name in present)
    if rule.formula == "pooled_counts":
        return Recomputed(_pooled_counts(numbers, portions))
    scale = {name: exact(factor) for name, factor in rule.scale}
    factors = [scale.get(name, Fraction(1)) for name in present]
    value = _weighted_mean([x * factor for x, factor in zip(numbers, factors, strict=True)], portions)
    if places is None:
        return Recomputed(value, missing=absent)
    half_steps = [Fraction(1, 2 * 10 ** places[name]) * abs(scale.get(name, Fraction(1))) for name in present]
    return Recomputed(value, _weighted_mean(half_steps, portions), absent)


def derived(
    rules: Iterable[tuple[str, Rule]], numbers: Mapping[str, Number | None], sizes: Mapping[str, int]
) -> dict[str, Fraction]:
    """The averages that values allow, those of averages included, in dependency order.

    Args:
        rules: (column id, rule) of columns that are averages; where one id has several, the first that can be made.
        numbers: column id -> value; a column that has one is not made anew.
        sizes: column id -> number of items, for averages pooled over items.
    """
    waiting = list(rules)
    known: dict[str, Number | None] = {name: value for name, value in numbers.items() if value is not None}
    found: dict[str, Fraction] = {}
    grown = True
    while grown:
        grown = False
        for name, rule in waiting:
            pooled = rule.formula == "pooled_counts" and all(part in sizes for part in rule.names)
            again = recompute(rule, known, weights=sizes if pooled else None) if name not in known else None
            if again is not None:
                known[name] = found[name] = again.value
                grown = True
    return found


def resampled(
    rule: Rule, draws: Sequence[NDArray[np.float64] | None], sizes: Sequence[int]
) -> NDArray[np.float64] | None:
    """A rule over bootstrap resamples of its parts, each of shape (resamples,); None where a part has none.

    Args:
        rule: the rule.
        draws: resamples of each part; a part without a value (mean_available) is None and has size 0.
        sizes: samples behind each part, the weights of pooled_counts.
    """
    import numpy as np

    places = [place for place, size in enumerate(sizes) if size or rule.formula != "mean_available"]
    kept = [drawn for place in places if (drawn := draws[place]) is not None]
    if len(kept) < len(places) or not kept:
        return None
    matrix = np.stack(kept)
    if rule.formula == "sum":
        return np.asarray(matrix.sum(axis=0))
    if rule.formula == "difference":
        return np.asarray(matrix[0] - matrix[1])
    if rule.formula == "rtf_80ms":
        return np.asarray((1000 / matrix[0] + 1000 / matrix[1] + matrix[2] + matrix[3]) / FRAME_MS)
    scale = {name: float(exact(factor)) for name, factor in rule.scale}
    factors = np.array([scale.get(rule.names[place], 1.0) for place in places])
    weights = [1.0] * len(places)
    if rule.formula == "pooled_counts":
        weights = [float(sizes[place]) for place in places]
    elif rule.weights is not None:
        weights = [float(exact(rule.weights[place])) for place in places]
    return np.asarray(np.average(matrix * factors[:, None], axis=0, weights=np.array(weights)))


def reproduces(rule: Rule, found: Recomputed, printed: Number, places: int) -> bool:
    """Whether a recomputed average can have been printed as `printed` with `places` decimals.

    The printed value may differ by its own rounding (half a unit of the last decimal, or less than one unit
    towards zero where decimals are cut), by the slack of rounded inputs, and by the rule's tolerance.
    """
    unit = Fraction(1, 10**places)
    gap = found.value - exact(printed)
    if found.value < 0:
        gap = -gap  # cutting goes towards zero, so a cut negative number lies above the true one
    slack = found.slack + exact(rule.tolerance)
    by_nearest = abs(gap) <= unit / 2 + slack
    by_cut = -slack <= gap < unit + slack
    return {"nearest": by_nearest, "cut": by_cut, "either": by_nearest or by_cut}[rule.rounding]


def _sum(numbers: Sequence[Fraction]) -> Fraction:
    if not numbers:
        raise AveragingError("there are no values to average or to add")
    return sum(numbers, Fraction(0))


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return _sum(numbers) / len(numbers)


def _weighted_mean(numbers: Sequence[Fraction], portions: Sequence[Fraction]) -> Fraction:
    _same_length(numbers, portions)
    return _sum([number * portion for number, portion in zip(numbers, portions, strict=True)]) / sum(portions)


def _pooled_counts(numbers: Sequence[Fraction], sizes: Sequence[Fraction]) -> Fraction:
    _same_length(numbers, sizes)
    for number, size in zip(numbers, sizes, strict=True):
        if not 0 <= number <= 100:
            raise AveragingError(f"pooled_counts takes percentages from 0 to 100, got {float(number)}")
        if size.denominator != 1 or size <= 0:
            raise AveragingError(f"pooled_counts takes sets of one item or more, got {float(size)} items")
    correct = _sum([Fraction(round(number * size / 100)) for number, size in zip(numbers, sizes, strict=True)])
    return 100 * correct / sum(sizes)


def _rtf_80ms(numbers: Sequence[Fraction]) -> Fraction:
    thinker_tps, talker_tps, mtp_ms, codec_ms = numbers
    if thinker_tps <= 0 or talker_tps <= 0:
        raise AveragingError("rtf_80ms needs token rates above zero (tokens per second)")
    return (1000 / thinker_tps + 1000 / talker_tps + mtp_ms + codec_ms) / FRAME_MS


def _chosen_weights(rule: Rule, weights: Mapping[str, Number] | None) -> list[Number] | None:
    if weights is None:
        return list(rule.weights) if rule.weights is not None else None
    if rule.weights is None:
        raise AveragingError(f"the formula {rule.formula} takes no weights")
    absent = [name for name in rule.names if name not in weights]
    if absent:
        raise AveragingError(f"no weight given for {', '.join(absent)}")
    return [weights[name] for name in rule.names]


def _same_length(first: Sequence[object], second: Sequence[object]) -> None:
    if len(first) != len(second):
        raise AveragingError(f"{len(first)} values but {len(second)} weights; each value needs one weight")
