"""The graph of columns: cells by split and group, several scorers, rules over rules; faults that were silent once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_memory import Five, Says, run, task, values

from evalkit import plugins
from evalkit.authoring import Cell, Failure, Mean, Response, Rule, Suite, error_rate, exact_match, joined, judged, on
from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.metric import Metric, Tally, ratio
from evalkit.core.score import Score
from evalkit.published import numbers as published
from evalkit.published.settling import settle, settle_suite


def rows(split: str, *references: str, kind: str = "sound") -> list[dict[str, Any]]:
    return [
        {"id": f"{split}{place}", "reference": one, "meta": {"kind": kind, "level": "easy" if place % 2 else "hard"}}
        for place, one in enumerate(references)
    ]


DATA = {
    "a": rows("a", "yes", "yes", "no", "yes") + rows("am", "no", "no", kind="music"),
    "b": rows("b", "no", "no", "yes") + rows("bm", "yes", kind="music"),
}


def test_a_cell_of_split_and_group_is_not_the_pooled_value(tmp_path: Path) -> None:
    columns = {
        **{f"{split}.{kind}": Cell(split, group=("kind", kind)) for split in DATA for kind in ("sound", "music")},
        "sound": Cell(group=("kind", "sound")),
        "a": Cell("a"),
        "a.sound.easy": Cell("a", group={"kind": "sound", "level": "easy"}),
        "both": Cell(("a", "b"), group=("kind", "music")),
    }
    found = values(run(Says(), task(DATA, columns=columns, breakdowns=("kind", "level")), tmp_path))
    assert found == {
        "a.sound": (75.0, 4),
        "a.music": (0.0, 2),
        "b.sound": (pytest.approx(100 / 3), 3),
        "b.music": (100.0, 1),
        "sound": (pytest.approx(400 / 7), 7),
        "a": (50.0, 6),
        "a.sound.easy": (100.0, 2),
        "both": (pytest.approx(100 / 3), 3),
    }


def test_results_have_a_row_for_each_split_and_group(tmp_path: Path) -> None:
    summary = run(Says(), task(DATA, breakdowns=("kind",)), tmp_path).summary
    assert summary is not None
    found = {(row.split, row.group): (row.value, row.n) for row in summary.results}
    assert found["a", "sound"] == (75.0, 4)
    assert found["b", "music"] == (100.0, 1)
    assert found[None, "sound"] == (pytest.approx(400 / 7), 7)


SPACED = {split: [{"id": f"{split}{n}", "reference": "yes" if n else "yes "} for n in range(4)] for split in "ab"}


def test_a_scorer_runs_on_its_splits_alone(tmp_path: Path) -> None:
    scorers = [on("a", exact_match("strip")), on("b", exact_match("exact"))]
    outcome = run(
        Says(), task(SPACED, scorers, {"a": Cell("a"), "b": Cell("b"), "mean": Mean(Cell("a"), Cell("b"))}), tmp_path
    )
    assert values(outcome) == {"a": (100.0, 4), "b": (75.0, 4), "mean": (87.5, 8)}
    summary = outcome.summary
    assert summary is not None
    assert summary.complete
    assert (summary.counts.n_total, summary.counts.n_scored) == (8, 8)
    assert [(row.split, row.protocol, row.value, row.counts.n_total) for row in summary.results] == [
        (None, "exact_match:strip", 100.0, 4),
        ("a", "exact_match:strip", 100.0, 4),
        (None, "exact_match:exact", 75.0, 4),
        ("b", "exact_match:exact", 75.0, 4),
    ]


def test_the_same_scorer_on_two_splits_counts_each_once(tmp_path: Path) -> None:
    one = exact_match("strip")
    outcome = run(Says(), task(SPACED, [on("a", one), on("b", one)], {"a": Cell("a"), "b": Cell("b")}), tmp_path)
    assert values(outcome) == {"a": (100.0, 4), "b": (100.0, 4)}
    assert outcome.summary is not None
    assert outcome.summary.counts.n_total == 8
    again = run(Says(), task(SPACED, [on("a", one), on("b", one)], {"a": Cell("a"), "b": Cell("b")}), tmp_path)
    assert again.asked == 0
    assert values(again) == values(outcome)


def test_one_metric_of_two_scorers_is_named_by_its_scorer(tmp_path: Path) -> None:
    scorers = [exact_match("strip"), exact_match("exact")]
    columns = {"s": Cell("a", scorer="exact_match:strip"), "e": Cell("a", "exact_match", scorer="exact_match:exact")}
    assert values(run(Says(), task(SPACED, scorers, columns), tmp_path)) == {"s": (100.0, 4), "e": (75.0, 4)}


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a misspelt split": (lambda: task(DATA, columns={"c": Cell("aa")}), "unknown split in task 't', column 'c': 'aa'"),
    "a misspelt metric": (lambda: task(DATA, columns={"c": Cell("a", "exact_mtch")}), "Did you mean exact_match"),
    "no such breakdown": (lambda: task(DATA, columns={"c": Cell(group=("kin", "x"))}, breakdowns=("kind",)), "kind"),
    "no such scorer": (lambda: task(DATA, columns={"c": Cell(scorer="exact_match:exact")}), "unknown scorer"),
    "a misspelt split of a scorer": (lambda: task(DATA, [on("aa", exact_match())]), "unknown split of scorer"),
    "a split without a scorer": (lambda: task(DATA, [on("a", exact_match())]), "no scorer runs on split 'b'"),
    "two scorers at once": (
        lambda: task(DATA, [exact_match("strip"), exact_match("exact")], {"c": Cell("a")}),
        "exact_match:strip, exact_match:exact; say which by scorer=",
    ),
    "two scorers at once, by the metric": (
        lambda: task(DATA, [exact_match("strip"), exact_match("exact")], {"c": Cell("a", "exact_match")}),
        "say which by scorer=",
    ),
    "a scorer of another split": (
        lambda: task(DATA, [on("a", exact_match()), on("b", Five())], {"c": Cell("b", "exact_match")}),
        "does not run on split b",
    ),
    "everything, by no single scorer": (
        lambda: task(DATA, [on("a", exact_match()), on("b", Five())], {"c": Cell()}),
        "no single scorer runs on a, b",
    ),
    "a grade and a share averaged": (
        lambda: task(DATA, [exact_match(), Five()], {"c": Mean(Cell("a", "grade"), Cell("a", "exact_match"))}),
        "two units",
    ),
    "an error and an accuracy averaged": (
        lambda: task(
            DATA,
            [exact_match(), error_rate(language="en")],
            {"c": Mean(Cell("a", "error_rate"), Cell("a", "exact_match"))},
        ),
        "better when higher, others when lower",
    ),
    "a column that is not there": (lambda: task(DATA, columns={"c": Mean("x", Cell("a"))}), "unknown column"),
    "columns made of each other": (
        lambda: task(DATA, columns={"c": Mean("d", Cell("a")), "d": Mean("c", Cell("b"))}),
        "c -> d -> c",
    ),
    "on nothing": (lambda: on("a"), "at least one split and one scorer"),
    "joined in no known way": (lambda: joined(exact_match(), how="most"), "unknown join 'most'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_task_that_could_not_give_its_columns_is_refused_when_it_is_made(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(EvalkitError) as caught:
        make()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_group_that_no_sample_is_in_is_refused_before_a_model_is_asked(tmp_path: Path) -> None:
    model = Says()
    columns = {"c": Cell(group=("kind", "speech"))}
    with pytest.raises(DataError, match="no sample has kind=speech; there are: music, sound"):
        run(model, task(DATA, columns=columns, breakdowns=("kind",)), tmp_path)
    assert model.asked == []


def test_columns_of_columns_are_made_in_their_order(tmp_path: Path) -> None:
    columns = {
        "mean": Mean("left", "right", weights=(3, 1)),
        "gap": Rule("difference", ("right", "left")),
        "left": Mean(Cell("a"), Cell("b")),
        "right": Cell("b"),
        "total": Rule("sum", (Cell("a"), Cell("b"))),
        "pooled": Rule("pooled_counts", (Cell("a"), Cell("b")), weights=(1, 1)),
    }
    found = values(run(Says(), task(DATA, columns=columns), tmp_path))
    a, b = 50.0, 50.0
    assert {name: value for name, (value, _) in found.items()} == {
        "mean": 50.0, "gap": 0.0, "left": (a + b) / 2, "right": b, "total": 100.0, "pooled": 50.0,
    }  # fmt: skip
    assert found["pooled"][1] == 10


def test_values_of_the_same_samples_are_drawn_together(tmp_path: Path) -> None:
    """The mean of a value and its opposite never moves; drawn apart, it would have an interval."""

    class Opposite(Five):
        name = "opposite"
        metrics = (Metric("wrong", "Wrong", ("wrong", "samples"), ratio),)

        def score(self, answers: Any) -> Any:
            for answer in answers:
                yield Score("scored", {"wrong": (float(answer.reference != answer.response.text), 1.0)})

    data = {"a": rows("a", *(["yes", "no", "no"] * 20))}
    outcome = run(
        Says(),
        task(data, [exact_match(), Opposite()], {"c": Mean(Cell("a", "exact_match"), Cell("a", "wrong"))}),
        tmp_path,
    )
    assert outcome.summary is not None
    column = outcome.summary.columns["c"]
    assert column.value == 50.0
    assert column.low is None, "an interval without width is none"
    parts = outcome.parts["c"].resamples
    assert parts is not None
    assert float(np.ptp(parts)) < 1e-9


def test_a_summary_says_what_its_columns_are_made_of(tmp_path: Path) -> None:
    columns = {"left": Mean(Cell("a"), Cell("b")), "top": Mean("left", Cell("b"), weights=(3, 1))}
    outcome = run(Says(), task(DATA, columns=columns), tmp_path)
    assert outcome.summary is not None
    cells = outcome.summary.columns["top"].cells
    assert cells is not None
    assert [(cell.splits, cell.weight) for cell in cells] == [(["a"], 0.375), (["b"], 0.375), (["b"], 0.25)]


def test_a_judge_is_found_inside_every_combination(tmp_path: Path) -> None:
    data = {"a": [{"id": "q", "reference": "yes", "meta": {"question": "say yes", "language": "en"}}]}
    rubric = judged("voicebench_qa")
    outcome = run(Says(), task(data, [on("a", rubric)], {"a": Cell("a")}), tmp_path, judge="rules:contains")
    assert values(outcome) == {"a": (100.0, 1)}


@pytest.mark.parametrize("cheap", [True, False])
def test_an_id_in_two_splits_is_refused_with_both_places(tmp_path: Path, cheap: bool) -> None:
    data = {
        "a": [{"id": "x", "reference": "yes"}, {"id": "y", "reference": "yes"}],
        "b": [{"id": "y", "reference": "no"}],
    }
    with pytest.raises(DataError, match=r"the id 'y' occurs more than once \(split a, sample 2; split b, sample 1\)"):
        run(Says(), task(data, cheap=cheap), tmp_path / "one")
    shared = run(Says(), task(data, columns={"a": Cell("a"), "b": Cell("b")}, shared_ids=True), tmp_path / "two")
    assert values(shared) == {"a": (100.0, 2), "b": (0.0, 1)}


# suites


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made: dict[str, Any] = {
        "one": task({"a": rows("a", "yes", "no")}, columns={"one.a": Cell("a")}, name="one"),
        "two": task(
            DATA,
            columns={"two.a": Cell("a"), "two.b": Cell("b"), "two.mean": Mean("two.a", "two.b"), "two.all": Cell()},
            name="two",
        ),
        "grades": task({"a": rows("g", "yes")}, [Five()], {"grades.a": Cell("a")}, name="grades"),
    }
    monkeypatch.setattr(plugins, "load_task", lambda name: made[name])
    return made


def test_suites_nest_and_average_averages(members: dict[str, Any], tmp_path: Path) -> None:
    inner = Suite({"two": ()}, {"inner.x": Mean("two.mean", "two.all")}, name="inner")
    members["inner"] = inner
    outer = Suite({"one": (), "inner": ()}, {"outer.x": Mean("one.a", "inner.x", "two.b")}, name="outer")
    outcome = run(Says(), outer, tmp_path)
    assert values(outcome)["outer.x"][0] == pytest.approx((50.0 + 50.0 + 50.0) / 3)
    assert outcome.summary is not None
    assert outcome.summary.complete


def test_a_part_of_a_suite_replaces_nothing_that_covers_more(members: dict[str, Any], tmp_path: Path) -> None:
    suite = Suite({"two": ()}, {"s": Mean("two.a", "two.b")}, name="s")
    whole = run(Says(), suite, tmp_path)
    part = run(Says(), suite, tmp_path, limit=4)
    assert part.directory == whole.directory
    assert whole.summary_path == whole.directory / "summary.json"
    assert part.summary_path == whole.directory / "summary.part-limit4.json"
    assert json.loads((whole.directory / "summary.json").read_text())["limit"] is None


SUITES: dict[str, tuple[Any, str]] = {
    "a column that is not there": (Suite({"two": ()}, {"s": Mean("two.a", "two.typo")}, name="s"), "two.typo"),
    "a column of a split that does not take part": (
        Suite({"two": ("a",)}, {"s": Mean("two.a", "two.b")}, name="s"),
        "two.b",
    ),
    "a split that is not there": (Suite({"two": ("c",)}, {"s": Mean("two.a")}, name="s"), "unknown split"),
    "a grade and a share": (Suite({"one": (), "grades": ()}, {"s": Mean("one.a", "grades.a")}, name="s"), "two units"),
    "itself": (Suite({"self": ()}, {}, name="self"), "member of itself: self -> self"),
    "a cell": (Suite({"one": ()}, {"s": Mean(Cell("a"))}, name="s"), "by their ids"),
    "columns made of each other": (
        Suite({"one": ()}, {"s": Mean("one.a", "r"), "r": Mean("one.a", "s")}, name="s"),
        "made of each other",
    ),
}


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_is_refused_before_its_first_member_runs(name: str, members: dict[str, Any], tmp_path: Path) -> None:
    suite, message = SUITES[name]
    members["self"] = suite
    model = Says()
    with pytest.raises(UsageError) as caught:
        run(model, suite, tmp_path)
    assert message in str(caught.value)
    assert model.asked == []
    assert list(tmp_path.iterdir()) == []


# published averages and claims


def test_published_averages_are_taken_over_with_their_weights(tmp_path: Path) -> None:
    kinds = ("sound", "music", "speech")
    data = {
        "test_mini": [
            {"id": f"{k}{n}", "reference": "yes" if n % p else "no", "meta": {"kind": k}}
            for p, k in enumerate(kinds, 2)
            for n in range(12)
        ]
    }
    columns = {f"mmau.v05_15_25.test_mini.{kind}": Cell("test_mini", group=("kind", kind)) for kind in kinds}
    outcome = run(Says(), task(data, columns=columns, breakdowns=("kind",), averages="published"), tmp_path)
    found = values(outcome)
    sound, music, speech = (found[f"mmau.v05_15_25.test_mini.{kind}"][0] or 0 for kind in kinds)
    (rule,) = published.averaging_rules("mmau.v05_15_25.test_mini.avg")
    assert rule.weights == (333, 334, 333)
    order = [name.rpartition(".")[2] for name in rule.columns]
    by_kind = {"sound": sound, "music": music, "speech": speech}
    expected = sum(w * by_kind[kind] for w, kind in zip((333, 334, 333), order, strict=True)) / 1000
    assert found["mmau.v05_15_25.test_mini.avg"][0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("column", "scorer", "message"),
    [
        ("librispeech.test_clean.wer", exact_match(), "lower is better, in the metric higher"),
        ("gsm8k.acc", Five(), "published column is in '%'"),
    ],
)
def test_a_column_must_be_what_the_published_one_is(column: str, scorer: Any, message: str) -> None:
    if column not in published.columns():
        column = next(name for name, info in published.columns().items() if info.unit == "%" and info.higher_is_better)
    with pytest.raises(UsageError, match=message):
        settle(task(DATA, [scorer], {column: Cell("a")}))


def test_every_installed_task_and_suite_is_in_order() -> None:
    for name in plugins.plugins("task"):
        made = plugins.load_task(name)
        if isinstance(made, Suite):
            assert settle_suite(made).columns or not (made.columns or made.averages)  # some only run together
        else:
            settle(made)


def test_a_part_without_a_value_has_no_weight(tmp_path: Path) -> None:
    silent = Says(lambda request: Response(failure=Failure("model", "x")) if request.id.startswith("b") else "yes")
    columns = {"some": Rule("mean_available", (Cell("a"), Cell("b"), Cell("c")))}
    data = {split: rows(split, "yes", "no") for split in "abc"}
    summary = run(silent, task(data, columns=columns), tmp_path).summary
    assert summary is not None
    column = summary.columns["some"]
    assert column.value == 50.0
    assert column.cells is not None
    assert [(cell.splits, cell.weight) for cell in column.cells] == [(["a"], 0.5), (["c"], 0.5)]


# repeats


def test_repeats_have_seeds_a_spread_and_pass_at_k(tmp_path: Path) -> None:
    data = {"a": [{"id": f"q{n}", "reference": "yes"} for n in range(4)]}

    def reply(request: Any) -> str:
        name, _, number = request.id.partition("~")
        right = {"q0": "123", "q1": "1", "q2": "3", "q3": ""}[name]
        return "yes" if (number or "1") in right else "no"

    first = run(Says(reply), task(data, columns={"c": Cell()}), tmp_path)
    model = Says(reply)
    outcome = run(model, task(data, columns={"c": Cell()}), tmp_path, repeats=3)
    assert outcome.directory == first.directory
    assert len(model.asked) == 8, "what was asked once is not asked again"
    assert len({request.seed for request in model.asked}) == 8
    summary = outcome.summary
    assert summary is not None
    assert (summary.repeats, summary.counts.n_total) == (3, 12)
    results = {row.metric: row for row in summary.results}
    spread = results["exact_match"].repeats
    assert spread is not None
    assert spread.values == [50.0, 25.0, 50.0]
    assert spread.mean == pytest.approx(125 / 3)
    assert spread.standard_deviation == pytest.approx(np.std([50, 25, 50], ddof=1))
    assert results["exact_match"].n_clusters == 4
    assert results["exact_match"].value == pytest.approx(500 / 12)
    assert results["exact_match_pass@1"].value == pytest.approx(500 / 12)
    assert results["exact_match_pass@2"].value == pytest.approx(100 * (1 + 2 / 3 + 2 / 3 + 0) / 4)
    assert results["exact_match_pass@3"].value == 75.0
    lines = [json.loads(line) for line in (outcome.directory / "samples.jsonl").read_text().splitlines()]
    assert {line["id"]: line.get("repeat", 1) for line in lines}["q1~3"] == 3
    assert all("seed" in line for line in lines if line.get("repeat", 1) > 1)
    fewer = run(Says(reply), task(data, columns={"c": Cell()}), tmp_path, repeats=1)
    assert fewer.asked == 0
    assert fewer.summary is not None
    assert values(fewer) == values(first)


def test_joined_samples_count_as_one_unit(tmp_path: Path) -> None:
    data = {
        "a": [
            {"id": f"{q}#{r}", "reference": "yes" if r < right else "no", "cluster": q}
            for q, right in {"x": 4, "y": 3, "z": 0}.items()
            for r in range(4)
        ]
    }
    for how, value in {"all": 100 / 3, "any": 200 / 3, "mean": 100 * (1 + 0.75 + 0) / 3, "majority": 200 / 3}.items():
        scorer = joined(exact_match(), how=how)
        outcome = run(Says(), task(data, [scorer], {"c": Cell(), "plain": Cell(metric="exact_match")}), tmp_path / how)
        found = values(outcome)
        assert found["c"] == (pytest.approx(value), 3)
        assert found["plain"] == (pytest.approx(700 / 12), 12)


def test_a_unit_with_a_missing_answer_is_not_all_right(tmp_path: Path) -> None:
    data = {"a": [{"id": f"x#{n}", "reference": "yes", "cluster": "x"} for n in range(3)]}
    lost = Says(lambda request: Response(failure=Failure("model", "lost")) if request.id == "x#1" else "yes")
    outcome = run(lost, task(data, [joined(exact_match())], {"c": Cell()}), tmp_path)
    assert outcome.summary is not None
    assert outcome.summary.columns["c"].strict == 0.0
    assert outcome.summary.columns["c"].value == 0.0, "exact match counts no answer as a wrong one"


def test_merging_joined_tallies_gives_the_same_as_one() -> None:
    parts = [Tally() for _ in range(3)]
    whole = Tally()
    for place in range(30):
        vector = (float(place % 3 > 0), 1.0)
        for tally in (parts[place % 3], whole):
            tally.add(vector, f"c{place % 5}", f"u{place % 10}")
    from evalkit.core.metric import join, merged

    for how in ("all", "mean", "pass@2"):
        assert merged(parts).joined(join(how)).total() == whole.joined(join(how)).total()
