"""Ranks: only among complete runs of one protocol, ties shared, every other row with the reason it has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored_runs import quiz_run

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.records.leaderboard import LeaderboardRow
from evalkit.report.leaderboard import leaderboard
from evalkit.report.model_index import model_index
from evalkit.report.ranking import ranked
from evalkit.report.summaries import load_summary


def row(model: str, value: float | None, **changes: Any) -> LeaderboardRow:
    facts: dict[str, Any] = {
        "column": "c.acc", "unit": "%", "higher_is_better": True, "source": "run", "protocol": "p", "complete": True,
        "run": model,
    }  # fmt: skip
    return LeaderboardRow(model=model, value=value, **{**facts, **changes})


def places(rows: list[LeaderboardRow], protocol: str | None = None) -> dict[str, int | str | None]:
    found = ranked(rows, protocol)
    assert [r.model for r in found] == [r.model for r in rows], "the order is kept"
    assert all((r.rank is None) != (r.unranked is None) for r in found)
    return {r.model: r.rank if r.rank is not None else r.unranked for r in found}


def test_ties_share_a_rank_and_use_up_the_next() -> None:
    rows = [row("a", 50.0), row("b", 70.0), row("c", 70.0), row("d", 60.0)]
    assert places(rows) == {"b": 1, "c": 1, "d": 3, "a": 4}


def test_a_lower_error_rate_is_better() -> None:
    rows = [row("a", 5.0, higher_is_better=False), row("b", 4.0, higher_is_better=False)]
    assert places(rows) == {"a": 2, "b": 1}


def test_what_cannot_be_compared_has_a_reason_instead() -> None:
    rows = [
        row("whole", 40.0),
        row("limited", 99.0, limit=20),
        row("broken off", 99.0, complete=False),
        row("undefined", None),
        row("other rule", 99.0, protocol="q"),
        row("printed", 99.0, source="paper", protocol=None, complete=None, run=None),
        row("contradicted", 99.0, marks=["conflict: 2 contents of one run"]),
    ]
    assert places([*rows, row("second", 30.0)]) == {
        "whole": 1, "second": 2, "limited": "limit 20", "broken off": "incomplete", "undefined": "no value",
        "other rule": "other protocol", "printed": "protocol not stated", "contradicted": "conflict",
    }  # fmt: skip


def test_the_protocol_of_most_models_is_ranked_or_the_one_asked_for() -> None:
    rows = [row("a", 1.0), row("b", 2.0), row("c", 3.0, protocol="q")]
    rows += [row("c", 4.0, protocol="q", run=f"again{i}") for i in range(3)]  # many runs of one model are one model
    assert [r.rank for r in ranked(rows)] == [2, 1, None, None, None, None]
    assert [r.rank for r in ranked(rows, "q")] == [None, None, 4, 1, 1, 1]
    assert {r.unranked for r in ranked(rows, "q") if r.protocol == "p"} == {"other protocol"}
    with pytest.raises(UnknownNameError, match="protocol"):
        ranked(rows, "r")


def test_another_judge_or_rubric_is_another_basis() -> None:
    rows = [row("a", 1.0, judge="x", rubric="1"), row("b", 2.0, judge="x", rubric="1"), row("c", 3.0, judge="y")]
    rows.append(row("d", 3.0, judge="x", rubric="2"))
    assert places(rows) == {"a": 2, "b": 1, "c": "other judge or rubric", "d": "other judge or rubric"}


def test_columns_are_ranked_apart() -> None:
    rows = [row("a", 1.0), row("a", 9.0, column="d.acc", protocol="q"), row("b", 8.0, column="d.acc", protocol="q")]
    assert [r.rank for r in ranked(rows)] == [1, 1, 2]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("pq"), st.booleans()), max_size=12))
def test_a_rank_counts_the_better_rows_of_its_basis(drawn: list[tuple[int, str, bool]]) -> None:
    rows = [row(f"m{i}", float(v), protocol=p, complete=c) for i, (v, p, c) in enumerate(drawn)]
    found = [r for r in ranked(rows) if r.rank is not None]
    assert len({r.protocol for r in found}) <= 1
    for r in found:
        assert r.value is not None
        better = sum(other.value > r.value for other in found if other.value is not None)
        assert r.rank == better + 1


@pytest.mark.parametrize(("asked", "said"), [("50%", "first 50 %"), ("2-5", "samples 2-5")])
def test_a_run_of_chosen_samples_has_no_rank(asked: str, said: str, tmp_path: Path) -> None:
    run = quiz_run(tmp_path, [True] * 8, limit=asked)
    (found,) = ranked(leaderboard(tmp_path / "results").rows)
    assert (found.rank, found.unranked, found.complete, found.marks) == (None, "incomplete", False, [said])
    summary = load_summary(run / "summary.json")
    with pytest.raises(UsageError, match=f"partial \\({said}\\)"):
        model_index([summary])
    ((result,),) = [index["results"] for index in model_index([summary], task_type="x", partial=True)]
    assert result["metrics"][0]["args"]["selection"] == said
