"""Rules of the audio-visual and music benchmarks, on replies whose reading was followed through their programs."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from evalkit.metrics.choice.scorer import Choice

MUSIC = ("Pop music", "Reggae", "Latin rock", "Ska")
SOLDIER = ("Nobody is there now.", "He sings.", "A soldier is forced to do something.", "It rains.")
SIX = ("the uncle", "the maid", "a ghost", "nobody", "the cat", "the butler")
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


def parsed(profile: str, choices: Sequence[str], answer: str, response: str) -> tuple[str | None, bool]:
    metric = Choice(profile)
    line = {"choices": list(choices), "answer": answer, "response": response}
    metric.check(line, "here")
    found = metric.assess(line, "here")
    assert found.status == ("unparsed" if found.outputs["parsed"] is None else "scored")
    return found.outputs["parsed"], bool(found.outputs["correct"])


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("B", "B"), ("(B)", "B"), ("B.", "B"), ("The answer is (C), not (A).", "A"),  # the last one named
        ("DNA is what it is", "A"),  # a letter before a space, also the last one of a word
        ("C) dog", None), ("b", None), ("", None), ("None", None),
        ("A B", "B"),  # neither stands between spaces but both before one; the last
        ("I would say it is latin rock then", "C"), ("latin rock", None),  # texts in more than five words alone
    ],
)  # fmt: skip
def test_omnibench_reads_as_mmmu_does(response: str, letter: str | None) -> None:
    assert parsed("omnibench", MUSIC, "Reggae", response)[0] == letter
    assert parsed("omnibench+gold", MUSIC, "Reggae", response)[0] == letter


@pytest.mark.parametrize(
    ("response", "official", "true"), [("C", False, True), ("A", True, False), ("D", False, False)]
)
def test_omnibench_also_parses_the_right_answer(response: str, official: bool, true: bool) -> None:
    """ "A soldier ..." stands in third place; the script takes it for A."""
    assert parsed("omnibench", SOLDIER, SOLDIER[2], response)[1] is official
    assert parsed("omnibench+gold", SOLDIER, SOLDIER[2], response)[1] is true


def test_omnibench_takes_the_true_letter_where_its_script_would_stop() -> None:
    assert parsed("omnibench", MUSIC, "Ska", "D") == ("D", True)


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("C", "C"), ("The correct answer is C", "C"), ("Answer: D", "D"), ("The answer is (B).", "B"),
        ("Best option: C", "B"), ("Correct answer: D", "C"), ("Based on the video, C", "B"),
        ("Because he says so, the answer is D", "B"), ("The best option is D", "D"),
        ("Option: B", "B"), ("it is reggae", "B"), ("none of them", None), ("", None),
    ],
)  # fmt: skip
def test_worldsense_reads_as_its_evaluator_does(response: str, letter: str | None) -> None:
    assert parsed("worldsense", MUSIC, "Reggae", response)[0] == letter


@pytest.mark.parametrize(
    ("response", "letter", "api"),
    [
        ("B", "B", "B"), ("b.", "B", None), ("B) two", "B", "B"), ("C: three", "C", "C"),
        ("<think>A or B? A</think> C", "C", None), ("<think>A</think><answer> d </answer>", "D", None),
        ("Final answer: B", "B", None), ("so\nThe answer is C", "C", None), ("答案：D", "D", None),
        ("I am sure that the answer is C", "C", None),  # no phrase at the beginning: the last letter alone
        ("Option B, not A", "A", None), ("It is a dog", "A", None), ("Bravo", None, "B"),
        ("<think>B</think>", "B", None),  # nothing behind and nothing else: the whole reply
        ("42", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_daily_omni_by_both_scripts(response: str, letter: str | None, api: str | None) -> None:
    assert parsed("daily_omni", MUSIC, "Reggae", response)[0] == letter
    assert parsed("daily_omni_api", MUSIC, "Reggae", response)[0] == api


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("<answer>F</answer>", "F"), ("<answer>B: no</answer><answer>\nF: yes\n</answer>", "F"),
        ("<answer>[D]</answer>", "D"), ("<answer>E</answer> and A B C", "E"),
        ("<answer>FA</answer>", "A"),  # no mark behind a letter: the first of A to F that occurs
        ("F but A: is likely", "A"),  # in the order of the alphabet, not of the text
        ("The Answer is the maid", "A"), ("wrong", None), ("<answer></answer>", None), ("WRONG", None),
        ("Wrong", None), ("", None),
    ],
)  # fmt: skip
def test_video_holmes_reads_in_the_order_of_the_alphabet(response: str, letter: str | None) -> None:
    assert parsed("video_holmes", SIX, "the butler", response)[0] == letter


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("[[B]]", "B"), ("[[A]] no, rather [[C]]", "C"), ("[[b]]", None), ("[B]", None),
        ("My guess is d, I think", "D"), ("I choose B. No, I select C.", "C"),
        ("option C or (B)", "B"), ("perhaps (D)", "D"), ("It sounds like ska.", "D"), ("no idea", None), ("", None),
        ("[[E]]", "E"),  # read, and no option
    ],
)  # fmt: skip
def test_rul_muchomusic(response: str, letter: str | None) -> None:
    assert parsed("rul_muchomusic", MUSIC, "Reggae", response) == (letter, letter == "B")


@pytest.mark.parametrize(
    ("response", "name"),
    [
        ("Hip-Hop", "hiphop"), ("hip hop", "hiphop"), ("HIPHOP!", "hiphop"), ("hip\nhop", "hiphop"),
        ("Rock and roll", "rock"), ("rockabilly", None), ("It is not jazz but blues", "jazz"), ("pop-rock", "pop"),
        ("**Classical**", "classical"), ("classic", None), ("R&B", None), ("", None), ("reggae/ska", "reggae"),
    ],
)  # fmt: skip
def test_the_class_that_is_named_first(response: str, name: str | None) -> None:
    letter, right = parsed("first_named", GENRES, "hiphop", response)
    assert letter == (None if name is None else "ABCDEFGHIJ"[GENRES.index(name)])
    assert right is (name == "hiphop")


@pytest.mark.parametrize(
    "profile", ["worldsense", "daily_omni", "video_holmes", "rul_muchomusic", "first_named", "omnibench"]
)
def test_long_replies_do_not_take_long(profile: str) -> None:
    began = time.process_time()
    for response in (
        "word " * 10_000,
        "<answer>" * 5_000,
        "<think>" * 5_000,
        "[[" * 10_000,
        "A" * 50_000,
        "answer is " * 5_000,
    ):
        assert parsed(profile, MUSIC, "Reggae", response)[1] in (True, False)
    assert time.process_time() - began < 5.0, "linear, not quadratic"
