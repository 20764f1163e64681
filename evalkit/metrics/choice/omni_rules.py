"""How the audio-visual benchmarks read choices: OmniBench, WorldSense, Daily-Omni, Video-Holmes; and RUL-MuchoMusic."""

from __future__ import annotations

import functools
import re

from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import LETTERS, Question

_SIX = "ABCDEF"
_WORDS = re.compile(r"[^\W_]+")
_LEADS = (  # two commas are missing in the list of the source, so that four of its entries are two that never occur
    "The best answer is",
    "The correct answer is",
    "The answer is",
    "The answer",
    "The best option isThe correct option is",
    "Best answer:Best option:",
    "Answer:",
    "Option:",
)
_OPEN, _CLOSE = "<answer>", "</answer>"
_TAGGED_LETTER = re.compile(r"<answer>\s*([A-D])\s*</answer>", re.IGNORECASE)
_THOUGHT = re.compile(r"<think>.*?</think>", re.IGNORECASE | re.DOTALL)
_THOUGHT_ENDS = re.compile(r"</think>", re.IGNORECASE)
_PHRASE = re.compile(r"(?:^|[\n\r])\s*(?:final answer|answer|the answer is|答案)\s*[:：]?\s*([A-D])\b", re.IGNORECASE)
_FIRST = re.compile(r"\s*([A-D])(?:[\s.):：]|$)", re.IGNORECASE)
_ALONE = re.compile(r"\b([A-D])\b")
_BRACKETED = re.compile(r"\[\[([A-E])\]\]")
_CHOSEN = re.compile(r"(?:answer is|chose|choose|select|guess is|I choose|I select|I guess) ([A-E])\b", re.IGNORECASE)


def omnibench(question: Question, response: str) -> str | Lost:
    """OmniBench (multimodal-art-projection/OmniBench 335f0ba, calculate_metrics.py): the parser of MMMU, unstripped.

    Letters in brackets, else before a space (also the last one of a word: "DNA is" reads A), else before a full stop,
    else, in a reply of more than five words, options whose text occurs. Of several, the last one.
    """
    padded = f" {response} "
    letters = LETTERS[: len(question.options)]
    for before, after, last in (("(", ")", "({})"), ("", " ", " {} "), ("", ".", " {} ")):
        found = [letter for letter in letters if f"{before}{letter}{after}" in padded]
        if found:
            return max(found, key=lambda letter: padded.rfind(last.format(letter)))
    if len(padded.split()) > 5:
        text = padded.lower()
        options = [option.lower() for option in question.options]
        told = [at for at, option in enumerate(options) if option in text]
        if told:
            return letters[max(told, key=lambda at: text.rfind(options[at]))]
    return Lost.WRONG


def omnibench_gold(question: Question) -> str:
    """What OmniBench's script takes for the right letter: it parses the text of the answer as it parses a reply.

    "A soldier is forced to do something." becomes A wherever it stands. Where nothing is found the script stops; here
    the true letter stands.
    """
    read = omnibench(question, question.options[question.gold])
    return question.letter if isinstance(read, Lost) else read


def worldsense(question: Question, response: str) -> str | Lost:
    """WorldSense by its evaluator (open-compass/VLMEvalKit e8e78f0, utils/worldsense.py) without a judge.

    Lead-ins are taken out wherever they stand, and the first capital A to D anywhere is the answer: "Best option: C"
    reads B, "Based on the video, C" reads B. Without one, VLMEvalKit's exact matching looks for an option.
    """
    text = response.strip()
    for lead in _LEADS:
        text = text.replace(lead, "")
    found = re.search("[ABCD]", text)
    if found is not None:
        return found[0]
    from evalkit.metrics.choice.harness_rules import vlmevalkit

    return vlmevalkit(question, response)


def daily_omni(question: Question, response: str) -> str | Lost:
    """Daily-Omni (Lliar-liar/Daily-Omni d6ffaf1, test_model/Qwen3-Omni/testmodel.py).

    Behind the last </think>, else without what is thought, else in the whole reply: an answer tag, else "answer: X" at
    the beginning of a line, else a leading letter, else the last letter A to D that stands alone, in either case.
    """
    raw = response.strip()
    ends = list(_THOUGHT_ENDS.finditer(raw))
    last = ends[-1].end() if ends else 0
    plain = _THOUGHT.sub(" ", raw[:last]) + raw[last:]  # a thought that has no end is none
    for text in dict.fromkeys((raw[last:].strip(), plain.strip(), raw)):
        if not text:
            continue
        found = _TAGGED_LETTER.search(text) or _PHRASE.search(text) or _FIRST.match(text)
        if found:
            return found[1].upper()
        if alone := _ALONE.findall(text.upper()):
            return str(alone[-1])
    return Lost.WRONG


def daily_omni_api(question: Question, response: str) -> str | Lost:
    """Daily-Omni's script for served models: the reply begins with the letter, as it stands."""
    return response[0] if response[:1] and response[0] in LETTERS[: len(question.options)] else Lost.WRONG


def video_holmes(question: Question, response: str) -> str | Lost:
    """Video-Holmes (TencentARC/Video-Holmes 52ef8da, evaluate.py).

    In the last answer tag, else in the whole reply: the first letter of A to F, in this order, that stands before a
    space or a colon or behind a bracket; else the first that occurs at all. So prose mostly reads A.
    """
    text = _last_tagged(response)
    for letter in _SIX:
        if any(sign in text for sign in (f"{letter} ", f"{letter}:", f"[{letter}")):
            return letter
    return next((letter for letter in _SIX if letter in text), Lost.WRONG)


def _last_tagged(response: str) -> str:
    """What stands in the last of the answer tags, read from the left; the whole reply where there are none."""
    text, place = response, 0
    while (begin := response.find(_OPEN, place)) >= 0 and (end := response.find(_CLOSE, begin)) >= 0:
        text, place = response[begin + len(_OPEN) : end].strip(), end + len(_CLOSE)
    return text


def rul_muchomusic(question: Question, response: str) -> str | Lost:
    """RUL-MuchoMusic (yongyizang/AreYouReallyListening 8b348ec, ExampleAudioEval).

    The last [[X]]; else the last "answer is X", "choose X", "guess is X" and the like; else the first letter that is
    named as "option X" or (X); else the first option whose text occurs.
    """
    if bracketed := _BRACKETED.findall(response):
        return str(bracketed[-1])
    if chosen := _CHOSEN.findall(response):
        return str(chosen[-1]).upper()
    for letter in "ABCDE":
        if any(name in response for name in (f"option {letter}", f"Option {letter}", f"({letter})")):
            return letter
    text = response.lower()
    for letter, option in zip(LETTERS, question.options, strict=False):
        if option and option.lower() in text:
            return letter
    return Lost.WRONG


def first_named(question: Question, response: str) -> str | Lost:
    """The option whose name stands first in the reply, as words; "Hip-Hop", "hip hop" and "hiphop" are one name."""
    pattern, letters = _names(question.options)
    found = pattern.search(" ".join(_WORDS.findall(response.casefold())))
    return Lost.WRONG if found is None or found.lastindex is None else letters[found.lastindex - 1]


@functools.lru_cache(maxsize=1 << 12)
def _names(options: tuple[str, ...]) -> tuple[re.Pattern[str], str]:
    """What finds the first of some names, of two at one place the longer, and the letters of its groups."""
    names = ["".join(_WORDS.findall(option.casefold())) for option in options]
    order = sorted((at for at, name in enumerate(names) if name), key=lambda at: -len(names[at]))
    parts = (" ?".join(map(re.escape, names[at])) for at in order)
    found = "|".join(f"({part})" for part in parts) or "(?!)"
    return re.compile(rf"\b(?:{found})\b"), "".join(LETTERS[at] for at in order)
