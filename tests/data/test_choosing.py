"""Choice questions: options, answers, styles, rotations, and rows that cannot be asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Text
from evalkit.data.choosing import choices
from evalkit.data.corpora.columns import Placed
from evalkit.data.splits import by_split

AUDIO, IMAGE = Audio("a.wav"), Image("i.png")


def row(**fields: Any) -> Any:
    base = {"id": "r1", "question": "Which?", "choices": ["red", "green", "blue"], "answer": "green", "audio": AUDIO}
    return Placed({**base, **fields}, "set.json, row 3")


def prompt(sample: Any) -> str:
    text: str = sample.messages[-1].text
    return text


def test_options_and_reference() -> None:
    sample = choices(media="audio")(row(), "dev")
    assert sample.messages[0].content == (AUDIO, Text("Which?\nA. red\nB. green\nC. blue"))
    assert (sample.choices, sample.reference, sample.cluster, sample.meta) == (
        ("red", "green", "blue"),
        "green",
        None,
        None,
    )


@pytest.mark.parametrize("answer", ["green", "B", "b", "(b)", "B.", 1, " green "])
def test_an_answer_is_text_letter_or_index(answer: Any) -> None:
    assert choices()(row(answer=answer), "dev").reference == "green"


@pytest.mark.parametrize(
    ("kind", "answer", "reference"),
    [("letter", "A", "C"), ("text", "A", "A"), ("index", "2", "B"), ("index", 0, "C"), ("text", 4, "4")],
)
def test_what_the_answer_holds_may_be_said(kind: Any, answer: Any, reference: str) -> None:
    options = ["C", "A", "B", "4"]
    assert choices(answer_as=kind)(row(choices=options, answer=answer), "dev").reference == reference


def test_options_in_columns_that_may_be_empty() -> None:
    make = choices(options=("A", "B", "C", "D"))
    full = row(A="1", B="2", C="3", D="4", answer="D")
    assert make(full, "dev").reference == "4"
    for rest in ({"C": "", "D": None}, {"C": None}, {}):
        sample = make(row(A="yes", B="no", answer="B", **rest), "dev")
        assert (sample.choices, sample.reference) == (("yes", "no"), "no")


def test_options_as_an_object_of_letters_and_with_letters_of_their_own() -> None:
    assert choices()(row(choices={"A": "x", "B": "y"}, answer="B"), "dev").choices == ("x", "y")
    make = choices(lettered=True)
    sample = make(row(choices=["A. red", "(b) green", "C) blue"], answer="B"), "dev")
    assert sample.choices == ("red", "green", "blue") and prompt(sample).endswith("B. green\nC. blue")
    with pytest.raises(DataError, match=r"option 2 does not begin with its letter B: 'C\. green'"):
        make(row(choices=["A. red", "C. green"]), "dev")


@pytest.mark.parametrize(
    ("style", "first"),
    [
        ("A. text", "A. red"),
        ("(a) text", "(a) red"),
        ("(A) text", "(A) red"),
        ("a) text", "a) red"),
        ("A: text", "A: red"),
        ("1. text", "1. red"),
        ("text", "red"),
        ("{letter}. {text}", "A. red"),
        ("<{lower}{number}>{text}", "<a1>red"),
    ],
)
def test_styles(style: str, first: str) -> None:
    assert prompt(choices(style=style)(row(), "dev")).splitlines()[1] == first


@pytest.mark.parametrize("style", ["B. text", "A.", "{text", "{other} {text}", "{letter}.", ""])
def test_styles_that_say_nothing(style: str) -> None:
    with pytest.raises(UsageError, match="style"):
        choices(style=style)


def test_prompts() -> None:
    sample = choices("{question} ({letters}, not beyond {last})\n{options}\nOne letter.")(row(), "dev")
    assert prompt(sample) == "Which? (A, B, C, not beyond C)\nA. red\nB. green\nC. blue\nOne letter."
    assert prompt(choices("Choose.")(row(), "dev")) == "Choose.\nA. red\nB. green\nC. blue"
    make = choices(by_split({"cn": "选择 {question}"}, other="Pick {question}"))
    assert prompt(make(row(), "cn")).startswith("选择 Which?\nA.") and prompt(make(row(), "en")).startswith(
        "Pick Which?\nA."
    )
    with pytest.raises(DataError, match=r"no field fills \{hint\} of the prompt"):
        choices("{hint} {options}")(row(), "dev")
    passage = choices("{context} {question}")(row(context="A text."), "dev")
    assert prompt(passage).startswith("A text. Which?")
    with pytest.raises(DataError, match=r"no field fills \{context\} of the prompt"):
        choices("{context} {question}")(row(), "dev")


@pytest.mark.parametrize(
    ("hint", "text"), [("Look up.", "Look up.\nWhich?\nA. red"), ("", "Which?\nA. red"), (None, "Which?\nA. red")]
)
def test_context_may_be_empty(hint: str | None, text: str) -> None:
    sample = choices(context="hint", media="audio")(row(hint=hint), "dev")
    assert prompt(sample).startswith(text) and sample.messages[0].content[0] == AUDIO
    placed = choices("[{context}] {question}{options}", context="hint")(row(hint=hint), "dev")
    assert prompt(placed).startswith(f"[{hint or ''}] Which?")
    first = choices("{image} {question}", media="image", context="hint")(row(hint="See:", image=IMAGE), "dev")
    assert [part.text if isinstance(part, Text) else part for part in first.messages[0].content][:2] == ["See:", IMAGE]


def test_rotations_are_those_of_vlmevalkit() -> None:
    """Every option stands at every letter once; the right one moves along; the first is the row as it is."""
    samples = choices(rotations="all", meta=("answer",))(row(), "dev")
    assert [sample.id for sample in samples] == ["r1#1", "r1#2", "r1#3"]
    assert {sample.cluster for sample in samples} == {"r1"}
    assert [sample.choices for sample in samples] == [
        ("red", "green", "blue"), ("green", "blue", "red"), ("blue", "red", "green")
    ]  # fmt: skip
    assert [sample.meta["rotation"] for sample in samples] == [0, 1, 2]
    assert all(sample.reference == "green" for sample in samples)
    assert prompt(samples[1]).endswith("A. green\nB. blue\nC. red")


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=4),
        min_size=2,
        max_size=8,
        unique=True,
    ),
    st.data(),
)
def test_rotations_hold_all_options(options: list[str], data: st.DataObject) -> None:
    right = data.draw(st.sampled_from(options))
    samples = choices(rotations="all", answer_as="text")(row(choices=options, answer=right), "dev")
    places = [sample.choices.index(sample.reference) for sample in samples]
    assert sorted(places) == list(range(len(options)))
    assert all(sorted(sample.choices) == sorted(options) for sample in samples)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"choices": ["a", "b", "a"]}, r"sample 'r1' \(set\.json, row 3\): two options are equal: 'a'"),
        ({"choices": ["a ", " a"]}, "two options are equal: 'a'"),
        ({"choices": []}, "there are no options"),
        ({"choices": ["one"]}, "1 options, expected at least two"),
        ({"choices": "A or B"}, "the field 'choices' must be a list of options, not 'A or B'"),
        ({"choices": ["a", ""]}, "option B is empty"),
        ({"choices": ["a", None]}, "an option must be text, not None"),
        ({"choices": ["a", ["b"]]}, r"an option must be text, not \['b'\]"),
        ({"choices": {"A": "x", "C": "y"}}, "the options in 'choices' have the names A, C, not A, B, C"),
        ({"choices": [str(n) for n in range(27)]}, "27 options, more than there are letters"),
        ({"answer": "yellow"}, "the answer 'yellow' is none of the options red, green, blue"),
        ({"answer": "D"}, "the answer 'D' is none of the options"),
        ({"answer": 3}, "the answer 3 is none of the options"),
        ({"answer": -1}, "the answer -1 is none of the options"),
        ({"answer": True}, "the answer True is none of the options"),
        ({"answer": ""}, "no answer: the field 'answer' is empty"),
        ({"answer": None}, "no answer"),
        ({"choices": ["B", "A"], "answer": "A"}, "the answer 'A' may be option B as text and A as letter; say which with answer_as="),
        ({"choices": ["1", "2"], "answer": 1}, "the answer '1' may be option A as text and B as index"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        choices()(row(**fields), "dev")


def test_equal_options_may_be_allowed() -> None:
    sample = choices(equal=True)(row(choices=["x", "y", "x"], answer="y"), "dev")
    assert (sample.choices, sample.reference) == (("x", "y", "x"), "y")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(DataError, match=r"the row has no column 'choice'; .*did you mean 'choices'"):
        choices(options="choice")(row(), "dev")
    with pytest.raises(DataError, match="the row has no column 'A'"):
        choices(options=("A", "B"))(row(), "dev")


def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="rotations"):
        choices(rotations="some")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="leave cluster= out"):
        choices(rotations="all", cluster="speaker")
    with pytest.raises(UsageError, match="needs a prompt"):
        choices(None)
