"""Lines of the metric choice: what is refused, what counts when there is no response, and the metric as a scorer."""

from __future__ import annotations

import time
from typing import Any

import pytest

from evalkit.core.errors import DataError, UnknownNameError, UsageError
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Sample
from evalkit.core.scorer import Answered
from evalkit.metrics import kinds
from evalkit.metrics.choice.question import question_of
from evalkit.metrics.choice.scorer import Choice, choice
from evalkit.metrics.line_metric import LineScorer
from evalkit.metrics.scorers import scorer

GENRES = ["Rock", "Reggae", "Jazz", "Pop"]


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("Jazz", 2), ("jazz ", 2), ("C", 2), ("c", 2), ("(C)", 2), ("C.", 2), ("c)", 2), (2, 2), (0, 0), (3, 3),
    ],
)  # fmt: skip
def test_ways_to_name_the_answer(answer: Any, place: int) -> None:
    assert question_of({"choices": GENRES, "answer": answer}, "here").gold == place
    assert question_of({"choices": GENRES, "reference": answer}, "here").gold == place


def test_the_text_of_an_option_comes_before_its_letter() -> None:
    assert question_of({"choices": ["C", "A", "B"], "answer": "A"}, "here").gold == 1
    assert question_of({"choices": ["2", "1", "0"], "answer": "0"}, "here").gold == 2
    assert question_of({"choices": ["2", "1", "0"], "answer": 0}, "here").gold == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"choices": None}, "choices"),
        ({"choices": "Rock"}, "choices"),
        ({"choices": []}, "2 to 26"),
        ({"choices": ["Rock"]}, "2 to 26"),
        ({"choices": list(map(str, range(27)))}, "2 to 26"),
        ({"choices": ["Rock", 7]}, "7"),
        ({"choices": ["Rock", None]}, "None"),
        ({"choices": ["Rock", ["Pop"]]}, "Pop"),
        ({"choices": ["Rock", " "]}, "B is empty"),
        ({"choices": ["Rock", "Pop", "Rock"]}, "A and C are equal"),
        ({"choices": ["Rock", "Pop", "Rock "]}, "A and C are equal"),
        ({"answer": "Blues"}, "Blues"),
        ({"answer": "E"}, "E"),
        ({"answer": ""}, "neither"),
        ({"answer": 4}, "4"),
        ({"answer": -1}, "-1"),
        ({"answer": True}, "True"),
        ({"answer": 1.0}, "1.0"),
        ({"answer": None}, "None"),
        ({"answer": ["Rock"]}, "Rock"),
    ],
)
@pytest.mark.parametrize("profile", ["robust", "vlmevalkit", "letter"])
def test_lines_that_are_refused(profile: str, change: dict[str, Any], told: str) -> None:
    line = {"choices": GENRES, "answer": "Rock", "response": "A", **change}
    with pytest.raises(DataError, match=r"^file, line 3: ") as refused:
        Choice(profile).check(line, "file, line 3")
    assert told in str(refused.value)


def test_equal_and_empty_options_where_the_official_sets_have_them() -> None:
    for profile in ("mmau", "mmau+leadin", "mmar", "mmsu@217d1d3", "mmsu@f0ef334", "air_bench"):
        Choice(profile).check({"choices": ["Rock", "Pop", "Rock", ""], "answer": "Pop"}, "here")


def test_guesses_need_an_id() -> None:
    for profile in ("lmms", "mmlu_pro", "voicebench_mcq"):
        line = {"choices": GENRES, "answer": "A"}
        with pytest.raises(DataError, match='"id"'):
            Choice(profile).check(line, "here")
        Choice(profile).check({**line, "id": 7}, "here")
    with pytest.raises(DataError, match="hyperbaton"):
        Choice("voicebench_bbh").check({"id": "q1", "answer": "yes"}, "here")
    with pytest.raises(DataError, match="maybe"):
        Choice("voicebench_bbh").check({"id": "navigate_1", "answer": "maybe"}, "here")
    Choice("voicebench_bbh").check({"id": "q1", "subset": "navigate", "answer": "YES"}, "here")


def test_without_a_response() -> None:
    line = {"id": "navigate", "choices": GENRES, "answer": "A", "response": None}
    dropped = {name for name in Choice.PROFILES if not Choice(name).missing(line, "here")}
    assert dropped == {"mmau", "mmau+leadin", "mmar", "mmsu@217d1d3", "mmsu@f0ef334", "air_bench"}
    assert all(Choice(name).worst(line, "here") == {"choice": (0, 1)} for name in Choice.PROFILES)


@pytest.mark.parametrize("profile", Choice.PROFILES)
@pytest.mark.parametrize(
    "response", ["", " ", "\0", "\ud800", "A" * 20_000, "((((((", "答" * 5000, "a\n" * 3000, "<think>" * 999]
)
def test_hostile_responses_are_read_quickly(profile: str, response: str) -> None:
    line = {"id": "navigate_1", "choices": GENRES, "answer": "yes" if profile == "voicebench_bbh" else "A"}
    began = time.process_time()
    found = Choice(profile).assess({**line, "response": response}, "here")
    assert time.process_time() - began < 1.0
    assert found.outputs["correct"] in (True, False, None)


def test_as_a_scorer_of_tasks() -> None:
    made = choice("mmau")
    assert (made.name, made.protocol, made.hears) == ("choice", "choice:mmau", False)
    sample = Sample("q1", (), "Rock", choices=tuple(GENRES))
    made.check(sample)
    with pytest.raises(DataError, match="sample 'q2'"):
        made.check(Sample("q2", (), "Blues", choices=tuple(GENRES)))
    answers = [Answered("q1", "", "Rock", Response(reply), choices=tuple(GENRES)) for reply in ("rock", "A", None)]
    assert [score.faithful["choice"] for score in made.score(answers)] == [(1, 1), (0, 1), (0, 1)]
    failed = Answered("q1", "", "Rock", Response(failure=Failure("model", "x")), choices=tuple(GENRES))
    assert (made.missing(failed), made.worst(failed)) == ({}, {"choice": (0, 1)})
    heard = Answered("q1", "", "Rock", Response(text="Pop", heard="Rock"), choices=tuple(GENRES))
    assert next(iter(choice("mmau", heard=True).score([heard]))).faithful == {"choice": (1, 1)}


def test_a_run_does_not_look_at_the_row_before() -> None:
    answers = [Answered(str(at), "", "B", Response(reply), choices=tuple(GENRES)) for at, reply in enumerate(["B", ""])]
    assert [score.faithful for score in choice("mmsu@f0ef334").score(answers)] == [{"choice": (1, 1)}, {}]


def test_every_kind_is_a_scorer_by_name() -> None:
    for name in kinds.KINDS:
        needed = {
            "cer": {"language": "zh"}, "tags": {"vocabulary": ["rock", "jazz"]}, "class_scores": {"classes": "rock|jazz"},
        }.get(name, {})  # fmt: skip
        made = scorer(name, **needed)
        assert made.name == name
    made = scorer("choice:mmsu@217d1d3", heard="true")
    assert isinstance(made, LineScorer)
    assert (made.protocol, made.hears) == ("choice:mmsu@217d1d3", True)
    assert isinstance(scorer("wer:kimi", language="en"), LineScorer)
    with pytest.raises(UnknownNameError, match="mmau"):
        scorer("choice:mmao")
    with pytest.raises(UnknownNameError, match="colour"):
        scorer("choice", colour="red")
    with pytest.raises(UsageError, match="heard"):
        scorer("choice", heard="perhaps")


def test_one_rate_or_the_other() -> None:
    with pytest.raises(UsageError, match="gives a WER in the language 'en', not a CER"):
        kinds.line_metric("cer", "plain", language="en")
    with pytest.raises(UsageError, match="gives a CER in the language 'zh', not a WER"):
        kinds.line_metric("wer", "seedtts", language="zh")
    with pytest.raises(DataError, match="its language is 'zh'"):
        kinds.line_metric("wer").check({"reference": "x", "language": "zh"}, "here")


def test_hundred_thousand_answers() -> None:
    """Far above what is needed (1 to 2 s on one quiet core), so that only a rule gone wrong fails here."""
    lines = [
        {"id": at, "choices": [f"{name} {at}" for name in GENRES], "answer": "B", "response": reply}
        for at in range(5000)
        for reply in ("B", "(B)", "The answer is B.", f"Reggae {at}")
    ]
    for profile in ("mmau", "robust", "vlmevalkit"):
        metric = Choice(profile)
        began = time.process_time()
        for line in lines:
            metric.check(line, "here")
        found = [one.outputs["correct"] for one in metric.assess_all(lines, ["here"] * len(lines))]
        assert time.process_time() - began < 4.0
        assert sum(map(bool, found)) >= len(lines) / 4
