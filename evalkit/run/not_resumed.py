"""Why a run starts anew although there are answers of the same model on the same task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

_LONGEST = 60  # characters of a value that are shown
_MOST = 4  # differences that are shown


def not_resumed(path: Path, facts: Mapping[str, Any]) -> str | None:
    """One line: what sets this run apart from the one most like it; None where it is resumed or is the first.

    Args:
        path: the run directory.
        facts: the identity of the run.
    """
    if (path / "run.json").exists():
        return None
    others = [(list(_differences(other, facts)), folder) for folder, other in _siblings(path)]
    if not others:
        return None
    found, folder = min(others, key=lambda one: (len(one[0]), -(_written(one[1]))))
    if not found:
        return None
    shown = "; ".join(found[:_MOST]) + (f"; and {len(found) - _MOST} more" if len(found) > _MOST else "")
    return f"{shown}; not resumed from {folder}"


def _written(folder: Path) -> float:
    """When a run last wrote its record, s; 0 where that cannot be told."""
    try:
        return (folder / "run.json").stat().st_mtime
    except OSError:
        return 0.0


def _siblings(path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    try:
        folders = sorted(path.parent.iterdir())
    except OSError:
        return
    for folder in folders:
        if folder == path or not (folder / "samples.jsonl").exists():
            continue
        try:
            facts = orjson.loads((folder / "run.json").read_bytes())["identity"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # no record of ours: there is nothing to compare
        if isinstance(facts, dict):
            yield folder, facts


def _differences(before: Mapping[str, Any], now: Mapping[str, Any], within: str = "") -> Iterator[str]:
    now = orjson.loads(orjson.dumps(now, option=orjson.OPT_NON_STR_KEYS)) if not within else now
    for key in [*now, *(key for key in before if key not in now)]:
        old, new = before.get(key), now.get(key)
        name = f"{within}.{key}" if within else str(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, name)
        else:
            yield f"{name} changed: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = "none" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
