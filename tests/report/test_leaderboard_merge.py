"""Merging leaderboards: order, grouping and repetition do not matter, and nothing is dropped in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_runs import make_run

from evalkit.records.leaderboard import Leaderboard, LeaderboardRow
from evalkit.report.leaderboard import leaderboard
from evalkit.report.leaderboard_merge import merge
from evalkit.report.ranking import ranked


@st.composite
def rows(draw: st.DrawFn) -> LeaderboardRow:
    """Few models, runs and values, so that the same run often comes with the same or with other content."""
    value = draw(st.sampled_from([None, 1.0, 2.0, 2.5]))
    return LeaderboardRow(
        model=draw(st.sampled_from("ab")),
        column=draw(st.sampled_from(["c.acc", "d.wer"])),
        value=value,
        unit="%",
        higher_is_better=draw(st.booleans()),
        source="run",
        protocol=draw(st.sampled_from("pq")),
        complete=draw(st.booleans()),
        run=draw(st.sampled_from(["r1", "r2"])),
        date=draw(st.sampled_from([None, "2026-01-01T00:00:00Z"])),
        marks=draw(st.sampled_from([[], ["limit 3"]])),
    )


BOARDS = st.lists(rows(), max_size=6).map(lambda found: Leaderboard(rows=found))


@given(BOARDS, BOARDS, BOARDS)
@settings(max_examples=150)
def test_merging_is_commutative_associative_and_idempotent(a: Leaderboard, b: Leaderboard, c: Leaderboard) -> None:
    whole = merge([a, b, c])
    assert merge([c, a, b]) == whole
    assert merge([merge([a, b]), c]) == whole
    assert merge([a, merge([b, c])]) == whole
    assert merge([whole, whole, a]) == whole
    assert merge([Leaderboard(rows=ranked(whole.rows)), b]) == whole, "ranks and conflicts are of the whole alone"


@given(BOARDS, BOARDS)
@settings(max_examples=100)
def test_every_row_is_still_there(a: Leaderboard, b: Leaderboard) -> None:
    def plain(board: Leaderboard) -> set[str]:
        kept = [[m for m in row.marks if not m.startswith("conflict")] for row in board.rows]
        pairs = zip(board.rows, kept, strict=True)
        return {row.model_copy(update={"marks": marks}).model_dump_json() for row, marks in pairs}

    assert plain(merge([a, b])) == plain(a) | plain(b)


def one(value: float, **changes: Any) -> Leaderboard:
    facts = {"model": "m", "column": "c.acc", "unit": "%", "higher_is_better": True, "source": "run", "run": "r"}
    return Leaderboard(rows=[LeaderboardRow(value=value, protocol="p", complete=True, **{**facts, **changes})])


def test_two_values_of_one_run_are_a_conflict_and_both_stay() -> None:
    found = merge([one(1.0), one(2.0)]).rows
    assert [row.value for row in found] == [2.0, 1.0]
    assert [row.marks for row in found] == [["conflict: 2 contents of one run"]] * 2
    assert {row.unranked for row in ranked(found)} == {"conflict"}


@pytest.mark.parametrize("changes", [{"run": "s"}, {"protocol": "q"}, {"judge": "j"}, {"column": "d.acc"}])
def test_another_run_or_scoring_is_no_conflict(changes: dict[str, str]) -> None:
    other = one(2.0).rows[0].model_copy(update=changes)
    assert all(row.marks == [] for row in merge([one(1.0), Leaderboard(rows=[other])]).rows)


def test_the_same_run_made_on_another_day_is_no_conflict() -> None:
    found = merge([one(1.0, date="2026-01-01T00:00:00Z"), one(1.0, date="2026-01-02T00:00:00Z")]).rows
    assert [row.marks for row in found] == [[], []]


def test_the_command_merges_in_any_order(main: Callable[..., Any], tmp_path: Path) -> None:
    files = []
    for i, name in enumerate(("one", "two", "three")):
        make_run(tmp_path / name, f"model {i}", {"mmmb.average": 10.0 * i}, task="mmmb")
        files.append(tmp_path / f"{name}.json")
        assert main("leaderboard", "--out", tmp_path / name, "--to", files[-1]).code == 0
    forward = main("leaderboard", "--merge", *files, "--rank")
    backward = main("leaderboard", "--merge", *reversed(files), "--merge", files[0], "--rank")
    assert forward.code == 0
    assert forward.out == backward.out
    found = [row for row in forward.json["rows"] if row["source"] == "run"]
    assert [(row["model"], row["rank"]) for row in found] == [("model 2", 1), ("model 1", 2), ("model 0", 3)]
    printed = [row for row in forward.json["rows"] if row["source"] == "paper"]
    assert len(printed) == 7, "each printed row once, though all three files have it"


def test_results_at_hand_join_where_they_are_named(main: Callable[..., Any], tmp_path: Path) -> None:
    make_run(tmp_path / "here", "mine", {"mmmb.average": 1.0})
    make_run(tmp_path / "there", "theirs", {"mmmb.average": 2.0})
    saved = tmp_path / "there.json"
    main("leaderboard", "--out", tmp_path / "there", "--to", saved)

    def models(*words: object) -> set[str]:
        return {row["model"] for row in main("leaderboard", *words).json["rows"] if row["source"] == "run"}

    assert models("--merge", saved) == {"theirs"}
    assert models("--merge", saved, "--out", tmp_path / "here") == {"mine", "theirs"}


DAMAGED = {
    "truncated": (lambda text: text[: len(text) // 2], ["truncated"]),
    "another schema": (lambda text: text.replace("leaderboard/1", "leaderboard/9"), ["evalkit.leaderboard/9"]),
    "a summary": (lambda text: '{"schema": "evalkit.summary/1"}', ["evalkit.summary/1"]),
    "a wrong value": (lambda text: text.replace('"value": 10.0', '"value": "ten"'), ["row 0", "value"]),
    "NaN": (lambda text: text.replace('"value": 10.0', '"value": NaN'), ["JSON"]),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_is_named_with_the_command_that_helps(
    kind: str, main: Callable[..., Any], tmp_path: Path
) -> None:
    damage, expected = DAMAGED[kind]
    path = tmp_path / "board.json"
    document = {"schema": "evalkit.leaderboard/1", "rows": [json.loads(one(10.0).rows[0].model_dump_json())]}
    path.write_text(damage(json.dumps(document)))
    done = main("leaderboard", "--merge", path)
    assert done.code == 2
    assert all(word in done.err for word in [str(path), "evalkit leaderboard", *expected]), done.err


def test_a_missing_file_is_named(main: Callable[..., Any], tmp_path: Path) -> None:
    done = main("leaderboard", "--merge", tmp_path / "none.json")
    assert done.code == 2
    assert "none.json" in done.err


def test_a_whole_board_survives_the_file(tmp_path: Path) -> None:
    make_run(tmp_path, "m", {"librispeech.test_clean.wer": 1.23456789012345}, higher=False, unit="WER %")
    board = leaderboard(tmp_path)
    again = Leaderboard.model_validate_json(board.model_dump_json(by_alias=True))
    assert merge([board, again]) == merge([board])
    assert len(merge([board, again]).rows) == len(board.rows)
