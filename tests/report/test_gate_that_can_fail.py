"""A gate that passes whatever happens is none: where no drop could alarm, it cannot judge."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scored_runs import made_side, quiz_run, right_or_wrong, speech_run, spoken_sentences, without_last_words
from test_gate import Gate, cannot, fewer, rights

from evalkit.report.gate import judge
from evalkit.report.gate_columns import Column, Examiner
from evalkit.report.gate_report import GateReport
from evalkit.report.policy import Policy, Rule
from evalkit.report.sides import Side

Main = Callable[..., Any]
LEVEL = 0.05


def lost(n: int, columns: int, **rule: Any) -> GateReport:
    """All right answers become wrong ones, in every column."""
    return judge(*(first(side, columns) for side in all_right_and_none(n)), Policy(resamples=100, default=Rule(**rule)))


@functools.lru_cache(maxsize=2)
def all_right_and_none(n: int) -> list[Side]:
    answers = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    return [made_side({f"quiz.{k}": right_or_wrong(right) for k in range(50)}) for right in answers]


def first(side: Side, columns: int) -> Side:
    return replace(side, measures=dict(itertools.islice(side.measures.items(), columns)))


def deaf(n: int, columns: int) -> GateReport:
    """Every word becomes an error, in every column; sentences of different lengths."""
    words = np.arange(3, n + 3, dtype=float)
    good, bad = (np.stack([errors, words], axis=1) for errors in (np.zeros(n), words))
    a, b = (made_side({f"speech.{k}": side for k in range(columns)}, higher=False) for side in (good, bad))
    return judge(a, b, Policy(resamples=2000))


def fails_as_it_should(report: GateReport, n: int, columns: int) -> None:
    enough = columns * 2.0**-n <= LEVEL
    assert report.outcome == ("regression" if enough else "cannot judge"), (n, columns)
    if not enough:
        assert all(
            check.status == "cannot judge" and "no drop could be significant" in check.reason for check in report.checks
        )
        (needed,) = {check.units_needed for check in report.checks}
        assert needed is not None
        assert columns * 2.0**-needed <= LEVEL < columns * 2.0 ** -(needed - 1)


@pytest.mark.parametrize("columns", [1, 3, 23, 50])
@pytest.mark.parametrize("n", [1, 2, 4, 5, 8, 9, 10, 30])
def test_no_total_loss_passes(n: int, columns: int) -> None:
    fails_as_it_should(lost(n, columns), n, columns)
    if columns < 50:
        fails_as_it_should(deaf(n, columns), n, columns)


@pytest.fixture
def examined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column's own figures do not depend on how many others there are: they are found once, judged each time."""
    found: dict[tuple[str, str], Column] = {}
    examine = Examiner.column

    def column(self: Examiner, name: str, rule: Rule) -> Column:
        key = name, rule.model_dump_json()
        if key not in found:
            found[key] = examine(self, name, rule)
        return replace(found[key], check=found[key].check.model_copy(deep=True))

    monkeypatch.setattr(Examiner, "column", column)


@pytest.mark.campaign
@pytest.mark.usefixtures("examined_once")
@pytest.mark.parametrize("n", range(1, 31))
def test_no_total_loss_passes_over_any_number_of_columns(n: int) -> None:
    for columns in range(1, 51):
        fails_as_it_should(lost(n, columns), n, columns)
        report = lost(n, columns, must_detect=1.0)
        assert report.outcome != "pass"


def test_four_right_answers_that_become_wrong_do_not_pass(main: Main, tmp_path: Path) -> None:
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", [True] * 4))
    for policy in ("", "[default]\nmust_detect = 1", "[default]\nmax_drop = 50"):
        for current in ([False] * 4, [True] * 4):
            done, report = gate.judge(quiz_run(tmp_path / f"b{len(list(tmp_path.iterdir()))}", current), policy)
            assert "4 samples are too few" in cannot(report)
            assert "5 samples would do" in cannot(report)
            assert done.code == 2
    assert report.checks[0].detectable is None
    bad = quiz_run(tmp_path / "bad", [False] * 4)
    assert gate.judge(bad, '[default]\nsignificance = "none"')[0].code == 1, "without a test the tolerance decides"
    assert gate.judge(bad, "[default]\nlevel = 0.07")[0].code == 1, "1/16 is at most 0.07"


def test_a_few_recordings_of_each_column_are_too_few(main: Main, tmp_path: Path) -> None:
    """As `asr_demo --limit 12`: four sentences in each of three columns, heard well and then not at all."""
    some = {row["id"] for row in spoken_sentences() if int(row["id"][1:3]) <= 4}

    def side(heard: bool) -> Any:
        rows = {f"asr.{k}": np.stack([np.full(4, 1.0 if heard else 8.0), np.full(4, 8.0)], axis=1) for k in range(3)}
        return made_side(rows, higher=False)

    assert len(some) == 12
    report = judge(side(True), side(False), Policy())
    assert report.outcome == "cannot judge"
    assert all(check.units_needed == 6 for check in report.checks)


def test_what_is_not_right_in_the_baseline_cannot_be_lost(main: Main, tmp_path: Path) -> None:
    right = [True] * 3 + [False] * 27
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    done, report = gate.judge(quiz_run(tmp_path / "b", [False] * 30))
    assert "30 samples, of which 3 can still get worse, are too few" in cannot(report)
    assert report.checks[0].units_needed == 50
    nothing = Gate(main, tmp_path, quiz_run(tmp_path / "c", [False] * 30))
    done, report = nothing.judge(quiz_run(tmp_path / "d", [False] * 30))
    assert done.code == 0
    assert "no worse value beyond the tolerance is possible" in " ".join(report.checks[0].marks)


def test_must_detect_is_judged_by_the_test_that_is_used(main: Main, tmp_path: Path) -> None:
    right = rights(400, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    same = quiz_run(tmp_path / "b", right)
    report = gate.judge(same, "[default]\nmust_detect = 3")[1]
    assert report.outcome == "pass"
    found = report.checks[0].detectable
    assert found == pytest.approx(100 * 6.72 / 400, rel=0.01), "five losses are significant; 6.72 expected give five"
    assert f"only a drop of {found:.2f} is detectable" in cannot(gate.judge(same, "[default]\nmust_detect = 1.6")[1])
    within = cannot(gate.judge(same, '[default]\nsignificance = "none"\nmax_drop = 2\nmust_detect = 2')[1])
    assert "within the tolerance" in within
    tolerant = gate.judge(same, "[default]\nmax_drop = 3\nmust_detect = 3")[1]
    assert "only a drop of" in cannot(tolerant), "a drop of the tolerance alarms every other time"


def test_a_regression_is_one_although_a_smaller_one_would_not_be_seen(main: Main, tmp_path: Path) -> None:
    right = rights(50, 0.8)
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", right))
    done, _ = gate.judge(quiz_run(tmp_path / "b", fewer(right, 20)), "[default]\nmust_detect = 0.1")
    assert done.code == 1


def test_what_moves_scores_is_unknown_where_none_moved(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(1))
    gate = Gate(main, tmp_path, a)
    assert gate.judge(a)[0].code == 0
    done, report = gate.judge(a, "[default]\nmust_detect = 5")
    assert "what drop is detectable is not known: no sample differs" in cannot(report)
    assert done.code == 2


def test_random_exchanges_must_be_enough_for_the_level() -> None:
    rng = np.random.default_rng(3)
    words = rng.integers(5, 50, 60).astype(float)
    good, bad = (np.stack([errors, words], axis=1) for errors in (rng.integers(0, 3, 60).astype(float), words))
    a, b = (made_side({f"asr.{k}": side for k in range(7)}, higher=False) for side in (good, bad))
    report = judge(a, b, Policy(resamples=100))
    assert "random exchanges give no p below 0.0099" in report.checks[0].reason
    assert "set resamples = 139 or more" in report.checks[0].reason
    assert judge(a, b, Policy(resamples=139)).outcome == "regression"


def test_intervals_that_no_drop_could_leave_cannot_judge(main: Main, tmp_path: Path) -> None:
    gate = Gate(main, tmp_path, quiz_run(tmp_path / "a", [True, False]), "--no-samples")
    done, report = gate.judge(quiz_run(tmp_path / "b", [False, True]), '[default]\nsignificance = "interval"')
    assert done.code == 0 or "no drop could be significant" in report.checks[0].reason
