"""The regression gate: a current run against a baseline, column by column, under a policy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Literal

from evalkit.report.comparison import Settings
from evalkit.report.gate_columns import Column, Examiner
from evalkit.report.gate_report import EXIT_CODES, Check, GateReport, now
from evalkit.report.policy import Policy
from evalkit.report.sides import Side
from evalkit.statistics.averages import fixed
from evalkit.statistics.significance import holm_once

POWER = 0.8


def judge(baseline: Side, current: Side, policy: Policy, where: str = "policy") -> GateReport:
    """Judge every column of the baseline.

    Args:
        baseline: what was good.
        current: what is to be judged.
        policy: the rules.
        where: name of the policy file, for messages.

    Raises:
        UnknownNameError: the policy names a column that there is not.
        UsageError: the policy names a column that only the current run has.
    """
    names = baseline.headline()
    policy.check_columns(names, current.measures, where)
    examiner = Examiner(baseline, current, Settings(seed=policy.seed, resamples=policy.resamples))
    columns = [examiner.column(name, policy.rule(name)) for name in names]
    _decide(columns, policy)
    new = [name for name in current.headline() if name not in names]
    notes = [*baseline.notes, *current.notes]
    if new:
        notes.append(f"not in the baseline and not judged: {', '.join(new)}")
    checks = [column.check for column in columns]
    judged = [check for check in checks if check.status != "ignored"]
    problem = None if judged else "nothing was judged: the baseline has no column that the policy does not ignore"
    return GateReport(
        outcome=(outcome := _outcome(judged)),
        exit_code=EXIT_CODES[outcome],
        baseline=baseline.where,
        current=current.where,
        policy=where,
        model_baseline=baseline.models,
        model_current=current.models,
        judged=now(),
        problem=problem,
        checks=checks,
        notes=notes,
    )


def _outcome(judged: Sequence[Check]) -> Literal["pass", "regression", "cannot judge"]:
    """A regression is one whatever else could not be judged."""
    statuses = {check.status for check in judged}
    if "regression" in statuses:
        return "regression"
    return "pass" if statuses == {"pass"} else "cannot judge"


def _decide(columns: Sequence[Column], policy: Policy) -> None:
    """The verdicts: first what no drop could change, then the tests, corrected for the values that were tested."""
    count = _tests(columns, policy)
    for column in _open(columns):
        _seeing(column, count)
    count = _tests(columns, policy)
    judged = _open(columns)
    raw = [column.check.p for column in judged]
    adjusted = holm_once(raw, [column.key for column in judged]) if policy.correction == "holm" else raw
    for column, p in zip(judged, adjusted, strict=True):
        check = column.check
        check.p_adjusted = p
        assert check.drop is not None
        assert check.allowed is not None
        assert check.baseline is not None
        check.detectable = _detectable(column, count)
        if check.drop <= check.allowed + 1e-9 * max(1.0, abs(check.baseline)):
            check.reason = "not worse" if check.drop <= 0 else "worse by no more than the tolerance"
        elif p is not None and p > check.level:
            check.reason = f"worse, but no more than chance explains (level {check.level:g})"
        else:
            check.status = "regression"
            check.reason = "worse beyond the tolerance" + ("" if p is None else " and beyond chance")
        if check.status == "pass" and (problem := _undetected(column)) is not None:
            check.status, check.reason = "cannot judge", problem
        check.marks += _improved(check)


def _open(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.check.status == "pass"]


def _tests(columns: Sequence[Column], policy: Policy) -> int:
    """For how many tests a p-value is corrected: a value that stands in two columns is tested once."""
    tested = {column.key for column in _open(columns) if column.check.p is not None}
    return max(1, len(tested)) if policy.correction == "holm" else 1


def _bounded(column: Column) -> bool:
    """Whether no drop beyond the tolerance can be, as where the baseline has nothing right."""
    largest, allowed = column.largest, column.check.allowed
    return largest is not None and allowed is not None and largest <= allowed + 1e-9


def _seeing(column: Column, tests: int) -> None:
    """Refuse a column of which no drop, however large, could be significant: its gate would pass whatever happens."""
    check = column.check
    level = check.level / tests
    if _bounded(column):
        if column.sensitivity is not None or column.apart is not None:
            check.marks.append("no worse value beyond the tolerance is possible than the baseline's")
        return
    units = "clusters" if column.clustered else "samples"
    together = "" if tests == 1 else f" corrected for {tests} tests"
    found = column.sensitivity
    if found is not None and not found.possible(level):
        check.status = "cannot judge"
        if found.least_p > level:
            needed = math.ceil(1.0 / level) - 1
            check.reason = (
                f"no drop could be significant: random exchanges give no p below {found.least_p:.2g}, level "
                f"{check.level:g}{together} needs {level:.2g}; set resamples = {needed} or more in the policy"
            )
            return
        check.units_needed = found.units_to_begin(level)
        few = "" if found.losable == found.units else f", of which {found.losable} can still get worse,"
        check.reason = (
            f"no drop could be significant: {found.units} {units}{few} are too few for level "
            f"{check.level:g}{together}; "
            f'{check.units_needed} {units} would do (or significance = "none" with a tolerance)'
        )
    apart = column.apart
    if apart is not None and apart.largest is not None and apart.alone > 0:
        needed_z = NormalDist().inv_cdf(1.0 - level)
        if apart.largest < needed_z * apart.alone and check.n is not None:
            check.status = "cannot judge"
            check.units_needed = math.ceil(check.n * (needed_z * apart.alone / apart.largest) ** 2)
            check.reason = (
                f"no drop could be significant: the baseline's interval over {check.n} samples is too wide for level "
                f"{check.level:g}{together}; about {check.units_needed} samples would do"
            )


def _detectable(column: Column, tests: int) -> float | None:
    """The drop that this column's test finds with 80 % power, corrected as its p-value is."""
    check = column.check
    level = check.level / tests
    assert check.allowed is not None
    if column.sensitivity is not None:
        return column.sensitivity.detectable(level, POWER, 1, check.allowed)
    if column.apart is not None:
        if not column.apart.error:
            return None
        normal = NormalDist()
        beyond = normal.inv_cdf(POWER) * column.apart.error
        return max(normal.inv_cdf(1.0 - level) * column.apart.error + beyond, check.allowed + beyond)
    return None


def _undetected(column: Column) -> str | None:
    """Why the policy's `must_detect` is not met; None where it is, or not asked for."""
    check, wanted = column.check, column.rule.must_detect
    if wanted is None or _bounded(column):
        return None
    if check.significance == "none":
        assert check.allowed is not None
        within = f"a drop of {wanted:g} is within the tolerance of {check.allowed:g}, must_detect = {wanted:g}"
        return within if wanted <= check.allowed else None
    units = "clusters" if column.clustered else "samples"
    over = f"{check.units if check.units is not None else check.n} independent {units}, must_detect = {wanted:g}"
    if check.detectable is None:
        return f"what drop is detectable is not known: {_unknown(column)}; {over}"
    if check.detectable > wanted:
        shown = fixed(check.detectable, check.decimals)
        return f"only a drop of {shown} is detectable with {over}"
    return None


def _unknown(column: Column) -> str:
    if column.sensitivity is not None and column.sensitivity.reach is None:
        return "no sample differs between the two runs, so nothing tells how much samples move"
    if column.sensitivity is None:
        return "the intervals have no width"
    return "none is found with a power of 80 %"


def _improved(check: Check) -> Iterator[str]:
    better = check.low if check.higher_is_better else check.high
    if better is not None and (better > 0 if check.higher_is_better else better < 0):
        yield "better than the baseline: consider saving a new one"
