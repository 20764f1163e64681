"""Reading a judge's reply: generic parsers, and those of official programs with their quirks.

A generic parser accepts a verdict of the declared types and ranges and nothing else. An official one reproduces
what a benchmark's program makes of the same reply, also where that is a guess; what it accepts beyond the declared
output is marked, so that the strict value can count it as a failure.
"""

from __future__ import annotations

import collections
import json
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.core import thinking
from evalkit.judging import official
from evalkit.judging.loose_json import LooseJSONError, read_object
from evalkit.judging.outputs import REPAIRED, Outputs, Raw, UnreadableError, Value, whole_word

VERSION = 3  # raised when the same reply is read in another way
_BROKEN = 1000
_REPAIRS = 50  # attempts to read a broken object loosely
_LONGEST = 40  # characters between double square brackets
_DENIED = re.compile(r"(?:\b(?:not|never)|n['’]t)(?:\s+\w+)?\s+\Z", re.IGNORECASE)  # before a word: "not correct"


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
    places = {choice: found.start() for choice in outputs[0].choices if (found := whole_word(choice).search(last))}
    if not places and (meant := outputs[0].meant(last)) is not None:
        return {outputs[0].key: meant, REPAIRED: True}, None
    if len(places) != 1 or any(_DENIED.search(last[:place]) for place in places.values()):
        raise UnreadableError("the last line should hold exactly one of " + ", ".join(outputs[0].choices))
    return {outputs[0].key: next(iter(places))}, None


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


def _one(outputs: Outputs) -> str | None:
    return None if len(outputs) == 1 else "reads one output, and the rubric declares more"


def _all_numbers(outputs: Outputs) -> str | None:
    return None if all(output.kind in ("integer", "number") for output in outputs) else "reads numbers only"


def _one_choice(outputs: Outputs) -> str | None:
    return None if len(outputs) == 1 and outputs[0].kind == "choice" else "reads one output that is a choice"


PARSERS: dict[str, Parser] = {
    "json": Parser(_json, official.any_outputs, "the last JSON object of the reply that has all declared keys"),
    "number": Parser(_number, official.one_number, "the whole reply is a number"),
    "choice": Parser(_whole, _one_choice, "the whole reply is a choice, marks around it ignored"),
    "brackets": Parser(_brackets, _one, "the last [[verdict]]"),
    "last_line": Parser(_last_line, _one_choice, "the only choice named in the last line"),
    "numbers": Parser(_numbers, _all_numbers, "the first line with as many numbers as outputs"),
    "pattern": Parser(_pattern, official.any_outputs, "the last match of the rubric's pattern"),
    **{name: Parser(find, fits, rule, True) for name, (find, fits, rule) in official.RULES.items()},
}
