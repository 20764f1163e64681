"""A user's own data: one JSON object per line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Image, Message, Part, Text, Video
from evalkit.core.sample import Sample
from evalkit.core.source import Row, Rows, Source

_ROLES = ("system", "user", "assistant")
_MEDIA: dict[str, type[Audio | Image | Video]] = {"audio": Audio, "image": Image, "video": Video}
_FIELDS = {"", "id", "prompt", "messages", "audio", "image", "video", "reference", "cluster", "meta"}


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers (from 1) and objects of a JSON Lines file; blank lines are skipped.

    Raises:
        DataError: no such file, or a line that is not a JSON object.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    with file:
        for number, line in enumerate(file, 1):
            if line.isspace():
                continue
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise DataError(path, f"not JSON ({error}); expected one JSON object per line", number) from None
            if not isinstance(value, dict):
                raise DataError(path, 'expected a JSON object, for example {"id": ..., ...}', number)
            yield number, value


def file_digest(path: Path) -> str:
    """Content hash of a file, with its size kept flat in memory."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class JsonLines(Source):
    """The source of `--task FILE.jsonl`."""

    splits = ("all",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """Find the file; its content hash is the revision.

        Raises:
            DataError: there is none.
        """
        if not self.path.is_file():
            raise DataError(self.path, "no such file; expected JSON Lines with id, prompt or messages, reference")
        return _JsonLinesRows(self.path)


class _JsonLinesRows(Rows):
    splits = ("all",)
    cheap = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.location = str(path)
        self.revision = f"blake2b:{file_digest(path)}"

    def read(self, split: str) -> Iterator[Row]:
        for number, value in read_lines(self.path):
            value[""] = number  # the place, for errors; no JSON field of ours has an empty name
            yield value


def sample(path: Path, row: Row) -> Sample:
    """Make a sample of one line: `{"id", "prompt" or "messages", "audio"?, "image"?, "reference"}`.

    Media paths are relative to the file's folder. `messages` holds turns of `{"role", "content"}`, content being
    text or parts `{"type": "text"|"audio"|"image"|"video", "text" or "path"}`. "cluster" groups dependent samples;
    every other field ("language", ...) goes into the sample's meta.

    Raises:
        DataError: a field that is missing or of the wrong kind.
    """
    number = row[""]
    key = row.get("id")
    if key is None or key == "":
        raise DataError(path, 'no "id"', number)
    if "reference" not in row:
        raise DataError(path, f"sample '{key}' has no \"reference\" (it may be null or empty)", number)
    if "messages" in row:
        messages = tuple(_turn(path, number, turn) for turn in _expected(path, number, row, "messages", list))
        if not messages or messages[-1].role != "user":
            raise DataError(path, f"sample '{key}': the last message must be the user's", number)
    else:
        parts: list[Part] = [
            make(path=_media_path(path, row[kind])) for kind, make in _MEDIA.items() if row.get(kind) is not None
        ]
        if row.get("prompt"):
            parts.append(Text(_expected(path, number, row, "prompt", str)))
        if not parts:
            raise DataError(path, f'sample \'{key}\' has neither "prompt" nor "messages" nor media', number)
        messages = (Message("user", tuple(parts)),)
    meta = dict(_expected(path, number, row, "meta", dict)) if "meta" in row else {}
    for name in row.keys() - _FIELDS:
        meta[name] = row[name]
    cluster = row.get("cluster")
    return Sample(
        str(key),
        messages,
        row["reference"],
        cluster=None if cluster is None else str(cluster),
        meta=meta or None,
    )


def modalities(path: Path) -> frozenset[str]:
    """Kinds of input the file's samples hold, so that a model without them is refused early."""
    kinds = {"text"}
    for _, row in read_lines(path):
        kinds.update(kind for kind in _MEDIA if row.get(kind) is not None)
        for turn in row.get("messages") or ():
            content = turn.get("content") if isinstance(turn, dict) else None
            if isinstance(content, list):
                kinds.update(part["type"] for part in content if isinstance(part, dict) and part.get("type") in _MEDIA)
    return frozenset(kinds)


def _turn(path: Path, number: int, turn: Any) -> Message:
    if not isinstance(turn, dict) or turn.get("role") not in _ROLES or "content" not in turn:
        raise DataError(path, f'a message needs "role" ({", ".join(_ROLES)}) and "content"', number)
    content = turn["content"]
    if isinstance(content, str):
        return Message(turn["role"], (Text(content),))
    if not isinstance(content, list):
        raise DataError(path, '"content" is text or a list of parts', number)
    return Message(turn["role"], tuple(_part(path, number, part) for part in content))


def _part(path: Path, number: int, part: Any) -> Part:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return Text(part["text"])
    if kind in _MEDIA and isinstance(part.get("path"), str):
        return _MEDIA[kind](path=_media_path(path, part["path"]))
    raise DataError(
        path,
        'a part is {"type": "text", "text": ...} or {"type": "audio"|"image"|"video", "path": ...}',
        number,
    )


def _media_path(path: Path, name: str) -> str:
    return str(path.parent / name)


def _expected(path: Path, number: int, row: Row, name: str, kind: type) -> Any:
    value = row[name]
    if not isinstance(value, kind):
        raise DataError(path, f'"{name}" must be a {kind.__name__}', number)
    return value
