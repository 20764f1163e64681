"""Paired comparison of two sides: differences with intervals, tests corrected for their number, what was detectable."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from evalkit.core.errors import UsageError
from evalkit.records.samples import Strict
from evalkit.report.flips import Flips
from evalkit.report.pairing import pair, refusal
from evalkit.report.sides import Difference, Side, differences
from evalkit.statistics import paired
from evalkit.statistics.paired import Pairs
from evalkit.statistics.power import Sensitivity
from evalkit.statistics.significance import Alternative, holm_once

COMPARISON_SCHEMA: Final = "evalkit.comparison/1"
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How two sides are compared.

    Args:
        level: of tests; intervals have the confidence 1 - level.
        power: for the minimum detectable difference.
        resamples: of the bootstrap, and random permutations.
        seed: of both.
        strict: everything not scored counts as wrong, instead of the official rule.
        common: compare the samples both have, where they differ.
        allow_differences: compare across protocols, revisions or limits, and mark it.
        detect: a difference for which the needed number of samples is computed.
    """

    level: float = 0.05
    power: float = 0.8
    resamples: int = RESAMPLES
    seed: int = 0
    strict: bool = False
    common: bool = False
    allow_differences: bool = False
    detect: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.level < 1.0 or not 0.0 < self.power < 1.0:
            raise UsageError(f"level {self.level} and power {self.power} must lie between 0 and 1")
        if self.resamples < 100:
            raise UsageError(f"{self.resamples} resamples are too few; expected at least 100")
        if self.detect is not None and not self.detect > 0:
            raise UsageError(f"a difference to detect must be above zero, not {self.detect}")


class Estimate(Strict):
    """A paired difference, second minus first, with what speaks for and against it."""

    a: float | None
    b: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    p: float | None = Field(None, description="null where a value is undefined")
    test: str | None = None
    exact: bool | None = Field(None, description="false: random permutations")
    n: int = Field(description="samples compared")
    units: int = Field(description="independent units among them: samples, or clusters of samples")
    clustered: bool
    gained: int | None = Field(None, description="right-or-wrong answers: wrong in A, right in B")
    lost: int | None = Field(None, description="right-or-wrong answers: right in A, wrong in B")


class ComparedValue(Estimate):
    """One row of a comparison."""

    name: str
    unit: str
    higher_is_better: bool
    decimals: int
    rounding: Literal["nearest", "cut"] = Field("nearest", description="how values are brought to these decimals")
    protocol: str
    p_holm: float | None = Field(None, description="adjusted for the number of values tested")
    verdict: Literal["better", "worse", "not significant", "undefined"] = Field(
        "undefined", description="of B against A, by p_holm"
    )
    detectable: float | None = Field(
        None,
        description="smallest difference of this row alone that the test, corrected as p_holm, finds",
    )
    units_needed: int | None = Field(None, description="independent units to detect the difference asked for")
    units_to_begin: int | None = Field(
        None, description="where no difference could be significant over these units: how many would do"
    )
    only_a: int = Field(0, description="samples left out because B has none of that id")
    only_b: int = 0
    dropped_a: int = Field(0, description="samples that the official rule drops in A alone")
    dropped_b: int = 0
    differences: list[str] = Field(default_factory=list, description="what A and B do not share although they should")


class Comparison(Strict):
    """Two sides, value by value."""

    schema_: Literal["evalkit.comparison/1"] = Field(COMPARISON_SCHEMA, alias="schema")
    a: str
    b: str
    model_a: str
    model_b: str
    level: float
    power: float
    resamples: int
    seed: int
    strict: bool
    detect: float | None = None
    rows: list[ComparedValue]
    flips: list[Flips] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    model_config = Strict.model_config | {"populate_by_name": True}


def estimate(pairs: Pairs, n: int, name: str, settings: Settings, alternative: Alternative = "two-sided") -> Estimate:
    """The difference of one value with its interval and test.

    Args:
        pairs: statistics of the shared samples.
        n: number of shared samples.
        name: of the value; with the seed it determines the resamples.
        settings: how to compare.
        alternative: of the test.
    """
    a, b = pairs.values()
    seed = name_seed(settings.seed, name)
    found = Estimate(a=a, b=b, difference=None, n=n, units=pairs.units, clustered=pairs.clustered)
    if a is None or b is None:
        return found
    found.difference = b - a
    if pairs.units >= 2:
        drawn = pairs.resampled(seed=seed, resamples=settings.resamples)
        ends = paired.interval(drawn, 1.0 - settings.level)
        if ends is not None:
            found.low, found.high = ends
            found.standard_error = paired.standard_error(drawn)
    test = pairs.test(alternative, seed=seed, permutations=settings.resamples)
    if test is not None:
        found.p, found.test, found.exact = test.p, test.method, test.exact
    table = pairs.table()
    if table is not None:
        found.gained, found.lost = table[1], table[2]
    return found


def name_seed(seed: int, name: str) -> int:
    """Seed of one row: rows are resampled independently, the same row always alike."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "big")


def compare(
    a: Side, b: Side, settings: Settings, patterns: Sequence[str] = (), *, everything: bool = False
) -> Comparison:
    """Compare two sides over the values they share.

    Args:
        a: the first side; differences are second minus first.
        b: the second side.
        settings: how to compare.
        patterns: names or shell patterns of values; all headline values where empty.
        everything: also splits and breakdowns of tasks that have columns.

    Raises:
        UsageError: no value in common, other samples, or other circumstances, unless the settings allow them.
        UnknownNameError: a pattern that matches nothing.
    """
    names = chosen(a, b, patterns, everything)
    rows: list[ComparedValue] = []
    keys: list[Hashable] = []
    tested: dict[Hashable, tuple[Estimate, Sensitivity | None]] = {}
    for name in names:
        apart = differences(a, b, name)
        if apart and not settings.allow_differences:
            raise UsageError(_apart(name, a, b, apart))
        ours, theirs = a.measures[name], b.measures[name]
        pairing = pair(a, b, ours, theirs, strict=settings.strict)
        problem = refusal(pairing, name, a.where, b.where)
        if problem is not None and (not settings.common or not pairing.n):
            hint = "" if not pairing.n else ". Give --common to compare the samples both have"
            raise UsageError(problem + hint)
        key = pairing.identity
        keys.append(key)
        if key not in tested:
            found = estimate(pairing.pairs, pairing.n, name, settings)
            tested[key] = (
                found,
                pairing.pairs.sensitivity(permutations=settings.resamples, error=found.standard_error),
            )
        rows.append(
            ComparedValue(
                **dict(tested[key][0]),
                name=name,
                unit=ours.unit,
                higher_is_better=ours.higher_is_better,
                decimals=max(ours.decimals, theirs.decimals),
                rounding=ours.rounding,
                protocol=ours.protocol if ours.protocol == theirs.protocol else f"{ours.protocol} / {theirs.protocol}",
                only_a=len(pairing.only_a),
                only_b=len(pairing.only_b),
                dropped_a=pairing.dropped_a,
                dropped_b=pairing.dropped_b,
                differences=[str(difference) for difference in apart],
            )
        )
    _judge(rows, keys, [tested[key][1] for key in keys], settings)
    return Comparison(
        a=a.where,
        b=b.where,
        model_a=a.models,
        model_b=b.models,
        level=settings.level,
        power=settings.power,
        resamples=settings.resamples,
        seed=settings.seed,
        strict=settings.strict,
        detect=settings.detect,
        rows=rows,
        notes=[*dict.fromkeys([*a.notes, *b.notes]), *_notes(a, b, names)],
    )


def chosen(a: Side, b: Side, patterns: Sequence[str], everything: bool) -> list[str]:
    """Names of the values to compare, in the order of the first side.

    Raises:
        UsageError: no value in common.
        UnknownNameError: a pattern that matches nothing.
    """
    shared = [name for name in a.measures if name in b.measures]
    if patterns:
        names = [name for name in a.chosen(patterns) if name in b.chosen(patterns)]
    else:
        names = [name for name in shared if everything or a.measures[name].headline or b.measures[name].headline]
    if not names:
        raise UsageError(
            f"no value in common: {a.where} has tasks {', '.join(a.runs) or 'none'}; "
            f"{b.where} has {', '.join(b.runs) or 'none'}"
            + ("" if not shared else ". Name values that both have, or give --all")
        )
    return names


def _apart(name: str, a: Side, b: Side, apart: Sequence[Difference]) -> str:
    facts = "".join(f"\n  {difference}" for difference in apart)
    return (
        f"{name}: {a.where} and {b.where} differ in{facts}\n"
        "A difference of values would not be one of models. Repeat one run with the settings of the other, "
        "or give --allow-differences to compare nevertheless; the output is marked"
    )


def _judge(
    rows: Sequence[ComparedValue],
    keys: Sequence[Hashable],
    sensitivities: Sequence[Sensitivity | None],
    settings: Settings,
) -> None:
    tests = max(1, len({key for key, row in zip(keys, rows, strict=True) if row.p is not None}))
    level = settings.level / tests
    adjusted = holm_once([row.p for row in rows], keys)
    for row, p, sensitivity in zip(rows, adjusted, sensitivities, strict=True):
        row.p_holm = p
        if p is not None and row.difference is not None:
            if p > settings.level:
                row.verdict = "not significant"
            else:
                row.verdict = "better" if (row.difference > 0) == row.higher_is_better else "worse"
        if sensitivity is None:
            continue
        row.detectable = sensitivity.detectable(level, settings.power, 2)
        if not sensitivity.possible(level, 2) and sensitivity.least_p <= level:
            row.units_to_begin = sensitivity.units_to_begin(level, 2)
        if settings.detect is not None:
            row.units_needed = sensitivity.units_for(settings.detect, level, settings.power, 2)


def _notes(a: Side, b: Side, names: Sequence[str]) -> list[str]:
    notes = []
    for side, other in ((a, b), (b, a)):
        alone = [name for name in side.headline() if name not in other.measures]
        if alone:
            more = f" and {len(alone) - 3} more" if len(alone) > 3 else ""
            notes.append(f"only in {side.where}: {', '.join(alone[:3])}{more}")
        for facts in side.runs.values():
            if facts.incomplete_data:
                notes.append(f"{side.where}, {facts.task}: incomplete data: {facts.incomplete_data}")
            if not facts.complete:
                notes.append(
                    f"{side.where}, {facts.task}: {facts.n_unparsed} unparsed, {facts.n_failed} failed, "
                    f"{facts.n_pending} not answered of {facts.n_total} samples"
                )
    return notes
