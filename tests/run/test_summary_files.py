"""Summaries: which file each goes to, and that their bytes do not depend on how the scores came about."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evalkit
from evalkit.core.columns import Cell, Mean
from evalkit.core.message import user
from evalkit.core.metric import Metric, mean, ratio
from evalkit.core.sample import Sample
from evalkit.core.score import Score, Vector
from evalkit.core.scorer import Answered, Scorer
from evalkit.core.source import Row, Rows, Source
from evalkit.core.task import Task
from evalkit.data import jsonl
from evalkit.data.jsonl import JsonLines
from evalkit.metrics.error_rate.scorer import error_rate
from evalkit.run import columns as columns_of_runs
from evalkit.run import summarize
from evalkit.run.columns import Measurements
from evalkit.run.record import json_bytes
from evalkit.run.tallies import Tallies, collect

Main = Callable[..., Any]
KIMI = ("--scorer", "error_rate:kimi", "--scorer-arg", "language=en")


@pytest.fixture
def demo(tmp_path: Path, main: Main) -> Callable[..., Any]:
    """Runs a model that always says "the" on asr_demo; returns what was done."""

    def run(*words: object, task: str = "asr_demo") -> Any:
        done = main("run", "--model", "constant", "--model-arg", "text=the", "--task", task, "--out", tmp_path / "out",
                    *words)  # fmt: skip
        assert done.code == 0, done.err
        return done

    return run


@pytest.fixture
def files(tmp_path: Path, run_of: Callable[..., Path]) -> Callable[[], dict[str, bytes]]:
    return lambda: {path.name: path.read_bytes() for path in run_of(tmp_path / "out").glob("summary*")}


PARTS = {
    "limit": (["--limit", 6], "asr_demo", "summary.part-limit6.json"),
    "split": ([], "asr_demo:clean", "summary.part-clean.json"),
    "splits": ([], "asr_demo:clean+telephone", "summary.part-clean+telephone.json"),
    "split and limit": (["--limit", 6], "asr_demo:clean", "summary.part-clean-limit6.json"),
}


@pytest.mark.parametrize("kind", PARTS)
def test_a_part_does_not_replace_the_whole(kind: str, demo: Callable[..., Any], files: Callable[..., Any]) -> None:
    more, task, name = PARTS[kind]
    demo()
    whole = files()
    done = demo(*more, task=task)
    assert name in done.out, "the command says where its summary is"
    found = files()
    assert set(found) == {"summary.json", name}
    assert found["summary.json"] == whole["summary.json"]
    counts = json.loads(found[name])["counts"]
    assert counts["n_total"] == {"limit": 6, "split": 36, "splits": 72, "split and limit": 6}[kind]


@pytest.mark.parametrize("kind", PARTS)
def test_the_whole_replaces_a_part(kind: str, demo: Callable[..., Any], files: Callable[..., Any]) -> None:
    more, task, _ = PARTS[kind]
    demo(*more, task=task)
    assert set(files()) == {"summary.json"}
    demo()
    assert set(files()) == {"summary.json"}
    assert json.loads(files()["summary.json"])["counts"]["n_total"] == 108


def test_a_larger_limit_replaces_a_smaller_one_and_not_the_other_way(
    demo: Callable[..., Any], files: Callable[..., Any]
) -> None:
    for limit, names in (
        (6, {"summary.json"}),
        (9, {"summary.json"}),
        (3, {"summary.json", "summary.part-limit3.json"}),
    ):
        demo("--limit", limit)
        assert set(files()) == names
    assert json.loads(files()["summary.json"])["limit"] == 9


def test_a_limit_that_leaves_nothing_out_does_not_mark_the_whole_as_limited(
    demo: Callable[..., Any], files: Callable[..., Any]
) -> None:
    demo()
    whole = files()["summary.json"]
    demo("--limit", 5000)
    assert files()["summary.json"] == whole


def test_another_scorer_has_a_summary_of_its_own(demo: Callable[..., Any], files: Callable[..., Any]) -> None:
    demo()
    whole = files()["summary.json"]
    done = demo(*KIMI)
    found = files()
    assert found.pop("summary.json") == whole
    ((name, data),) = found.items()
    assert name.startswith("summary.error_rate-kimi-")
    assert name in done.out
    assert {result["protocol"] for result in json.loads(data)["results"]} == {"error_rate:kimi/en"}
    demo()
    assert files() == {"summary.json": whole, name: data}


def test_another_scorer_alone_leaves_the_tasks_own_summary_to_the_tasks_own_scorer(
    demo: Callable[..., Any], files: Callable[..., Any], tmp_path: Path, main: Main
) -> None:
    demo(*KIMI)
    assert "summary.json" not in files()
    rows = json.loads(main("leaderboard", "--out", tmp_path / "out").out)["rows"]
    assert {row["protocol"] for row in rows if row["source"] == "run"} == {"error_rate:kimi/en"}, "shown as what it is"


def test_a_part_by_another_scorer_does_not_replace_its_whole(
    demo: Callable[..., Any], files: Callable[..., Any]
) -> None:
    demo(*KIMI)
    whole = files()
    demo(*KIMI, "--limit", 6)
    demo(*KIMI, task="asr_demo:clean")
    assert {name: data for name, data in files().items() if name in whole} == whole


def test_another_metric_gives_no_column_its_value(demo: Callable[..., Any]) -> None:
    """The columns are word error rates; the share of exact matches is none."""
    summary = json.loads(demo("--scorer", "exact_match", "--json").out)[0]
    assert {result["metric"] for result in summary["results"]} == {"exact_match"}
    assert summary["columns"] == {}


def test_another_scorer_on_a_task_whose_columns_name_a_metric(tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    path = write_lines(tmp_path / "quiz.jsonl", [{"id": "a", "prompt": "?", "reference": "the"}])
    task = Task(
        source=JsonLines(path),
        sample=lambda row, split: jsonl.sample(path, row),
        scorers=[error_rate("plain", language="en")],
        columns={"quiz.wer": Cell(metric="error_rate")},
        name="quiz",
    )
    for scorer, columns in ((None, {"quiz.wer"}), ("exact_match", set())):
        (outcome,) = evalkit.evaluate("constant", task, out=tmp_path / "out", scorer=scorer)
        assert outcome.summary is not None
        assert set(outcome.summary.columns) == columns


SPLITS = ("one", "two", "three")
VOICES = ("low", "high")


class TwoMetrics(Scorer):
    """Never scores anything here: the records are made up."""

    name, profile = "two", "made_up"
    metrics = (
        Metric("rate", "rate", ("errors", "tokens"), ratio, higher_is_better=False),
        Metric("likeness", "likeness", ("value", "samples"), mean, unit=""),
    )

    def identity(self) -> dict[str, Any]:
        return {}

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        raise NotImplementedError

    def worst(self, answer: Answered) -> dict[str, Vector]:
        raise NotImplementedError


class NoSource(Source):
    splits = SPLITS

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        raise NotImplementedError


def no_sample(row: Row, split: str) -> Sample:
    return Sample("", (user(""),))


SCORER = TwoMetrics()
TASK = Task(
    source=NoSource(),
    sample=no_sample,
    scorers=[SCORER],
    breakdowns=("voice", "topic"),
    columns={
        "all": Cell(metric="rate"),
        "three": Cell("three", "likeness"),
        "low": Cell(metric="likeness", group=("voice", "low")),
        "average": Mean(Cell("one", "rate"), Cell("two", "rate"), weights=(2.0, 1.0), rounding="cut"),
    },
)
REAL = st.floats(0, 1) | st.sampled_from([0.1, 0.2, 0.3, 1 / 3])
VECTORS = st.fixed_dictionaries(
    {},
    optional={
        "rate": st.tuples(st.integers(0, 9), st.integers(0, 9)).map(list),
        "likeness": REAL.map(lambda value: [value, 1]),
    },
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "split": st.sampled_from(SPLITS),
            "status": st.sampled_from(["scored", "scored", "scored", "unparsed", "model_failed", "judge_failed"]),
            "faithful": VECTORS,
        },
        optional={
            "strict": VECTORS,
            "cluster": st.sampled_from("abc"),
            "groups": st.fixed_dictionaries(
                {}, optional={"voice": st.sampled_from(VOICES), "topic": st.sampled_from(["x", "y/z", "", "é"])}
            ),
            "flags": st.lists(st.sampled_from(["empty_reference", "random_fallback"]), unique=True),
        },
    ),
    max_size=40,
).map(lambda found: [{"id": f"s{i}", **record} for i, record in enumerate(found)])


def summary_bytes(tallies: Tallies, records: Sequence[Any]) -> bytes:
    """Everything of a summary that the scores decide."""
    sizes = {split: 2 + sum(record["split"] == split for record in records) for split in SPLITS}
    scoring = summarize.Scoring(SCORER, "two", tallies)
    results = summarize.results(scoring, sizes, seed=3)
    columns = Measurements(TASK, [scoring], SPLITS, seed=3).parts()
    counts = summarize.counts(tallies.cut(None), sum(sizes.values()))
    shown = [
        [r.model_dump() for r in results],
        {k: c.column().model_dump() for k, c in columns.items()},
        counts.model_dump(),
    ]
    return json_bytes([*shown, tallies.clustered])


@pytest.fixture(scope="module")
def few_resamples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summarize, "RESAMPLES", 25)
        patch.setattr(columns_of_runs, "RESAMPLES", 25)
        yield


@pytest.mark.usefixtures("few_resamples")
@settings(max_examples=60)
@given(RECORDS, st.data())
def test_the_same_scores_give_the_same_bytes_in_any_order_and_any_shards(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    whole = summary_bytes(collect(records, None, SPLITS), records)
    shuffled = data.draw(st.permutations(records))
    assert summary_bytes(collect(shuffled, None, SPLITS), records) == whole

    places = data.draw(st.lists(st.integers(0, len(records)), max_size=5).map(sorted))
    cuts = [0, *places, len(records)]
    shards = [collect(shuffled[low:high], None, SPLITS) for low, high in itertools.pairwise(cuts)]
    merged = Tallies()
    for shard in data.draw(st.permutations(shards)):
        merged.merge(shard)
    assert summary_bytes(merged, records) == whole

    by_split = Tallies()
    for split in SPLITS[::-1]:
        by_split.merge(collect(shuffled, None, [split]))
    assert summary_bytes(by_split, records) == whole


@pytest.mark.usefixtures("few_resamples")
@settings(max_examples=60)
@given(RECORDS, st.randoms())
def test_a_plan_sees_its_own_samples_alone(records: list[dict[str, Any]], rng: Any) -> None:
    wanted = {record["id"] for record in records if rng.random() < 0.5}
    chosen = [record for record in records if record["id"] in wanted and record["split"] != "two"]
    found = collect(records, wanted, ["one", "three"])
    assert summary_bytes(found, chosen) == summary_bytes(collect(chosen, None, SPLITS), chosen)
    assert found.cut(None).n == len(chosen)
