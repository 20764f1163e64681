"""The questions of a task in a folder, with their media: written whole or not at all, and gone on with after a stop.

`questions.jsonl` is there only when it is complete, `export.json` says what it holds. Media lie in `media/` under the
hash of their content. Until the end the lines stand in `questions.jsonl.part`; those are taken over by the next try.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Media
from evalkit.core.sample import Sample
from evalkit.data.export_lines import Lines
from evalkit.media.source import content_hash, read_bytes

QUESTIONS, RECORD, MEDIA = "questions.jsonl", "export.json", "media"
SCHEMA = "evalkit.export/1"
_PART, _RECORD_PART = f"{QUESTIONS}.part", "export.part.json"
_OURS = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,8})?(\.part)?")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Exported:
    """What a folder holds.

    Args:
        questions: lines.
        media: files, each counted once.
        done_before: nothing had to be written.
    """

    questions: int
    media: int
    done_before: bool = False


class Folder:
    """A folder that questions are exported to.

    Args:
        path: the folder; made where it is not there.
        facts: what determines the export (JSON), "task" among them.

    Raises:
        UsageError: it holds something else than an export of the same task, or cannot be written.
    """

    def __init__(self, path: Path, facts: Mapping[str, Any]) -> None:
        self.path, self.media = path, path / MEDIA
        self.facts = json.loads(json.dumps({"schema": SCHEMA, **facts}))
        if path.exists() and not path.is_dir():
            raise UsageError(f"--to {path}: is no folder")
        found = [_record(path / name) for name in (RECORD, _RECORD_PART)]
        earlier = [record for record in found if record is not None]
        if path.is_dir() and any(path.iterdir()) and not earlier:
            raise UsageError(f"--to {path}: is not empty, and no earlier export; name a new folder")
        for record in earlier:
            if record.get("task") != facts["task"]:
                raise UsageError(
                    f"--to {path}: holds an export of task '{record.get('task')}', not of '{facts['task']}'; "
                    "name a new folder"
                )
        self.finished, self.begun = found

    def write(self, samples: Iterable[Sample], lines: Lines) -> Exported:
        """Write the questions, or what an earlier try left to write.

        Args:
            samples: in order; the same ones at every try.
            lines: how each is written.

        Raises:
            DataError: media that cannot be read; what was written so far is kept.
            UsageError: the folder cannot be written.
        """
        if (there := self._complete()) is not None:
            return there
        try:
            return self._write(samples, lines)
        except OSError as error:
            raise UsageError(
                f"--to {self.path}: cannot be written ({error.strerror}); make room, and repeat the command to go on"
            ) from error

    def _complete(self) -> Exported | None:
        if self.finished is None or not (self.path / QUESTIONS).is_file():
            return None
        if {key: value for key, value in self.finished.items() if key not in ("questions", "media")} != self.facts:
            return None
        named = {name for line in _lines(self.path / QUESTIONS) for name in _named(line)}
        if all((self.path / name).is_file() for name in named):
            return Exported(int(self.finished["questions"]), len(named), done_before=True)
        return None

    def _write(self, samples: Iterable[Sample], lines: Lines) -> Exported:
        self.media.mkdir(parents=True, exist_ok=True)
        part = self.path / _PART
        if self.begun != self.facts:
            part.unlink(missing_ok=True)
            _put(self.path / _RECORD_PART, _encoded(self.facts))
        before = list(self._usable(part))
        named: set[str] = set()
        count = 0
        with part.open("r+b" if part.exists() else "w+b") as file:
            file.truncate(sum(len(line) for line in before))
            file.seek(0, os.SEEK_END)
            for count, sample in enumerate(samples, 1):
                if count <= len(before):
                    line = before[count - 1]
                    if _id(line) != sample.id:
                        raise DataError(part, f"line {count} is not of sample '{sample.id}'; remove this file")
                else:
                    line = self._line(sample, lines)
                    file.write(line)
                named.update(_named(line))
            file.flush()
            os.fsync(file.fileno())
        if count < len(before):
            raise DataError(part, f"holds {len(before)} questions, and the task has {count}; remove this file")
        (self.path / RECORD).unlink(missing_ok=True)
        os.replace(part, self.path / QUESTIONS)
        _put(self.path / RECORD, _encoded({**self.facts, "questions": count, "media": len(named)}))
        (self.path / _RECORD_PART).unlink(missing_ok=True)
        self._tidy(named)
        return Exported(count, len(named))

    def _usable(self, part: Path) -> Iterator[bytes]:
        """Lines of an earlier try, up to one that is torn or lacks a file."""
        for line in _lines(part):
            if not line.endswith(b"\n") or not all((self.path / name).is_file() for name in _named(line)):
                return
            yield line

    def _line(self, sample: Sample, lines: Lines) -> bytes:
        try:
            return orjson.dumps(lines.line(sample, self._keep), option=orjson.OPT_APPEND_NEWLINE)
        except TypeError as error:  # half a surrogate pair
            raise DataError(f"sample '{sample.id}'", f"its question cannot be written as JSON: {error}") from None

    def _keep(self, part: Media) -> str:
        data = read_bytes(part)
        suffix = Path(part.label).suffix.lower()
        name = f"{content_hash(data)}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
        path = self.media / name
        if not path.is_file() or path.stat().st_size != len(data):
            _put(path, data)
        return f"{MEDIA}/{name}"

    def _tidy(self, named: set[str]) -> None:
        """Remove media of an earlier export of other samples, and files that a stop left unfinished."""
        for path in self.media.iterdir():
            if _OURS.fullmatch(path.name) and f"{MEDIA}/{path.name}" not in named:
                path.unlink()
        if not any(self.media.iterdir()):
            self.media.rmdir()


def _record(path: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def _lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as file:
            yield from file


def _named(line: bytes) -> Iterator[str]:
    """Media that a line names."""
    for message in orjson.loads(line).get("messages", ()):
        for part in message["content"]:
            if "path" in part:
                yield part["path"]


def _id(line: bytes) -> str:
    found = orjson.loads(line)
    return str(found.get("id", found.get("custom_id")))


def _encoded(facts: Mapping[str, Any]) -> bytes:
    return orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _put(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
