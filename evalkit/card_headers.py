"""Headers of cards, remembered by the hash of the card: reading YAML takes longer than all else that a list does.

What is remembered lies in one file of the cache folder, made anew where it is missing or broken. A card that was
changed has another hash, so that nothing remembered is ever old.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.data.cache_folder import cache_folder

_MOST = 4000  # headers kept, the newest
_FORM = "1"  # part of each hash: of the rule by which a header is read

Header = dict[str, Any]


def read_card(path: Path) -> tuple[Header, str]:
    """Split a card into its YAML header and its body.

    Raises:
        EvalkitError: no header between two lines of '---', or not YAML.
    """
    header, body = _parts(path, path.read_text(encoding="utf-8"))
    return _parsed(path, header), body


def headers(cards: Sequence[Path]) -> list[Header]:
    """Headers of several cards.

    Raises:
        EvalkitError: as `read_card`.
    """
    known = _remembered()
    found: list[Header] = []
    learned: dict[str, Header] = {}
    for path in cards:
        data = path.read_bytes()
        key = hashlib.blake2b(_FORM.encode() + data, digest_size=16).hexdigest()
        header = known.get(key)
        if not isinstance(header, dict):
            header = _parsed(path, _parts(path, data.decode().replace("\r\n", "\n"))[0])
            if _in_json(header):
                learned[key] = header
        found.append(header)
    if learned:
        _remember({**known, **learned})
    return found


def _parts(path: Path, text: str) -> tuple[str, str]:
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise EvalkitError(f"{path}: a card starts with a YAML header between two lines of '---'")
    return parts[1], parts[2]


def _parsed(path: Path, text: str) -> Header:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        header = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        raise EvalkitError(f"{path}: the card's header is not YAML: {error}") from error
    if not isinstance(header, dict):
        raise EvalkitError(f"{path}: the card's header must be a mapping of keys to values")
    return header


def _in_json(header: Header) -> bool:
    """Whether JSON gives it back as it is: dates and keys that are numbers it does not."""
    try:
        same: bool = json.loads(json.dumps(header)) == header
        return same
    except (TypeError, ValueError):
        return False


def _file() -> Path:
    return cache_folder() / "card-headers.json"


def _remembered() -> dict[str, Any]:
    try:
        known = json.loads(_file().read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(known: dict[str, Any]) -> None:
    """Keep headers for the next process; where the folder cannot be written nothing is kept, which costs time alone."""
    target = _file()
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    newest = dict(list(known.items())[-_MOST:])
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(json.dumps(newest, separators=(",", ":")), encoding="utf-8")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
