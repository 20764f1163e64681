"""Rules that look for the letter of an option: MMSU, AIR-Bench, MuChoMusic, MMLU-Pro, and letters alone."""

from __future__ import annotations

import re

from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import LETTERS, Question

_FOUR = "ABCD"


def first_or_second_last(response: str) -> str | None:
    """First character, else the last but one, when it is A to D; line breaks are taken out first.

    So "Answer: C" reads A, as "Actually" does; "Because" and "Based on" read B, "Correct" reads C; lower case letters
    are never read.
    """
    text = response.strip().replace("\n", "")
    if text[:1] in _FOUR and text:
        return text[0]
    return text[-2] if len(text) > 1 and text[-2] in _FOUR else None


def mmsu(question: Question, response: str) -> str | Lost:
    """MMSU (dingdongwang/MMSU 217d1d3, mmsu_evaluation.py).

    A reply that is empty or "None" counts as wrong; until f0ef334 it took the letter of the row before. What is not
    read is dropped.
    """
    if is_empty(response):
        return Lost.WRONG
    return first_or_second_last(response) or Lost.DROPPED


def is_empty(response: str) -> bool:
    """What MMSU and AIR-Bench take for no reply: nothing, or "None"."""
    return response.strip().replace("\n", "") in ("", "None")


def air_bench(question: Question, response: str) -> str | Lost:
    """AIR-Bench Foundation (OFA-Sys/AIR-Bench 9832476, score_foundation.py): what is not read is dropped."""
    if is_empty(response):
        return Lost.DROPPED
    return first_or_second_last(response) or Lost.DROPPED


def muchomusic(question: Question, response: str) -> str | Lost:
    """MuChoMusic (mulab-mir/muchomusic d3c9a42, scoring.py).

    Behind the last "The correct answer is:", exactly one of the capital letters A to D anywhere, also within a word;
    else the first option whose text occurs. "According to the audio, reggae" therefore reads A.
    """
    text = response.rsplit("The correct answer is:", 1)[-1].strip()
    letters = [letter for letter in _FOUR if letter in text]
    if len(letters) == 1:
        return letters[0]
    text = text.lower()
    for letter, option in zip(LETTERS, question.options, strict=False):
        if option.lower().strip() in text:
            return letter
    return Lost.WRONG


_ANSWER_IS = re.compile(r"answer is \(?([A-J])\)?")
_ANSWER_COLON = re.compile(r"[aA]nswer:\s*(?=([A-J]))")
_ALONE = re.compile(r"\b[A-J]\b")


def mmlu_pro(question: Question, response: str) -> str | Lost:
    """MMLU-Pro (TIGER-AI-Lab/MMLU-Pro, evaluate_from_local.py since 9dac3c3).

    "answer is (X" at its first place, else "answer: X" at the last place of the first line that has it, else the last
    letter A to J that stands alone ("I" and "A" among them); else an option at random.
    """
    if found := _ANSWER_IS.search(response):
        return found[1]
    told = list(_ANSWER_COLON.finditer(response))
    if told:
        end = response.find("\n", told[0].start())
        return [match[1] for match in told if end < 0 or match.start() < end][-1]
    alone = _ALONE.findall(response)
    return alone[-1] if alone else Lost.GUESSED


_LETTER = re.compile(
    r"""[\s*_`"'“”‘’(（\[【]* ([A-Za-zＡ-Ｚａ-ｚ])
    (?: [\s*_`"'“”‘’)）\]】.．。:：,，、!！]* \Z | \s? [*_]* [.．):：）、] )""",
    re.VERBOSE,
)


def letter_alone(question: Question, response: str) -> str | Lost:
    """The letter a reply consists of, in brackets, marks or emphasis, or begins with as a marker ("B. Reggae")."""
    found = _LETTER.match(response)
    letter = chr((ord(found[1]) - 0xFEE0) if found[1] > "z" else ord(found[1])).upper() if found else ""
    return letter if letter and LETTERS.index(letter) < len(question.options) else Lost.WRONG
