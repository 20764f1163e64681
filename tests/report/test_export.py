"""Export: rows that read back as they were, in CSV and Parquet; model cards that the Hub's own library accepts."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from make_runs import COUNTS, make_run

from evalkit.core.errors import ResultsError, UsageError
from evalkit.report import rows
from evalkit.report.export import columns_of, export
from evalkit.report.model_index import hub_task, model_index, task_facts
from evalkit.report.summaries import load_summary

COMMON = {"strict": 12.0, "n_dropped": 0, "scorer": "error_rate", "scoring": "error_rate-kimi-1",
          "protocol": "error_rate:kimi/en", "unit": "%", "higher_is_better": False, "decimals": 2, "fields": ["edits"], "reduction": "ratio", "n_clusters": 5,
          "sums": {"edits": 1.0}, "counts": COUNTS, "flags": {}, "metric": "error_rate", "label": "WER"}  # fmt: skip


def result(split: str | None, value: float | None, **changes: Any) -> dict[str, Any]:
    ends = {"low": None, "high": None} if value is None else {"low": value - 1, "high": value + 1}
    whole = {"split": split, "value": value, **ends, "n": 50, "breakdown": None, "group": None}
    return {**COMMON, **whole, **changes}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    out = tmp_path / "results"
    made = [result(None, 12.345), result("test_clean", 1.005), result(None, 9.0, breakdown="voice", group="a")]
    run = make_run(out, "模型", {"librispeech.test_clean.wer": 1.005}, task="librispeech", results=made)
    with (run / "samples.jsonl").open("w") as samples, (_scores(run) / "kimi.jsonl").open("w") as scores:
        for i, reference in enumerate(["a, b", 'quote "x"', "línea\ndos"]):
            answer = {"id": f"s{i}", "messages": [], "reference": reference, "text": reference.upper(), "split": "t"}
            score = {"id": f"s{i}", "split": "t", "status": "scored", "faithful": {"wer": [float(i), 2.0]}}
            samples.write(json.dumps(answer) + "\n")
            scores.write(json.dumps(score) + "\n")
    return out


def _scores(run: Path) -> Path:
    (run / "scores").mkdir()
    return run / "scores"


@pytest.mark.parametrize("per", ["sample", "column", "result"])
def test_csv_reads_back(per: Any, results: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    expected = list({"sample": rows.sample_rows, "column": rows.column_rows, "result": rows.result_rows}[per](results))
    assert export(results, per, "csv", target) == len(expected) > 0
    with target.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    for line, row in zip(found, expected, strict=True):
        for name, value in row.items():
            text = line[name]
            if value is None:
                assert text == ""
            elif isinstance(value, bool):
                assert text == str(value).lower()
            elif isinstance(value, int | float):
                assert float(text) == value
            else:
                assert (text if isinstance(value, str) else json.loads(text)) == value


@pytest.mark.parametrize("per", ["sample", "column", "result"])
def test_parquet_reads_back(per: Any, results: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "out.parquet"
    expected = list({"sample": rows.sample_rows, "column": rows.column_rows, "result": rows.result_rows}[per](results))
    export(results, per, "parquet", target)
    found = parquet.read_table(target).to_pylist()
    assert len(found) == len(expected)
    for line, row in zip(found, expected, strict=True):
        for name, value in row.items():
            assert line[name] == (json.dumps(value) if isinstance(value, dict) else value), name
    if per == "sample":
        assert str(parquet.read_schema(target).field("statistics.wer").type) in ("list<element: double>", "list<item: double>")  # fmt: skip


def test_column_rows_tell_about_the_run_and_nothing_about_papers(results: Path) -> None:
    (row,) = rows.column_rows(results)
    assert row["model"] == "模型"
    assert row["n_total"] == 50
    assert {"protocol", "judge", "rubric", "data_revision", "run", "low", "high"} <= row.keys()
    assert not {"paper", "table", "rank", "source"} & row.keys()


def test_values_of_several_kinds_share_a_column() -> None:
    found = columns_of([{"a": 1, "b": None, "c": "x", "d": [1.0]}, {"a": 2.5, "c": [1], "d": [], "e": True}])
    assert found == {"a": "float", "b": "text", "c": "json", "d": "floats", "e": "bool"}


def test_nothing_is_left_of_an_export_that_failed(results: Path, tmp_path: Path) -> None:
    path = next(results.glob("*/*/*/scores/kimi.jsonl"))
    path.write_text(path.read_text() + "{broken}\n")
    with pytest.raises(ResultsError, match="line 4"):
        export(results, "sample", "csv", tmp_path / "out.csv")
    with pytest.raises(UsageError, match="cannot be written"):
        export(results, "column", "csv", tmp_path / "no" / "out.csv")
    assert [entry.name for entry in tmp_path.iterdir()] == ["results"]


def test_an_export_of_nothing_is_an_error(tmp_path: Path) -> None:
    make_run(tmp_path, "m", {})
    with pytest.raises(ResultsError, match="no column to export"):
        export(tmp_path, "column", "csv", tmp_path / "x.csv")


# Model cards.


def index(results: Path, **options: Any) -> list[dict[str, Any]]:
    return model_index([load_summary(path) for path in sorted(results.glob("*/*/*/summary.json"))], **options)


def test_the_hubs_library_reads_the_results_back(results: Path, main: Callable[..., Any], tmp_path: Path) -> None:
    repocard = pytest.importorskip("huggingface_hub.repocard_data")
    target = tmp_path / "card.yaml"
    words = ["export", "--format", "hf-model-index", "--out", results, "--name", "me/模型", "--to", target]
    assert main(*words).code == 0
    metadata = yaml.safe_load(target.read_text(encoding="utf-8"))
    name, found = repocard.model_index_to_eval_results(metadata["model-index"])
    assert name == "me/模型"
    assert [(r.task_type, r.dataset_type, r.dataset_config, r.dataset_split, r.metric_type, r.metric_value) for r in found] == [
        ("automatic-speech-recognition", "openslr/librispeech_asr", None, None, "wer", 12.35),
        ("automatic-speech-recognition", "openslr/librispeech_asr", "clean", "test", "wer", 1.01),
    ]  # fmt: skip
    assert all(r.metric_args["protocol"] == "error_rate:kimi/en" and r.verified is None for r in found)
    assert found[0].metric_args["confidence_interval"] == [11.35, 13.35]
    assert found[0].dataset_revision == "abc123"
    card = repocard.ModelCardData(**metadata)
    assert yaml.safe_load(card.to_yaml())["model-index"] == metadata["model-index"]


def test_required_keys_of_the_specification_are_there(results: Path) -> None:
    (model,) = index(results)
    assert model.keys() == {"name", "results"}
    for entry in model["results"]:
        assert entry["task"]["type"]
        assert {"type", "name"} <= entry["dataset"].keys()
        assert all({"type", "value"} <= metric.keys() for metric in entry["metrics"])
        assert entry["source"].keys() == {"name", "url"}


def test_metrics_of_the_same_data_stand_together(tmp_path: Path) -> None:
    made = [result("t", 5.0), result("t", 60.0, metric="bleu", label="BLEU", unit="BLEU")]
    make_run(tmp_path, "m", {}, task="own", results=made)
    (model,) = index(tmp_path, task_type="translation")
    assert [[m["type"] for m in entry["metrics"]] for entry in model["results"]] == [["wer", "bleu"]]


def test_a_partial_run_is_refused_or_told(tmp_path: Path) -> None:
    make_run(tmp_path, "m", {}, task="librispeech", results=[result(None, 5.0)], limit=20, complete=False)
    with pytest.raises(UsageError, match=r"limit 20.*--partial"):
        index(tmp_path)
    (model,) = index(tmp_path, partial=True)
    args = model["results"][0]["metrics"][0]["args"]
    assert (args["limit"], args["incomplete"]) == (20, True)


def test_one_card_is_about_one_model(tmp_path: Path, main: Callable[..., Any]) -> None:
    for name in ("alpha", "beta"):
        make_run(tmp_path, name, {}, task="librispeech", results=[result(None, 5.0)])
    words = ["export", "--format", "hf-model-index", "--out", tmp_path]
    done = main(*words)
    assert done.code == 2
    assert "alpha" in done.err
    assert "--model" in done.err
    assert yaml.safe_load(main(*words, "--model", "bet*").out)["model-index"][0]["name"] == "beta"
    assert "Did you mean alpha" in main(*words, "--model", "alhpa").err
    assert "Did you mean librispeech" in main(*words, "--model", "beta", "--task", "libri_speech").err


def test_a_task_that_is_not_registered_needs_its_hub_name(tmp_path: Path) -> None:
    make_run(tmp_path, "m", {}, task="quiz", results=[result(None, 50.0, metric="exact_match", label="EM")])
    with pytest.raises(UsageError, match="--hub-task"):
        index(tmp_path)
    (model,) = index(tmp_path, task_type="text-generation")
    assert model["results"][0]["dataset"] == {"name": "quiz", "type": "quiz", "revision": "abc123"}
    assert model["results"][0]["metrics"][0]["type"] == "exact_match"


def test_nothing_to_export_is_an_error(tmp_path: Path) -> None:
    make_run(tmp_path, "m", {}, task="quiz", results=[result(None, None)])
    with pytest.raises(UsageError, match="no values"):
        index(tmp_path)
    with pytest.raises(UsageError, match="no results"):
        model_index([])


@pytest.mark.parametrize(
    ("metric", "modalities", "expected"),
    [
        ("wer", ["audio"], "automatic-speech-recognition"),
        ("accuracy", ["audio", "text"], "audio-text-to-text"),
        ("accuracy", ["image"], "image-text-to-text"),
        ("accuracy", ["video"], "video-text-to-text"),
        ("wer", ["audio", "image"], "any-to-any"),
        ("accuracy", ["text"], "text-generation"),
        ("accuracy", [], None),
    ],
)
def test_the_hubs_name_of_a_task(metric: str, modalities: list[str], expected: str | None) -> None:
    assert hub_task(metric, modalities) == expected


def test_hub_repository_of_a_task() -> None:
    facts = task_facts("librispeech")
    assert facts.repo == "openslr/librispeech_asr"
    assert (facts.config["test_other"], facts.split["test_other"]) == ("other", "test")
    assert task_facts("asr_demo").repo is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--format", "csv"], "--to"),
        (["--format", "csv", "--to", "x.csv", "--model", "m"], "--model belongs to"),
        (["--format", "hf-model-index", "--per", "sample"], "--per belongs to"),
        (["--format", "excel"], "excel"),
        ([], "--format"),
    ],
)
def test_wrong_words_are_answered_with_help(
    main: Callable[..., Any], results: Path, words: list[str], expected: str
) -> None:
    done = main("export", "--out", results, *words)
    assert done.code == 2
    assert expected in done.err


def test_the_command_says_what_it_wrote(main: Callable[..., Any], results: Path, tmp_path: Path) -> None:
    run = next(results.glob("*/*/*"))
    done = main("export", "--out", run, "--format", "csv", "--per", "sample", "--to", tmp_path / "s.csv")
    assert (done.code, done.out) == (0, "")
    assert "3 rows, one per sample" in done.err
