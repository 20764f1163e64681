"""Rows of a leaderboard: values of runs and of papers side by side."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from evalkit.records.samples import Strict

LEADERBOARD_SCHEMA: Final = "evalkit.leaderboard/1"


class LeaderboardRow(Strict):
    """One model on one column."""

    model: str
    column: str
    value: float | None
    low: float | None = None
    high: float | None = None
    strict: float | None = None
    n: int | None = None
    unit: str
    higher_is_better: bool
    source: Literal["run", "paper"]
    protocol: str | None = Field(None, description="null where a paper does not say")
    complete: bool | None = None
    limit: int | None = None
    data_revision: str | None = None
    run: str | None = Field(None, description="run directory")
    date: str | None = None
    paper: str | None = None
    table: str | None = None
    variant: str | None = None
    marks: list[str] = Field(default_factory=list)
    arguments: dict[str, Any] | None = None


class Leaderboard(Strict):
    """A set of rows."""

    schema_: Literal["evalkit.leaderboard/1"] = Field(LEADERBOARD_SCHEMA, alias="schema")
    rows: list[LeaderboardRow]

    model_config = Strict.model_config | {"populate_by_name": True}
