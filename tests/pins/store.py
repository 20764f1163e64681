"""Pinned facts: what a name stood for when its version was last raised, in one JSON file a kind.

A pin says nothing about truth; it says that what changes scores or money does not change without saying so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Pin:
    """What is pinned of one name.

    Args:
        mark: what has to change with the content: a version, or a date with its source.
        content: what is pinned, as JSON.
    """

    mark: Any
    content: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", json.loads(json.dumps(self.content)))  # tuples are lists in a file

    @property
    def digest(self) -> str:
        text = json.dumps(self.content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Kind:
    """One kind of pins.

    Args:
        name: of its file, and what `pin.py` takes.
        whole: the content is kept too, so that a change is read in the file's difference.
        rises: marks are numbers that only rise.
    """

    name: str
    whole: bool
    rises: bool = True

    @property
    def path(self) -> Path:
        return HERE / f"{self.name}.json"

    def stored(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else {}
        return found

    def problems(self, now: Mapping[str, Pin]) -> list[str]:
        """What differs from the file, in sentences; empty where all is as pinned."""
        stored = self.stored()
        found = [f"{name}: not pinned yet" for name in sorted(now.keys() - stored.keys())]
        found += [f"{name}: pinned, but gone" for name in sorted(stored.keys() - now.keys())]
        for name in sorted(stored.keys() & now.keys()):
            old, new = stored[name], now[name]
            if old["digest"] != new.digest:
                found.append(
                    f"{name}: changed since {old['mark']}" + (", which was kept" if old["mark"] == new.mark else "")
                )
            elif old["mark"] != new.mark:
                found.append(f"{name}: {old['mark']} became {new.mark}")
            elif self.whole and old["content"] != new.content:
                found.append(f"{name}: the file's text is not what its digest is of")
        return found

    def refusals(self, now: Mapping[str, Pin]) -> list[str]:
        """What may not be renewed: content that changed under its old mark, or under one that was used before."""
        stored = self.stored()
        found = []
        for name in sorted(stored.keys() & now.keys()):
            old, new = stored[name], now[name]
            if old["digest"] == new.digest:
                continue
            used = {str(old["mark"]), *old.get("before", {})}
            if str(new.mark) in used or (self.rises and new.mark <= old["mark"]):
                found.append(f"{name}: its content changed and {new.mark} was not raised")
        return found

    def renew(self, now: Mapping[str, Pin]) -> list[str]:
        """Write the file; names that were refused keep their old pin.

        Returns:
            The refusals.
        """
        refused = self.refusals(now)
        stored, written = self.stored(), {}
        kept = {line.partition(":")[0] for line in refused}
        for name, pin in sorted(now.items()):
            old = stored.get(name)
            if name in kept:
                written[name] = old
                continue
            entry: dict[str, Any] = {"mark": pin.mark, "digest": pin.digest}
            before = dict(old.get("before", {})) if old else {}
            if old and old["mark"] != pin.mark:
                before[str(old["mark"])] = old["digest"]
            if before:
                entry["before"] = before
            if self.whole:
                entry["content"] = pin.content
            written[name] = entry
        text = json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True)
        self.path.write_text(text + "\n", encoding="utf-8")
        return refused
