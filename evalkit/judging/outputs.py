"""What a verdict is made of: the declared type of each output key, and how a raw value is read as one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Value = str | int | float
Kind = Literal["text", "integer", "number", "choice"]
PLACES = ("first", "second", "tie")
REPAIRED = "\0repaired"  # no key of any output: raw values that were made readable

_RANGE = re.compile(r"(number\s+)?(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)(?:\s+step\s+(\d+(?:\.\d+)?))?")
_SHARE = re.compile(r"(-?\d{1,9}(?:\.\d+)?)\s*(?:/|out of)\s*(\d{1,9}(?:\.\d+)?)")
_MARKS = " \t\r\n\"'`*_.!。()（）[]【】“”‘’「」"
_SENSES = {
    **dict.fromkeys(("yes", "true", "correct", "right", "是", "对", "正确"), True),
    **dict.fromkeys(("no", "false", "incorrect", "wrong", "否", "错", "错误", "不正确"), False),
}


class UnreadableError(ValueError):
    """A reply without a readable verdict; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Output:
    """One key of a verdict.

    Args:
        key: name in the judge's reply.
        kind: "text", "integer", "number" or "choice".
        low, high: bounds of numbers; of choices with points, their smallest and largest points.
        step: numbers must be a whole number of steps above `low`; None for any.
        choices: the words a choice allows, as declared.
        points: choice -> points; empty when the choices have none.
        places: choice -> "first", "second" or "tie", for the winner of a pair.
    """

    key: str
    kind: Kind
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    choices: tuple[str, ...] = ()
    points: Mapping[str, float] | None = None
    places: Mapping[str, str] | None = None

    @property
    def counts(self) -> bool:
        """True when it can be turned into a number."""
        return self.kind in ("integer", "number") or bool(self.points) or bool(self.places)

    @property
    def expected(self) -> str:
        """What a reply may say, for people and for judges asked again."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "text":
            return "a text"
        noun = "an integer" if self.kind == "integer" else "a number"
        step = f" in steps of {self.step:g}" if self.step else ""
        return f"{noun} from {self.low:g} to {self.high:g}{step}"

    def read(self, raw: Any) -> Value:
        """A raw value (of JSON, or a piece of text) as a value of this type, whether in range or not.

        Raises:
            ValueError: of another type.
        """
        if self.kind == "text":
            if isinstance(raw, (dict, list)) or raw is None:
                raise ValueError(f'"{self.key}" should be {self.expected}')
            return str(raw)
        if self.kind == "choice":
            word = str(raw).strip().casefold() if not isinstance(raw, bool) else ("true" if raw else "false")
            for choice in self.choices:
                if choice.casefold() == word:
                    return choice
            raise ValueError(f'"{self.key}" should be {self.expected}, not {str(raw)[:60]!r}')
        try:
            if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
                raise ValueError
            number = float(raw)
        except (ValueError, OverflowError):  # an integer may be longer than any float
            raise ValueError(f'"{self.key}" should be {self.expected}, not {str(raw)[:60]!r}') from None
        if self.kind == "integer" and number.is_integer():
            return int(number)
        return number

    def meant(self, raw: Any) -> Value | None:
        """What a raw value that is no value of this type can only mean; None where it could mean several things.

        A fraction of the highest number ("4/5", "4 out of 5"); a choice with marks around it; "yes" for a choice
        between correct and incorrect, and the like.
        """
        if not isinstance(raw, str):
            return None
        plain = raw.strip(_MARKS)
        if self.kind in ("integer", "number"):
            plain = raw.rstrip(_MARKS).lstrip(_MARKS.replace(".", ""))  # ".5" is no 5
            found = _SHARE.fullmatch(plain)
            number = found[1] if found is not None and float(found[2]) == self.high else plain
            try:
                return self.read(number) if number != raw else None
            except ValueError:
                return None
        if self.kind != "choice":
            return None
        folded = plain.casefold()
        senses = {choice: _SENSES.get(choice.casefold()) for choice in self.choices}
        if sorted(map(str, senses.values())) != ["False", "True"]:
            senses = {}
        fitting = [choice for choice in self.choices if choice.casefold() == folded]
        fitting = fitting or [choice for choice, sense in senses.items() if sense is _SENSES.get(folded)]
        return fitting[0] if len(fitting) == 1 else None

    def allows(self, value: Value) -> bool:
        """True for a value inside the declared range."""
        if isinstance(value, str):
            return True
        if not math.isfinite(value) or not self.low <= value <= self.high:
            return False
        if self.kind == "integer":
            return float(value).is_integer()
        return self.step is None or math.isclose((value - self.low) / self.step, round((value - self.low) / self.step))

    def number(self, value: Value) -> float:
        """The value as points."""
        if self.points is not None:
            return self.points[str(value)]
        return float(value)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the value."""
        if self.kind == "choice":
            if all(re.fullmatch(r"-?\d+", choice) for choice in self.choices):
                return {"type": "integer", "enum": [int(choice) for choice in self.choices]}
            return {"type": "string", "enum": list(self.choices)}
        if self.kind == "text":
            return {"type": "string"}
        if self.kind == "integer":
            return {"type": "integer", "minimum": int(self.low), "maximum": int(self.high)}
        return {"type": "number", "minimum": self.low, "maximum": self.high}


def whole_word(choice: str) -> re.Pattern[str]:
    """Finds a word where it is no part of another, in any case."""
    return re.compile(rf"(?<![^\W_]){re.escape(choice)}(?![^\W_])", re.IGNORECASE)


Outputs = Sequence[Output]
Raw = Mapping[str, Any]  # output key -> what a reply says of it, as text or a JSON value


def parse_output(key: str, declared: str) -> Output:
    """The output type a rubric declares.

    Args:
        key: name of the output.
        declared: "str", "1..5", "number 0..10", "0..5 step 0.5", "yes=1 | no=0", "1=first | 2=second | 0=tie".

    Raises:
        ValueError: none of these.
    """
    text = declared.strip()
    if text == "str":
        return Output(key, "text")
    found = _RANGE.fullmatch(text)
    if found:
        low, high = float(found[2]), float(found[3])
        if low >= high:
            raise ValueError(f"'{key}: {text}': the range is empty")
        if found[4] and not 0 < float(found[4]) <= high - low:
            raise ValueError(f"'{key}: {text}': the step should be above 0 and fit into the range")
        real = bool(found[1]) or bool(found[4]) or not (low.is_integer() and high.is_integer())
        step = float(found[4]) if found[4] else None
        return Output(key, "number" if real else "integer", low, high, step)
    if "|" in text:
        return _choice(key, text)
    raise ValueError(
        f"'{key}: {text}' is no output type; expected str, 1..5, number 0..10, 0..5 step 0.5, yes=1 | no=0, "
        "or 1=first | 2=second | 0=tie"
    )


def _choice(key: str, text: str) -> Output:
    words = [option.partition("=") for option in text.split("|")]
    choices = tuple(word.strip() for word, _, _ in words)
    meanings = [meaning.strip() for _, _, meaning in words if meaning]
    if not all(choices) or len({choice.casefold() for choice in choices}) != len(choices):
        raise ValueError(f"'{key}: {text}': choices must be different words")
    if not meanings:
        return Output(key, "choice", choices=choices)
    if len(meanings) != len(choices):
        raise ValueError(f"'{key}: {text}': give every choice a meaning, or none")
    if all(meaning in PLACES for meaning in meanings):
        return Output(key, "choice", 0.0, 1.0, None, choices, None, dict(zip(choices, meanings, strict=True)))
    try:
        points = [float(meaning) for meaning in meanings]
    except ValueError:
        raise ValueError(f"'{key}: {text}': a meaning is a number of points, or first, second or tie") from None
    if not all(map(math.isfinite, points)) or len(set(points)) == 1:
        raise ValueError(f"'{key}: {text}': points should be finite numbers, and not all the same")
    return Output(key, "choice", min(points), max(points), None, choices, dict(zip(choices, points, strict=True)))
