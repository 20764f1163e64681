"""The instructions of one line, checked: types that exist, with everything that they need to be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import DataError, UnknownNameError
from evalkit.metrics.instructions import packages
from evalkit.metrics.instructions.rules import LANGUAGES, RELATIONS, RULES, Kind, Rule
from evalkit.metrics.line_metric import Line


@dataclass(frozen=True, slots=True)
class Request:
    """One instruction of a prompt.

    Args:
        rule: its type.
        said: what it states.
        drawn: where the official program would throw a value away and draw a random one in its place.
    """

    rule: Rule
    said: Mapping[str, Any]
    drawn: bool = False

    def follows(self, text: str) -> bool:
        """Whether the text follows it; an empty one does not."""
        return bool(text.strip()) and self.rule.follows(text, self.said)


def requests_of(line: Line, place: str, drops_falsy: bool) -> list[Request]:
    """The instructions of a line.

    Args:
        line: with "instruction_id_list" and "kwargs", two lists of one length; null values mean nothing is said.
        place: for errors.
        drops_falsy: the official program drops values such as 0, and takes no letter outside a-z.

    Raises:
        DataError: another shape, an unknown type, a value that is missing, unknown or of the wrong kind.
    """
    names, said = line.get("instruction_id_list"), line.get("kwargs")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise DataError(place, f'expected a list of instruction types in "instruction_id_list", got {names!r:.200}')
    if not isinstance(said, list) or len(said) != len(names) or not all(isinstance(one, Mapping) for one in said):
        raise DataError(place, f'expected a list of {len(names)} objects in "kwargs", got {said!r:.200}')
    return [
        _request(name, {key: value for key, value in values.items() if value is not None}, place, drops_falsy)
        for name, values in zip(names, said, strict=True)
    ]


def require_packages(requests: list[Request]) -> None:
    """Load what the instructions need.

    Raises:
        MissingExtraError: a package is not installed.
    """
    for request in requests:
        if request.rule.package is not None:
            packages.require(request.rule.package)


def _request(name: str, values: dict[str, Any], place: str, drops_falsy: bool) -> Request:
    rule = RULES.get(name)
    if rule is None:
        raise DataError(place, str(UnknownNameError("instruction type", name, RULES)))
    if unknown := sorted(values.keys() - rule.fields.keys()):
        takes = ", ".join(rule.fields) or "nothing"
        raise DataError(place, f"the instruction '{name}' takes {takes} in \"kwargs\", not {', '.join(unknown)}")
    drawn = False
    for key, kind in rule.fields.items():
        if key not in values:
            raise DataError(place, f'the instruction \'{name}\' needs "{key}" in "kwargs"; none is drawn at random')
        values[key] = value = _whole(values[key])
        if (problem := _problem(value, kind)) is not None:
            raise DataError(place, f"the instruction '{name}': expected {problem} in \"{key}\", got {value!r:.200}")
        outside = kind == "letter" and not "a" <= value.lower() <= "z"
        drawn = drawn or (drops_falsy and (not value or outside))
    if "nth_paragraph" in rule.fields and not 1 <= values["nth_paragraph"] <= values["num_paragraphs"]:
        raise DataError(place, f"the instruction '{name}': \"nth_paragraph\" must be one of the paragraphs")
    return Request(rule, values, drawn)


def _whole(value: Any) -> Any:
    """Tables keep whole numbers of a column with gaps as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _problem(value: Any, kind: Kind) -> str | None:
    """What was expected instead of the value; None where it fits."""
    if kind == "count":
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return None if fits else "a whole number, 0 or more,"
    if kind in ("texts", "patterns"):
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            return "a list of texts"
        return next((problem for one in value if (problem := _problem(one, "pattern"))), None)
    if not isinstance(value, str) or not value.strip():
        return "a text"
    if kind == "relation":
        return None if value in RELATIONS else "'less than' or 'at least'"
    if kind == "letter":
        return None if len(value) == 1 else "a single character"
    if kind == "language":
        return None if value in LANGUAGES else "one of " + ", ".join(sorted(LANGUAGES))
    if kind == "pattern":
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError):
            return "a regular expression, for the official program reads it as one,"
    return None
