"""The dialogues as they were written: `dialogues/DIMENSION.LANGUAGE.jsonl`, read, checked and put in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.authoring import DataError
from evalkit.data.dialogue.spoken_dialogues import DIMENSIONS
from evalkit.data.jsonl import read_lines

FOLDER = Path(__file__).parent / "dialogues"
NAMES = dict(zip(("basic", "emotion", "rate", "role_play", "creative", "instruction"), DIMENSIONS, strict=True))
LANGUAGES = ("en", "zh")
_SAY = {"rate": (0.7, 1.5), "pitch": (0.8, 1.3), "loudness": (0.5, 1.2)}


def files(folder: Path = FOLDER) -> list[Path]:
    """The files there are, in order of dimension and language."""
    named = [folder / f"{name}.{language}.jsonl" for name in NAMES for language in LANGUAGES]
    return [path for path in named if path.is_file()]


def digest(folder: Path = FOLDER) -> str:
    """Hash of all files."""
    found = hashlib.blake2b(digest_size=8)
    for path in files(folder):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def read(folder: Path = FOLDER) -> list[Mapping[str, Any]]:
    """All dialogues, the six dimensions by turns, six English ones before six Chinese ones.

    So a run of the first six has one of each dimension in one language, and a neutral voice to compare with.

    Raises:
        DataError: a line that is not as it should be.
    """
    waiting = {
        (NAMES[path.name.split(".")[0]], path.name.split(".")[1]): list(_checked(path)) for path in files(folder)
    }
    ordered: list[Mapping[str, Any]] = []
    turn = 0
    while any(waiting.values()):
        language = LANGUAGES[turn % len(LANGUAGES)]
        for dimension in DIMENSIONS:
            if left := waiting.get((dimension, language)):
                ordered.append(left.pop(0))
        turn += 1
    return ordered


def _checked(path: Path) -> Iterator[Mapping[str, Any]]:
    name, language, _ = path.name.split(".")
    for number, line in read_lines(path):
        problem = _problem(line, name, language)
        if problem is not None:
            raise DataError(path, f"'{line.get('id')}': {problem}", number)
        yield line


def _problem(line: Mapping[str, Any], name: str, language: str) -> str | None:
    if (line.get("dimension"), line.get("language")) != (name, language):
        return f'"dimension" and "language" must be those of the file, {name} and {language}'
    turns = line.get("turns")
    if not isinstance(turns, list) or not 2 <= len(turns) <= 10:
        return '"turns" must be a list of 2 to 10 turns'
    for place, turn in enumerate(turns, 1):
        wanted = ("user",) if place == len(turns) else ("user", "reply")
        if not all(isinstance(turn.get(key), str) and turn[key].strip() for key in wanted):
            return f"turn {place} needs {' and '.join(wanted)} as texts"
        if place == len(turns) and "reply" in turn:
            return "the last turn has a reply; it is the one to be answered"
        for key, (low, high) in _SAY.items():
            factor = turn.get("say", {}).get(key, 1.0)
            if not isinstance(factor, (int, float)) or not low <= factor <= high:
                return f'turn {place}: "say" has {key} {factor!r}; expected {low} to {high}'
    return None
