"""WenetSpeech as published: one JSON file that lists the segments of long recordings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from evalkit.core.errors import DataError
from evalkit.core.source import Row
from evalkit.data.corpora.layout import Layout, is_audio, row
from evalkit.data.corpora.segments import segment
from evalkit.data.corpora.trees import walk

_CHUNK = 1 << 20


class WenetSpeech(Layout):
    """WenetSpeech.json over audio/*: segments of recordings, cut when they are opened.

    The JSON file, which lists the training set as well, is read piece by piece.

    Args:
        subsets: task split -> (name in a segment's "subsets", folder of its recordings).
    """

    describe = "WenetSpeech.json with audio/{test_net,test_meeting}/**/*.opus"
    cheap = False

    def __init__(self, subsets: Mapping[str, tuple[str, str]] | None = None) -> None:
        self.subsets = dict(
            subsets
            or {"test_net": ("TEST_NET", "audio/test_net"), "test_meeting": ("TEST_MEETING", "audio/test_meeting")}
        )

    def splits(self, root: Path) -> tuple[str, ...]:
        """Splits whose folder is there beside the JSON file."""
        if not (root / "WenetSpeech.json").is_file():
            return ()
        return tuple(
            split for split, (_, folder) in self.subsets.items() if (root / folder).is_dir() or not self.demands_media
        )

    def files(self, root: Path, split: str) -> Iterable[Path]:
        """The JSON file and the split's recordings."""
        yield root / "WenetSpeech.json"
        yield from (path for path in walk(root / self.subsets[split][1]) if is_audio(path.name))

    def read(self, root: Path, split: str) -> Iterator[Row]:
        """Rows in the order of the JSON file; "begin" and "end" are seconds in the recording "recording"."""
        path = root / "WenetSpeech.json"
        subset = self.subsets[split][0]
        parts = list(_segments(path, subset))  # one reading: the file is mostly about the training set
        missing = sorted({name for name in {part.path for part in parts} if not (root / name).is_file()})
        if missing and self.demands_media:
            raise DataError(path, f"{len(missing)} recordings of {subset} are not there, first '{missing[0]}'")
        for part in parts:
            audio = segment(root / part.path, part.begin, part.end, part.key)
            yield row(part.key, audio, part.text, recording=part.recording, begin=part.begin, end=part.end)


class _Segment(NamedTuple):
    key: str
    text: str
    begin: float
    end: float
    recording: str
    path: str


def _segments(path: Path, subset: str) -> Iterator[_Segment]:
    """Segments of a subset, checked."""
    for number, recording in enumerate(items(path, "audios")):
        if not isinstance(recording, dict) or not isinstance(recording.get("segments"), list):
            raise DataError(path, f'entry {number} of "audios" is no object with "segments"')
        for part in recording["segments"]:
            if subset not in (part.get("subsets") or recording.get("subsets") or ()):
                continue
            place = part.get("sid") or f"a segment of {recording.get('aid')}"
            for name in ("sid", "text"):
                if not isinstance(part.get(name), str):
                    raise DataError(path, f'{place}: no "{name}"')
            for name in ("begin_time", "end_time"):
                if not isinstance(part.get(name), int | float):
                    raise DataError(path, f'{place}: "{name}" is not a number of seconds')
            for name in ("aid", "path"):
                if not isinstance(recording.get(name), str):
                    raise DataError(path, f'{place}: its recording has no "{name}"')
            begin, end = float(part["begin_time"]), float(part["end_time"])
            yield _Segment(part["sid"], part["text"], begin, end, recording["aid"], recording["path"])


def items(path: Path, key: str) -> Iterator[Any]:
    """Elements of the array under a top-level key of a JSON file, one in memory at a time.

    Raises:
        DataError: not JSON, truncated, or no such array.
    """
    try:
        with path.open(encoding="utf-8") as file:
            yield from _items(file, path, key)
    except UnicodeDecodeError as error:
        raise DataError(path, f"not UTF-8 text ({error.reason}); damaged or truncated") from None
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None


def _items(file: IO[str], path: Path, key: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    text = _seek_array(file, path, key)
    while True:
        text = text.lstrip(" \t\r\n,")
        if text.startswith("]"):
            return
        try:
            found, end = decoder.raw_decode(text)
        except json.JSONDecodeError as error:
            more = file.read(max(_CHUNK, len(text)))  # doubling keeps long elements linear
            if not more:
                raise DataError(path, f'not JSON, or truncated, inside "{key}": {error.msg}') from None
            text += more
            continue
        yield found
        text = text[end:] if end < len(text) else file.read(_CHUNK)


def _seek_array(file: IO[str], path: Path, key: str) -> str:
    """Read up to the array; returns what was read beyond its bracket."""
    text, wanted = "", f'"{key}"'
    while more := file.read(_CHUNK):
        text = text[-len(wanted) - 64 :] + more
        at = text.find(wanted)
        if at < 0:
            continue
        rest = text[at + len(wanted) :]
        while "[" not in rest and (more := file.read(_CHUNK)):
            rest += more
        between, bracket, tail = rest.partition("[")
        if bracket and between.strip() == ":":
            return tail
    raise DataError(path, f'no array "{key}"; is it the right file, and whole?')
