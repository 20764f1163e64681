"""One column under the gate: whether it can be judged, its difference, its test, and what that test could see."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from statistics import NormalDist

from evalkit.core.errors import EvalkitError, UnknownNameError
from evalkit.report.comparison import Estimate, Settings, estimate
from evalkit.report.gate_report import Check
from evalkit.report.pairing import definition_key, pair, refusal
from evalkit.report.policy import Rule
from evalkit.report.sides import Measure, Side, differences
from evalkit.statistics.power import Sensitivity
from evalkit.statistics.significance import Alternative


class CannotJudgeError(EvalkitError):
    """Why one column cannot be judged."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Two values with intervals of their own: what their comparison can see.

    Args:
        error: standard error of the difference.
        alone: standard error of the baseline's value.
        largest: largest drop there can be; None where nothing bounds it.
    """

    error: float
    alone: float
    largest: float | None


@dataclass(slots=True)
class Column:
    """A column on its way to a verdict.

    Args:
        check: what is told of it.
        rule: the policy's.
        key: names the value that was tested; columns of one key are one test.
        sensitivity: of the paired test.
        apart: of the comparison of intervals.
        clustered: its units are clusters of samples.
    """

    check: Check
    rule: Rule
    key: Hashable = None
    sensitivity: Sensitivity | None = None
    apart: Apart | None = None
    clustered: bool = False

    @property
    def largest(self) -> float | None:
        """Largest drop there can be; None where nothing bounds it."""
        if self.apart is not None:
            return self.apart.largest
        if self.sensitivity is not None and self.sensitivity.losable == 0:
            return 0.0
        return self.check.baseline if self.check.higher_is_better else None


@dataclass(slots=True)
class Examiner:
    """Examines the columns of one gate; a value that stands in two columns is tested once."""

    baseline: Side
    current: Side
    settings: Settings
    _found: dict[Hashable, tuple[Estimate, Sensitivity | None]] = field(default_factory=dict)

    def column(self, name: str, rule: Rule) -> Column:
        """Everything about a column but the verdict, which needs the number of columns judged."""
        ours = self.baseline.measures[name]
        strict = rule.value == "strict"
        check = Check(
            column=name,
            status="pass",
            reason="",
            unit=ours.unit,
            decimals=ours.decimals,
            rounding=ours.rounding,
            higher_is_better=ours.higher_is_better,
            protocol=ours.protocol,
            baseline=_finite(ours.strict if strict else ours.value),
            significance=rule.significance,
            level=rule.level,
        )
        column = Column(check, rule)
        if rule.ignore:
            check.status, check.reason = "ignored", "the policy ignores it"
            return column
        try:
            theirs = self._current(name, ours)
            check.current = _finite(theirs.strict if strict else theirs.value)
            self._require(name, rule, check)
            if rule.significance == "paired":
                self._paired(name, column)
            else:
                self._unpaired(ours, theirs, column)
            _tolerance(rule, check)
        except EvalkitError as error:
            check.status, check.reason = "cannot judge", str(error)
        return column

    def _current(self, name: str, ours: Measure) -> Measure:
        current = self.current
        if name in current.measures:
            return current.measures[name]
        needed = dict.fromkeys(cell.task for cell in ours.cells)
        absent = [task for task in needed if task not in current.runs]
        if absent:
            there = ", ".join([*current.runs, *current.others]) or "none"
            raise CannotJudgeError(f"missing: {current.where} holds no run of {', '.join(absent)} (its tasks: {there})")
        near = str(UnknownNameError("column", name, current.measures)).partition(". ")[2]
        raise CannotJudgeError(f"missing: {current.where} has no such column (tasks: {', '.join(needed)}). {near}")

    def _require(self, name: str, rule: Rule, check: Check) -> None:
        apart = [str(difference) for difference in differences(self.baseline, self.current, name)]
        if apart and rule.require_protocol:
            raise CannotJudgeError(f"baseline and current differ: {'; '.join(apart)}")
        check.marks += [f"not the same protocol: {difference}" for difference in apart]
        for task in dict.fromkeys(cell.task for cell in self.current.measures[name].cells):
            for side, whose in ((self.baseline, "baseline"), (self.current, "current run")):
                if task in side.runs and (lacking := side.runs[task].incomplete_data):
                    check.marks.append(f"incomplete data of the {whose}: {task}: {lacking}")
            facts = self.current.runs[task]
            if facts.n_pending and rule.require_complete:
                raise CannotJudgeError(f"{facts.n_pending} of {facts.n_total} samples of '{task}' are not answered yet")
            for count, most, what in (
                (facts.n_failed, rule.max_failed_share, "failed"),
                (facts.n_unparsed, rule.max_unparsed_share, "unparsed"),
            ):
                if count > most * facts.n_total:
                    raise CannotJudgeError(
                        f"{count} of {facts.n_total} samples of '{task}' {what}, "
                        f"max_{what}_share = {most:g} allows {math.floor(most * facts.n_total)}"
                    )

    def _paired(self, name: str, column: Column) -> None:
        check, rule = column.check, column.rule
        ours, theirs = self.baseline.measures[name], self.current.measures[name]
        pairing = pair(self.baseline, self.current, ours, theirs, strict=rule.value == "strict")
        problem = refusal(pairing, name, "the baseline", "the current run")
        if problem is not None:
            if rule.samples == "same" or not pairing.n:
                raise CannotJudgeError(problem.removeprefix(f"{name}: "))
            check.marks.append(
                f"left out {len(pairing.only_a)} samples of the baseline, {len(pairing.only_b)} of the run"
            )
        worse: Alternative = "less" if ours.higher_is_better else "greater"
        column.key = (pairing.identity, rule.value, worse)
        if column.key not in self._found:
            found = estimate(pairing.pairs, pairing.n, name, self.settings, worse)
            sensitivity = pairing.pairs.sensitivity(
                worse, permutations=self.settings.resamples, error=found.standard_error
            )
            self._found[column.key] = found, sensitivity
        found, column.sensitivity = self._found[column.key]
        column.clustered = found.clustered
        check.baseline, check.current = found.a, found.b
        check.n, check.units = found.n, found.units
        check.difference, check.low, check.high = found.difference, found.low, found.high
        check.p, check.test = found.p, found.test
        _enough(found.n, rule)

    def _unpaired(self, ours: Measure, theirs: Measure, column: Column) -> None:
        """Values and their own intervals alone; for runs over the same samples this misses more than a paired test."""
        check, rule = column.check, column.rule
        totals = [measure.n + measure.n_dropped for measure in (ours, theirs)]
        if totals[0] != totals[1]:
            raise CannotJudgeError(f"the baseline is over {totals[0]} samples, the current run over {totals[1]}")
        check.n = min(ours.n, theirs.n)
        _enough(check.n, rule)
        if check.baseline is None or check.current is None:
            return
        check.difference = check.current - check.baseline
        if rule.significance == "none":
            return
        column.key = ("interval", definition_key(ours, self.baseline), rule.value, ours.higher_is_better)
        errors = []
        for side, measure in ((self.baseline, ours), (self.current, theirs)):
            level = side.runs[measure.cells[0].task].level
            if measure.low is None or measure.high is None:
                raise CannotJudgeError(
                    f'{side.where}: the value has no interval; significance = "none" does not need one'
                )
            errors.append((measure.high - measure.low) / 2 / NormalDist().inv_cdf(0.5 + level / 2))
        error = math.hypot(*errors)
        drop = -check.difference if check.higher_is_better else check.difference
        check.test = "normal approximation"
        check.p = 1.0 - NormalDist().cdf(drop / error) if error else float(drop <= 0)
        reach = NormalDist().inv_cdf(1.0 - 0.025) * error
        check.low, check.high = check.difference - reach, check.difference + reach
        column.apart = Apart(error, errors[0], _largest(check))


def _largest(check: Check) -> float | None:
    """Scores end at zero; of error rates, which insertions lift beyond, everything wrong is taken as the end."""
    assert check.baseline is not None
    if check.higher_is_better:
        return check.baseline
    return 100.0 - check.baseline if check.unit == "%" and check.baseline < 100.0 else None


def _enough(n: int, rule: Rule) -> None:
    if n < rule.min_n:
        raise CannotJudgeError(f"{n} samples, min_n = {rule.min_n}")


def _tolerance(rule: Rule, check: Check) -> None:
    if check.baseline is None or check.current is None or check.difference is None:
        which = "baseline's" if check.baseline is None else "current run's"
        raise CannotJudgeError(f"the {which} value is undefined: no sample counts")
    check.drop = (-check.difference if check.higher_is_better else check.difference) + 0.0
    check.allowed = max(rule.max_drop, rule.max_drop_relative / 100.0 * abs(check.baseline))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
