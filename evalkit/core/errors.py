"""Errors meant for the user: one readable message, no traceback, exit code 2 at the command line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EvalkitError(Exception):
    """Base of every error evalkit raises on purpose; the message says what was expected and what to do."""


class UsageError(EvalkitError):
    """The command, its arguments or the configuration cannot be used."""


class UnknownNameError(UsageError):
    """A task, model, profile or other name that nobody registered.

    Args:
        kind: what was looked up, for example "task".
        name: the name that was asked for.
        known: the names there are; the nearest ones are suggested.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        near = difflib.get_close_matches(name, self.known, n=3, cutoff=0.5)
        if near:
            hint = "Did you mean " + " or ".join(near) + "?"
        elif len(self.known) <= 12:
            hint = "Known: " + ", ".join(self.known) + "." if self.known else "None is known."
        else:
            hint = f"There are {len(self.known)}; see 'evalkit list'."
        super().__init__(f"unknown {kind} '{name}'. {hint}")


class DataError(EvalkitError):
    """Input data that cannot be used.

    Args:
        where: file, or sample id.
        problem: what is wrong, and what was expected or can be done.
        line: line number in `where`, counted from 1.
    """

    def __init__(self, where: object, problem: str, line: int | None = None) -> None:
        self.where, self.line, self.problem = str(where), line, problem
        place = f"{where}, line {line}" if line is not None else f"{where}"
        super().__init__(f"{place}: {problem}")


class MissingExtraError(EvalkitError):
    """An optional package is needed.

    Args:
        package: the package that failed to import.
        extra: the extra of evalkit that brings it.
        why: what needs it.
    """

    def __init__(self, package: str, extra: str, why: str) -> None:
        from evalkit.core.installation import install_command

        super().__init__(f"{why} needs the package '{package}'. Install it with: {install_command(extra)}")


class ResultsError(EvalkitError):
    """A run directory cannot be written, read, or is used by another process."""
