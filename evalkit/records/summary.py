"""`summary.json`: what a run found. A pure function of its scores, so that a resumed run repeats it byte for byte."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from evalkit.core.shown import redacted
from evalkit.records.samples import Strict

SUMMARY_SCHEMA: Final = "evalkit.summary/2"


class Counts(Strict):
    """What became of the samples; the last four and `n_pending` add up to `n_total`."""

    n_total: int
    n_scored: int
    n_unparsed: int
    n_model_failed: int
    n_judge_failed: int
    n_pending: int = Field(0, description="planned and not answered yet")


class Value(Strict):
    """A number with its uncertainty."""

    value: float | None = Field(description="faithful value: the official rule; null when undefined")
    low: float | None = Field(None, description="lower end of the interval")
    high: float | None = Field(None, description="upper end of the interval")
    strict: float | None = Field(None, description="everything not scored counted as wrong")
    n: int = Field(description="samples in the faithful denominator")
    n_dropped: int = Field(0, description="samples the official rule leaves out")


class Spread(Strict):
    """How far the repeats of a run differ: one value for each time the samples were asked."""

    values: list[float | None]
    mean: float | None
    standard_deviation: float | None = Field(description="over repeats, with n - 1; null for fewer than two")


class Result(Value):
    """One metric over one set of samples."""

    scorer: str
    scoring: str = Field(description="name of its scores file, without the suffix")
    protocol: str
    metric: str
    label: str
    unit: str
    higher_is_better: bool
    decimals: int
    split: str | None = Field(None, description="null: all splits pooled")
    breakdown: str | None = None
    group: str | None = None
    fields: list[str] = Field(description="names of the statistics' entries")
    reduction: str = Field(description="registered function that maps their sum to the value")
    join: str | None = Field(None, description="how the samples of a unit become one: all, any, mean, majority, pass@K")
    repeats: Spread | None = Field(None, description="where samples were asked several times")
    n_clusters: int = Field(description="independent units the interval resamples")
    sums: dict[str, float] = Field(description="summed faithful statistics")
    counts: Counts
    flags: dict[str, int] = Field(default_factory=dict, description="how many samples carry each flag")


class ColumnCell(Strict):
    """A set of samples with one metric that goes into a column, and how much it weighs there."""

    task: str
    scoring: str = Field(description="name of the scores file, without the suffix")
    metric: str
    splits: list[str] | None = Field(None, description="null: all splits")
    groups: dict[str, str] = Field(default_factory=dict, description="breakdown -> value; samples in all of them")
    reduction: str
    join: str | None = None
    fields: list[str]
    weight: float = Field(1.0, description="the column is the sum of weight times value")


class ColumnValue(Value):
    """One leaderboard cell."""

    protocol: str
    unit: str
    higher_is_better: bool
    decimals: int
    rounding: Literal["nearest", "cut"] = "nearest"
    printed: str | None = Field(None, description="the value as a table prints it")
    cells: list[ColumnCell] | None = Field(None, description="what it is made of; null where that is no weighted sum")


class IntervalMethod(Strict):
    """How the intervals were made."""

    method: Literal["percentile bootstrap"] = "percentile bootstrap"
    level: float
    resamples: int
    seed: int
    unit: str = Field(description="what is resampled: samples or clusters")


class SplitSize(Strict):
    """What the data hold of one split, and what the task's card promises."""

    expected: int
    found: int


class Summary(Strict):
    """The whole of `summary.json`."""

    schema_: Literal["evalkit.summary/2"] = Field(SUMMARY_SCHEMA, alias="schema")
    run: str = Field(description="identity hash; name of the run directory")
    model: str
    model_arguments: Annotated[dict[str, Any], AfterValidator(redacted)] = Field(description="without keys of services")
    task: str
    task_version: int
    data_revision: str
    splits: list[str]
    limit: int | None
    selection: str | None = Field(None, description="which samples, where some other than the first N were chosen")
    repeats: int = Field(1, description="how often each sample was asked")
    seed: int
    complete: bool = Field(description="every planned sample was answered and scored")
    counts: Counts
    interval: IntervalMethod
    results: list[Result]
    columns: dict[str, ColumnValue]
    usage: dict[str, float] = Field(default_factory=dict, description="summed units of all answers, failed ones too")
    cost: float | None = Field(None, description="US dollars of all answers, failed ones too; null when any is unknown")
    verdict_usage: dict[str, float] = Field(default_factory=dict, description="summed units of the judges' verdicts")
    verdict_cost: float | None = Field(
        None, description="US dollars of these verdicts, whenever they were paid; null when any is unknown, or no judge"
    )
    notices: list[str] = Field(default_factory=list)
    data: dict[str, SplitSize] = Field(
        default_factory=dict, description="split -> samples, where the task's card says how many there are"
    )
    members: list[str] = Field(default_factory=list, description="suites: the runs that went in")

    model_config = Strict.model_config | {"populate_by_name": True}

    @property
    def data_complete(self) -> bool:
        """False where the data lack samples that the task's card promises."""
        return all(size.found >= size.expected for size in self.data.values())

    def data_mark(self) -> str:
        """What is said of a value over incomplete data; "" where they are complete."""
        lacking = [(name, size) for name, size in self.data.items() if size.found < size.expected]
        told = ", ".join(f"{name} {size.found:,} of {size.expected:,} samples" for name, size in lacking)
        return f"incomplete data: {told}" if told else ""
