"""Baseline files: they hold what a run holds, and say why where they cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scored_runs import made_side, quiz_run, right_or_wrong, speech_run, without_last_words

from evalkit.core.errors import DataError, ResultsError
from evalkit.report.baseline import baseline_of, baseline_side, read_baseline, side_of, write_baseline
from evalkit.report.comparison import Settings, compare
from evalkit.report.run_side import run_side
from evalkit.report.scored import Labels, ScoredSamples

Main = Callable[..., Any]
QUICK = Settings(resamples=300)


@pytest.fixture
def speech(tmp_path: Path) -> tuple[Path, Path]:
    """A good and a worse run on asr_demo."""
    (a,) = speech_run(tmp_path / "a", without_last_words(0))
    (b,) = speech_run(tmp_path / "b", without_last_words(1, every=2))
    return a, b


@pytest.fixture
def saved(speech: tuple[Path, Path], tmp_path: Path) -> Path:
    path = tmp_path / "base.json"
    write_baseline(baseline_of(run_side([speech[0]])), path)
    return path


def test_a_comparison_with_the_file_is_the_comparison_with_the_run(speech: tuple[Path, Path], saved: Path) -> None:
    a, b = speech
    with_file = compare(baseline_side(saved), run_side([b]), QUICK)
    with_run = compare(run_side([a]), run_side([b]), QUICK)
    assert with_file.rows == with_run.rows
    assert with_run.rows[0].difference is not None
    assert with_run.rows[0].difference > 0


def test_groups_strict_values_and_dropped_samples_survive(tmp_path: Path) -> None:
    """By `wenet`, which drops a missing answer from the official value and not from the strict one."""
    sides = []
    for name, missing, words in (("a", "s03_clean", 0), ("b", "s04_clean", 1)):
        hear = without_last_words(words)
        (run,) = speech_run(
            tmp_path / name,
            lambda row, hear=hear, missing=missing: None if row["id"] == missing else hear(row),  # type: ignore[misc]
            scorer="error_rate:wenet",
        )
        sides.append(run_side([*run.glob("summary*.json")]))
    write_baseline(baseline_of(sides[0], everything=True), tmp_path / "all.json")
    again = baseline_side(tmp_path / "all.json")
    assert again.measures.keys() == sides[0].measures.keys()
    values = []
    for strict in (False, True):
        settings = Settings(resamples=300, strict=strict)
        by_file = compare(again, sides[1], settings, everything=True).rows
        assert by_file == compare(*sides, settings, everything=True).rows
        assert len(by_file) == 3 + 4 + 6 + 3 * 6
        values.append(by_file[0].a)
    assert values[0] == 0.0
    assert values[1] > 0.0


def test_a_column_of_samples_in_two_groups_survives() -> None:
    side = made_side({"quiz.acc": right_or_wrong(np.arange(6) % 2 == 0)})
    samples = side.samples(side.measures["quiz.acc"].cells[0])
    place = Labels(["in", "out"], np.array([0, 0, 0, 1, 1, 1], dtype=np.int32))
    time = Labels(["day", "night"], np.array([0, 0, 1, 1, 0, 0], dtype=np.int32))
    grouped = ScoredSamples(
        samples.ids, samples.splits, samples.clusters, {"place": place, "time": time}, samples.metrics
    )
    side = replace(side, load=lambda task, scoring: grouped, _loaded={})
    side.measures["quiz.acc"].cells[0].groups = {"place": "in", "time": "day"}
    (row,) = compare(side_of(baseline_of(side), "file"), side, QUICK).rows
    assert (row.n, row.a, row.b) == (2, 50.0, 50.0)


def test_saving_twice_gives_the_same_file_but_for_the_time(speech: tuple[Path, Path], saved: Path) -> None:
    first = saved.read_text().splitlines()
    write_baseline(baseline_of(run_side([speech[0]])), saved)
    changed = [line for line, other in zip(first, saved.read_text().splitlines(), strict=True) if line != other]
    assert all('"saved"' in line for line in changed)
    assert json.loads(saved.read_text())["schema"] == "evalkit.baseline/1"


def test_values_alone_are_small_and_allow_no_paired_test(speech: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    for run, has_interval in ((speech[1], True), (speech[0], False)):
        write_baseline(baseline_of(run_side([run]), samples=False), path)
        side = baseline_side(path)
        assert (side.measures["asr_demo.clean.wer"].low is not None) == has_interval, "none where nothing was wrong"
    with pytest.raises(ResultsError, match="save it anew without --no-samples"):
        compare(side, run_side([speech[1]]), QUICK)


def test_commands(main: Main, speech: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "deep" / "base.json"
    done = main("baseline", "save", speech[0], "--to", target, "--note", "before the change")
    assert (done.code, "3 columns, 108 samples" in done.out) == (0, True)
    shown = main("baseline", "show", target).out
    assert "before the change" in shown
    assert "error_rate:plain/en" in shown
    done = main("baseline", "save", speech[0], "--to", target, "--value", "asr_demo/all/*", "--no-samples")
    assert "1 columns, values only" in done.out
    assert "no paired test is possible" in main("baseline", "show", target).out
    wrong = main("baseline", "save", speech[0], "--to", target, "--value", "asr_demo.claen.wer")
    assert (wrong.code, "asr_demo.clean.wer" in wrong.err) == (2, True)
    assert main("baseline", "save", *speech, "--to", target).code == 2, "two runs of one task"
    assert main("baseline", "save", speech[0], "--to", speech[0] / "run.json" / "x.json").code == 2


def test_an_unfinished_run_is_no_baseline(tmp_path: Path) -> None:
    directory = quiz_run(tmp_path / "a", [True] * 4)
    summary = json.loads((directory / "summary.json").read_text())
    summary["counts"] |= {"n_total": 5, "n_pending": 1}
    (directory / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(ResultsError, match="1 of 5 samples of 'quiz' are not answered yet"):
        baseline_of(run_side([directory]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda doc: doc.update(schema="evalkit.baseline/2"), "a newer evalkit than this .* writes; upgrade evalkit"),
        (
            lambda doc: doc.update(schema="evalkit.baseline/0"),
            "older schema 'evalkit.baseline/0'.*evalkit baseline save",
        ),
        (lambda doc: doc.update(schema="evalkit.summary/1"), "not a baseline file .*'evalkit.summary/1'"),
        (lambda doc: doc.pop("schema"), "it names no schema"),
        (lambda doc: doc.update(extra=1), "damaged at extra"),
        (lambda doc: doc["runs"][0].pop("model"), r"damaged at runs\.0\.model"),
        (lambda doc: doc["columns"]["asr_demo.clean.wer"].update(value=float("nan")), "NaN is no number"),
        (lambda doc: doc["columns"]["asr_demo.clean.wer"].update(low=float("-inf")), "-Infinity is no number"),
    ],
)
def test_other_documents_are_refused_with_what_helps(
    saved: Path, change: Callable[[Any], object], message: str
) -> None:
    document = json.loads(saved.read_text())
    change(document)
    saved.write_text(json.dumps(document))
    with pytest.raises(ResultsError, match=message) as caught:
        read_baseline(saved)
    assert "base.json" in str(caught.value)


@pytest.mark.parametrize("kept", [0, 1, 100, -3])
def test_a_truncated_file_is_refused(saved: Path, kept: int) -> None:
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(ResultsError, match="not JSON, perhaps truncated"):
        read_baseline(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["ids"].__setitem__(1, s["ids"][0]), "an id occurs twice"),
        (lambda s: s["ids"].pop(), "expected 107 entries"),
        (lambda s: s["metrics"]["error_rate"]["faithful"].__setitem__(0, 10_000), "expected 108 entries between"),
        (lambda s: s["metrics"]["error_rate"]["vectors"][0].pop(), "finite numbers of one length"),
        (lambda s: s["splits"]["index"].__setitem__(0, -2), "expected 108 entries"),
    ],
)
def test_damaged_samples_are_refused(
    saved: Path, speech: tuple[Path, Path], change: Callable[[Any], object], message: str
) -> None:
    document = json.loads(saved.read_text())
    change(document["samples"][0])
    saved.write_text(json.dumps(document))
    with pytest.raises(DataError, match=message):
        compare(baseline_side(saved), run_side([speech[1]]), QUICK)


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="evalkit baseline save RUN_DIR --to"):
        read_baseline(tmp_path / "none.json")
