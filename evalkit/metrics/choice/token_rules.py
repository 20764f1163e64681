"""The token rule of MMAU and MMAR: whole words of the reply against whole words of the options."""

from __future__ import annotations

import functools
import re

from evalkit.metrics.choice.outcome import Lost
from evalkit.metrics.choice.question import LETTERS, Question

_WORD = re.compile(r"\b\w+\b")


@functools.lru_cache(maxsize=1 << 14)
def words(text: str) -> frozenset[str]:
    """The distinct words of a text, lower case."""
    return frozenset(_WORD.findall(text.lower()))


def matches(answer: str, response: str, options: tuple[str, ...]) -> bool:
    """True when the reply gives `answer` by the official rule of MMAU (Sakshi113/MMAU, evaluation.py).

    The reply must hold every word of the answer, and no word that only options with other words have. A bare letter is
    therefore wrong, and so is a right text behind a letter marker or a lead-in sentence whose words occur in another
    option ("A. C major" beside "A minor"; `the` and `is` in 63 of the 1,000 items of test-mini v05.15.25). Where two
    options have the same words, either counts.
    """
    return _holds(frozenset(_WORD.findall(response.lower())), *_wanted(answer, options))


@functools.lru_cache(maxsize=1 << 14)
def _wanted(answer: str, options: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Words a reply needs, and words it must not have."""
    right = words(answer)
    return right, frozenset().union(*(words(option) - right for option in options if words(option) != right))


def _holds(given: frozenset[str], needed: frozenset[str], forbidden: frozenset[str]) -> bool:
    return bool(given) and needed <= given and given.isdisjoint(forbidden)


def mmau(question: Question, response: str) -> str | Lost:
    """The right letter where the reply matches; otherwise the letter of an option that it would match, if any."""
    given = frozenset(_WORD.findall(response.lower()))
    options = question.options
    if _holds(given, *_wanted(options[question.gold], options)):
        return question.letter
    for letter, option in zip(LETTERS, options, strict=False):
        if option != options[question.gold] and _holds(given, *_wanted(option, options)):
            return letter
    return Lost.WRONG


_LEAD_IN = re.compile(
    r"""\W* (?: (?: so | thus | hence | therefore | okay | ok | sure ) \b [,:]? \s* )?
    (?: based \s on \s [^.:\n]{1,80}? , \s* )?
    (?: the | my ) \s (?: most \s )?
    (?: (?: correct | right | best | final | appropriate | likely | accurate ) \s )*
    (?: answer | option | choice ) \b (?: \s to \s (?: the | this ) \s question )?
    \s* (?: (?: is | would \s be | should \s be ) \b \s* :? | : ) \s*
    | \W* (?: final \s | correct \s )? answer \s* : \s*
    | \W* (?: 正确 )? (?: 的 )? (?: 答案 | 选项 ) (?: 应该 )? (?: 是 | 为 )? \s* [:：]? \s* """,
    re.IGNORECASE | re.VERBOSE,
)
_MARKER = re.compile(
    r"[\s*_\"']* (?: \( \s* ([A-Z]) \s* \) | ([A-Z]) \s* [.):：、] (?! [\w/] ) ) [\s*_:.]*", re.VERBOSE
)
_MARKS = " \t\r\n.!\"'*_`"
_BARE = re.compile(r"[\W_]*([A-Z])[\W_]*")


def without_lead_in(response: str, options: tuple[str, ...]) -> str:
    """The reply without its lead-in sentence ("The correct answer is:") and its letter marker ("(B)", "B.").

    A letter alone stands for its option's text, as a marker with the text behind it would. Letters that no option has
    are left alone, and so is a reply that is the text of an option.
    """
    text = response[match.end() :] if (match := _LEAD_IN.match(response)) else response
    if text.strip(_MARKS) in options:
        return text
    if (bare := _BARE.fullmatch(text)) and (at := LETTERS.index(bare[1])) < len(options):
        return options[at]
    if (marker := _MARKER.match(text)) and LETTERS.index(marker[1] or marker[2]) < len(options):
        return text[marker.end() :]
    return text


def mmau_without_lead_in(question: Question, response: str) -> str | Lost:
    """MMAU's rule on `without_lead_in`; not official, but what the makers of published values do to replies first."""
    return mmau(question, without_lead_in(response, question.options))
