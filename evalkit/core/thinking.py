"""Thinking is not an answer: taking a model's written-out thought off its text.

Models that reason write their thought before the answer, between marks of their family. Where a server or a tokenizer
leaves these marks in the text, they are found here. What is told apart:

- a whole thought (`<think>...</think>4`), several of them, one inside another;
- a lone closing mark (`...</think>4`): the prompt had opened the thought already;
- a thought that never ends (`<think>...`): the bound was spent on it, and there is no answer.

Marks, by family: `<think>` with or without a prefix or suffix (DeepSeek-R1, Qwen3, QwQ, GLM-4.5, Hunyuan, MiniMax,
`<seed:think>` of Seed-OSS, `<longcat_think>`, `<think_fast>` of K2), `<thinking>`, `<thought>` (EXAONE Deep, Marco-o1),
`<reasoning>`, `◁think▷` (Kimi-VL), `[THINK]` (Magistral), `<|begin_of_thought|>` (Sky-T1, OpenThinker),
`<|START_THINKING|>` (Command A), `<|inner_prefix|>` (Apertus), `<|channel>thought` (Gemma 4), `<unused94>thought`
(MedGemma), `[unused16]` (Pangu), the channels of gpt-oss with their marks or, where a decoder dropped these, without
("analysis...assistantfinal..."), and the phrases of Granite 3.2 and HuatuoGPT-o1. A mark in quotation marks or
backticks is spoken about, and is no mark; nor does one open a thought in a block of code that the answer shows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

_NAMES = r"(?:\w{1,20}[:_])?think(?:ing)?(?:[:_]\w{1,20})?|thoughts?|reasoning|reflection|scratchpad|antthinking"
_WEAK = frozenset({"reasoning", "reflection", "scratchpad", "thought", "thoughts"})  # also words of other formats

# family -> (opening, closing)
_PAIRS = {
    "kimi": (r"◁think▷", r"◁/think▷"),
    "mistral": (r"\[THINK\]", r"\[/THINK\]"),
    "open_thought": (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    "cohere": (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    "apertus": (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    "gemma": (r"<\|channel>(?:thought\b)?", r"<channel\|>"),
    "medgemma": (r"<unused94>(?:thought\b)?", r"<unused95>"),
    "pangu": (r"\[unused16\]", r"\[unused17\]"),
    "piped": (r"<\|think(?:ing)?\|>", r"<\|/think(?:ing)?\|>"),
}
_MARK = re.compile(
    "|".join(
        [
            rf"(?i:<(?P<close>/)?(?P<name>{_NAMES})(?:\s[^<>]{{0,80}})?>)",
            *(f"(?P<{name}>(?P<{name}_open>{opens})|{closes})" for name, (opens, closes) in _PAIRS.items()),
        ]
    )
)
_FIRST = re.compile(r"[<\[◁]")  # every mark begins with one of these: to look there alone is much faster
_WORDS = ("analysis", "Here", "##")  # with which thoughts begin that have no mark
_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})(?P<rest>[^\n]*)$", re.MULTILINE)
_QUOTES = {"`": "`", '"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "«": "»"}
# What wraps the answer after a thought.
_WRAPPED = re.compile(
    r"\s*(?:<(?P<tag>answer|response|output|final_answer)>(?P<tagged>.*?)(?:</(?P=tag)>|\Z)"
    r"|<\|begin_of_solution\|>(?P<solution>.*?)(?:<\|end_of_solution\|>|\Z)"
    r"|<\|START_(?P<kind>RESPONSE|TEXT)\|>(?P<response>.*?)(?:<\|END_(?P=kind)\|>|\Z))\s*",
    re.DOTALL | re.IGNORECASE,
)
_CHANNEL = re.compile(r"(?:<\|start\|>assistant)?<\|channel\|>\s*(?P<name>\w+)[^<]{0,80}<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call)\|>")
_BARE_CHANNEL = re.compile(r"\s*analysis")
_BARE_FINAL = re.compile(r"assistantfinal")
# Phrases at the beginning of a text, and those that end the thought. They are words that answers hold too: only both
# together tell a thought.
_PHRASES = (
    (re.compile(r"\s*Here(?: is|'s|’s) my thought process:"), re.compile(r"Here(?: is|'s|’s) my response:")),
    (re.compile(r"\s*## Thinking\s*\n"), re.compile(r"^## Final Response[ \t]*$", re.MULTILINE)),
)


class Split(NamedTuple):
    """A text taken apart.

    Attributes:
        thought: what was thought, without its marks; None where nothing was.
        answer: the rest, which is all of the text where there is no mark.
        cut: the text ends inside a thought.
    """

    thought: str | None
    answer: str
    cut: bool


class _Mark(NamedTuple):
    family: str
    opens: bool
    weak: bool
    start: int
    end: int


def split(text: str) -> Split:
    """Take the thought off a text; splitting the answer again changes nothing."""
    if _FIRST.search(text) is None and not text.lstrip().startswith(_WORDS):
        return Split(None, text, False)  # nearly every answer
    thoughts: list[str] = []
    cut = False
    while True:
        found = _channels(text) or _begun_in_words(text) or _marked(text)
        if found is None:
            return Split("\n\n".join(thoughts) or None, text, cut)
        if found.thought:
            thoughts.append(found.thought)
        text, cut = found.answer, cut or found.cut


def joined(thought: str | None, answer: str) -> str:
    """One text of both, which `split` takes apart again."""
    return answer if thought is None else f"<think>\n{thought}\n</think>\n\n{answer}"


def opened(prompt: str) -> str | None:
    """The mark with which a prompt opens the model's thought; None where it ends with none."""
    tail = prompt[-200:].rstrip()
    marks = list(_marks(tail))
    return tail[marks[-1].start :] if marks and marks[-1].opens and marks[-1].end == len(tail) else None


def is_mark(token: str) -> bool:
    """True for a token that marks the beginning or end of a thought, or a channel of gpt-oss."""
    found = _MARK.fullmatch(token)
    return found is not None or token in ("<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|return|>")


def _marks(text: str) -> Iterator[_Mark]:
    done = 0
    for first in _FIRST.finditer(text):
        found = _MARK.match(text, first.start()) if first.start() >= done else None
        if found is None:
            continue
        done = found.end()
        before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
        if before and _QUOTES.get(before) == after:
            continue
        if found["name"]:
            name = found["name"].lower()
            yield _Mark(name, found["close"] is None, name in _WEAK, *found.span())
        else:
            family = next(name for name in _PAIRS if found[name] is not None)
            yield _Mark(family, found[f"{family}_open"] is not None, False, *found.span())


def _marked(text: str) -> Split | None:
    """A text with marks in pairs, or with a lone one; None where it has none."""
    marks = list(_marks(text))
    thoughts: list[str] = []
    kept: list[str] = []  # pieces of the answer
    closings, blocks = _closings(marks), _blocks(text) if marks else []
    said = False  # something stands in them
    place, number, taken, cut = 0, 0, False, False
    while number < len(marks):
        mark = marks[number]
        before = text[place : mark.start]
        if not mark.opens:  # whatever stands before a lone closing mark was thought
            thoughts.append("".join([*kept, before]))
            kept, said, place, taken = [], False, mark.end, True
            number += 1
            continue
        block = bisect_right(blocks, (mark.start, 0)) - 1
        if block >= 0 and place <= blocks[block][0] and mark.start < blocks[block][1]:
            while number < len(marks) and marks[number].start < blocks[block][1]:
                number += 1
            continue
        end = closings.get(number)
        blank = not said and not before.strip()
        line_begins = text.rfind("\n", 0, mark.start) + 1
        leads = blank or (not mark.weak and not text[line_begins : mark.start].strip())
        if not leads and (mark.weak or end is None):
            number = number + 1 if end is None else end + 1  # a word of the answer, with its own end
            continue
        kept.append(before)
        said = said or bool(before.strip())
        taken = True
        if end is None:
            thoughts.append(text[mark.end :])
            place, cut = len(text), True
            break
        thoughts.append(text[mark.end : marks[end].start])
        place, number = marks[end].end, end + 1
    if not taken:
        return None
    rest = text[place:]
    answer = "".join([*kept, rest]).lstrip()
    if not rest.strip():
        answer = answer.rstrip()
    thought = "\n\n".join(piece.strip() for piece in thoughts if piece.strip())
    return Split(thought or None, _unwrapped(answer), cut)


def _closings(marks: list[_Mark]) -> dict[int, int]:
    """Number of the mark that closes each opening one: of its own depth, else the last behind it of its family."""
    found: dict[int, int] = {}
    open_now: dict[str, list[int]] = {}
    last: dict[str, int] = {}
    for number, mark in enumerate(marks):
        waiting = open_now.setdefault(mark.family, [])
        if mark.opens:
            waiting.append(number)
            continue
        last[mark.family] = number
        if waiting:
            found[waiting.pop()] = number
    for family, waiting in open_now.items():
        found.update({number: last[family] for number in waiting if number < last.get(family, -1)})
    return found


def _blocks(text: str) -> list[tuple[int, int]]:
    """Where blocks of code begin and end, in order; one that does not end is none."""
    found: list[tuple[int, int]] = []
    begun: re.Match[str] | None = None
    for line in _FENCE.finditer(text):
        if begun is None:
            begun = line
        elif line["fence"].startswith(begun["fence"]) and not line["rest"].strip():
            found.append((begun.start(), line.end()))
            begun = None
    return found


def _unwrapped(answer: str) -> str:
    """The answer without what wraps all of it."""
    found = _WRAPPED.fullmatch(answer)
    if found is None:
        return answer
    inner = next(found[name] for name in ("tagged", "solution", "response") if found[name] is not None)
    return inner.strip()


def _channels(text: str) -> Split | None:
    """The channels of gpt-oss: only the final one is the answer."""
    if "<|channel|>" not in text:
        return None
    found = list(_CHANNEL.finditer(text))
    if not found:
        return None
    before = text[: found[0].start()].strip()
    thoughts = [before] if before else []
    answers: list[str] = []
    for place, head in enumerate(found):
        stop = found[place + 1].start() if place + 1 < len(found) else len(text)
        body = _CHANNEL_END.sub("", text[head.end() : stop])
        if head["name"].lower() == "final":
            answers.append(body.lstrip())
        else:
            thoughts.append(body.strip())
    thought = "\n\n".join(piece for piece in thoughts if piece)
    return Split(thought or None, "".join(answers), not answers)


def _begun_in_words(text: str) -> Split | None:
    """A thought that begins with words in place of a mark."""
    if not text.lstrip().startswith(_WORDS):
        return None
    return _bare_channels(text) or _phrases(text)


def _bare_channels(text: str) -> Split | None:
    """The same where the decoder left out the marks: "analysis...assistantfinal..."."""
    head = _BARE_CHANNEL.match(text)
    if head is None:
        return None
    ends = list(_BARE_FINAL.finditer(text, head.end()))
    if ends:
        return Split(text[head.end() : ends[-1].start()].strip() or None, text[ends[-1].end() :].lstrip(), False)
    if text[head.end() : head.end() + 1].isupper():  # "analysisWe": no word begins so
        return Split(text[head.end() :].strip(), "", True)
    return None


def _phrases(text: str) -> Split | None:
    for begins, ends in _PHRASES:
        head = begins.match(text)
        end = ends.search(text, head.end()) if head is not None else None
        if head is not None and end is not None:
            return Split(text[head.end() : end.start()].strip() or None, text[end.end() :].lstrip(), False)
    return None
