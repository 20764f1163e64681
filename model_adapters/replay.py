"""Answers that were made elsewhere, read from a JSON Lines file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.data.jsonl import file_digest, read_lines

_NO_ANSWER = "the file records a failure: no text and no audio"


@model("replay", takes=("text", "image", "audio", "video"), gives=("text", "speech"))
class Replay(Model):
    """Scores outputs made anywhere.

    Args:
        file: JSON Lines of {"id", "text", "audio"?, "thought"?}; audio paths are relative to the file.
    """

    incidental = frozenset({"file"})

    def __init__(self, file: str) -> None:
        self._path = Path(file)
        if not self._path.is_file():
            raise DataError(self._path, 'no such file; expected JSON Lines of {"id", "text", "audio"?}')
        self._answers: dict[str, Response] | None = None

    def identity(self) -> Mapping[str, Any]:
        """The file's content, wherever it lies."""
        return {"file_digest": file_digest(self._path)}

    def notices(self, ids: Callable[[], Collection[str]] | None, takes: Collection[str]) -> Sequence[str]:
        """Answers to samples the task does not have: mostly a sign of the wrong file."""
        unknown = sorted(self._read().keys() - set(ids())) if ids is not None else []
        if not unknown:
            return ()
        return (f"{len(unknown)} answers have ids that the task does not have, '{unknown[0]}' among them",)

    def start(self) -> None:
        """Read the whole file, so that a broken line ends the run before anything is scored."""
        self._read()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """The recorded answers; a sample the file lacks counts as failed."""
        answers = self._read()
        for request in requests:
            found = answers.get(request.id)
            yield request.id, found or Response(failure=Failure("missing", f"no answer in {self._path}"))

    def _read(self) -> dict[str, Response]:
        if self._answers is None:
            self._answers = _responses(self._path)
        return self._answers


def _responses(path: Path) -> dict[str, Response]:
    lines: dict[str, int] = {}
    answers: dict[str, Response] = {}
    for number, row in read_lines(path, halves=True):
        key = row.get("id")
        if key is None:
            raise DataError(path, 'no "id"', number)
        key = str(key)
        if key in answers:
            raise DataError(path, f"the id '{key}' was answered in line {lines[key]} already", number)
        text, audio, thought = row.get("text"), row.get("audio"), row.get("thought")
        if not all(isinstance(said, str | None) for said in (text, audio, thought)):
            raise DataError(path, f'sample \'{key}\': "text", "audio" and "thought" must be strings', number)
        if not {"text", "audio", "error"} & row.keys():
            raise DataError(path, f'sample \'{key}\' has neither "text" nor "audio"', number)
        lines[key] = number
        if row.get("error") or (text is None and audio is None):
            answers[key] = Response(failure=Failure("model", str(row.get("error") or _NO_ANSWER)))
        else:
            said = Audio(path=str(path.parent / audio)) if audio else None
            answers[key] = Response(text=text, audio=said, thought=thought or None)
    return answers
