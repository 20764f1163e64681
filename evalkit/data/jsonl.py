"""A user's own data: one JSON object per line."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Image, Message, Modality, Part, Text, Video
from evalkit.core.nesting import DEEPEST, may_be_deep, too_deep
from evalkit.core.sample import Sample
from evalkit.core.source import Row, Rows, Source
from evalkit.data.fingerprint import content_hashes
from evalkit.media.impostors import HEAD, impostor
from evalkit.media.source import MAX_BYTES, inside

_ROLES = ("system", "user", "assistant")
_MEDIA: dict[str, type[Audio | Image | Video]] = {"audio": Audio, "image": Image, "video": Video}
HALF = "a text of it has half a surrogate pair, so is no Unicode text"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_FIELDS = {"", "id", "prompt", "messages", "audio", "image", "video", "reference", "cluster", "meta"}


def read_lines(
    path: Path,
    broken: Callable[[DataError], object] | None = None,
    opened: Callable[[], IO[bytes]] | None = None,
    halves: bool = False,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers (from 1) and objects of a JSON Lines file; blank lines are skipped.

    Args:
        path: the file.
        broken: gets the error of a line that is not a JSON object, and reading goes on.
        opened: opens it, where it is packed or inside an archive.
        halves: read texts with half a surrogate pair, which JSON can name and no file can hold.

    Raises:
        DataError: no such file, or, without `broken`, a line that is not a JSON object.
    """
    try:
        file = path.open("rb") if opened is None else opened()
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    with file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")  # the byte order mark of Windows programs
            if not line or line.isspace():
                continue
            try:
                value = orjson.loads(line)
                wrong = None if isinstance(value, dict) else 'expected a JSON object, for example {"id": ..., ...}'
                if wrong is None and may_be_deep(line) and too_deep(value):
                    wrong = f"nested more than {DEEPEST} deep, which no result file can hold"
            except orjson.JSONDecodeError as error:
                value = with_halves(line)
                if value is not None:
                    wrong = None if halves else HALF
                elif (problem := impostor(line[:HEAD]) if number == 1 else None) is not None:
                    raise DataError(path, problem) from None
                else:
                    wrong = f"not JSON ({error}); expected one JSON object per line"
            if wrong is None:
                yield number, value
            elif broken is None:
                raise DataError(path, wrong, number)
            else:
                broken(DataError(path, wrong, number))


def with_halves(line: bytes) -> dict[str, Any] | None:
    """A JSON object that is refused for half a surrogate pair in a text alone; None where it is not the reason."""
    try:
        value = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _HALF.search(line) else None


def _no_number(word: str) -> Any:
    raise ValueError(word)


def file_digest(path: Path) -> str:
    """Content hash of a file, with its size kept flat in memory."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def named_files(path: Path, media: Iterable[str]) -> tuple[str, Mapping[str, Any]]:
    """Hash of a file and of the media it names, in the order of their paths; and how it was found.

    What is missing, or no regular file, has a mark of its own; its sample fails when it is asked.

    Raises:
        DataError: a file that cannot be read.
    """
    (own,), how = content_hashes([path])
    contents, of_media = content_hashes(list(media), most=MAX_BYTES)
    contents, how = [own, *contents], how + of_media
    listed = "\n".join(content or "missing" for content in contents)
    return hashlib.blake2b(listed.encode(), digest_size=16).hexdigest(), how.record()


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look at every sample of a file tells.

    Args:
        takes: kinds of input the samples hold.
        media: every media file it names, sorted.
    """

    takes: frozenset[Modality]
    media: tuple[str, ...]


class JsonLines(Source):
    """The source of `--task FILE.jsonl`.

    Args:
        path: the file; media paths in it are relative to its folder, and stay inside it.
        outside: media may lie anywhere.
    """

    splits = ("all",)

    def __init__(self, path: Path, *, outside: bool = False) -> None:
        self.path, self.outside = path, outside

    @functools.cached_property
    def survey(self) -> Survey:
        """Modalities and media files.

        Raises:
            DataError: there is no such file, or a line that is no sample.
        """
        if not self.path.is_file():
            raise DataError(self.path, "no such file; expected JSON Lines with id, prompt or messages, reference")
        takes: set[Modality] = {"text"}
        media: set[str] = set()
        for row in self.read():
            for turn in sample(self.path, row, outside=self.outside).messages:
                for part in turn.content:
                    if not isinstance(part, Text):
                        takes.add(part.modality)
                        media.add(str(part.path))
        return Survey(frozenset(takes), tuple(sorted(media)))

    def read(self) -> Iterator[Row]:
        """The lines, each with its number under the empty key, which no JSON field of ours has."""
        for number, value in read_lines(self.path):
            value[""] = number
            yield value

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        """The file itself, wherever other data lies."""
        return _JsonLinesRows(self)


class _JsonLinesRows(Rows):
    splits = ("all",)
    cheap = True

    def __init__(self, source: JsonLines) -> None:
        self._source = source
        self.location = str(source.path)

    @functools.cached_property
    def revision(self) -> str:  # type: ignore[override]
        """Hash of the file and of every media file it names."""
        found, self.established = named_files(self._source.path, self._source.survey.media)
        return f"blake2b:{found}"

    def read(self, split: str) -> Iterator[Row]:
        return self._source.read()


def sample(path: Path, row: Row, *, outside: bool = False) -> Sample:
    """Make a sample of one line: `{"id", "prompt" or "messages", "audio"?, "image"?, "reference"}`.

    Media paths are relative to the file's folder. `messages` holds turns of `{"role", "content"}`, content being
    text or parts `{"type": "text"|"audio"|"image"|"video", "text" or "path"}`. "cluster" groups dependent samples;
    every other field ("language", ...) goes into the sample's meta.

    Raises:
        DataError: a field that is missing or of the wrong kind; a media path that leads out of the file's folder,
            links resolved, unless `outside` allows it.
    """
    number = row[""]
    media = functools.partial(_media_path, path, number, outside)
    key = row.get("id")
    if key is None or key == "":
        raise DataError(path, 'no "id"', number)
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise DataError(path, f'"id" must be a text or a whole number, not {key!r}', number)
    if "reference" not in row:
        raise DataError(path, f"sample '{key}' has no \"reference\" (it may be null or empty)", number)
    if "messages" in row:
        messages = tuple(_turn(path, number, turn, media) for turn in _expected(path, number, row, "messages", list))
        if not messages or messages[-1].role != "user":
            raise DataError(path, f"sample '{key}': the last message must be the user's", number)
    else:
        parts: list[Part] = [
            make(path=media(_expected(path, number, row, kind, str)))
            for kind, make in _MEDIA.items()
            if row.get(kind) is not None
        ]
        if row.get("prompt"):
            parts.append(Text(_expected(path, number, row, "prompt", str)))
        if not parts:
            raise DataError(path, f'sample \'{key}\' has neither "prompt" nor "messages" nor media', number)
        messages = (Message("user", tuple(parts)),)
    meta = dict(_expected(path, number, row, "meta", dict)) if "meta" in row else {}
    meta |= {name: value for name, value in row.items() if name not in _FIELDS}  # in the order of the line
    cluster = row.get("cluster")
    return Sample(
        str(key),
        messages,
        row["reference"],
        cluster=None if cluster is None else str(cluster),
        meta=meta or None,
    )


def _turn(path: Path, number: int, turn: Any, media: Callable[[str], str]) -> Message:
    if not isinstance(turn, dict) or turn.get("role") not in _ROLES or "content" not in turn:
        raise DataError(path, f'a message needs "role" ({", ".join(_ROLES)}) and "content"', number)
    content = turn["content"]
    if isinstance(content, str):
        return Message(turn["role"], (Text(content),))
    if not isinstance(content, list):
        raise DataError(path, '"content" is text or a list of parts', number)
    return Message(turn["role"], tuple(_part(path, number, part, media) for part in content))


def _part(path: Path, number: int, part: Any, media: Callable[[str], str]) -> Part:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return Text(part["text"])
    if isinstance(kind, str) and kind in _MEDIA and isinstance(part.get("path"), str):
        return _MEDIA[kind](path=media(part["path"]))
    raise DataError(
        path,
        'a part is {"type": "text", "text": ...} or {"type": "audio"|"image"|"video", "path": ...}',
        number,
    )


def _media_path(path: Path, number: int, outside: bool, name: str) -> str:
    try:
        return inside(path.parent, name, outside=outside)
    except DataError as error:
        raise DataError(path, f"the media path '{name}' {error.problem}", number) from None


def _expected(path: Path, number: int, row: Row, name: str, kind: type) -> Any:
    value = row[name]
    if not isinstance(value, kind):
        raise DataError(path, f'"{name}" must be a {kind.__name__}', number)
    return value
