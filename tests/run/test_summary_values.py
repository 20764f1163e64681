"""A summary's values worked out by hand from a few lines of a score journal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from evalkit.core.errors import ResultsError
from evalkit.core.metric import Metric, ratio
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.run import summarize
from evalkit.run.tallies import Cut, Tallies, collect, passes

RATE = Metric("rate", "RATE", ("errors", "tokens"), ratio, higher_is_better=False)
RIGHT = Metric("right", "right", ("hits", "samples"), ratio, decimals=1, binary=True)
JOINED = Metric("joined", "joined", ("hits", "samples"), ratio, join="all")


class Three(Scorer):
    """Never scores anything here: the records are made up."""

    name, profile = "three", "made_up"
    metrics = (RATE, RIGHT, JOINED)

    def __init__(self, splits: Sequence[str] | None = None, asks: Any = None) -> None:
        self._on, self._asks = splits, asks

    def runs_on(self, split: str) -> bool:
        return self._on is None or split in self._on

    def helpers(self) -> Any:
        return [SimpleNamespace(asks=None), SimpleNamespace(asks=self._asks)]

    def identity(self) -> dict[str, Any]:
        return {}

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        raise NotImplementedError

    def worst(self, answer: Answered) -> dict[str, Vector]:
        raise NotImplementedError


def line(name: str, split: str = "a", status: str = "scored", **more: Any) -> dict[str, Any]:
    return {"id": name, "split": split, "status": status, "faithful": {}, **more}


def scoring(records: Sequence[Mapping[str, Any]], scorer: Scorer, repeats: int = 1) -> summarize.Scoring:
    tallies = collect(records, None, ("a", "b", "c"), scorer.metrics, repeats)
    return summarize.Scoring(scorer, "three", tallies)


LINES = [
    line("1", faithful={"rate": [1, 4], "right": [1, 1]}, groups={"voice": "low"}, flags=["odd"]),
    line("2", faithful={"rate": [3, 4], "right": [0, 1]}, groups={"voice": "high"}, flags=["odd", "rare"]),
    line("3", status="unparsed", faithful={"rate": [2, 2]}, strict={"rate": [4, 2], "right": [0, 1]}, cluster="x"),
    line("4", status="judge_failed", strict={"right": [0, 1]}, cluster="x"),
    line("5", "b", faithful={"rate": [0, 5]}, groups={"voice": "low"}, cluster="y"),
    line("6", "b", status="model_failed", faithful={"rate": [5, 5]}, strict={"rate": [5, 5]}),
]
SIZES = {"a": 6, "b": 2, "c": 1}


def rows(**ways: Any) -> dict[tuple[Any, ...], Any]:
    found = summarize.results(scoring(LINES, Three(**ways)), SIZES, seed=3)
    return {(row.metric, row.split, row.group): row for row in found}


def test_pooled_values() -> None:
    row = rows()["rate", None, None]
    assert (row.value, row.strict, row.n, row.n_dropped, row.n_clusters) == (100 * 11 / 20, 100 * 13 / 20, 5, 0, 5)
    assert row.sums == {"errors": 11, "tokens": 20}
    assert row.fields == ["errors", "tokens"]
    assert (row.reduction, row.unit, row.higher_is_better, row.decimals) == ("ratio", "%", False, 2)
    assert (row.scorer, row.scoring, row.label, row.join, row.repeats) == ("three", "three", "RATE", None, None)
    assert (row.split, row.breakdown, row.group) == (None, None, None)
    assert row.flags == {"odd": 2, "rare": 1}
    told = row.counts
    assert (told.n_total, told.n_scored, told.n_unparsed, told.n_model_failed, told.n_judge_failed, told.n_pending) == (
        9, 3, 1, 1, 1, 3
    )  # fmt: skip
    row = rows()["right", None, None]
    assert (row.value, row.strict, row.n, row.n_dropped) == (50.0, 25.0, 2, 2), "two are left out by the official rule"


def test_values_by_split_and_group() -> None:
    found = rows()
    assert (found["rate", "a", None].value, found["rate", "b", None].value) == (100 * 6 / 10, 100 * 5 / 10)
    assert (found["rate", "a", None].counts.n_total, found["rate", "a", None].counts.n_pending) == (6, 2)
    assert (found["rate", "c", None].value, found["rate", "c", None].n, found["rate", "c", None].counts.n_pending) == (
        None, 0, 1
    )  # fmt: skip
    low = found["rate", None, "low"]
    assert (low.value, low.breakdown, low.n, low.counts.n_total) == (100 * 1 / 9, "voice", 2, 2)
    assert found["rate", "b", "low"].value == 0.0
    assert found["rate", "a", "low"].value == 25.0
    assert ("rate", "b", "high") not in found, "no sample of the split is in it"
    assert ("right", "b", "low") not in found, "the metric concerns no sample of the group"
    assert found["right", "b", None].value is None, "and is shown without a value where a whole split has none"
    assert ("rate", "c", "low") not in found


def test_the_order_of_rows() -> None:
    found = summarize.results(scoring(LINES, Three()), SIZES, seed=3)
    assert [(row.split, row.group) for row in found if row.metric == "rate"] == [
        (None, None), ("a", None), ("b", None), ("c", None), (None, "high"), (None, "low"), ("a", "high"), ("a", "low"),
        ("b", "low"),
    ]  # fmt: skip


def test_splits_the_scorer_does_not_run_on_are_left_out() -> None:
    found = rows(splits=("a",))
    assert {split for _, split, _ in found} == {None, "a"}
    assert found["rate", "a", None].counts.n_total == 6
    assert found["rate", None, None].counts.n_total == 6
    one = summarize.results(scoring(LINES[:4], Three()), {"a": 6}, seed=3)
    assert {row.split for row in one} == {None}, "a single split has no row beside the pooled one"


def test_a_file_with_more_samples_than_the_task_is_refused() -> None:
    with pytest.raises(ResultsError, match=r"scores/three\.jsonl has 6 samples where the task has 5"):
        summarize.results(scoring(LINES, Three()), {"a": 4, "b": 1}, seed=3)
    assert summarize.results(scoring(LINES, Three()), {"a": 4, "b": 2}, seed=3)


def test_nothing_is_measured_where_nothing_was_answered() -> None:
    dead = [line(str(n), status="model_failed", faithful={"rate": [5, 5]}) for n in range(3)]
    (row,) = [row for row in summarize.results(scoring(dead, Three()), {"a": 3}, seed=3) if row.metric == "rate"]
    assert (row.value, row.strict, row.n, row.sums) == (None, None, 0, {})
    assert (row.counts.n_model_failed, row.low) == (3, None)
    alive = [*dead, line("x", status="unparsed", strict={"rate": [5, 5]})]
    (row,) = [row for row in summarize.results(scoring(alive, Three()), {"a": 4}, seed=3) if row.metric == "rate"]
    assert (row.value, row.n) == (100.0, 3), "one answer that could not be read is an answer"


def test_intervals_are_of_a_thousand_resamples_at_95_percent() -> None:
    found = scoring(LINES, Three())
    row = next(row for row in summarize.results(found, SIZES, seed=3) if row.metric == "rate" and row.split == "a")
    digest = hashlib.blake2b(b"3/a/None/rate", digest_size=8).digest()
    interval = found.tallies.cut("a").faithful["rate"].interval(
        RATE, seed=int.from_bytes(digest, "big"), resamples=1000, level=0.95
    )  # fmt: skip
    assert interval is not None
    assert (row.low, row.high) == (interval.low, interval.high)
    assert row.low < row.value < row.high


@pytest.mark.parametrize(("splits", "sizes", "whole"), [
    (("a",), {"a": 2, "b": 2}, True),
    (None, {"a": 2, "b": 2}, False),
    (None, {"a": 3}, False),
    (None, {"a": 2}, True),
])  # fmt: skip
def test_a_scoring_is_complete_when_every_sample_of_its_splits_has_a_score(
    splits: Any, sizes: dict[str, int], whole: bool
) -> None:
    assert summarize.complete(scoring(LINES[:2], Three(splits)), sizes) is whole


def test_a_sample_that_was_not_scored_is_not_complete() -> None:
    assert not summarize.complete(scoring(LINES[:3], Three()), {"a": 3})


def test_the_headline_counts_each_split_by_the_first_scorer_that_runs_there() -> None:
    first, second = scoring(LINES[:2], Three(("a",))), scoring(LINES[2:], Three(("a", "b")))
    told = summarize.headline_counts([first, second], SIZES)
    assert (told.n_total, told.n_scored, told.n_model_failed, told.n_unparsed) == (9, 3, 1, 0)
    assert told.n_pending == 5
    assert summarize.headline([first, second], ["a"]).flags == {"odd": 2, "rare": 1}
    assert summarize.headline([], SIZES).n == 0


@pytest.mark.parametrize(
    ("count", "values", "asks", "flagged"),
    [(20, [3], True, True), (19, [3], True, False), (20, [3, 4], True, False), (20, [3], None, False)],
)
def test_verdicts_that_never_vary_are_flagged(count: int, values: list[int], asks: Any, flagged: bool) -> None:
    records = [line(str(n), faithful={"rate": [values[n % len(values)], 5]}) for n in range(count)]
    records += [line("u", status="unparsed")]
    row = summarize.results(scoring(records, Three(asks=asks)), {"a": count + 1}, seed=3)[0]
    assert row.flags == ({"verdicts_never_vary": count} if flagged else {})


# --- repeats --------------------------------------------------------------------------------------------------------

ASKED = [
    line("1", faithful={"right": [1, 1]}),
    line("2", faithful={"right": [0, 1]}),
    line("1~2", faithful={"right": [1, 1]}, repeat=2, origin="1"),
    line("2~2", faithful={"right": [1, 1]}, repeat=2, origin="2"),
    line("1~3", faithful={"right": [0, 1]}, repeat=3, origin="1"),
    line("2~3", faithful={"right": [0, 1]}, repeat=3, origin="2"),
    line("1~4", faithful={"right": [0, 1]}, repeat=4, origin="1"),
]


def test_repeats_have_values_of_their_own_a_spread_and_pass_at_k() -> None:
    found = summarize.results(scoring(ASKED, Three(), 3), {"a": 6}, seed=3, repeats=3)
    by_name = {row.metric: row for row in found}
    right = by_name["right"]
    assert (right.value, right.n, right.n_clusters) == (50.0, 6, 2), "the fourth asking is not planned"
    assert right.repeats.values == [50.0, 100.0, 0.0]
    assert (right.repeats.mean, right.repeats.standard_deviation) == (50.0, 50.0)
    assert by_name["joined"].repeats is None
    assert by_name["rate"].repeats.values == [None, None, None]
    assert (by_name["rate"].repeats.mean, by_name["rate"].repeats.standard_deviation) == (None, None)
    # of 3 answers 2 and 1 are right: pass@1 = 1/2; one of two drawn ones is right: 1 - C(1,2)/C(3,2), 1 - C(2,2)/C(3,2)
    assert by_name["right_pass@1"].value == pytest.approx(50.0)
    assert by_name["right_pass@2"].value == pytest.approx(100 * (1 + 2 / 3) / 2)
    assert by_name["right_pass@3"].value == 100.0
    assert by_name["right_pass@3"].label == "right pass@3"
    assert by_name["right_pass@2"].n == 2
    assert not [name for name in by_name if name.startswith(("rate_pass", "joined_pass"))]
    assert {row.breakdown for row in found} == {None}, "a repeat is no breakdown that is shown"


def test_one_repeat_with_a_value_has_no_deviation() -> None:
    found = summarize.results(scoring(ASKED[:2], Three(), 2), {"a": 4}, seed=3, repeats=2)
    spread = next(row for row in found if row.metric == "right").repeats
    assert (spread.values, spread.mean, spread.standard_deviation) == ([50.0, None], 50.0, None)


def test_pass_at_k_is_for_what_is_right_or_wrong_and_asked_several_times() -> None:
    assert [one.name for one in passes((RATE, RIGHT, JOINED), 2)] == ["right_pass@1", "right_pass@2"]
    assert passes((RATE, RIGHT, JOINED), 1) == []
    made = passes((RIGHT,), 2)[1]
    assert (made.fields, made.join, made.binary) == (("passed", "samples"), "pass@2", True)


def test_units_of_different_repeats_are_different_units() -> None:
    records = [
        line(f"{n}{f'~{k}' if k > 1 else ''}", faithful={"joined": [int(n <= k), 1]}, units={"joined": "u"}, repeat=k,
             origin=str(n))
        for k in (1, 2) for n in (1, 2)
    ]  # fmt: skip
    tally = collect(records, None, ("a",), (JOINED,), 2).cut().faithful["joined"]
    assert (tally.n, tally.total()) == (2, (1, 2)), "all of a unit right in the second asking alone"


def test_clusters() -> None:
    once, twice = Tallies((RATE,)), Tallies((RATE,), 2)
    assert once.cluster_of(line("1~2", origin="1")) is None
    assert once.cluster_of(line("1", cluster="x")) == "x"
    assert twice.cluster_of(line("1~2", origin="1")) == "1"
    assert twice.cluster_of(line("1")) == "1"
    assert twice.cluster_of(line("1~2", origin="1", cluster="x")) == "x"
    assert not collect(LINES[:2], None, ("a",), (RATE,)).clustered
    assert collect(LINES, None, ("a",), (RATE,)).clustered


# --- tallies --------------------------------------------------------------------------------------------------------


def test_lines_outside_a_plan_do_not_count() -> None:
    assert collect(LINES, None, ("b",)).cut().n == 2
    assert collect(LINES, {"1", "5"}, ("a", "b")).cut().n == 2
    assert collect(LINES, set(), ("a", "b")).cut().n == 0
    assert collect(ASKED, None, ("a",), (RIGHT,), 2).cut().n == 4
    assert collect(ASKED, None, ("a",), (RIGHT,)).cut().n == 2


def test_cuts_by_splits_and_groups() -> None:
    groups = [{"x": "1", "y": "1"}, {"x": "1", "y": "2"}, {"x": "2", "y": "1"}, {}]
    records = [line(str(n), "ab"[n % 2], faithful={"rate": [n, 1]}, groups=of) for n, of in enumerate(groups)]
    tallies = collect(records, None, ("a", "b"))

    def errors(*given: Any) -> float | None:
        tally = tallies.cut(*given).faithful.get("rate")
        return None if tally is None else tally.total()[0]

    assert errors() == errors(["a", "b"]) == 6
    assert (errors("a"), errors(["b"]), errors([])) == (2, 4, None)
    assert errors(None, (("x", "1"),)) == 1
    assert errors(None, (("x", "1"), ("y", "1"))) == 0
    assert errors("a", (("x", "1"), ("y", "2"))) is None
    assert errors(None, (("z", "1"),)) is None
    assert tallies.groups == [("x", "1"), ("x", "2"), ("y", "1"), ("y", "2")]
    assert tallies.has("b", ("y", "2"))
    assert not tallies.has("a", ("y", "2"))
    assert not tallies.has("a", ("z", "2"))


def test_groups_that_come_later_are_found() -> None:
    tallies, more = Tallies(), Tallies()
    tallies.add(line("1", groups={"x": "1"}))
    assert tallies.has("a", ("x", "1"))
    tallies.add(line("2", groups={"x": "2"}))
    assert tallies.has("a", ("x", "2"))
    more.add(line("3", groups={"x": "3"}))
    assert tallies.merge(more) is tallies
    assert tallies.has("a", ("x", "3"))
    assert tallies.cut(None, (("x", "3"),)).n == 1


def test_a_cut_adds_up_and_leaves_what_was_added_alone() -> None:
    tallies = collect(LINES, None, ("a", "b"))
    one, other = tallies.cut("a"), tallies.cut("b")
    both = Cut()
    assert both.merge(one).merge(other) is both
    assert both.n == 6
    assert both.statuses == {"scored": 3, "unparsed": 1, "model_failed": 1, "judge_failed": 1}
    assert both.flags == {"odd": 2, "rare": 1}
    assert (both.faithful["rate"].n, one.faithful["rate"].n, other.faithful["rate"].n) == (5, 3, 2)
    assert both.strict["right"].n == 4, "a line without strict vectors counts by its faithful ones"
    both.merge(other)
    assert other.faithful["rate"].n == 2
    assert tallies.cut("b").faithful["rate"].n == 2


def test_without_an_answer_only_statuses_and_flags_are_left() -> None:
    dead = collect([line("1", status="model_failed", faithful={"rate": [1, 1]}, flags=["f"])], None, ("a",)).cut()
    assert dead.answered == Cut(statuses=dead.statuses, flags={"f": 1})
    assert dead.answered is not dead
    alive = collect(LINES, None, ("a", "b")).cut()
    assert alive.answered is alive
    empty = Cut()
    assert empty.answered is empty


def test_the_ids_of_joined_samples_are_units_where_none_is_named() -> None:
    records = [line("1", faithful={"joined": [1, 1], "rate": [1, 1]}), line("2", faithful={"joined": [0, 1]})]
    found = collect(records, None, ("a",), (JOINED, RATE)).cut()
    assert (found.faithful["joined"].total(), found.faithful["rate"].total()) == ((1, 2), (1, 1))
    assert found.strict["joined"].total() == (1, 2)
