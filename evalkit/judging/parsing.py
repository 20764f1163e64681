"""Reading a judge's reply: generic parsers, and those of official programs with their quirks.

A generic parser accepts a verdict of the declared types and ranges and nothing else. An official one reproduces
what a benchmark's program makes of the same reply, also where that is a guess; what it accepts beyond the declared
output is marked, so that the strict value can count it as a failure.
"""

from __future__ import annotations

import ast
import collections
import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core import thinking
from evalkit.judging.loose_json import LooseJSONError, read_object
from evalkit.judging.outputs import Output, Value

Outputs = Sequence[Output]
Raw = Mapping[str, Any]


VERSION = 2  # raised when the same reply is read in another way
REPAIRED = "\0repaired"  # no key of any output: raw values that were made readable
_BROKEN = 1000
_REPAIRS = 50  # attempts to read a broken object loosely
_LONGEST = 40  # characters between double square brackets
_DENIED = re.compile(r"(?:\b(?:not|never)|n['’]t)(?:\s+\w+)?\s+\Z", re.IGNORECASE)  # before a word: "not correct"
_DIGITS = 4000  # of one number; Python reads no longer ones


class UnreadableError(ValueError):
    """A reply without a readable verdict; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says.

    Args:
        values: output key -> value.
        doubt: why a strict reader would not accept it ("out_of_range", "off_format", "truncated", "blocked"); None for
            a proper verdict.
        flags: what the summary counts, though the verdict is proper ("repaired_reply", "reply_is_the_example").
    """

    values: Mapping[str, Value]
    doubt: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parser:
    """One way of reading replies.

    Args:
        find: reply, outputs and the rubric's pattern to raw values, and a doubt if there is one.
        fits: outputs -> what is wrong with them for this parser, or None.
        official: keeps values outside the declared range (marked), as the official program does.
        rule: what it does, and for an official one where it is from.
    """

    find: Callable[[str, Outputs, str | None], tuple[Raw, str | None]]
    fits: Callable[[Outputs], str | None]
    rule: str
    official: bool = False

    def problem(self, outputs: Outputs) -> str | None:
        """Why these outputs cannot be read this way; None when they can."""
        return self.fits(outputs)

    def read(self, reply: str, outputs: Outputs, pattern: str | None = None) -> Reading:
        """Read a reply, or what is left of it without its thought.

        Raises:
            UnreadableError: no verdict by this rule, or nothing but a thought.
        """
        said = thinking.split(reply)
        if not said.answer.strip() and (said.cut or said.thought):
            raise UnreadableError("the reply is a thought without an answer")
        raw, doubt = self.find(said.answer, outputs, pattern)
        repaired = REPAIRED in raw
        values: dict[str, Value] = {}
        for output in outputs:
            if output.key not in raw:
                raise UnreadableError(f'the reply lacks "{output.key}"')
            try:
                value = output.read(raw[output.key])
            except ValueError as error:
                meant = None if self.official else output.meant(raw[output.key])
                if meant is None:
                    raise UnreadableError(str(error)) from None
                value, repaired = meant, True
            if isinstance(value, float) and not math.isfinite(value):
                raise UnreadableError(f'"{output.key}" is {value}, expected {output.expected}')
            if not output.allows(value):
                if not self.official:
                    raise UnreadableError(f'"{output.key}" is {value}, expected {output.expected}')
                doubt = doubt or "out_of_range"
            values[output.key] = value
        return Reading(values, doubt, ("repaired_reply",) if repaired else ())


def objects(reply: str, keys: Collection[str]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every JSON object of a text that has the keys, outermost ones only, in order; gives up after 1000 broken ones.

    Beside it stands whether it had to be repaired, or spells a key with other capitals. One that has a key twice could
    mean either value, and is passed over.
    """
    return ((found, repaired) for found, repaired, _ in _placed(reply, keys))


def _placed(reply: str, keys: Collection[str]) -> Iterator[tuple[dict[str, Any], bool, int]]:
    """As `objects`, with the place behind each."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        given = [key for key, _ in pairs if key in keys]
        if len(given) > len(set(given)):
            raise ValueError("a key comes twice")
        return dict(pairs)

    decoder = json.JSONDecoder(strict=False, object_pairs_hook=once)
    place = broken = 0
    while broken < _BROKEN and (start := reply.find("{", place)) >= 0:
        try:
            found, place = decoder.raw_decode(reply, start)
        except (ValueError, RecursionError):
            place, broken = start + 1, broken + 1
            if broken > _REPAIRS:
                continue
            try:
                loose, end = read_object(reply, start)
            except LooseJSONError:
                continue
            if (named := _named(loose, keys)) is not None:  # else one inside it may have them
                yield named[0], True, end
                place = end
            continue
        if isinstance(found, dict) and (named := _named(found, keys)) is not None:
            yield *named, place


def _named(found: dict[str, Any], keys: Collection[str]) -> tuple[dict[str, Any], bool] | None:
    """An object under the declared keys, and whether it spells them otherwise; None where one is missing, or twice."""
    folded: dict[str, list[Any]] = {}
    for key, value in found.items():
        folded.setdefault(_folded(key), []).append(value)
    values = {key: folded.get(_folded(key), []) for key in keys}
    if any(len(given) != 1 for given in values.values()):
        return None
    if all(key in found for key in keys):
        return found, False
    return {key: given[0] for key, given in values.items()}, True


def _folded(key: str) -> str:
    return re.sub(r"[\s_-]+", "_", key.strip().casefold())


def _json(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    keys = [output.key for output in outputs]
    last = collections.deque(_placed(reply, keys), maxlen=1)
    if not last:
        raise UnreadableError("the reply holds no JSON object with the keys " + ", ".join(sorted(keys)))
    found, repaired, end = last[0]
    _, _, later = reply[end:].partition("{")
    if re.search(rf"\b(?:{'|'.join(map(re.escape, keys))})[\s\"'“”‘’]*[:：]", later, re.IGNORECASE):
        # What stands before it may be a draft, or a verdict that the judged answer holds.
        raise UnreadableError("the reply's last JSON object cannot be read")
    return {**found, REPAIRED: True} if repaired else found, None


_TRIM = " \t\r\n\"'`*.。()（）[]【】“”‘’「」"


def _whole(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    return {outputs[0].key: reply.strip(_TRIM)}, None


def _number(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    return {outputs[0].key: reply.strip(" \t\r\n\"'`*“”‘’")}, None


def _brackets(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    found = [text.strip() for text in re.findall(r"\[\[([^\[\]]*)\]\]", reply)]
    found = [text for text in found if 0 < len(text) <= _LONGEST]
    if not found:
        raise UnreadableError("the reply has no verdict in double square brackets, such as [[3]]")
    return {outputs[0].key: found[-1]}, None


def _last_line(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    last = next((line for line in reversed(reply.splitlines()) if line.strip()), "")
    places = {choice: found.start() for choice in outputs[0].choices if (found := _word(choice).search(last))}
    if not places and (meant := outputs[0].meant(last)) is not None:
        return {outputs[0].key: meant, REPAIRED: True}, None
    if len(places) != 1 or any(_DENIED.search(last[:place]) for place in places.values()):
        raise UnreadableError("the last line should hold exactly one of " + ", ".join(outputs[0].choices))
    return {outputs[0].key: next(iter(places))}, None


def _word(choice: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(choice)}(?![^\W_])", re.IGNORECASE)


def _numbers(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    for line in reply.splitlines():
        found = re.findall(r"-?\d+(?:\.\d+)?", line)
        shares = re.findall(r"(?<![\d./])-?\d+(?:\.\d+)?\s*/\s*\d+(?:\.\d+)?(?![\d/]|\.\d)", line)
        if shares and 2 * len(shares) == len(found):  # "4/5" is one number of two outputs, not both
            found = shares
        if len(found) == len(outputs):
            return dict(zip((output.key for output in outputs), found, strict=True)), None
    raise UnreadableError(f"no line of the reply holds {len(outputs)} numbers")


def _pattern(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    found = collections.deque(re.finditer(pattern or "", reply), maxlen=1)
    if not found:
        raise UnreadableError("the reply lacks the closing phrase that was asked for")
    return {output.key: found[0][output.key] for output in outputs}, None


def _voicebench_open(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    try:
        return {outputs[0].key: float(reply)}, None
    except ValueError:
        found = re.search(r"\[\[(\d+)\]\]", reply)
        if found is None:
            raise UnreadableError("the reply is no number and holds none in double square brackets") from None
        return {outputs[0].key: _integer(found[1])}, None


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise UnreadableError(f"the reply's number has {len(digits)} digits")
    return int(digits)


def _voicebench_qa(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    return _yes_else_no(reply.lower() == "yes", reply, outputs)


def _uro_qa(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    return _yes_else_no(reply == "Yes", reply, outputs)


def _yes_else_no(yes: bool, reply: str, outputs: Outputs) -> tuple[Raw, str | None]:
    plain = reply.strip().casefold() == "no" or yes
    return {outputs[0].key: "yes" if yes else "no"}, None if plain else "off_format"


def _uro_score(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    try:
        return {outputs[0].key: int(reply)}, None
    except ValueError:
        raise UnreadableError("the reply is no integer") from None


def _kimi_last_digit(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    found = re.findall(r"\[([0-5])\]", reply)
    if not found:
        raise UnreadableError("the reply has no digit from 0 to 5 in square brackets")
    return {outputs[0].key: int(found[-1])}, None


def _kimi_brackets(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    found = re.search(r"\[\[(\d+)\]\]", reply)
    if found is None:
        raise UnreadableError("the reply has no number in double square brackets")
    return {outputs[0].key: _integer(found[1])}, None


def _kimi_json(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    piece = reply[reply.find("{") : reply.find("}") + 1]
    try:
        raw = ast.literal_eval(piece)  # the official program evaluates it as Python
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        raise UnreadableError("the reply's first braces hold no JSON object")
    found: dict[str, Any] = {output.key: "" for output in outputs if output.kind == "text"}
    found.update((key, value) for key, value in raw.items() if isinstance(key, str))
    doubt = None
    for output in outputs:
        said = found.get(output.key)
        if output.points and isinstance(said, str) and said.lower() not in {word.lower() for word in output.choices}:
            found[output.key] = min(output.points, key=output.points.__getitem__)
            doubt = "off_format"
    return found, doubt


def _kimi_yes_no(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    last = reply.strip().split("\n")[-1].lower()
    word = "yes" if "yes" in last else "no" if "no" in last else None
    if word is None:
        raise UnreadableError("the last line should say yes or no")
    plain = {found for found in ("yes", "no") if _word(found).search(last)}
    return {outputs[0].key: word}, None if plain == {word} else "off_format"


def _vstyle(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    found = list(_in_brackets(reply))
    for text in [*reversed(found), reply.strip()]:
        try:
            return {outputs[0].key: float(text)}, None
        except ValueError:
            continue
    raise UnreadableError("the reply has no number in double square brackets")


def _in_brackets(reply: str) -> Iterator[str]:
    """What `re.findall(r"\\[\\[(.*?)\\]\\]", reply, re.DOTALL)` finds, in linear time."""
    place = 0
    while (start := reply.find("[[", place)) >= 0 and (end := reply.find("]]", start + 2)) >= 0:
        yield reply[start + 2 : end]
        place = end + 2


def _air_bench(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    words = reply.strip().replace("\n", "").split(" ")
    try:
        first, second = (int(word) for word in words)
    except ValueError:
        raise UnreadableError("the reply is not two integers with one space between them") from None
    if max(first, second) > 10:  # the official program means to end here, and catches its own exit
        raise UnreadableError(f"{max(first, second)} is above 10")
    return {outputs[0].key: first, outputs[1].key: second}, None


def _any(outputs: Outputs) -> str | None:
    return None


def _one(outputs: Outputs) -> str | None:
    return None if len(outputs) == 1 else "reads one output, and the rubric declares more"


def _one_number(outputs: Outputs) -> str | None:
    if len(outputs) == 1 and outputs[0].kind in ("integer", "number"):
        return None
    return "reads one output that is a number"


def _two_integers(outputs: Outputs) -> str | None:
    return None if [output.kind for output in outputs] == ["integer"] * 2 else "reads two integers"


def _all_numbers(outputs: Outputs) -> str | None:
    return None if all(output.kind in ("integer", "number") for output in outputs) else "reads numbers only"


def _one_choice(outputs: Outputs) -> str | None:
    return None if len(outputs) == 1 and outputs[0].kind == "choice" else "reads one output that is a choice"


def _yes_no(outputs: Outputs) -> str | None:
    if len(outputs) == 1 and {choice.lower() for choice in outputs[0].choices} == {"yes", "no"}:
        return None
    return "reads one output with the choices yes and no"


PARSERS: dict[str, Parser] = {
    "json": Parser(_json, _any, "the last JSON object of the reply that has all declared keys"),
    "number": Parser(_number, _one_number, "the whole reply is a number"),
    "choice": Parser(_whole, _one_choice, "the whole reply is a choice, marks around it ignored"),
    "brackets": Parser(_brackets, _one, "the last [[verdict]]"),
    "last_line": Parser(_last_line, _one_choice, "the only choice named in the last line"),
    "numbers": Parser(_numbers, _all_numbers, "the first line with as many numbers as outputs"),
    "pattern": Parser(_pattern, _any, "the last match of the rubric's pattern"),
    "voicebench_open": Parser(_voicebench_open, _one_number, "VoiceBench open: float, else first [[int]]", True),
    "voicebench_qa": Parser(_voicebench_qa, _yes_no, "VoiceBench qa: 'yes' in any case, all else no", True),
    "uro_score": Parser(_uro_score, _one_number, "URO-Bench mark_gpt.py: int(reply)", True),
    "uro_qa": Parser(_uro_qa, _yes_no, "URO-Bench mark_gpt.py: exactly 'Yes', all else no", True),
    "kimi_last_digit": Parser(_kimi_last_digit, _one_number, "Kimi-Audio-Evalkit ds_refqa.py: last [0-5]", True),
    "kimi_brackets": Parser(_kimi_brackets, _one_number, "Kimi-Audio-Evalkit ds_refqa.py: first [[n]]", True),
    "kimi_json": Parser(_kimi_json, _any, "Kimi-Audio-Evalkit ds_refqa.py: first {...}, as Python", True),
    "kimi_yes_no": Parser(
        _kimi_yes_no, _yes_no, "Kimi-Audio-Evalkit base.py: 'yes', else 'no', in the last line", True
    ),
    "air_bench": Parser(
        _air_bench, _two_integers, "AIR-Bench cal_score.py: two integers up to 10, one space between", True
    ),
    "vstyle": Parser(_vstyle, _one_number, "VStyle: last [[number]], else the whole reply", True),
}
