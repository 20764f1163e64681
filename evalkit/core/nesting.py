"""How deep JSON may be nested: what is deeper can be read by some libraries and written by none that we use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 100  # orjson writes 254 levels, a record of a journal being some of them


def too_deep(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether objects and lists lie in each other more than so many levels deep; circles do."""
    level = [value]
    for _ in range(deepest):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                inner += [part for part in one.values() if isinstance(part, Mapping | list | tuple)]
            elif isinstance(one, list | tuple):
                inner += [part for part in one if isinstance(part, Mapping | list | tuple)]
        if not inner:
            return False
        level = inner
    return True


def may_be_deep(line: bytes) -> bool:
    """Whether a line of JSON has so many brackets that it can be nested too deep; told without parsing it."""
    return line.count(b"{") + line.count(b"[") > DEEPEST
