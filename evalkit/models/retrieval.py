"""Answers out of what was said: the sentence of the conversation that fits the question best, or the part asked for.

A baseline without a model: it looks words up, prefers what was said later, and takes the number, time, colour or day
that the question word wants out of the best sentence. It computes nothing and knows nothing but the conversation.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from evalkit.core.message import Message

RULE = 2  # raised with every change that can alter an answer
_RECENCY = 0.15  # what being said last is worth, as a share of a sentence's fit
_LOOKED_AT = 4  # best sentences searched for the kind of thing that is asked for

_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:\.\d[^.!?。！？\n]*)*[.!?。！？]?")
_WORD = re.compile(r"[a-z0-9][a-z0-9'\-:.]*[a-z0-9]|[a-z0-9]")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_STOP_WORDS = """
a an the and or but if then of to in on at by for from with about as into is am are was were be been being do does did
has have had will would can could shall should may might must i you he she it we they me my mine your yours him his her
hers its our ours us them their this that these those there here what which who whom whose when where why how not no yes
so too very just also now again please tell say said remember remind mention mentioned told earlier before let see know
one thing many much
"""
_STOP = frozenset(_STOP_WORDS.split())
_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = "%|(?:dollars?|euros?|pounds?|km|minutes?|hours?)\\b|欧元|美元|元"
_HAN_NUMERAL = "零一二三四五六七八九十两"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_COLOURS = "red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|grey|gray|gold|silver|turquoise|beige"
# kind of answer -> how an English or a Chinese question asks for it, and what it looks like
_KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (  # time
        re.compile(r"\b(?:what time|when|until when|which time|how late)\b|几点|什么时候|时间"),
        re.compile(
            r"\b\d{1,2}:\d{2}\b|\b\d{1,2} ?(?:am|pm|o'clock)\b"
            rf"|[{_HAN_NUMERAL}\d]+点(?:半|[{_HAN_NUMERAL}\d]+分?)?"
        ),
    ),
    (  # day
        re.compile(r"\b(?:which|what|on which) (?:day|weekday)\b|星期几|周几|礼拜几|哪天"),
        re.compile(rf"\b(?:{_DAYS})\b|(?:星期|周|礼拜)[一二三四五六日天]", re.IGNORECASE),
    ),
    (  # colour
        re.compile(r"\bcolou?r\b|颜色"),
        re.compile(rf"\b(?:{_COLOURS})\b|[红橙黄绿蓝紫粉棕黑白灰金银]色", re.IGNORECASE),
    ),
    (  # number
        re.compile(
            r"\bhow (?:many|much|far|old|tall|high)\b|\b(?:price|cost|number|code|total|sum)\b"
            "|多少|几[个只张份位人号站把]"
        ),
        re.compile(rf"{_NUMBER}\s?(?:{_UNIT})?"),
    ),
)


@dataclass(frozen=True, slots=True)
class _Said:
    """One sentence of the history; `place` from 0 (first) to 1 (last)."""

    text: str
    words: frozenset[str]
    place: float


def answer(messages: Sequence[Message]) -> str:
    """Answer the last message out of the ones before it; where nothing was said, repeat it, as a parrot does.

    Args:
        messages: the conversation; parts that are no text are passed over.
    """
    question = messages[-1].text if messages else ""
    said = _history(messages[:-1], question)
    if not said:
        return question.strip()
    asked = question_of(question)
    ranked = _ranked(said, words(asked))
    kind = _kind(asked)
    if kind is not None:
        for sentence in ranked[:_LOOKED_AT]:
            found = _span(sentence.text, kind, asked)
            if found:
                return found
    return ranked[0].text


def question_of(text: str) -> str:
    """The last sentence of a turn that asks something, else the whole turn."""
    asking = [part for part in _sentences(text) if part.endswith(("?", "\N{FULLWIDTH QUESTION MARK}"))]
    return asking[-1] if asking else text


def words(text: str) -> frozenset[str]:
    """What a text is looked up by: content words in a rough base form, and pairs of neighbouring Chinese characters."""
    lowered = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    found = {_base(word) for word in _WORD.findall(lowered) if word.removesuffix("'s") not in _STOP}
    for run in _HAN.findall(text):
        found.update(run[i : i + 2] for i in range(max(1, len(run) - 1)))
    return frozenset(found)


def _base(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and word.isalpha():
            return word[: -len(ending)]
    return word


def _sentences(text: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        if part := match.group().strip():
            yield part


def _history(messages: Iterable[Message], question: str) -> list[_Said]:
    """What was stated; questions of the user are left out, for they hold no answer."""
    stated = [
        part
        for message in messages
        if message.role != "system"
        for part in _sentences(message.text)
        if not part.endswith(("?", "\N{FULLWIDTH QUESTION MARK}"))
    ]
    stated += [part for part in _sentences(question) if part != question_of(question)]
    last = max(1, len(stated) - 1)
    return [_Said(part, words(part), place / last) for place, part in enumerate(stated)]


def _ranked(said: Sequence[_Said], asked: frozenset[str]) -> list[_Said]:
    """Best first; rare words count more, and of equals the one said later wins."""
    spread = Counter(word for sentence in said for word in sentence.words)

    def fit(sentence: _Said) -> tuple[float, float]:
        shared = sum(math.log(1 + len(said) / spread[word]) for word in sentence.words & asked)
        return shared * (1 + _RECENCY * sentence.place) / math.sqrt(3 + len(sentence.words)), sentence.place

    return sorted(said, key=fit, reverse=True)


def _kind(asked: str) -> re.Pattern[str] | None:
    lowered = asked.lower()
    return next((looks for asks, looks in _KINDS if asks.search(lowered)), None)


def _span(sentence: str, looks: re.Pattern[str], asked: str) -> str:
    """The last fitting part that the question does not name itself."""
    found = [match.group().strip() for match in looks.finditer(sentence)]
    return next((part for part in reversed(found) if part and part.lower() not in asked.lower()), "")
