"""Reading the fields of a review line; collects what is wrong instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class LineReader:
    """Collects the problems of one line.

    Args:
        line: the JSON object.
    """

    def __init__(self, line: Mapping[str, Any]) -> None:
        self.line = line
        self.found: list[str] = []

    def known(self, fields: Sequence[str]) -> None:
        """Every field is one of these, and all are there."""
        for name in self.line:
            if name not in fields:
                self.found.append(f'unknown field "{name}"; there are: {", ".join(fields)}')
        for name in fields:
            if name not in self.line:
                self.found.append(f'the field "{name}" is gone')

    def text(self, name: str) -> str:
        """A text with something in it."""
        value = self.line.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.found.append(f'"{name}" must be a text; it is {value!r}')
        return ""

    def texts(self, name: str) -> list[str]:
        """A list of texts; may be empty."""
        value = self.line.get(name)
        if isinstance(value, list) and all(isinstance(entry, str) and entry.strip() for entry in value):
            return list(value)
        self.found.append(f'"{name}" must be a list of texts')
        return []

    def turns(self, fewest: int, most: int, fields: Sequence[str] = ("user", "assistant")) -> list[dict[str, Any]]:
        """The turns before the last, each with texts "user" and "assistant"; empty where they cannot be read."""
        value = self.line.get("turns")
        if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
            self.found.append('"turns" must be a list of {"user", "assistant"}')
            return []
        if not fewest <= len(value) + 1 <= most:
            self.found.append(f"{len(value) + 1} turns, the last question included; expected {fewest} to {most}")
        sound = True
        for number, turn in enumerate(value, 1):
            for name in ("user", "assistant"):
                if not isinstance(turn.get(name), str) or not turn[name].strip():
                    self.found.append(f'turn {number}: "{name}" must be a text; it is {turn.get(name)!r}')
                    sound = False
            for name in turn:
                if name not in fields:
                    self.found.append(f'turn {number}: unknown field "{name}"; there are: {", ".join(fields)}')
        return value if sound else []
