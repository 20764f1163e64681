"""Official rules of choice questions against values taken from the official programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from evalkit.metrics.choice.scorer import Choice

FOUR = ("Pop music", "Reggae", "Latin rock", "Ska")
ROCKS = ("Rock", "Rock and roll", "Jazz", "Pop")
UNREAD = None


def read(profile: str, choices: Sequence[str], answer: Any, response: str, key: str = "q") -> dict[str, Any]:
    line = {"id": key, "choices": list(choices), "answer": answer, "response": response}
    metric = Choice(profile)
    metric.check(line, "here")
    found = metric.assess(line, "here")
    return {**found.outputs, "faithful": found.faithful, "strict": found.strict, "flags": found.flags}


@pytest.mark.parametrize("profile", ["mmau", "mmar"])
@pytest.mark.parametrize(
    ("answer", "response", "choices", "right"),
    [
        ("Man", "The answer is man.", ("Man", "Woman"), True),
        ("Man", "(A) Man", ("Man", "Woman"), True),
        ("Man", "A", ("Man", "Woman"), False),
        ("Man", "It is a man, not a woman", ("Man", "Woman", "Child", "Robot"), False),
        ("C major", "A. C major", ("C major", "A minor", "G major", "C minor"), False),
        ("Rock", "rock music", ROCKS, True),
        ("Rock", "Rock and roll", ROCKS, False),
        ("Rock and roll", "rock and roll", ROCKS, True),
        ("thirteen", "thirteen", ("thirteen", "twenty", "thirteen", "five"), True),
        ("1.63 seconds", "1.63 seconds", ("1.63 seconds", "1.53 seconds"), True),
        ("Man", "", ("Man", "Woman"), False),
        ("Man", "?!", ("Man", "Woman"), False),
    ],
)
def test_mmau_and_mmar(profile: str, answer: str, response: str, choices: Sequence[str], right: bool) -> None:
    assert read(profile, choices, answer, response)["correct"] is right


@pytest.mark.parametrize(
    ("response", "right"),
    [
        ("The correct answer is: C major", True),
        ("A. C major", True),
        ("(A) C major", True),
        ("**A.** C major", True),
        ("The answer is (A) C major.", True),
        ("A", True),
        ("B", False),
        ("A minor", False),
        ("The correct answer is: A minor", False),
        ("C major", True),
    ],
)
def test_mmau_without_lead_in(response: str, right: bool) -> None:
    assert read("mmau+leadin", ("C major", "A minor", "G major", "C minor"), "C major", response)["correct"] is right


def test_a_marker_is_no_part_of_a_chord() -> None:
    chords = ("E:min7/1", "A:7/1", "D:maj7(11)/4", "G:maj7/1")
    assert read("mmau+leadin", chords, "A:7/1", 'The correct answer is: "A:7/1".')["correct"] is True
    assert read("mmau+leadin", ("G", "A#", "D", "E"), "D", "The correct answer is: D.")["correct"] is True


@pytest.mark.parametrize("profile", ["mmsu@217d1d3", "mmsu@f0ef334", "air_bench"])
@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("A", "A"),
        (" \nB. Reggae", "B"),
        ("Answer: C", "A"),
        ("Actually, it is C", "A"),
        ("Based on the sound", "B"),
        ("Correct: D", "C"),
        ("The answer is C.", "C"),
        ("the answer is (C).", UNREAD),
        ("c", UNREAD),
        ("reggae", UNREAD),
        ("x", UNREAD),
    ],
)
def test_first_or_last_but_one(profile: str, response: str, letter: str | None) -> None:
    found = read(profile, FOUR, "Latin rock", response)
    assert found["parsed"] == letter
    assert found["correct"] is (None if letter is None else letter == "C")
    assert found["faithful"] == ({} if letter is None else {"choice": (int(letter == "C"), 1)}), "unread is dropped"
    assert found["strict"] in (None, {"choice": (0, 1)})


@pytest.mark.parametrize("response", ["", "None", " \n"])
def test_an_empty_reply(response: str) -> None:
    assert read("mmsu@217d1d3", FOUR, "Ska", response)["faithful"] == {"choice": (0, 1)}
    assert read("air_bench", FOUR, "Ska", response)["faithful"] == {}
    assert read("mmsu@f0ef334", FOUR, "Ska", response)["faithful"] == {}, "alone, there is no row before"


def test_mmsu_once_took_the_letter_of_the_row_before() -> None:
    replies = ["", "B", "None", "unclear what it is", "", "A", ""]
    lines = [{"choices": list(FOUR), "answer": "Reggae", "response": reply} for reply in replies]
    found = [one.outputs["correct"] for one in Choice("mmsu@f0ef334").assess_all(lines, ["here"] * len(lines))]
    assert found == [None, True, True, None, True, False, False]
    new = [one.outputs["correct"] for one in Choice("mmsu@217d1d3").assess_all(lines, ["here"] * len(lines))]
    assert new == [False, True, False, None, False, False, False]


def test_equal_options_by_text_and_by_place() -> None:
    choices = ("five", "two", "five", "nine")
    assert read("mmsu@217d1d3", choices, "five", "C")["correct"] is True, "MMSU compares texts"
    assert read("air_bench", choices, "five", "C")["correct"] is False, "AIR-Bench takes the first equal letter"
    assert read("air_bench", choices, "five", "A")["correct"] is True


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("A", "A"),
        ("(B) Reggae", "B"),
        ("According to audio, reggae", "A"),
        ("Answer: C", UNREAD),
        ("reggae", "B"),
        ("I think (A) or (B) Reggae", "B"),
        ("none", UNREAD),
        ("A and B. The correct answer is: D", "D"),
    ],
)
def test_muchomusic(response: str, letter: str | None) -> None:
    found = read("muchomusic", FOUR, "Reggae", response)
    assert found["parsed"] == letter
    assert found["faithful"] == {"choice": (int(letter == "B"), 1)}, "the unanswered stay in the denominator"


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("答案是C", "C"),
        ("The answer is B because A is wrong", "B"),
        ("The vitamin c, which is good", "C"),
        ("I would choose d", "D"),
        ("**C**", UNREAD),
        ("答案：B", UNREAD),
        ("c", "C"),
        ("c) reggae", "C"),
        ("<1> b.", "B"),
        ("I do not know", UNREAD),
        ("", UNREAD),
    ],
)
def test_voicebench_mcq(response: str, letter: str | None) -> None:
    line = {"id": "law_7", "reference": "C", "response": response}
    found = next(Choice("voicebench_mcq").assess_all([line], ["here"]))
    assert found.outputs["parsed"] == letter
    if letter is None:
        assert found.outputs["correct"] is None
        assert found.outputs["guess"] in "ABCD"
        assert found.flags == ("random_fallback",)
        assert found.faithful == {"choice": (int(found.outputs["guess"] == "C"), 1)}
        assert found.strict == {"choice": (0, 1)}


@pytest.mark.parametrize(
    ("subset", "response", "verdict"),
    [
        ("sports_understanding", "nobody knows", "no"),
        ("sports_understanding", "not sure", "no"),
        ("sports_understanding", "yesterday he scored", "yes"),
        ("sports_understanding", "The sentence he made is not plausible", "yes"),
        ("sports_understanding", "The sentence is not plausible.", "no"),
        ("hyperbaton", "b", "(a)"),
        ("hyperbaton", "B) is better", "(b)"),
        ("hyperbaton", "The correct answer is (B).", "(b)"),
        ("hyperbaton", "no idea", UNREAD),
        ("navigate", "**Yes**, you return to the start", "yes"),
        ("navigate", "You will not return to the starting point.", "no"),
        ("web_of_lies", "So Ann must be lying", "yes"),
        ("web_of_lies", "The answer is: Ann lies", "no"),
        ("web_of_lies", "hard to say", UNREAD),
    ],
)
def test_voicebench_bbh(subset: str, response: str, verdict: str | None) -> None:
    answer = "(B)" if subset == "hyperbaton" else "Yes"
    line = {"id": f"bbh_{subset}_12", "answer": answer, "response": response}
    metric = Choice("voicebench_bbh")
    metric.check(line, "here")
    found = metric.assess(line, "here")
    assert found.outputs["parsed"] == verdict
    assert found.outputs["correct"] is (None if verdict is None else verdict == answer.lower())


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("B", "B"),
        ("(B)", "B"),
        ("Answer: C", "C"),
        ("The correct answer is **B**. Here is why it must be so and nothing else:", "B"),
        ("B is what I hear in this long recording", UNREAD),
        ("A or B", UNREAD),
        ("rock and roll", UNREAD),
        ("jazz", "C"),
        ("b", UNREAD),
        ("Cannot determine the answer: C", UNREAD),
        ("Z", UNREAD),
    ],
)
def test_vlmevalkit(response: str, letter: str | None) -> None:
    found = read("vlmevalkit", ROCKS, "C", response)
    assert (found["parsed"], found["correct"]) == (letter, letter == "C")


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("(B) and then (A)", "A"),
        ("It is B", "B"),
        ("DNA is found", "A"),
        ("B.jazz?", "B"),
        ("I hear that this must surely be jazz music", "C"),
        ("jazz", UNREAD),
        ("", UNREAD),
    ],
)
def test_lmms(response: str, letter: str | None) -> None:
    found = read("lmms", ROCKS, "C", response)
    assert found["parsed"] == letter
    assert ("guess" in found) is (letter is None)


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("The answer is (C) because A and B ...", "C"),
        ("answer: b, Answer:\n D", "D"),
        ("I think it is rock", "I"),
        ("A then B", "B"),
        ("the answer is c", UNREAD),
    ],
)
def test_mmlu_pro(response: str, letter: str | None) -> None:
    assert read("mmlu_pro", ROCKS, "C", response)["parsed"] == letter


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("C", "C"),
        ("c", "C"),
        ("（Ｃ）", "C"),
        ("**C**", "C"),
        ("C. Jazz", "C"),
        ("C) Jazz", "C"),
        ("C Jazz", UNREAD),
        ("The answer is C", UNREAD),
        ("Cello", UNREAD),
        ("E", UNREAD),
        ("", UNREAD),
    ],
)
def test_letter(response: str, letter: str | None) -> None:
    assert read("letter", ROCKS, "C", response)["parsed"] == letter


def test_guesses_depend_on_the_id_alone() -> None:
    drawn = [read("lmms", ROCKS, "C", "", key=f"q{i}")["guess"] for i in range(400)]
    assert drawn == [read("lmms", ROCKS, "C", "no", key=f"q{i}")["guess"] for i in range(400)]
    assert {letter: 60 < drawn.count(letter) < 140 for letter in "ABCD"} == dict.fromkeys("ABCD", True)
