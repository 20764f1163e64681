"""Conversations that are judged as a whole: the model's own replies to every round, as they were heard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from in_memory import run, task

from evalkit.authoring import Generation, Sample, Turn, assistant, judged, user

FORMS = Path(__file__).parents[1] / "forms" / "stand_ins.py"
JUDGE = """
from evalkit.authoring import Model, Response, model

@model("keeps", takes=("text",))
class Keeps(Model):
    incidental = frozenset({"log"})
    def __init__(self, log: str) -> None:
        self.log = log
    def stream(self, requests):
        for request in requests:
            with open(self.log, "a") as log:
                log.write(request.messages[-1].text + chr(0))
            yield request.id, Response(text="4")
"""
ROUNDS = {"one?": "take one", "two?": "take two", "three?": "take three"}


def talk(row: Any, split: str) -> Sample:
    messages = [message for said, better in ROUNDS.items() for message in (user(said), assistant(better))]
    return Sample(row["id"], tuple(messages[:-1]), turns=tuple(Turn(better) for better in ROUNDS.values()))


def played(tmp_path: Path, history: Any, rubric: str = "uro_multi") -> tuple[Any, list[str]]:
    """The summary, and the rounds that the judge was shown, once for each of its votes."""
    (tmp_path / "judge.py").write_text(JUDGE)
    said = {f"a#{turn}": [f"I say {turn}", 1000.0] for turn in (1, 2, 3)}
    (tmp_path / "answers.json").write_text(json.dumps(said))
    model_arguments = {"file": str(tmp_path / "answers.json"), "log": str(tmp_path / "asked.log")}
    made = task(
        {"s": [{"id": "a"}]}, [judged(rubric, heard=True)], sample=talk, history=history,
        generation=Generation(speech=True), transcriber={"*": "ear"},
    )  # fmt: skip
    outcome = run(
        f"{FORMS}:scripted", made, tmp_path / "out", model_arguments=model_arguments, transcriber=f"{FORMS}:ear",
        judge=f"{tmp_path / 'judge.py'}:keeps", judge_arguments={"log": str(tmp_path / "judged.log")},
    )  # fmt: skip
    asked = (tmp_path / "judged.log").read_text().split("\0")[:-1]
    return outcome.summary, [re.findall(r"rounds>>\n(.*?)\n<<\w+ end>>", one, re.DOTALL)[0] for one in asked]


@pytest.mark.parametrize("rubric", ["uro_multi", "uro_sa"])
def test_one_grade_for_the_conversation_with_what_was_heard_in_every_round(tmp_path: Path, rubric: str) -> None:
    summary, shown = played(tmp_path, "own", rubric)
    assert (
        shown
        == [
            "Round 1\nUser: one?\nAssistant: I say 1\nSuggested reply: take one\n\n"
            "Round 2\nUser: two?\nAssistant: I say 2\nSuggested reply: take two\n\n"
            "Round 3\nUser: three?\nAssistant: I say 3\nSuggested reply: take three"
        ]
        * 3
    )
    (result,) = summary.results
    assert (result.value, result.strict, result.n, result.n_dropped) == (80.0, 80.0, 1, 0)
    assert (result.counts.n_total, result.counts.n_scored) == (3, 3)
    assert result.flags == {"judged_with_the_last_turn": 2}


def test_replies_that_the_data_give_are_flagged(tmp_path: Path) -> None:
    summary, shown = played(tmp_path, "given")
    assert "Assistant: take one" in shown[0]
    assert "Assistant: I say 3" in shown[0]
    assert summary.results[0].flags["earlier_replies_of_the_data"] == 1
