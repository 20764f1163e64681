"""Keys: read from the environment, never shown."""

from __future__ import annotations

import os
from collections.abc import Iterable

from evalkit.core.errors import UsageError

_SHORTEST = 8  # shorter values ("none", "x") are placeholders of local servers, and common parts of words


def key_from(variables: Iterable[str], model: str) -> str:
    """The first of these environment variables that is set.

    Raises:
        UsageError: none is; the message names them.
    """
    names = list(variables)
    for name in names:
        value = os.environ.get(name, "").strip()
        if value:
            if not value.isascii() or not value.isprintable() or " " in value:
                raise UsageError(f"model '{model}': the key in {name} holds characters no key has; copy it again")
            return value
    wanted = " or ".join(names)
    raise UsageError(f"model '{model}' needs a key: set the environment variable {wanted}")


def without_keys(text: str, keys: Iterable[str]) -> str:
    """The text with every key taken out."""
    for key in keys:
        if len(key) >= _SHORTEST and key in text:
            text = text.replace(key, "[key removed]")
    return text
