"""Rows of a leaderboard: values of runs and of papers side by side."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from evalkit.records.samples import Strict
from evalkit.records.summary import Counts

LEADERBOARD_SCHEMA: Final = "evalkit.leaderboard/1"

Finite = Annotated[float, Field(allow_inf_nan=False)]


class LeaderboardRow(Strict):
    """One model on one column."""

    model: str
    column: str
    value: Finite | None = Field(description="faithful value on the column's common scale; null when undefined")
    low: Finite | None = Field(None, description="lower end of the interval")
    high: Finite | None = Field(None, description="upper end of the interval")
    strict: Finite | None = Field(None, description="everything not scored counted as wrong")
    n: int | None = Field(None, description="samples in the faithful denominator of this column")
    counts: Counts | None = Field(None, description="what became of all samples of the run")
    unit: str
    higher_is_better: bool
    decimals: int | None = Field(None, description="decimals it is printed with")
    rounding: Literal["nearest", "cut"] = Field("nearest", description="how the value is brought to these decimals")
    source: Literal["run", "paper"]
    task: str | None = None
    protocol: str | None = Field(None, description="null where a paper does not say")
    judge: str | None = Field(None, description="null where no judge was asked")
    rubric: str | None = Field(None, description="hash of the judge's rubric")
    complete: bool | None = None
    limit: int | None = None
    seed: int | None = None
    data_revision: str | None = None
    run: str | None = Field(None, description="run id: the hash that names its directory")
    date: str | None = Field(None, description="when the run was begun: UTC, ISO 8601")
    paper: str | None = None
    table: str | None = None
    variant: str | None = None
    marks: list[str] = Field(default_factory=list)
    arguments: dict[str, Any] | None = None
    rank: int | None = Field(None, description="place among the ranked rows of the column; ties share it")
    unranked: str | None = Field(None, description="why the row has no rank; null where nothing was ranked")


class Leaderboard(Strict):
    """A set of rows."""

    schema_: Literal["evalkit.leaderboard/1"] = Field(LEADERBOARD_SCHEMA, alias="schema")
    rows: list[LeaderboardRow]

    model_config = Strict.model_config | {"populate_by_name": True}
