"""CSV cells that a spreadsheet would take for formulas."""

from __future__ import annotations

import re
from typing import Any

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?")


def inert(value: Any) -> Any:
    """A cell that no spreadsheet calculates: an apostrophe before what begins like a formula; numbers stay numbers."""
    if not isinstance(value, str) or not value.lstrip(" \ufeff").startswith(_BEGINNINGS) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"
