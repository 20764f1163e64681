"""The regression gate: a current run against a baseline, column by column, under a policy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from statistics import NormalDist
from typing import Final, Literal

from pydantic import Field

from evalkit.core.errors import EvalkitError, UnknownNameError
from evalkit.records.samples import Strict
from evalkit.report.comparison import Estimate, Settings, estimate
from evalkit.report.pairing import pair, refusal
from evalkit.report.policy import Policy, Rule
from evalkit.report.sides import Measure, Side, differences
from evalkit.statistics.significance import Alternative, holm, minimum_detectable_difference

GATE_SCHEMA: Final = "evalkit.gate/1"
POWER = 0.8
Status = Literal["pass", "regression", "cannot judge", "ignored"]
EXIT_CODES: dict[str, int] = {"pass": 0, "regression": 1, "cannot judge": 2}


class Check(Strict):
    """One column judged."""

    column: str
    status: Status
    reason: str
    marks: list[str] = Field(default_factory=list, description="what a reader should know beside the verdict")
    unit: str
    decimals: int
    higher_is_better: bool
    protocol: str
    baseline: float | None
    current: float | None = None
    difference: float | None = Field(None, description="current - baseline")
    low: float | None = Field(None, description="lower end of the difference's interval")
    high: float | None = None
    drop: float | None = Field(None, description="worsening: positive where the current run is worse")
    allowed: float | None = Field(None, description="tolerated worsening")
    significance: Literal["paired", "interval", "none"] = "paired"
    test: str | None = None
    p: float | None = Field(None, description="one-sided, against 'not worse'")
    p_adjusted: float | None = Field(None, description="for the number of columns judged")
    level: float
    n: int | None = Field(None, description="samples compared")
    units: int | None = Field(None, description="independent units among them")
    detectable: float | None = Field(None, description="drop found with a power of 80 %, this column alone")


class GateReport(Strict):
    """The gate's outcome."""

    schema_: Literal["evalkit.gate/1"] = Field(GATE_SCHEMA, alias="schema")
    outcome: Literal["pass", "regression", "cannot judge"]
    exit_code: int
    baseline: str
    current: str
    policy: str
    model_baseline: str = ""
    model_current: str = ""
    judged: str = Field(description="UTC, ISO 8601")
    problem: str | None = Field(None, description="why nothing could be judged")
    checks: list[Check] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    model_config = Strict.model_config | {"populate_by_name": True}


class _CannotJudgeError(EvalkitError):
    """Why one column cannot be judged."""


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
    columns = baseline.headline()
    policy.check_columns(columns, current.measures, where)
    settings = Settings(seed=policy.seed, resamples=policy.resamples)
    checks = [_check(name, baseline, current, policy.rule(name), settings) for name in columns]
    _decide(checks, policy)
    new = [name for name in current.headline() if name not in columns]
    notes = [*baseline.notes, *current.notes]
    if new:
        notes.append(f"not in the baseline and not judged: {', '.join(new)}")
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
        judged=_now(),
        problem=problem,
        checks=checks,
        notes=notes,
    )


def remarks(report: GateReport) -> list[tuple[Status, tuple[str, ...], str]]:
    """What is to be said beside the figures: status, columns it concerns, text; what columns share is said once."""
    found: dict[tuple[Status, str], list[str]] = {}
    for check in report.checks:
        if check.status in ("regression", "cannot judge"):
            found.setdefault((check.status, check.reason), []).append(check.column)
        for mark in check.marks:
            found.setdefault(("pass", mark), []).append(check.column)
    return [(status, tuple(columns), text) for (status, text), columns in found.items()]


def unjudged(baseline: str, current: str, policy: str, problem: str) -> GateReport:
    """The report of a gate that could not begin, so that its outputs say why."""
    return GateReport(
        outcome="cannot judge",
        exit_code=EXIT_CODES["cannot judge"],
        baseline=baseline,
        current=current,
        policy=policy,
        judged=_now(),
        problem=problem,
    )


def _outcome(judged: Sequence[Check]) -> Literal["pass", "regression", "cannot judge"]:
    """A regression is one whatever else could not be judged."""
    statuses = {check.status for check in judged}
    if "regression" in statuses:
        return "regression"
    return "pass" if statuses == {"pass"} else "cannot judge"


def _check(name: str, baseline: Side, current: Side, rule: Rule, settings: Settings) -> Check:
    """Everything about a column but the verdict, which needs the number of columns judged."""
    ours = baseline.measures[name]
    strict = rule.value == "strict"
    check = Check(
        column=name,
        status="pass",
        reason="",
        unit=ours.unit,
        decimals=ours.decimals,
        higher_is_better=ours.higher_is_better,
        protocol=ours.protocol,
        baseline=_finite(ours.strict if strict else ours.value),
        significance=rule.significance,
        level=rule.level,
    )
    if rule.ignore:
        check.status, check.reason = "ignored", "the policy ignores it"
        return check
    try:
        theirs = _current(name, ours, current)
        check.current = _finite(theirs.strict if strict else theirs.value)
        _require(name, baseline, current, rule, check)
        if rule.significance == "paired":
            _paired(name, baseline, current, rule, settings, check)
        else:
            _unpaired(ours, theirs, baseline, current, rule, check)
        _tolerance(rule, check)
    except EvalkitError as error:
        check.status, check.reason = "cannot judge", str(error)
    return check


def _current(name: str, ours: Measure, current: Side) -> Measure:
    if name in current.measures:
        return current.measures[name]
    needed = dict.fromkeys(cell.task for cell in ours.cells)
    absent = [task for task in needed if task not in current.runs]
    if absent:
        there = ", ".join([*current.runs, *current.others]) or "none"
        raise _CannotJudgeError(f"missing: {current.where} holds no run of {', '.join(absent)} (its tasks: {there})")
    near = str(UnknownNameError("column", name, current.measures)).partition(". ")[2]
    raise _CannotJudgeError(f"missing: {current.where} has no such column (tasks: {', '.join(needed)}). {near}")


def _require(name: str, baseline: Side, current: Side, rule: Rule, check: Check) -> None:
    apart = [str(difference) for difference in differences(baseline, current, name)]
    if apart and rule.require_protocol:
        raise _CannotJudgeError(f"baseline and current differ: {'; '.join(apart)}")
    check.marks += [f"not the same protocol: {difference}" for difference in apart]
    for task in dict.fromkeys(cell.task for cell in current.measures[name].cells):
        facts = current.runs[task]
        if facts.n_pending and rule.require_complete:
            raise _CannotJudgeError(f"{facts.n_pending} of {facts.n_total} samples of '{task}' are not answered yet")
        for count, most, what in (
            (facts.n_failed, rule.max_failed_share, "failed"),
            (facts.n_unparsed, rule.max_unparsed_share, "unparsed"),
        ):
            if count > most * facts.n_total:
                raise _CannotJudgeError(
                    f"{count} of {facts.n_total} samples of '{task}' {what}, "
                    f"max_{what}_share = {most:g} allows {math.floor(most * facts.n_total)}"
                )


def _paired(name: str, baseline: Side, current: Side, rule: Rule, settings: Settings, check: Check) -> None:
    ours, theirs = baseline.measures[name], current.measures[name]
    pairing = pair(baseline, current, ours, theirs, strict=rule.value == "strict")
    problem = refusal(pairing, name, "the baseline", "the current run")
    if problem is not None:
        if rule.samples == "same" or not pairing.n:
            raise _CannotJudgeError(problem.removeprefix(f"{name}: "))
        check.marks.append(f"left out {len(pairing.only_a)} samples of the baseline, {len(pairing.only_b)} of the run")
    worse: Alternative = "less" if ours.higher_is_better else "greater"
    found = estimate(pairing.pairs, pairing.n, name, settings, worse)
    check.baseline, check.current = found.a, found.b
    check.n, check.units = found.n, found.units
    check.difference, check.low, check.high = found.difference, found.low, found.high
    check.p, check.test = found.p, found.test
    _enough(rule, check, found)


def _enough(rule: Rule, check: Check, found: Estimate) -> None:
    if found.n < rule.min_n:
        raise _CannotJudgeError(f"{found.n} samples, min_n = {rule.min_n}")
    if found.standard_error:
        check.detectable = minimum_detectable_difference(found.standard_error, level=rule.level, power=POWER, sides=1)
    if rule.must_detect is not None and found.difference is not None:
        if found.standard_error is None:
            raise _CannotJudgeError(f"too few samples ({found.units} independent) to say what is detectable")
        if check.detectable is not None and check.detectable > rule.must_detect:
            raise _CannotJudgeError(
                f"only a drop of {check.detectable:.{check.decimals}f} is detectable with {found.units} independent "
                f"samples, must_detect = {rule.must_detect:g}"
            )


def _unpaired(ours: Measure, theirs: Measure, baseline: Side, current: Side, rule: Rule, check: Check) -> None:
    """Values and their own intervals alone; for runs over the same samples this misses more than the paired test."""
    totals = [measure.n + measure.n_dropped for measure in (ours, theirs)]
    if totals[0] != totals[1]:
        raise _CannotJudgeError(f"the baseline is over {totals[0]} samples, the current run over {totals[1]}")
    check.n = min(ours.n, theirs.n)
    if check.n < rule.min_n:
        raise _CannotJudgeError(f"{check.n} samples, min_n = {rule.min_n}")
    if check.baseline is None or check.current is None:
        return
    check.difference = check.current - check.baseline
    if rule.significance == "none":
        return
    errors = []
    for side, measure in ((baseline, ours), (current, theirs)):
        level = side.runs[measure.cells[0].task].level
        if measure.low is None or measure.high is None:
            raise _CannotJudgeError(f'{side.where}: the value has no interval; significance = "none" does not need one')
        errors.append((measure.high - measure.low) / 2 / NormalDist().inv_cdf(0.5 + level / 2))
    error = math.hypot(*errors)
    drop = -check.difference if check.higher_is_better else check.difference
    check.test = "normal approximation"
    check.p = 1.0 - NormalDist().cdf(drop / error) if error else float(drop <= 0)
    reach = NormalDist().inv_cdf(1.0 - 0.025) * error
    check.low, check.high = check.difference - reach, check.difference + reach
    _enough(rule, check, Estimate(
        a=check.baseline, b=check.current, difference=check.difference, standard_error=error, n=check.n, units=check.n,
        clustered=False,
    ))  # fmt: skip


def _tolerance(rule: Rule, check: Check) -> None:
    if check.baseline is None or check.current is None or check.difference is None:
        which = "baseline's" if check.baseline is None else "current run's"
        raise _CannotJudgeError(f"the {which} value is undefined: no sample counts")
    check.drop = (-check.difference if check.higher_is_better else check.difference) + 0.0
    check.allowed = max(rule.max_drop, rule.max_drop_relative / 100.0 * abs(check.baseline))


def _decide(checks: Sequence[Check], policy: Policy) -> None:
    open_checks = [check for check in checks if check.status == "pass"]
    raw = [check.p for check in open_checks]
    adjusted = holm(raw) if policy.correction == "holm" else raw
    for check, p in zip(open_checks, adjusted, strict=True):
        check.p_adjusted = p
        assert check.drop is not None
        assert check.allowed is not None
        assert check.baseline is not None
        if check.drop <= check.allowed + 1e-9 * max(1.0, abs(check.baseline)):
            check.reason = "not worse" if check.drop <= 0 else "worse by no more than the tolerance"
        elif p is not None and p > check.level:
            check.reason = f"worse, but no more than chance explains (level {check.level:g})"
        else:
            check.status = "regression"
            check.reason = "worse beyond the tolerance" + ("" if p is None else " and beyond chance")
        check.marks += _improved(check)


def _improved(check: Check) -> Iterator[str]:
    better = check.low if check.higher_is_better else check.high
    if better is not None and (better > 0 if check.higher_is_better else better < 0):
        yield "better than the baseline: consider saving a new one"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
