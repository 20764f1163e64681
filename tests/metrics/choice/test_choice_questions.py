"""Questions of choice lines at their bounds: places, letters, equal and empty options."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.core.errors import DataError
from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import Question, question_of
from evalkit.metrics.choice.robust import _skipped, robust

CHOICES = ["Red", "b", "A dog", "Blue  sky"]


@pytest.mark.parametrize(
    ("answer", "gold"),
    [(0, 0), (3, 3), ("Red", 0), ("red ", 0), ("b", 1), ("B", 1), ("a", 0), ("(C)", 2), ("D.", 3), ("d", 3), ("blue sky", 3),
     ("A DOG", 2)],
)  # fmt: skip
def test_the_right_option(answer: Any, gold: int) -> None:
    found = question_of({"choices": CHOICES, "answer": answer}, "here")
    assert (found.gold, found.letter, found.options) == (gold, "ABCD"[gold], tuple(CHOICES))
    assert question_of({"choices": CHOICES, "reference": answer}, "here") == found


@pytest.mark.parametrize("answer", [4, -1, True, None, 1.0, "E", "(E)", "green", ""])
def test_no_right_option(answer: Any) -> None:
    with pytest.raises(DataError):
        question_of({"choices": CHOICES, "answer": answer}, "here")


@pytest.mark.parametrize(
    ("choices", "problem"),
    [(["a"], "2 to 26 options, not 1"), (["x"] * 27, "2 to 26 options, not 27"), ([], "not 0"), ("ab", "a list of texts"),
     (["a", 1], "expected texts"), (["a", ["b"]], "expected texts"), (["a", " "], "option B is empty"),
     (["a", "c", "a "], "options A and C are equal: 'a'")],
)  # fmt: skip
def test_choices_that_make_no_question(choices: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        question_of({"choices": choices, "answer": 0}, "here")


def test_as_many_options_as_letters() -> None:
    many = [f"option {n}" for n in range(26)]
    assert question_of({"choices": many, "answer": 25}, "here").letter == "Z"
    assert question_of({"choices": many[:2], "answer": 1}, "here").letter == "B"


def test_rules_that_say_what_counts_where_options_are_equal() -> None:
    line = {"choices": ["a", "a", ""], "answer": 1}
    assert question_of(line, "here", equal_options=True) == Question(("a", "a", ""), 0)
    assert question_of({**line, "answer": 2}, "here", equal_options=True).gold == 2


@pytest.mark.parametrize(
    ("text", "start", "end"), [("a  b", 1, 3), ("a b", 2, 2), ("a \n\t", 1, 4), ("", 0, 0), ("ab", 1, 1)]
)
def test_white_space_is_passed_over(text: str, start: int, end: int) -> None:
    assert _skipped(text, start) == end


@pytest.mark.parametrize("reply", ["b", "(b)", "B.", "b)", "(B", " b ", "**b**"])
def test_a_letter_alone(reply: str) -> None:
    assert robust(Question(("red", "blue", "green"), 0), reply) == "B"
    assert robust(Question(("red", "blue", "b"), 0), reply) is Lost.WRONG, "it could mean two options"
