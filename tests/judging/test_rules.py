"""The offline judge: what each rule calls right, wrong, or cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judging_kit import answered

from evalkit.judging.judge import JudgeScorer, judged
from evalkit.judging.rules import RULES


@pytest.mark.parametrize(
    ("rule", "response", "reference", "right"),
    [
        ("exact", "The Red  House!", "the red house", True),
        ("exact", "the red houses", "the red house", False),
        ("exact", "Ｒｅｄ", "red", True),
        ("exact", "北京。", "北京", True),
        ("contains", "I believe it was Mount Fuji.", "mount fuji", True),
        ("contains", "They were redder.", "red", False),
        ("contains", "It's in New-York, I think", "new york", True),
        ("contains", "首都是北京市", "北京", True),
        ("contains", "anything", "", None),
        ("contains", "anything", "...", None),
        ("numeric", "First 3, then 1,024 apples.", "1024", True),
        ("numeric", "It is 3.50 euros", "3.5", True),
        ("numeric", "minus: \u22125", "-5", True),
        ("numeric", "of 12 there are 7 left", "12", False),
        ("numeric", "１２", "12", True),
        ("numeric", "twelve", "12", None),
        ("numeric", "1e3", "1000", True),
        ("choice", "B", "B", True),
        ("choice", "b.", "B", True),
        ("choice", "(C) the river", "C", True),
        ("choice", "The answer is D because A is wrong.", "D", True),
        ("choice", "A dog is what I see in (B).", "B", True),
        ("choice", "I think C", "C", True),
        ("choice", "答案是B", "B", True),
        ("choice", "B or C", "B", None),
        ("choice", "A dog", "A", None),
        ("choice", "None of them.", "A", None),
        ("choice", "Either way, I am not sure", "I", None),
        ("choice", "", "A", None),
    ],
)
def test_rules(rule: str, response: str, reference: str, right: bool | None) -> None:
    assert RULES[rule](response, reference) is right


@pytest.fixture
def by_rule(write_rubric: Callable[..., Path]) -> Callable[..., JudgeScorer]:
    def make(profile: str, **header: Any) -> JudgeScorer:
        given = {"output": "{verdict: right=1 | wrong=0, why: str}", "parse": "json", "scale": "0..100", **header}
        path = write_rubric("{response} {reference}", inputs="[response, reference]", **given)
        return judged(path, judge=f"rules:{profile}")

    return make


def test_scores_by_rule_are_labelled_and_counted(by_rule: Callable[..., JudgeScorer]) -> None:
    wanted = by_rule("numeric", on_failure="count")
    answers = [answered("a", "7", reference="7"), answered("b", "8", reference="7"), answered("c", "?", reference="7")]
    right, wrong, unclear = wanted.score(answers)
    assert (right.status, right.faithful) == ("scored", {"verdict": (100.0, 1.0)})
    assert (wrong.status, wrong.faithful) == ("scored", {"verdict": (0.0, 1.0)})
    assert (unclear.status, unclear.faithful, unclear.strict) == (
        "unparsed",
        {"verdict": (0.0, 1.0)},
        {"verdict": (0.0, 1.0)},
    )
    assert wanted.protocol.endswith("/rules:numeric")
    assert wanted.identity()["judge"] == "rules:numeric"
    assert right.detail == {"rule": "numeric", "verdict": {"verdict": "right"}, "points": {"verdict": 1.0}}


def test_any_of_several_references_will_do(by_rule: Callable[..., JudgeScorer]) -> None:
    wanted = by_rule("contains")
    scores = wanted.score([answered(text="in Rome", reference=["Roma", "Rome"]), answered(text="x", reference=["y"])])
    assert [score.faithful["verdict"][0] for score in scores] == [100.0, 0.0]


def test_a_sample_without_reference_or_answer(by_rule: Callable[..., JudgeScorer]) -> None:
    wanted = by_rule("exact")
    no_reference, no_answer = wanted.score([answered(), answered(text=None, reference="x")])
    assert (no_reference.status, no_answer.status) == ("unparsed", "model_failed")


def test_it_serves_rubrics_with_two_levels_only(by_rule: Callable[..., JudgeScorer]) -> None:
    assert by_rule("exact", output="{ok: 0..1}").score([answered(text="x", reference="x")])[0].faithful == {
        "ok": (100.0, 1.0)
    }
