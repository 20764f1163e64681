"""Whether two mathematical answers are equal, by the package math-verify; nothing else stands in for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from evalkit.core.errors import MissingExtraError

_SECONDS = 5  # for reading, and again for comparing: an expression can be made to run for ever
_IN_FORMULA = ("$", "\\(", "\\[", "\\boxed", "\\begin")


@cache
def package() -> Any:
    """The package math_verify.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import math_verify
    except ImportError as error:
        raise MissingExtraError("math-verify", "math", "the profile 'math' of document") from error
    return math_verify


def expressions(text: str) -> list[Any]:
    """What math-verify reads in a text: its last answer, as an expression and as written; [] where it finds none."""
    return list(package().parse(text, parsing_timeout=_limit()))


def reference_expressions(text: str) -> list[Any]:
    """The same of a reference, which may be bare LaTeX."""
    return expressions(text if any(mark in text for mark in _IN_FORMULA) else f"${text}$")


def equal(references: Sequence[str], response: str) -> bool:
    """Whether the response's answer equals one of the references; they come first, for the order matters there."""
    found = expressions(response)
    return any(
        bool(package().verify(reference_expressions(reference), found, timeout_seconds=_limit()))
        for reference in references
    )


def _limit() -> int | None:
    """The package stops itself by a signal, which only the main thread gets."""
    return _SECONDS if threading.current_thread() is threading.main_thread() else None
