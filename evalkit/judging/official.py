"""What the programs of benchmarks make of a judge's reply, quirks included; `parsing` runs these rules as parsers.

Each gives the raw values of a reply, and a doubt where a strict reader would not accept what the program accepts.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from evalkit.judging.outputs import Outputs, Raw, UnreadableError, whole_word

Rule = Callable[[str, Outputs, "str | None"], "tuple[Raw, str | None]"]
Fits = Callable[[Outputs], "str | None"]

_DIGITS = 4000  # of one number; Python reads no longer ones
_BROKEN = 1000  # objects that cannot be decoded, after which a reply is given up
_RATING = re.compile(r"\nMy rating of the reply: (\d+)")  # the closing words that fdb_interruption_relevance asks for


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
    return _yes_else_no(reply.strip().lower() == "yes", reply, outputs)  # its caller strips


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
    value = _integer(found[1])
    if not outputs[0].low <= value <= outputs[0].high:  # the program stops there
        raise UnreadableError(f"{value} is not {outputs[0].expected}")
    return {outputs[0].key: value}, None


def _kimi_json(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    piece = reply[reply.find("{") : reply.find("}") + 1]
    try:
        raw = ast.literal_eval(piece)  # the official program evaluates it as Python
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        raise UnreadableError("the reply's first braces hold no JSON object")
    found = {key: value for key, value in raw.items() if isinstance(key, str)}
    found |= {output.key: str(found.get(output.key, "")) for output in outputs if output.kind == "text"}  # never read
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
    plain = {found for found in ("yes", "no") if whole_word(found).search(last)}
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


def _emova(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    whole = reply[7:].strip() if reply.startswith("```json") else reply
    whole = whole[:-3].strip() if whole.endswith("```") else whole
    score = next(output for output in outputs if output.counts)
    try:
        raw = json.loads(whole)
        given = raw[score.key]
        value = int(given)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise UnreadableError(f'the whole reply should be a JSON object with "{score.key}"') from None
    found = {output.key: str(raw.get(output.key, "")) for output in outputs if output.kind == "text"}
    return {**found, score.key: value}, None if type(given) is int else "off_format"


def _fdb_rating(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    analysis, last, place = "", None, 0
    while (start := reply.find("Analysis:", place)) >= 0 and (found := _RATING.search(reply, start + 9)) is not None:
        analysis, last, place = reply[start + 9 : found.start()].strip(), found, found.end()
    if last is None:
        raise UnreadableError("the reply has no analysis with the closing words that were asked for")
    text = next(output for output in outputs if output.kind == "text")
    number = next(output for output in outputs if output.counts)
    return {text.key: analysis, number.key: _integer(last[1])}, None


def _fdb_behaviour(reply: str, outputs: Outputs, pattern: str | None) -> tuple[Raw, str | None]:
    labels = _first_labels(reply)
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise UnreadableError('"behaviour" should be a list with one label')
    if not all(label.startswith("C") for label in labels):  # the program stops there
        raise UnreadableError("a label of the reply does not begin with C")
    names = {output.key: f"C_{output.key.upper()}" for output in outputs}
    shares = {key: labels.count(name) / len(labels) for key, name in names.items()}
    return shares, None if len(labels) == 1 and labels[0] in names.values() else "off_format"


def _first_labels(reply: str) -> Any:
    """What the first object with the key "behaviour" has there; objects inside others are not looked at."""
    decoder = json.JSONDecoder()
    place = broken = 0
    while broken < _BROKEN and (start := reply.find("{", place)) >= 0:
        try:
            found, place = decoder.raw_decode(reply, start)
        except (ValueError, RecursionError):
            place, broken = start + 1, broken + 1
            continue
        if "behaviour" in found:
            return found["behaviour"]
    raise UnreadableError('the reply holds no JSON object with the key "behaviour"')


def any_outputs(outputs: Outputs) -> str | None:
    """Any outputs fit."""
    return None


def one_number(outputs: Outputs) -> str | None:
    """One output, a number."""
    if len(outputs) == 1 and outputs[0].kind in ("integer", "number"):
        return None
    return "reads one output that is a number"


def _number_beside_text(outputs: Outputs) -> str | None:
    if sorted(output.kind for output in outputs) == ["integer", "text"]:
        return None
    return "reads one integer, and a text beside it"


def _two_integers(outputs: Outputs) -> str | None:
    return None if [output.kind for output in outputs] == ["integer"] * 2 else "reads two integers"


def _shares(outputs: Outputs) -> str | None:
    if all((output.kind, output.low, output.high) == ("number", 0, 1) for output in outputs):
        return None
    return "reads shares, which are numbers from 0 to 1"


def _yes_no(outputs: Outputs) -> str | None:
    if len(outputs) == 1 and {choice.lower() for choice in outputs[0].choices} == {"yes", "no"}:
        return None
    return "reads one output with the choices yes and no"


# Name of a parser -> how it finds raw values, what is wrong with a rubric's outputs for it, and whose rule it is.
RULES: dict[str, tuple[Rule, Fits, str]] = {
    "voicebench_open": (_voicebench_open, one_number, "VoiceBench open: float, else first [[int]]"),
    "voicebench_qa": (_voicebench_qa, _yes_no, "VoiceBench qa: 'yes' in any case, all else no"),
    "uro_score": (_uro_score, one_number, "URO-Bench mark_gpt.py: int(reply)"),
    "uro_qa": (_uro_qa, _yes_no, "URO-Bench mark_gpt.py: exactly 'Yes', all else no"),
    "kimi_last_digit": (_kimi_last_digit, one_number, "Kimi-Audio-Evalkit ds_refqa.py: last [0-5]"),
    "kimi_brackets": (_kimi_brackets, one_number, "Kimi-Audio-Evalkit ds_refqa.py: first [[n]], of the range"),
    "kimi_json": (_kimi_json, any_outputs, "Kimi-Audio-Evalkit ds_refqa.py: first {...}, as Python"),
    "kimi_yes_no": (_kimi_yes_no, _yes_no, "Kimi-Audio-Evalkit base.py: 'yes', else 'no', in the last line"),
    "air_bench": (_air_bench, _two_integers, "AIR-Bench cal_score.py: two integers up to 10, one space between"),
    "vstyle": (_vstyle, one_number, "VStyle: last [[number]], else the whole reply"),
    "emova": (_emova, _number_beside_text, "EMOVA gpt_eval_speech.py: the whole reply as JSON, its score cut to int"),
    "fdb_rating": (_fdb_rating, _number_beside_text, "Full-Duplex-Bench v1: last rating behind an analysis"),
    "fdb_behaviour": (_fdb_behaviour, _shares, "Full-Duplex-Bench v1.5: all labels of the first object that has them"),
}
