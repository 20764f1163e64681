"""Footnotes, numbered in the order in which a reader meets them; equal texts share a number."""

from __future__ import annotations

from collections.abc import Iterable


class Footnotes:
    """Collects the texts of a table's footnotes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, texts: Iterable[str]) -> tuple[int, ...]:
        """Numbers of the given texts, each once."""
        return tuple(dict.fromkeys(self._numbers.setdefault(text, len(self._numbers) + 1) for text in texts))

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts; footnote n is the n-th."""
        return tuple(self._numbers)
