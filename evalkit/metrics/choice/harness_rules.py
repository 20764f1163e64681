"""How two vision harnesses read choices without a judge: VLMEvalKit's exact matching, and lmms-eval's MMMU parser."""

from __future__ import annotations

import re

from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import LETTERS, Question

_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_NO_ANSWER = "Failed to obtain answer via API"
_SPACED = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_VERBOSE = re.compile(r"answer\s+is\s+\**([ABCD])\**", re.IGNORECASE)
_LAST = 5  # the letter must be among this many last words, less one


def vlmevalkit(question: Question, response: str) -> str | Lost:
    """`can_infer` of open-compass/VLMEvalKit e8e78f0 under `exact_matching`; what it cannot read counts as wrong.

    1. Some refusals are wrong whatever else they say.
    2. The only option letter among the words (marks taken out), when it is one of the last four words.
    3. "answer is X", X from A to D in either case.
    4. In a reply of at most twice the length of all options, the only option whose text occurs.
    """
    letters = LETTERS[: len(question.options)]
    if _NO_ANSWER not in response:
        if any(refusal in response for refusal in _REFUSALS):
            return Lost.WRONG
        words = response.translate(_SPACED).split()
        named = [letter for letter in letters if letter in words]
        if len(named) == 1 and words.index(named[0]) > len(words) - _LAST:
            return named[0]
        if not named and "Z" in words:
            return Lost.WRONG
        if (found := _VERBOSE.search(response)) and found[1].upper() in letters:
            return found[1].upper()
    text = response.lower()
    if len(text) > 2 * sum(map(len, question.options)):
        return Lost.WRONG
    told = [letter for letter, option in zip(letters, question.options, strict=True) if option.lower() in text]
    return told[0] if len(told) == 1 else Lost.WRONG


def lmms(question: Question, response: str) -> str | Lost:
    """The parser of MMMU, as EvolvingLMMs-Lab/lmms-eval 75571cf shares it (`_task_utils/mmmu_mcq_utils.py`).

    Letters in brackets, else letters before a space (also the last one of a word: "DNA is" reads A), else before a full
    stop, else, in a reply of more than five words, options whose text occurs. Of several, the last one; letters that
    do not stand between spaces come before all others, in order. Nothing found is a guess.
    """
    for mark in ",.!?;:'":
        response = response.strip(mark)
    response = f" {response} "
    letters = LETTERS[: len(question.options)]
    for before, after, last in (("(", ")", "({})"), ("", " ", " {} "), ("", ".", " {} ")):
        found = [letter for letter in letters if f"{before}{letter}{after}" in response]
        if found:
            return max(found, key=lambda letter: response.rfind(last.format(letter)))
    if len(response.split()) > 5:
        text = response.lower()
        options = [option.lower() for option in question.options]
        told = [at for at, option in enumerate(options) if option in text]
        if told:
            return letters[max(told, key=lambda at: text.rfind(options[at]))]
    return Lost.GUESSED
