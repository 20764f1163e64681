"""What the regression gate found: every column's verdict with its figures, and the outcome."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final, Literal

from pydantic import Field

from evalkit.records.samples import Strict

GATE_SCHEMA: Final = "evalkit.gate/1"
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
    rounding: Literal["nearest", "cut"] = Field("nearest", description="how values are brought to these decimals")
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
    detectable: float | None = Field(
        None,
        description="drop of this column alone that the test, corrected as p_adjusted, finds with 80 % power",
    )
    units_needed: int | None = Field(
        None, description="where no drop could be significant: independent units that would do"
    )


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
        judged=now(),
        problem=problem,
    )


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
