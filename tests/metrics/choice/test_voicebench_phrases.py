"""VoiceBench's list of turns of phrase: every one is read, and none is changed unseen."""

from __future__ import annotations

import hashlib

import pytest

from evalkit.metrics.choice import voicebench_bbh_phrases, voicebench_mcq
from evalkit.metrics.choice.scorer import Choice


def parsed(response: str) -> str | None:
    line = {"id": "law_7", "reference": "C", "response": response}
    found: str | None = next(Choice("voicebench_mcq").assess_all([line], ["here"])).outputs["parsed"]
    return found


def test_the_list_is_that_of_the_program() -> None:
    """Taken from evaluator/mcq.py of commit 5338154, in its order; the order is the rule."""
    phrases = voicebench_mcq._PHRASES
    assert len(phrases) == len(set(phrases)) == 158
    digest = hashlib.blake2b("\n\0".join(phrases).encode(), digest_size=16).hexdigest()
    assert digest == "b147727cd525e7cc29d21768809eefb6"


@pytest.mark.parametrize("phrase", voicebench_mcq._PHRASES)
def test_each_phrase_is_read_with_each_letter(phrase: str) -> None:
    for letter in "ABCD":
        assert parsed(phrase.replace("@", letter)) == letter
        assert parsed(phrase.replace("@", letter).upper()) == letter
    assert parsed(phrase.replace("@", "E")) is None


@pytest.mark.parametrize("mark", ["<1>", "<2>", "<3>"])
def test_marks_of_speakers_are_taken_off(mark: str) -> None:
    for reply in ("b", " b.", " b, because", "b: it", "b) it"):
        assert parsed(mark + reply) == "B"
    assert parsed("<4>b") is None
    assert parsed("because") is None
    assert parsed("bb") is None


@pytest.mark.parametrize("letter", "ABCD")
@pytest.mark.parametrize("end", ["", ".", ",", ":", ")"])
def test_a_reply_that_begins_with_a_letter(letter: str, end: str) -> None:
    assert parsed(f"{letter}{end}") == letter
    assert parsed(f"e{end}") is None


def test_an_earlier_phrase_wins_wherever_it_stands() -> None:
    assert parsed("it is: b. But the answer is c") == "C"
    assert parsed("the answer is c or the answer is a") == "A"


def test_the_phrases_of_the_other_rule() -> None:
    lists = ("HYPERBATON", "NAVIGATE", "SPORTS", "WEB_OF_LIES", "YES_NO")
    assert all(getattr(voicebench_bbh_phrases, name) for name in lists)


@pytest.mark.parametrize(
    ("key", "reference", "right", "wrong"),
    [
        ("hyperbaton", "(A)", "The correct answer is (A).", "The correct answer is (B)."),
        ("hyperbaton", "(B)", "The correct answer is (B).", "The correct answer is (A)."),
        ("navigate", "Yes", "yes", "no"),
        ("navigate", "No", "no", "yes"),
        ("sports_understanding", "yes", "yes", "no"),
        ("web_of_lies", "no", "no", "yes"),
        ("web_of_lies", "Yes", "yes", "no"),
    ],
)
def test_references_of_the_four_sets(key: str, reference: str, right: str, wrong: str) -> None:
    metric = Choice("voicebench_bbh")
    for response, correct in ((right, True), (wrong, False), (f"<1> {right}<|turn_end|><|user|>", True)):
        line = {"id": f"{key}_7", "reference": reference, "response": response}
        metric.check(line, "here")
        assert metric.assess(line, "here").outputs["correct"] is correct


@pytest.mark.parametrize(
    ("before", "after", "read"), [(0, 0, True), (5, 3, True), (5, 4, False), (0, 3, True), (0, 4, False)]
)
def test_a_letter_among_the_last_four_words_of_vlmevalkit(before: int, after: int, read: bool) -> None:
    reply = " ".join(["word"] * before + ["B"] + ["word"] * after)
    line = {"choices": ["a long option indeed", "another long option", "third"], "answer": 1, "response": reply}
    assert (Choice("vlmevalkit").assess(line, "here").outputs["parsed"] == "B") is read
