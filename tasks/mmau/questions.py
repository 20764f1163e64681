"""MMAU's question files: their spellings folded into one, and those that are not what they should be refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.authoring import DataError, layouts

FILES = {
    "original.test_mini": "original/mmau-test-mini.json",
    "original.test": "original/mmau-test.json",
    "v05_15_25.test_mini": "v05_15_25/mmau-test-mini.json",
    "v05_15_25.test": "v05_15_25/mmau-test.json",
}
WITHHELD = ("original.test", "v05_15_25.test")
SUBSET = "hello_chat_subset"
KINDS = ("sound", "music", "speech")
LEVELS = ("easy", "medium", "hard")
# Questions by difficulty of the whole files (Sakshi113/MMAU, commits 1f675a9 and f0a4a97): which version a file is.
COUNTS = {"original.test_mini": (258, 510, 232), "v05_15_25.test_mini": (224, 540, 236)}
FAULTY = (147, 146)  # rows of the files of 2025-05-15 to 18 whose answer is none of their options


class Questions(layouts.Json):
    """A question file, looked at as a whole before its first row is used."""

    def records(self, place: Any, path: Path, split: str) -> Iterator[Any]:
        """The rows.

        Raises:
            DataError: answers that are no option, as in the files of May 2025; or the questions of the other version.
        """
        rows = list(super().records(place, path, split))
        strange = [row.raw for row in rows if _stray(row.raw)]
        if strange:
            told = f"{len(strange)} of {len(rows)} rows have an answer that is none of their options, first "
            told += f"'{strange[0].get('id')}'"
            if len(strange) in FAULTY:
                told += "; it is one of the faulty files of 2025-05-15 to 2025-05-18"
            raise DataError(path, f"{told}; take that of Sakshi113/MMAU f0a4a97 (original version: 1f675a9)")
        found = Counter(str(row.raw.get("difficulty")).strip().lower() for row in rows)
        counts = tuple(found[level] for level in LEVELS)
        for version, known in COUNTS.items():
            if counts == known and version != split and split in COUNTS:
                raise DataError(path, f"these are the questions of {version}, in the folder of {split}; swap the files")
        yield from rows


def _stray(raw: Mapping[str, Any]) -> bool:
    answer, options = raw.get("answer"), raw.get("choices")
    if answer in (None, "") or not isinstance(options, list):
        return False  # withheld, or refused where the row is read
    return str(answer).strip() not in [str(option).strip() for option in options]


def kind(raw: Mapping[str, Any]) -> str:
    """Sound, music or speech."""
    return _one_of(raw["task"], KINDS)


def difficulty(raw: Mapping[str, Any]) -> str:
    """Easy, medium or hard; until 2024-12-09 six rows were spelled with a capital."""
    return _one_of(raw["difficulty"], LEVELS)


def label(name: str) -> Any:
    """A field with a name, which is a list of one in some rows."""

    def read(raw: Mapping[str, Any]) -> str | None:
        found = raw.get(name)
        if isinstance(found, list):
            if len(found) != 1:
                raise ValueError(f"expected one {name}, got {found!r}")
            (found,) = found
        return None if found is None else str(found)

    return read


def on_hub(name: str) -> Any:
    """A field of the hub's `other_attributes`, which is JSON in a text."""

    def read(raw: Mapping[str, Any]) -> Any:
        held = raw["other_attributes"]
        return (json.loads(held) if isinstance(held, str) else held).get(name)

    return read


def unlettered(raw: Mapping[str, Any]) -> list[str]:
    """The hub's options, without the "(A) " that it writes before them."""
    given = raw["choices"]
    return [_bare(str(text), at) for at, text in enumerate(json.loads(given) if isinstance(given, str) else given)]


def unlettered_answer(raw: Mapping[str, Any]) -> str | None:
    """The hub's answer without its letter."""
    given = raw.get("answer")
    for at in range(26):
        if isinstance(given, str) and _bare(given, at) != given:
            return _bare(given, at)
    return given


ON_HUB: Mapping[str, Any] = {
    "audio": "context",
    "question": "instruction",
    "choices": unlettered,
    "answer": unlettered_answer,
}


def _bare(text: str, at: int) -> str:
    return text.removeprefix(f"({chr(65 + at)}) ")


def _one_of(found: Any, known: tuple[str, ...]) -> str:
    folded = str(found).strip().lower()
    if folded not in known:
        raise ValueError(f"{found!r} is none of {', '.join(known)}")
    return folded
