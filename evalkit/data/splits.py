"""What depends on the split: a prompt, a language, a configuration on the hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BySplit = str | Mapping[str, str] | None


class SplitMapping(dict[str, Any]):
    """Values by split, and one for all others.

    Args:
        values: split -> value.
        other: of every split that is not named.
    """

    def __init__(self, values: Mapping[str, Any], other: Any) -> None:
        super().__init__(values)
        self.other = other

    def __missing__(self, split: str) -> Any:
        return self.other


def by_split(values: Mapping[str, Any], *, other: Any = None) -> SplitMapping:
    """Something that depends on the split: `language=by_split({"en": "en"}, other="zh")`."""
    return SplitMapping(values, other)


def of_split(value: BySplit, split: str, *, own: bool = False) -> str | None:
    """What a value is for a split; {split} in it is filled.

    Args:
        value: one for all splits, or by split.
        split: the split.
        own: a split that a plain mapping does not name stands for itself.

    Raises:
        KeyError: the mapping does not name the split, and `own` is not set.
    """
    if isinstance(value, Mapping):
        value = split if own and split not in value and not isinstance(value, SplitMapping) else value[split]
    return None if value is None else value.replace("{split}", split)
