"""What a spoken reply is expected to be, as far as physics or a rule can decide: the field `expect` of a dialogue.

    {"rate": "slower", "words": [["half"], ["tuna", "tin of tuna"]], "duration": {"max": 10}}

| Key | Value | Met when |
|:--|:--|:--|
| `rate` | slow, slower, normal, faster, fast | syllables per second against the model's own neutral rate |
| `loudness` | quiet, loud | level of the speech against the model's own |
| `pitch` | low, high | median pitch against the model's own |
| `duration` | {"min", "max"}, seconds | from the first sound to the last |
| `language` | a language code | the language that is spoken |
| `words` | lists of alternatives | of each list, one occurs |
| `without` | texts | none of them occurs |
| `sentences` | {"min", "max"} | number of sentences |
| `word_count` | {"min", "max"} | words; Chinese: characters |
| `starts`, `ends` | alternatives | the reply begins, or ends, with one |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.metrics.answers.values import tokens
from evalkit.metrics.languages import canonical

RELATIVE: Mapping[str, tuple[str, ...]] = {
    "rate": ("slow", "slower", "normal", "faster", "fast"),
    "loudness": ("quiet", "loud"),
    "pitch": ("low", "high"),
}
BOUNDED = ("duration", "sentences", "word_count")
PHYSICS = ("rate", "loudness", "pitch", "duration")
WORDED = ("words", "without", "sentences", "word_count", "starts", "ends")
KINDS = (*PHYSICS, "language", *WORDED)


def problems(expect: Any) -> list[str]:
    """What is wrong with an `expect` field, as texts; none where it can be decided."""
    if not isinstance(expect, Mapping):
        return [f'"expect" must be an object, not {expect!r}']
    found = []
    for kind, value in expect.items():
        if kind not in KINDS:
            found.append(f'"expect" has the unknown key {kind!r}; known: {", ".join(KINDS)}')
        elif (problem := _CHECKS[kind](value)) is not None:
            found.append(f'"expect": "{kind}" must be {problem}; it is {value!r}')
    return found


def _relative(kind: str) -> Callable[[Any], str | None]:
    allowed = RELATIVE[kind]
    return lambda value: None if value in allowed else " or ".join(allowed)


def _bounds(value: Any) -> str | None:
    wanted = '{"min": number, "max": number}, or one of them'
    if not isinstance(value, Mapping) or not value or not set(value) <= {"min", "max"}:
        return wanted
    if any(isinstance(bound, bool) or not isinstance(bound, (int, float)) or bound < 0 for bound in value.values()):
        return wanted
    return wanted + ", min not above max" if value.get("min", 0) > value.get("max", float("inf")) else None


def _texts(value: Any) -> str | None:
    good = isinstance(value, list) and value and all(isinstance(text, str) and _wording(text) for text in value)
    return None if good else "a list of texts"


def _wording(text: str) -> bool:
    return any(token.kind not in ("break", "or") for token in tokens(text))


def _lists(value: Any) -> str | None:
    good = isinstance(value, list) and value and all(_texts(entry) is None for entry in value)
    return None if good else "a list of lists of alternatives"


def _language(value: Any) -> str | None:
    try:
        canonical(value)
    except (EvalkitError, AttributeError):
        return "a language code"
    return None


_CHECKS: Mapping[str, Callable[[Any], str | None]] = {
    **{kind: _relative(kind) for kind in RELATIVE},
    **dict.fromkeys(BOUNDED, _bounds),
    **dict.fromkeys(("without", "starts", "ends"), _texts),
    "words": _lists,
    "language": _language,
}
