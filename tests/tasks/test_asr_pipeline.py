"""Recognition tasks from corpora in their published layouts to published columns."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import asr_corpora as corpora
import pytest
from asr_cases import CASES, FLEURS, rate

import evalkit
from evalkit import plugins
from evalkit.core.columns import Cell, cells
from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Text
from evalkit.core.sample import GREEDY
from evalkit.core.task import Task
from evalkit.media.audio import decode
from evalkit.run.pipeline import Outcome

LAYOUTS = [pytest.param(task, builder, id=builder.__name__) for task, builder in corpora.LAYOUTS]
TASKS = list(CASES)


def load(name: str) -> Task:
    task = plugins.load_task(name)
    assert isinstance(task, Task)
    return task


def run(name: str, tmp_path: Path, builder: corpora.Builder | None = None) -> Outcome:
    ids, _ = corpora.build(name, tmp_path / "data", builder)
    file = corpora.answers(tmp_path / "answers.jsonl", name, ids)
    (outcome,) = evalkit.evaluate(
        "replay", name, model_arguments={"file": str(file)}, out=tmp_path / "out", data=tmp_path / "data"
    )
    return outcome


@pytest.mark.parametrize(("name", "builder"), LAYOUTS)
def test_columns_have_the_values_counted_by_hand(name: str, builder: corpora.Builder, tmp_path: Path) -> None:
    outcome = run(name, tmp_path, builder)
    cases, task, summary = CASES[name], load(name), outcome.summary
    assert summary is not None
    assert summary.complete
    assert summary.data_revision.startswith("local:")
    for split, some in cases.items():
        (result,) = [r for r in summary.results if r.split == split or (len(cases) == 1 and r.split is None)]
        assert result.n == len(some)
        assert result.value == pytest.approx(float(rate(some)), abs=1e-12)
        assert (result.sums["numerator"], result.sums["tokens"]) == (
            sum(case.errors for case in some),
            sum(case.tokens for case in some),
        )
    assert set(summary.columns) == set(task.columns)
    for column, cell in task.columns.items():
        if isinstance(cell, Cell):
            assert cell.split is not None
            expected = rate(cases[cell.split])
        else:
            expected = sum(map(rate, cases.values()), Fraction(0)) / len(cases)
        assert summary.columns[column].value == pytest.approx(float(expected), abs=1e-12)
        assert not summary.columns[column].higher_is_better


@pytest.mark.parametrize(("name", "builder"), LAYOUTS)
def test_the_model_hears_the_recording_then_reads_the_instruction(
    name: str, builder: corpora.Builder, tmp_path: Path
) -> None:
    ids, clock = corpora.build(name, tmp_path, builder)
    task = load(name)
    rows = task.source.locate(tmp_path)
    assert rows.splits == tuple(split for split in task.source.splits if split in ids)
    assert set(rows.splits) == set(ids)
    for split, keys in ids.items():
        samples = [task.sample(row, split) for row in rows.read(split)]
        assert {sample.id for sample in samples} == set(keys)
        for sample in samples:
            (turn,) = sample.messages
            audio, instruction = turn.content
            assert turn.role == "user"
            assert isinstance(audio, Audio)
            assert isinstance(instruction, Text)
            heard = decode(audio, corpora.RATE)
            exact = not audio.label.endswith(".mp3")
            assert len(heard) / corpora.RATE == pytest.approx(clock.seconds[sample.id], abs=1e-4 if exact else 0.1)
            # the tone; half as loud if the silent accompaniment of MIR-1K were mixed in
            assert abs(heard).max() == pytest.approx(0.3, abs=0.01 if exact else 0.1)


@pytest.mark.parametrize("name", TASKS)
def test_decoding_is_greedy_with_256_tokens(name: str) -> None:
    assert load(name).generation == GREEDY
    assert (GREEDY.max_new_tokens, GREEDY.temperature) == (256, 0.0)
    assert load(name).takes == {"audio"}


@pytest.mark.parametrize("name", TASKS)
def test_instructions_are_in_the_language_they_should_be(name: str, tmp_path: Path) -> None:
    ids, _ = corpora.build(name, tmp_path)
    task = load(name)
    rows = task.source.locate(tmp_path)
    for split in ids:
        sample = task.sample(next(rows.read(split)), split)
        assert sample.meta is not None
        chinese = any("\u4e00" <= char <= "\u9fff" for char in sample.messages[0].text)
        assert chinese == (sample.meta["language"] in {"zh", "yue"})


@pytest.mark.parametrize("name", TASKS)
def test_missing_data_is_explained(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load(name).source.locate(tmp_path)
    message = str(caught.value)
    assert str(tmp_path) in message
    assert f"'{name}'" in message
    assert "How to get it: " in message


@pytest.mark.parametrize("name", ["aishell2", "mir_1k", "opencpop"])
def test_data_without_a_hub_copy_asks_for_a_folder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALKIT_DATA", raising=False)
    with pytest.raises(DataError, match="--data"):
        load(name).source.locate(None)


def test_an_unanswered_utterance_leaves_the_official_rate_and_stays_in_the_strict_one(tmp_path: Path) -> None:
    ids, _ = corpora.build("aishell2", tmp_path / "data")
    file = corpora.answers(tmp_path / "answers.jsonl", "aishell2", ids)
    first, *others = file.read_text(encoding="utf-8").splitlines()
    assert ids["ios"][0] in first
    file.write_text("\n".join(others) + "\n", encoding="utf-8")
    (outcome,) = evalkit.evaluate(
        "replay", "aishell2", model_arguments={"file": str(file)}, out=tmp_path, data=tmp_path / "data"
    )
    assert outcome.summary is not None
    column = outcome.summary.columns["aishell2.test_ios.wer"]
    assert column.value == pytest.approx(100 * 3 / 9)
    assert column.strict == pytest.approx(100 * (3 + 7) / 16)
    assert column.n_dropped == 1
    assert not outcome.summary.complete


def test_splits_can_be_run_alone(tmp_path: Path) -> None:
    corpora.build("fleurs", tmp_path)
    (outcome,) = evalkit.evaluate("constant", "fleurs:en_us", out=tmp_path / "out", data=tmp_path)
    assert outcome.summary is not None
    assert set(outcome.summary.columns) == {"fleurs.en.wer"}
    assert outcome.summary.columns["fleurs.en.wer"].value == 100


def test_the_fleurs_average_weighs_languages_not_utterances(tmp_path: Path) -> None:
    outcome = run("fleurs", tmp_path)
    assert outcome.summary is not None
    average = outcome.summary.columns["fleurs.avg_19lang.wer"]
    rates = [rate(some) for some in FLEURS.values()]
    assert len(rates) == 19
    assert average.value == pytest.approx(float(sum(rates) / 19), abs=1e-12)
    pooled = outcome.summary.results[0]
    assert pooled.split is None
    assert pooled.value == pytest.approx(100 * 13 / 81)
    assert average.printed == "22.05"  # 418.888... / 19
    assert average.protocol == "error_rate:kimi(en,zh)+plain"


@pytest.mark.parametrize("name", TASKS)
def test_dependent_utterances_share_a_cluster(name: str, tmp_path: Path) -> None:
    ids, _ = corpora.build(name, tmp_path)
    task = load(name)
    rows = task.source.locate(tmp_path)
    split = next(iter(ids))
    assert all(task.sample(row, split).cluster for row in rows.read(split))


def test_recordings_of_one_sentence_are_one_cluster(tmp_path: Path) -> None:
    corpora.build("fleurs", tmp_path)
    table = tmp_path / "fleurs/data/en_us/test.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    sentence = lines[0].split("\t")[0]
    again = "\t".join([sentence, *lines[1].split("\t")[1:]])
    table.write_text("\n".join([lines[0], again, lines[2]]) + "\n", encoding="utf-8")
    task = load("fleurs")
    samples = [task.sample(row, "en_us") for row in task.source.locate(tmp_path).read("en_us")]
    clusters = [sample.cluster for sample in samples]
    assert clusters[0] == clusters[1] != clusters[2]
    assert len({sample.id for sample in samples}) == 3


def test_every_average_of_a_task_names_its_own_splits() -> None:
    for name in TASKS:
        task = load(name)
        for column in task.columns.values():
            assert {cell.split for cell in cells(column, task.columns)} <= set(task.source.splits)
