"""VoiceBench's rule for its spoken BIG-Bench Hard set: yes or no, (a) or (b), by lists of phrases."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evalkit.core.errors import DataError
from evalkit.metrics.choice import voicebench_bbh_phrases as phrases
from evalkit.metrics.choice.outcome import Lost

ANSWERS = {"no": 0, "yes": 1, "(a)": 0, "(b)": 1}
_SETS = {
    "sports_understanding": (phrases.YES_NO + phrases.SPORTS, ("no", "yes")),
    "hyperbaton": (phrases.HYPERBATON, ("(a)", "(b)")),
    "navigate": (phrases.YES_NO + phrases.NAVIGATE, ("no", "yes")),
    "web_of_lies": (phrases.YES_NO + phrases.WEB_OF_LIES, ("no", "yes")),
}
_PAIR = re.compile(r"<([^|>]+)\|([^>]+)>")
_MARKS = str.maketrans(dict.fromkeys(':"-,.：', " "))
_Test = Callable[[str], object]


def subset_of(line: Mapping[str, Any], place: str) -> str:
    """The set a line belongs to: the first of the four whose name its "subset", or else its "id", holds.

    Raises:
        DataError: none of them.
    """
    found = line.get("subset") or line.get("id")
    for name in _SETS:
        if isinstance(found, str) and name in found:
            return name
    raise DataError(place, f'expected one of {", ".join(_SETS)} in "id" (or "subset"), got {found!r}')


def verdict_of(answer: Any, place: str) -> int:
    """0 for no and (a), 1 for yes and (b), in either case.

    Raises:
        DataError: another answer.
    """
    if not isinstance(answer, str) or answer.strip().lower() not in ANSWERS:
        raise DataError(place, f'expected yes, no, (a) or (b) in "answer", got {answer!r}')
    return ANSWERS[answer.strip().lower()]


def named(subset: str, verdict: int) -> str:
    """How a set writes a verdict: "no" and "yes", or "(a)" and "(b)"."""
    return _SETS[subset][1][verdict]


def voicebench_bbh(subset: str, response: str) -> int | Lost:
    """The verdict of the first rule that applies; nothing found is a guess (MatthewCYM/VoiceBench 5338154).

    Quirks are kept: a bare "b" in hyperbaton is read as (a), "nobody knows" as no, "yesterday he scored" as yes, a
    sentence about sports that is found "not plausible" in some phrasings as yes.
    """
    text = _prepared(response)
    for phrases_in_a_row, applies, verdict in _rules(subset):
        for phrase, told in phrases_in_a_row:
            if phrase in text:
                return told
        if applies(text):
            return verdict
    return Lost.GUESSED


def _prepared(response: str) -> str:
    text = response.lower()
    if text.endswith("<|user|>"):
        text = text[:-8].strip()
    if text.startswith(("<1>", "<2>", "<3>")):
        text = text[3:].strip()
    return " ".join(text.replace("<|turn_end|>", "").replace("**", " ").translate(_MARKS).split())


@functools.cache
def _rules(subset: str) -> tuple[tuple[tuple[tuple[str, int], ...], _Test, int], ...]:
    """Each rule that is more than a phrase, with the phrases that come before it."""
    rules: list[tuple[tuple[tuple[str, int], ...], _Test, int]] = []
    waiting: list[tuple[str, int]] = []
    for line in filter(None, _SETS[subset][0].splitlines()):
        for phrase, verdict in _parsed(line.replace("␣", " ")):
            if (test := _test(phrase)) is None:
                waiting.append((phrase, verdict))
            else:
                rules.append((tuple(waiting), test, verdict))
                waiting.clear()
    return tuple(rules)  # the last ones look at how a reply begins or ends, so that no phrase is left over


def _parsed(line: str) -> Iterator[tuple[str, int]]:
    pair = _PAIR.search(line)
    if pair:
        for verdict, word in enumerate(pair.groups()):
            yield line[: pair.start()] + word + line[pair.end() :], verdict
    else:
        phrase, _, verdict_text = line.rpartition(" => ")
        yield phrase, int(verdict_text)


def _test(phrase: str) -> _Test | None:
    """What a line of the lists tests; None where it is a phrase to be found anywhere."""
    kind, wanted = (phrase[0], phrase[2:]) if phrase[:2] in ("= ", "^ ", "$ ") else ("", phrase)
    if kind == "=":
        return wanted.__eq__
    if kind == "^":
        return lambda text: text.startswith(wanted)
    if kind == "$":
        return lambda text: text.endswith(wanted)
    if "(.+?)" in wanted:
        before, after = wanted.split("(.+?)")
        return re.compile(re.escape(before) + ".+?" + re.escape(after)).search
    return None
