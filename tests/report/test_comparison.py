"""Comparing two runs: real run directories, from the command line to the figures."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scored_runs import (
    made_side,
    quiz_run,
    right_or_wrong,
    speech_run,
    spoken_sentences,
    without_last_words,
    write_jsonl,
)

import evalkit
from evalkit import plugins
from evalkit.core.columns import Cell, Mean
from evalkit.core.errors import ResultsError, UsageError
from evalkit.core.task import Suite
from evalkit.report.baseline import baseline_of, baseline_side, write_baseline
from evalkit.report.comparison import Settings, compare
from evalkit.report.gate import judge
from evalkit.report.pairing import definition_key, pair
from evalkit.report.policy import Policy
from evalkit.report.run_side import run_side
from evalkit.statistics.significance import mcnemar

Main = Callable[..., Any]
QUICK = Settings(resamples=500)
WORDS = {row["id"]: len(row["text"].split()) for row in spoken_sentences()}


def rights(n: int, share: float, seed: int) -> list[bool]:
    rng = random.Random(seed)
    return [rng.random() < share for _ in range(n)]


def compared(a: Path, b: Path, *words: object, main: Main) -> Any:
    done = main("compare", a, b, "--json", "--resamples", 500, *words)
    assert done.code == 0, done.err
    return done.json


def test_right_or_wrong_answers(main: Main, tmp_path: Path) -> None:
    first, second = rights(200, 0.8, 1), rights(200, 0.6, 2)
    a, b = quiz_run(tmp_path / "a", first), quiz_run(tmp_path / "b", second)
    (row,) = compared(a, b, main=main)["rows"]
    gained = sum(y and not x for x, y in zip(first, second, strict=True))
    lost = sum(x and not y for x, y in zip(first, second, strict=True))
    assert (row["name"], row["n"], row["units"], row["test"]) == ("quiz/all/exact_match", 200, 200, "McNemar")
    assert (row["a"], row["b"]) == (pytest.approx(sum(first) / 2), pytest.approx(sum(second) / 2))
    assert row["difference"] == pytest.approx((gained - lost) / 2)
    assert (row["gained"], row["lost"], row["p"]) == (gained, lost, pytest.approx(mcnemar(gained, lost)))
    assert row["low"] < row["difference"] < row["high"] < 0
    assert row["verdict"] == "worse"


def test_two_runs_of_the_same_answers_do_not_differ(main: Main, tmp_path: Path) -> None:
    a, b = quiz_run(tmp_path / "a", rights(50, 0.7, 3)), quiz_run(tmp_path / "b", rights(50, 0.7, 3))
    (row,) = compared(a, b, main=main)["rows"]
    assert (row["difference"], row["low"], row["high"], row["p"]) == (0, 0, 0, 1)
    assert row["verdict"] == "not significant"
    assert 100 * 6 / 50 < row["detectable"] < 100 * 10 / 50, "six answers that all change one way are significant"


def test_columns_of_a_task_with_the_samples_that_flipped(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(2, every=3))
    found = compared(a, b, "--flips", 4, main=main)
    assert [row["name"] for row in found["rows"]] == [f"asr_demo.{c}.wer" for c in ("clean", "noise_10db", "telephone")]
    lost = sum(min(2, n) for key, n in WORDS.items() if key.endswith("_clean") and int(key[1:3]) % 3 == 0)
    total = sum(n for key, n in WORDS.items() if key.endswith("_clean"))
    row = found["rows"][0]
    assert row["difference"] == pytest.approx(100 * lost / total, abs=0.6)  # hyphens and numbers: a word or two
    assert row["test"] == "permutation"
    assert row["p"] == pytest.approx(2 / 2**12), "twelve sentences got worse, all by the same: 2 of 2^12 exchanges"
    assert row["exact"] is True
    assert row["p_holm"] == pytest.approx(3 * row["p"])
    (flips,) = found["flips"]
    assert (flips["worse"], flips["better"], len(flips["listed_worse"])) == (36, 0, 4)
    shown = flips["listed_worse"][0]
    assert shown["answer_a"] == shown["reference"]
    assert shown["answer_b"] == " ".join(shown["reference"].split()[:-2])
    text = main("compare", a, b, "--flips", 1).out
    assert shown["reference"] in text
    assert "36 samples got worse, 0 better" in text
    assert "permutation test over all exchanges of samples" in text


def test_clusters_are_the_units(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(2, every=3))
    (row,) = compared(a, b, "--value", "asr_demo/all/error_rate", main=main)["rows"]
    assert (row["n"], row["units"], row["clustered"], row["test"]) == (108, 36, True, "cluster permutation")
    assert row["p"] == pytest.approx(2 / 2**12), "three renderings of a sentence are no three witnesses"


def test_average_of_columns(tmp_path: Path) -> None:
    """A suite's weighted average: its difference is the average of differences, its units are sentences."""
    names = ("asr_demo.clean.wer", "asr_demo.telephone.wer")
    suite = Suite(members={"asr_demo": ()}, columns={"pair.avg.wer": Mean(*names, weights=(3.0, 1.0))}, name="pair")
    *_, a = speech_run(tmp_path / "a", without_last_words(0), suite)
    *_, b = speech_run(
        tmp_path / "b", lambda row: without_last_words(2 if row["id"].endswith("_clean") else 1)(row), suite
    )
    rows = {row.name: row for row in compare(run_side([a]), run_side([b]), QUICK).rows}
    mean = rows["pair.avg.wer"]
    assert rows[names[0]].difference > 1.5 * rows[names[1]].difference  # type: ignore[operator]
    assert mean.difference == pytest.approx(0.75 * rows[names[0]].difference + 0.25 * rows[names[1]].difference)  # type: ignore[operator]
    assert (mean.n, mean.units, mean.clustered) == (72, 36, True)
    assert mean.low is not None
    assert mean.low > 0
    assert mean.b == pytest.approx(run_side([b]).measures["pair.avg.wer"].value), "what the suite itself printed"
    write_baseline(baseline_of(run_side([a])), tmp_path / "base.json")
    by_file = compare(baseline_side(tmp_path / "base.json"), run_side([b]), QUICK)
    assert by_file.rows == list(rows.values())


def test_average_within_a_task(tmp_path: Path) -> None:
    changed = plugins.load_task("asr_demo")
    changed.columns = {"two.wer": Mean(Cell("clean"), Cell(group=("voice", "flite_slt")))}
    (a,) = speech_run(tmp_path / "a", without_last_words(0), changed)
    (b,) = speech_run(tmp_path / "b", without_last_words(1), changed)
    side = run_side([b])
    (row,) = compare(run_side([a]), side, QUICK).rows
    assert row.b == pytest.approx(side.measures["two.wer"].value), "the value the run itself printed"
    assert row.n == 36 + 18
    overlapping = pair(run_side([a]), side, side.measures["two.wer"], side.measures["two.wer"])
    assert set(overlapping.pairs.strata) == {0}, "a sentence of that voice counts in both parts: one set of units"
    slt, awb = (Cell(None, None, ("voice", voice)) for voice in ("flite_slt", "flite_awb"))
    changed.columns = {"apart.wer": Mean(slt, awb)}
    (a,) = speech_run(tmp_path / "c", without_last_words(0), changed)
    side = run_side([a])
    apart = pair(side, side, side.measures["apart.wer"], side.measures["apart.wer"]).pairs
    assert [int((apart.strata == k).sum()) for k in (0, 1)] == [6, 6], "six sentences of each voice, drawn apart"


def test_other_samples_are_refused_with_examples_from_both_sides(main: Main, tmp_path: Path) -> None:
    names = [f"q{i:02}" for i in range(12)]
    a = quiz_run(tmp_path / "a", [True] * 10, ids=names[:10])
    b = quiz_run(tmp_path / "b", [True, False] * 5, ids=names[2:])
    refused = main("compare", a, b)
    assert refused.code == 2
    assert "data_revision" in refused.err, "another file is another revision, said first"
    refused = main("compare", a, b, "--allow-differences")
    assert refused.code == 2
    assert "8 samples in common" in refused.err
    assert "2 only in" in refused.err
    assert "(q00, q01)" in refused.err
    assert "(q10, q11)" in refused.err
    assert "--common" in refused.err
    found = main("compare", a, b, "--allow-differences", "--common")
    assert found.code == 0
    assert "left out 2 samples only in A and 2 only in B" in found.out
    assert "NOT THE SAME PROTOCOL: data_revision" in found.out
    (row,) = compared(a, b, "--allow-differences", "--common", main=main)["rows"]
    assert (row["n"], row["a"], row["b"], row["only_a"], row["only_b"]) == (8, 100.0, 50.0, 2, 2)
    assert row["differences"][0].startswith("data_revision")


def test_runs_without_a_sample_in_common_cannot_be_compared(main: Main, tmp_path: Path) -> None:
    a, b = (quiz_run(tmp_path / k, [True] * 3, ids=[f"{k}{i}" for i in range(3)]) for k in "ab")
    refused = main("compare", a, b, "--allow-differences", "--common")
    assert refused.code == 2
    assert "0 samples in common" in refused.err


def test_another_protocol_or_limit_is_refused_by_name(main: Main, tmp_path: Path) -> None:
    right = rights(20, 0.7, 4)
    a = quiz_run(tmp_path / "a", right)
    b = quiz_run(tmp_path / "b", right, scorer="exact_match:exact")
    refused = main("compare", a, b)
    assert refused.code == 2
    assert "protocol 'exact_match:strip' / 'exact_match:exact'" in refused.err
    limited = quiz_run(tmp_path / "c", right, limit=10)
    refused = main("compare", a, limited)
    assert refused.code == 2
    assert "limit none / 10" in refused.err


def test_other_samples_or_another_history_are_refused_by_name(main: Main, tmp_path: Path) -> None:
    right = rights(20, 0.7, 4)
    a = quiz_run(tmp_path / "a", right, limit="1-10")
    refused = main("compare", a, quiz_run(tmp_path / "b", right, limit="11-20"))
    assert refused.code == 2
    assert "selection 'samples 1-10' / 'samples 11-20'" in refused.err
    for key, value, said in (
        ("history", "own", "history none / 'own'"),
        ("task_arguments", {"style": "long"}, "task argument style none / 'long'"),
    ):
        other = quiz_run(tmp_path / key, right, limit="1-10")
        record = json.loads((other / "run.json").read_text())
        record["identity"][key] = value
        (other / "run.json").write_text(json.dumps(record))
        refused = main("compare", a, other)
        assert refused.code == 2
        assert said in refused.err


def test_incomplete_data_are_marked(main: Main, tmp_path: Path) -> None:
    a, b = quiz_run(tmp_path / "a", [True] * 8), quiz_run(tmp_path / "b", [True] * 8)
    summary = json.loads((b / "summary.json").read_text())
    summary["data"] = {"test": {"expected": 1000, "found": 8}}
    (b / "summary.json").write_text(json.dumps(summary))
    found = compare(run_side([a]), run_side([b]), QUICK)
    assert f"{b}, quiz: incomplete data: test 8 of 1,000 samples" in found.notes
    write_baseline(baseline_of(run_side([b])), tmp_path / "base.json")
    (check,) = judge(baseline_side(tmp_path / "base.json"), run_side([a]), Policy(resamples=100)).checks
    assert check.marks == ["incomplete data of the baseline: quiz: test 8 of 1,000 samples"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"splits": ["a", "b"]}, {"splits": ["a", "c"]}),
        ({"groups": {"k": "x", "l": "y"}}, {"groups": {"k": "x", "l": "z"}}),
        ({"join": "all"}, {"join": "any"}),
    ],
)
def test_values_of_other_samples_are_other_tests(one: dict[str, Any], other: dict[str, Any]) -> None:
    """One key for both would count two tests as one, with the p-value of the later."""
    side = made_side({"quiz.acc": right_or_wrong(np.ones(4, dtype=bool))})
    (measure,) = side.measures.values()
    keys = [
        definition_key(measure.model_copy(update={"cells": [measure.cells[0].model_copy(update=what)]}), side)
        for what in (one, other, one, {"splits": ["test"]}, {})
    ]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]
    assert keys[3] == keys[4], "all splits by name, or without"


def test_a_changed_scorer_identity_is_refused_although_the_protocol_name_is_the_same(
    main: Main, tmp_path: Path
) -> None:
    """Another rubric or judge may hide behind one protocol name."""
    a, b = quiz_run(tmp_path / "a", [True, False]), quiz_run(tmp_path / "b", [True, True])
    record = json.loads((b / "run.json").read_text())
    (identity,) = record["scorings"].values()
    identity["rubric"] = "0123abcd"
    (b / "run.json").write_text(json.dumps(record))
    refused = main("compare", a, b)
    assert refused.code == 2
    assert "scorer rubric none / '0123abcd'" in refused.err


def test_strict_values_count_what_was_not_answered(main: Main, tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    deaf = {"s01_clean", "s02_clean"}
    (b,) = speech_run(tmp_path / "b", lambda row: None if row["id"] in deaf else row["text"])
    (row,) = compared(a, b, "--value", "asr_demo.clean.wer", "--strict", main=main)["rows"]
    side = run_side([b])
    assert row["b"] == pytest.approx(side.measures["asr_demo.clean.wer"].strict)
    assert row["b"] > 0
    noted = main("compare", a, b).out
    assert "0 unparsed, 2 failed, 0 not answered of 108 samples" in noted


def test_samples_that_a_rule_drops_on_one_side_stay_in_the_other(main: Main, tmp_path: Path) -> None:
    """`wenet` drops missing answers: values stay those of the runs, McNemar is not used, the drop is said."""
    out = {}
    for name, failed in (("a", ()), ("b", (0, 1, 2))):
        ids = [f"q{i}" for i in range(12)]
        rows = [{"id": key, "prompt": "?", "reference": "the cat sat", "language": "en"} for key in ids]
        lines = [
            {"id": key, "error": "none"}
            if i in failed
            else {"id": key, "text": "the cat sat" if i % 4 else "the dog sat"}
            for i, key in enumerate(ids)
        ]
        folder = tmp_path / name
        write_jsonl(folder / "said.jsonl", rows)
        given = {"file": str(write_jsonl(folder / "answers.jsonl", lines))}
        (outcome,) = evalkit.evaluate(
            "replay", folder / "said.jsonl", model_arguments=given, out=folder / "r", scorer="error_rate:wenet",
            scorer_arguments={"language": "en"}, progress=False,
        )  # fmt: skip
        out[name] = outcome.directory
    (row,) = compared(out["a"], out["b"], main=main)["rows"]
    assert (row["dropped_a"], row["dropped_b"], row["n"]) == (0, 3, 12)
    assert row["a"] == pytest.approx(100 * 3 / 36)
    assert row["b"] == pytest.approx(100 * 2 / 27)
    assert "drops 0 samples of A alone, 3 of B alone" in main("compare", out["a"], out["b"]).out
    (row,) = compared(out["a"], out["b"], "--strict", main=main)["rows"]
    assert (row["dropped_a"], row["dropped_b"]) == (0, 0)
    assert row["b"] == pytest.approx(100 * (2 + 3 * 3) / 36), "two wrong words, and three answers all wrong"


def test_folders_and_beginnings_of_names(main: Main, tmp_path: Path) -> None:
    a, b = quiz_run(tmp_path / "a", rights(30, 0.8, 1)), quiz_run(tmp_path / "b", rights(30, 0.8, 2))
    assert compared(a.parents[1], b.parents[2], main=main)["rows"] == compared(a, b, main=main)["rows"]
    short = a.parent / a.name[:5]
    assert compared(short, b, main=main)["rows"][0]["n"] == 30
    assert main("compare", a.name[:6], b, "--out", a.parents[2]).code == 0
    unknown = main("compare", tmp_path / "nothing", b)
    assert (unknown.code, "no such file or folder" in unknown.err) == (2, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no run with a summary.json" in main("compare", empty, b).err


def test_two_runs_of_a_task_in_one_folder_are_listed(main: Main, tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", rights(30, 0.8, 1))
    b = quiz_run(tmp_path / "a", rights(30, 0.8, 2))
    refused = main("compare", a.parent, b)
    assert refused.code == 2
    assert str(a) in refused.err
    assert str(b) in refused.err


def test_runs_of_other_tasks_have_nothing_in_common(main: Main, tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", [True, False])
    (b,) = speech_run(tmp_path / "b", without_last_words(0))
    refused = main("compare", a, b)
    assert refused.code == 2
    assert "no value in common" in refused.err
    assert "asr_demo" in refused.err
    wrong = main("compare", b, b, "--value", "asr_demo.claen.wer")
    assert (wrong.code, "asr_demo.clean.wer" in wrong.err) == (2, True)


def test_scores_that_are_not_those_of_the_summary_are_refused(main: Main, tmp_path: Path) -> None:
    a, b = quiz_run(tmp_path / "a", [True] * 4), quiz_run(tmp_path / "b", [True] * 4)
    (scores,) = (b / "scores").glob("*.jsonl")
    text = scores.read_text()
    scores.write_text(text.replace("[1,1]", "[0,1]", 1))
    refused = main("compare", a, b)
    assert refused.code == 2
    assert "add up to" in refused.err
    scores.write_text(text.replace("[1,1]", "[null,1]", 1))
    refused = main("compare", a, b)
    assert (refused.code, "not all finite numbers" in refused.err, "q0000" in refused.err) == (2, True, True)
    scores.write_text(text[: len(text) // 2].rpartition("\n")[0] + "\n")
    refused = main("compare", a, b)
    assert (refused.code, "summary beside it is over 4" in refused.err) == (2, True)
    scores.write_text("[1, 2\n" + text)
    assert (main("compare", a, b).code, "line 1: not JSON" in main("compare", a, b).err) == (2, True)
    scores.unlink()
    assert "copy the whole run directory" in main("compare", a, b).err


def test_a_smaller_summary_than_its_journal_is_explained(main: Main, tmp_path: Path) -> None:
    right = rights(20, 0.7, 4)
    a = quiz_run(tmp_path / "a", right)
    limited = quiz_run(tmp_path / "b", right, limit=10)
    earlier = (limited / "summary.json").read_bytes()
    assert quiz_run(tmp_path / "b", right) == limited
    (limited / "summary.json").write_bytes(earlier)
    refused = main("compare", a, limited, "--allow-differences")
    assert refused.code == 2
    assert "scores of 20 samples, but the summary beside it is over 10 (limit 10)" in refused.err


def test_a_summary_names_the_scores_it_was_made_of(tmp_path: Path) -> None:
    """Two scorings of one rule, with equal sums and other samples right: the summary's own is read."""
    a, b = quiz_run(tmp_path / "a", [True] * 6), quiz_run(tmp_path / "b", [True, False] * 3)
    record = json.loads((b / "run.json").read_text())
    ((name, identity),) = record["scorings"].items()
    record["scorings"]["exact_match-strip-other"] = {**identity, "judge": "another"}
    (b / "run.json").write_text(json.dumps(record))
    scores = (b / "scores" / f"{name}.jsonl").read_text().splitlines()
    swapped = [line.replace("[1,1]", "[x,1]").replace("[0,1]", "[1,1]").replace("[x,1]", "[0,1]") for line in scores]
    (b / "scores" / "exact_match-strip-other.jsonl").write_text("\n".join(swapped) + "\n")
    side = run_side([b])
    (measure,) = [measure for measure in side.measures.values() if measure.headline]
    assert {cell.scoring for cell in measure.cells} == {name}
    (row,) = compare(run_side([a]), side, QUICK).rows
    assert row.b == 50.0
    (b / "scores" / f"{name}.jsonl").unlink()
    with pytest.raises(ResultsError, match=f"{name}.jsonl: missing"):
        compare(run_side([a]), run_side([b]), QUICK)


def test_a_summary_of_an_earlier_version_says_how_to_write_it_anew(main: Main, tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", [True] * 4)
    old = json.loads((a / "summary.json").read_text())
    old["schema"] = "evalkit.summary/1"
    for result in old["results"]:
        del result["scoring"]
    (a / "summary.json").write_text(json.dumps(old))
    refused = main("compare", a, a)
    assert refused.code == 2
    assert "evalkit.summary/1" in refused.err
    assert "to write it anew; no answer is asked again" in refused.err
    assert quiz_run(tmp_path / "a", [True] * 4) == a
    assert main("compare", a, a).code == 0


def test_a_summary_by_another_rule_is_named_by_its_file(main: Main, tmp_path: Path) -> None:
    paths = []
    for name, words in (("a", 0), ("b", 1)):
        (directory,) = speech_run(tmp_path / name, without_last_words(words))
        (same,) = speech_run(tmp_path / name, without_last_words(words), scorer="error_rate:auharness")
        assert same == directory
        (path,) = directory.glob("summary.error_rate-*.json")
        paths.append(path)
    rows = compared(*paths, main=main)["rows"]
    assert {row["protocol"] for row in rows} == {"error_rate:auharness/en"}
    refused = main("compare", paths[0].parent, paths[1])
    assert (refused.code, "protocol 'error_rate:plain/en'" in refused.err) == (2, True)


def test_another_cluster_of_a_sample_is_refused(tmp_path: Path) -> None:
    a = quiz_run(tmp_path / "a", [True] * 4, clusters=["x", "x", "y", "y"])
    b = quiz_run(tmp_path / "b", [True] * 4, clusters=["x", "y", "y", "y"])
    with pytest.raises(UsageError, match="data_revision"):
        compare(run_side([a]), run_side([b]), QUICK)
    with pytest.raises(evalkit.core.errors.DataError, match="'q0001' is in cluster 'y', in the other run in 'x'"):
        compare(run_side([a]), run_side([b]), Settings(resamples=500, allow_differences=True))


def test_columns_that_do_not_say_what_they_are_made_of_are_compared_by_results(tmp_path: Path) -> None:
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(1))
    for run in (a, b):  # as summaries of evalkit 0.1.0 are
        path = run / "summary.json"
        summary = json.loads(path.read_text())
        for column in summary["columns"].values():
            del column["cells"]
        path.write_text(json.dumps(summary))
    found = compare(run_side([a]), run_side([b]), QUICK)
    assert [row.name for row in found.rows][:2] == ["asr_demo/all/error_rate", "asr_demo/clean/error_rate"]
    assert any("results stand in its place" in note for note in found.notes)


def test_needed_samples_and_usage_errors(main: Main, tmp_path: Path) -> None:
    a, b = quiz_run(tmp_path / "a", rights(100, 0.8, 1)), quiz_run(tmp_path / "b", rights(100, 0.8, 2))
    shown = main("compare", a, b, "--detect", 2, "--resamples", 500)
    assert "to detect 2: quiz/all/exact_match" in shown.out
    (row,) = compared(a, b, "--detect", row_detectable(a, b, main), main=main)["rows"]
    assert row["units_needed"] in (100, 101), "what these 100 samples detect needs 100 samples"
    for words in (("--level", 0), ("--resamples", 5), ("--detect", -1), ("--flips", -1)):
        assert main("compare", a, b, *words).code == 2


def row_detectable(a: Path, b: Path, main: Main) -> float:
    return float(compared(a, b, main=main)["rows"][0]["detectable"])


def test_control_characters_of_an_answer_do_not_reach_the_terminal(main: Main, tmp_path: Path) -> None:
    def hear(row: dict[str, Any]) -> str:
        return "\x1b[31mred\x1b[0m" if row["id"] == "s01_clean" else str(row["text"])

    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", hear)
    out = main("compare", a, b).out
    assert "\x1b" not in out
    assert "\\x1b[31mred" in out


def test_few_samples_can_show_nothing_and_the_comparison_says_how_many_could(main: Main, tmp_path: Path) -> None:
    a, b = quiz_run(tmp_path / "a", [True] * 4), quiz_run(tmp_path / "b", [False] * 4)
    (row,) = compared(a, b, main=main)["rows"]
    assert (row["verdict"], row["p"], row["detectable"]) == ("not significant", 0.125, None)
    assert row["units_to_begin"] == 6, "2 / 2^6 is the first two-sided p at most 0.05"
    assert "would do: quiz/all/exact_match 6" in main("compare", a, b).out


def test_an_average_of_one_column_is_no_second_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite's column that a member has too, and averages that weigh one column alone, count once in Holm."""
    name = "asr_demo.clean.wer"
    columns = {
        name: Mean(name),
        "one.avg": Mean(name),
        "two.avg": Mean(name, weights=(3.0,)),
    }
    suite = Suite(members={"asr_demo": ()}, columns=columns, name="pair")
    sides = []
    for words in (0, 2):
        *_, directory = speech_run(tmp_path / str(words), without_last_words(words, every=3), suite)
        sides.append(run_side([directory]))
    rows = {row.name: row for row in compare(*sides, QUICK).rows}
    assert len(rows) == 6, "three columns of the member, three of the suite"
    assert rows["one.avg"].p_holm == rows["two.avg"].p_holm == rows[name].p_holm
    assert rows[name].p_holm == pytest.approx(3 * 2 / 2**12), "three values, six names"
    report = judge(*sides, Policy(resamples=500))
    assert [c.p_adjusted for c in report.checks if c.column == "one.avg"] == pytest.approx([3 / 2**12])
