"""Spoken dialogue: written and spoken answers of the same questions, by string match and by judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_audio_layout as layout
import pytest
from loopback_judge import judge_words
from task_bench import STAND_INS, Bench, values

from evalkit import plugins
from evalkit.metrics.contained import Contained
from evalkit.published import numbers as published

WEB = Path(__file__).resolve().parents[3] / "shared" / "data" / "web_questions" / "webq_test.json"


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("evalkit.models.api.retrying.BASE", 0.01)
    return Bench(main, tmp_path)


EXPECTED = {
    "llama_questions": 100 / 3,  # Paris is there; "Eight" is no 8 to a string match
    "web_questions": 50.0,
    "triviaqa": 50.0,
    "alpacaeval": 65.0,
    "llama_questions.judged": 200 / 3,
    "web_questions.judged": 50.0,
}


def columns(kind: str) -> dict[str, float]:
    named = {(f"{name}.{kind}" if "." not in name else name.replace(".", f".{kind}.")): value
             for name, value in EXPECTED.items()}  # fmt: skip
    return {f"spoken_dialogue.{name}": value for name, value in named.items()}


@pytest.mark.parametrize("copy", ["ultraeval", "openaudiobench"])
def test_written_answers(copy: str, bench: Bench) -> None:
    replies = layout.ultraeval(bench.folder) if copy == "ultraeval" else layout.write(bench.folder)
    chosen = ("--task-arg", f"copy={copy}") if copy != "ultraeval" else ()
    with judge_words() as (_, words):
        code, summary = bench.run("spoken_dialogue_s2t", {**replies, "trivia_qa_1": ""}, *chosen, *words)
    found = values(summary)
    assert {name: found[name] for name in columns("s2t")} == pytest.approx(columns("s2t"))
    assert {
        name for name in published.columns() if name.startswith("spoken_dialogue.") and name.endswith("s2t")
    } <= set(found)
    assert code == 1, "the judge said nothing that can be read of an empty reply"
    protocols = {result["protocol"].partition("#")[0] for result in summary["results"]}
    assert {"contained:ultraeval", "judge:openaudiobench_alpaca_eval"} <= protocols


def test_spoken_answers_are_scored_as_they_are_heard(bench: Bench) -> None:
    """What the model writes beside its speech "differs"; a reply without speech counts as failed."""
    replies = layout.write(bench.folder)
    spoken = {key: [said, 1000.0] for key, said in replies.items()}
    spoken["web_questions_1"] = "Tony Warren. written, never said"  # type: ignore[assignment]
    with judge_words() as (judge, words):
        words = [*words, "--transcriber", f"{STAND_INS}:ear", "--task-arg", "copy=openaudiobench"]
        code, summary = bench.run("spoken_dialogue_s2s", spoken, *words)
        assert not any("what is written differs" in text for text in judge.texts)
    found = values(summary)
    assert found["spoken_dialogue.llama_questions.s2s"] == pytest.approx(100 / 3)
    assert found["spoken_dialogue.web_questions.s2s"] == 50.0, "without speech: wrong"
    assert found["spoken_dialogue.alpacaeval.s2s"] == 65.0
    assert summary["counts"]["n_model_failed"] == 2
    assert code == 1


def test_the_suite_has_the_eight_columns() -> None:
    members = plugins.load_task("spoken_dialogue").members  # type: ignore[union-attr]
    made = {name for member in members for name in plugins.load_task(member).columns}  # type: ignore[union-attr]
    assert {name for name in published.columns() if name.startswith("spoken_dialogue.")} <= made


def test_an_unknown_copy(bench: Bench) -> None:
    with pytest.raises(AssertionError, match="copy=hub should be ultraeval or openaudiobench"):
        bench.run("spoken_dialogue_s2t", {}, "--task-arg", "copy=hub")


def test_every_answer_of_webquestions_is_found_in_a_sentence_that_holds_it() -> None:
    if not WEB.is_file():
        pytest.skip(f"{WEB} is not here")
    metric = Contained()
    rows = json.loads(WEB.read_text(encoding="utf-8"))
    assert len(rows) == 2032
    for row in rows:
        line = {"id": row["qId"], "reference": row["answers"]}
        metric.check(line, row["qId"])
        said = f"I think it is {row['answers'][-1].upper()}, isn't it?"
        assert metric.assess({**line, "response": said}, row["qId"]).faithful == {"contained": (1, 1)}, row
        denied = metric.assess({**line, "response": "..."}, row["qId"])
        assert (denied.faithful, denied.strict) == ({"contained": (0, 1)}, None), row
