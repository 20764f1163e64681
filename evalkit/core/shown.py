"""Text from elsewhere on its way to a person: nothing in it steers a terminal, and keys are left out.

Commands, arguments, addresses and what programs write on stderr can hold the keys of services. The values of
environment variables that look like keys are replaced by the variables' names wherever such text is stored or printed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

_HARMLESS = "\n\u00a0\u3000"  # and two spaces that Python does not call printable

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

SHORTEST = 8  # characters of a value that is taken for a key
HIDDEN = "***"

_KEY_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)S?(?=[-_]|\d|$)", re.IGNORECASE)
_NO_KEY_NAME = re.compile(r"(?:PATH|FILE|DIR|NAME|HOME|SOCK)$", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/\s@:]{0,256}:[^/\s@]{1,1024}(?=@)")
_NAMED = re.compile(
    r"""((?:api[_-]?key|token|secret|password|passwd|authorization)["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer\s)?|bearer\s)"""
    r"""([^\s"',}&]{8,})""",
    re.IGNORECASE,
)


def is_unicode(text: str) -> bool:
    """Whether a file can hold a text: JSON can name half a surrogate pair, which is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str) -> str:
    """A text from elsewhere, safe for a terminal: control characters, which could rewrite the screen, are escaped."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(char if char.isprintable() or char in _HARMLESS else repr(char)[1:-1] for char in text)


def visible(text: str) -> str:
    """A text for pages: control characters and direction overrides are shown; joiners and marks of scripts stay."""
    return _UNSEEN.sub(lambda found: repr(found[0])[1:-1], text)


def clipped(text: str, characters: int) -> str:
    """A text of at most so many characters; the middle is left out of a longer one."""
    if len(text) <= characters:
        return text
    half = (characters - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def redact(text: str) -> str:
    """A text without keys: values of the environment as `$NAME`, the user part of addresses as `***`."""
    return _without(text, _keys())


def _without(text: str, keys: Sequence[tuple[str, str]]) -> str:
    for value, name in keys:
        if value in text:
            text = text.replace(value, f"${name}")
    return _USER.sub(HIDDEN, text) if "://" in text else text


def redact_words(text: str) -> str:
    """As `redact`, for words of a command: also what is called a key, token, secret or password there."""
    return _NAMED.sub(lambda found: found[1] + HIDDEN, redact(text))


def redacted(value: Any) -> Any:
    """Arguments and commands (JSON) without keys; everything that is no text stays as it is."""
    if isinstance(value, str):
        return redact_words(value)
    if isinstance(value, Mapping):
        return {key: _hidden(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(inner) for inner in value]
    return value


def redacted_text(value: Any) -> Any:
    """JSON with every string as `redact` gives it; the environment is looked through once."""
    return _strings_without(value, _keys())


def _strings_without(value: Any, keys: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        return _without(value, keys)
    if isinstance(value, Mapping):
        return {key: _strings_without(inner, keys) for key, inner in value.items()}
    return [_strings_without(inner, keys) for inner in value] if isinstance(value, list | tuple) else value


def _hidden(key: Any, value: Any) -> Any:
    named = isinstance(key, str) and isinstance(value, str) and len(value) >= SHORTEST and _is_key_name(key)
    changed = redacted(value)
    return HIDDEN if named and changed == value else changed


def _is_key_name(name: str) -> bool:
    if name.upper() in ("KEY", "KEYS") or _NO_KEY_NAME.search(name) is not None:
        return False
    return _KEY_NAME.search(name) is not None


def _keys() -> list[tuple[str, str]]:
    """Values that look like keys, as they are and as addresses have them, with their names; longest first."""
    found = {}
    for name, value in os.environ.items():
        if len(value) >= SHORTEST and _is_key_name(name):
            found[value] = found[quote(value, safe="")] = name
    return sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[1]))
