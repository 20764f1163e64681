"""The recognition suites: Covo-Audio's printed average, and the stand-in for Hello-Chat's set."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import asr_corpora as corpora
import pytest
from asr_cases import CASES, rate

import evalkit
from evalkit import plugins
from evalkit.core.columns import Mean, Rule
from evalkit.core.task import Suite
from evalkit.published import numbers as published
from evalkit.published.settling import settle_suite
from evalkit.published.tables import Row
from evalkit.run.columns import ColumnPart, combined

COVO = "covo_asr_suite.avg.wer"


def load(name: str) -> Suite:
    suite = plugins.load_task(name)
    assert isinstance(suite, Suite)
    return suite


def average() -> Rule:
    """The rule of the suite's column, taken from the published table."""
    return settle_suite(load("covo_asr_suite")).columns[COVO]


def printed(cells: list[float]) -> str | None:
    """What our suite prints for given cells."""
    parts = [
        ColumnPart(cell, cell, None, 1, 0, ("printed",), "%", higher_is_better=False, decimals=2) for cell in cells
    ]
    rule = average()
    made = combined(rule if len(parts) == len(rule.of) else Mean(*rule.of[: len(parts)], rounding="cut"), parts)
    return made.column().printed if made is not None else None


def rows() -> list[Row]:
    """Rows of Covo-Audio Table 10 with a recognition average."""
    return [row for row in published.load_paper("covo-audio").tables["10"].rows if row.values[COVO] is not None]


def test_the_printed_averages_of_covo_audio_come_out_of_the_printed_cells() -> None:
    (rule,) = [a for a in published.load_paper("covo-audio").tables["10"].aggregates if a.column == COVO]
    columns = [str(name) for name in average().of]
    assert columns == list(rule.rule.of)
    reproduced = []
    for row in rows():
        cells = [row.values[name] for name in columns]
        if row.key in rule.exceptions:
            continue
        assert all(cell is not None for cell in cells)
        assert printed([cell for cell in cells if cell is not None]) == f"{row.values[COVO]:.2f}", row.model
        reproduced.append(row.model_id)
    assert len(reproduced) == 7
    assert {key[0] for key in rule.exceptions} == {"seed-asr", "voxtral-small"}


def test_the_exceptions_are_what_they_are_said_to_be() -> None:
    columns = [str(name) for name in average().of]
    table = {row.model_id: row.values for row in rows()}
    seed = dict(table["seed-asr"])
    assert printed([float(seed[name] or 0) for name in columns]) != f"{seed[COVO]:.2f}"
    seed["wenetspeech.test_net.wer"] = 4.66  # as Qwen3-Omni Table 6 prints it
    assert printed([float(seed[name] or 0) for name in columns]) == f"{seed[COVO]:.2f}"
    voxtral = table["voxtral-small"]
    six = [cell for name in columns if (cell := voxtral[name]) is not None]
    assert len(six) == 6
    assert printed(six) != f"{voxtral[COVO]:.2f}"


def test_decimals_are_cut_not_rounded() -> None:
    # 19.84 / 7 = 2.834..., and 1.3 / 7 = 0.1857..., which rounding would print as 0.19
    assert printed([4.69, 5.89, 1.22, 2.48, 2.72, 2.2, 0.64]) == "2.83"
    assert printed([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.7]) == "0.18"


@pytest.fixture
def suite_data(tmp_path: Path) -> Path:
    for name in ("wenetspeech", "librispeech", "fleurs", "aishell1"):
        ids, _ = corpora.build(name, tmp_path / "data")
        corpora.answers(tmp_path / "answers.jsonl", name, ids)
    return tmp_path


def expected(name: str) -> Fraction:
    """A member's column, from the errors counted by hand."""
    splits = {"fleurs.en": "en_us", "fleurs.zh": "cmn_hans_cn"}
    task, split, _ = name.split(".")
    return rate(CASES[task][splits.get(f"{task}.{split}", split)])


def test_covo_suite_runs_its_members_and_averages_them(suite_data: Path) -> None:
    *members, last = evalkit.evaluate(
        "replay",
        "covo_asr_suite",
        model_arguments={"file": str(suite_data / "answers.jsonl")},
        out=suite_data / "out",
        data=suite_data / "data",
    )
    assert [outcome.task.name for outcome in members] == ["wenetspeech", "librispeech", "fleurs", "aishell1"]
    assert last.summary is not None
    column = last.summary.columns[COVO]
    exact = sum((expected(str(name)) for name in average().of), Fraction(0)) / 7
    assert column.value == pytest.approx(float(exact), abs=1e-9)
    assert column.printed == f"{int(exact * 100) / 100:.2f}"
    assert last.summary.counts.n_total == 3 + 1 + 2 + 2 + 3 + 2 + 2


def test_hello_chat_stand_in_weighs_the_three_corpora_alike(suite_data: Path) -> None:
    *members, last = evalkit.evaluate(
        "replay",
        "hello_chat_asr",
        model_arguments={"file": str(suite_data / "answers.jsonl")},
        out=suite_data / "out",
        data=suite_data / "data",
    )
    assert [outcome.task.name for outcome in members] == ["aishell1", "wenetspeech", "librispeech"]
    assert last.summary is not None
    (column,) = last.summary.columns.values()
    corpus = {
        "aishell1": [expected("aishell1.test.wer")],
        "wenetspeech": [expected(f"wenetspeech.{split}.wer") for split in ("test_net", "test_meeting")],
        "librispeech": [expected(f"librispeech.{split}.wer") for split in ("test_clean", "test_other")],
    }
    exact = sum((sum(rates) / len(rates) for rates in corpus.values()), Fraction(0)) / 3
    assert column.value == pytest.approx(float(exact), abs=1e-9)


def test_hello_chat_stand_in_does_not_claim_the_papers_column() -> None:
    (name,) = load("hello_chat_asr").columns
    assert name not in published.columns()
    assert "hello_chat.asr.error_rate" in published.columns()
    having = [
        name
        for name, plugin in plugins.plugins("task").items()
        if "hello_chat.asr.error_rate" in plugin.header.get("columns", ())
    ]
    assert having == ["hello_chat"], "the task over data of one's own, as they are laid out in its card"


def test_members_answers_are_shared_with_runs_of_their_own(suite_data: Path) -> None:
    def asked(task: str) -> int:
        arguments = {"file": str(suite_data / "answers.jsonl")}
        out, data = suite_data / "out", suite_data / "data"
        return sum(o.asked for o in evalkit.evaluate("replay", task, model_arguments=arguments, out=out, data=data))

    assert asked("covo_asr_suite") == 15
    assert asked("aishell1") == 0
    assert asked("hello_chat_asr") == 0
