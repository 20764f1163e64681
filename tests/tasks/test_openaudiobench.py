"""OpenAudioBench through the command line: five judges, their scales, and the plain mean."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_audio_layout as layout
import pytest
from loopback_judge import judge_words
from task_bench import Bench, values

from evalkit.published import numbers as published
from evalkit.statistics import averages


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("evalkit.models.api.retrying.BASE", 0.01)
    return Bench(main, tmp_path)


def test_the_five_sets(bench: Bench) -> None:
    replies = layout.write(bench.folder)
    with judge_words() as (judge, words):
        code, summary = bench.run("openaudiobench", {**replies, "trivia_qa_1": "Nobody knows"}, *words)
        expected = {
            "openaudiobench.reasoning_qa": (80 + 20)
            / 2,  # the third reply makes the judge say nothing that can be read
            "openaudiobench.llama_questions": 200 / 3,
            "openaudiobench.web_questions": 50.0,
            "openaudiobench.triviaqa": 100.0,  # likewise its second
            "openaudiobench.alpacaeval": 65.0,
        }
        expected["openaudiobench.avg"] = sum(expected.values()) / 5
        assert values(summary) == pytest.approx(expected)
        strict = values(summary, "strict")
        assert strict["openaudiobench.reasoning_qa"] == pytest.approx((80 + 20 + 20) / 3)
        assert strict["openaudiobench.triviaqa"] == 50.0
        assert (code, summary["counts"]["n_unparsed"]) == (1, 2)
        assert judge.faults > 0
        assert any("Jamaican Creole English Language" in text and "Jamaican English" in text for text in judge.texts)
        said = len(judge.said)
        _, again = bench.run("openaudiobench", {}, *words)
        assert (again["columns"], len(judge.said), bench.asked()) == (summary["columns"], said, [])


def test_the_table_of_the_paper() -> None:
    """All rows of Table 13: the mean of the five printed values is the printed average."""
    (rule,) = published.averaging_rules("openaudiobench.avg")
    rows = published.load_paper("interactive-omni").tables["13"].rows
    assert len(rows) == 11
    for row in rows:
        found = averages.recompute(rule, {name: row.values[name] for name in rule.columns})
        assert found.value == pytest.approx(row.values["openaudiobench.avg"], abs=0.0051), row.model


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        (
            "web_questions",
            ("who?", "Tony Warren", ""),
            "expected a list of texts such as ['a', 'b'], got 'Tony Warren'",
        ),
        ("web_questions", ("who?", "[]", ""), "expected a list of texts"),
        ("trivia_qa", ("who?", "", ""), "expected a list of texts"),
        ("llama_questions", ("who?", "  ", ""), "column 'Answer' is empty"),
        ("reasoning_qa", ("", "2", ""), "column 'Prompt' is empty"),
    ],
)
def test_rows_that_cannot_be_used(name: str, row: tuple[str, str, str], said: str, bench: Bench) -> None:
    layout.write(bench.folder, {name: [row]})
    with judge_words() as (judge, words), pytest.raises(AssertionError) as found:
        bench.run(f"openaudiobench:{name}", {}, *words)
    message = str(found.value)
    assert said in message.replace('"', "'").replace("\\'", "'")
    assert f"{name}_0" in message
    assert f"{name}.csv, line 2" in message
    assert judge.said == [] == bench.asked()


def test_a_recording_that_is_not_there(bench: Bench) -> None:
    layout.write(bench.folder)
    (bench.folder / "openaudiobench/eval_datas/alpaca_eval/audios/audio_1.wav").unlink()
    with judge_words() as (_, words), pytest.raises(AssertionError, match=r"1 audio files of 2 rows.*audio_1\.wav"):
        bench.run("openaudiobench:alpaca_eval", {}, *words)


def test_a_set_that_does_not_exist(bench: Bench) -> None:
    layout.write(bench.folder)
    with pytest.raises(AssertionError, match=r"unknown split of openaudiobench: 'triviaqa'\. Did you mean trivia_qa"):
        bench.run("openaudiobench:triviaqa", {})


def test_questions_are_exported_and_answers_scored_without_recordings(bench: Bench) -> None:
    replies = layout.write(bench.folder)
    out = bench.folder / "asked"
    done = bench.main("data", "export", "openaudiobench", "--data", bench.folder, "--to", out)
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in (out / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 12
    assert all([part["type"] for part in line["messages"][-1]["content"]] == ["audio"] for line in lines)
    assert "Jamaican" not in (out / "questions.jsonl").read_text(encoding="utf-8"), "neither texts nor references"
    for audios in bench.folder.glob("openaudiobench/eval_datas/*/audios"):
        shutil.rmtree(audios)
    answers = bench.folder / "made_elsewhere.jsonl"
    answers.write_text("".join(json.dumps({"id": key, "text": said}) + "\n" for key, said in replies.items()))
    with judge_words() as (_, words):
        done = bench.main(
            "score", "--task", "openaudiobench", "--data", bench.folder, "--out", bench.folder / "scored", "--responses",
            answers, "--json", *words,
        )  # fmt: skip
    assert done.code == 1, done.err
    (summary,) = done.json
    assert values(summary)["openaudiobench.alpacaeval"] == 65.0
    assert summary["counts"]["n_model_failed"] == 1
