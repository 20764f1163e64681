"""Answers that were made elsewhere, read from a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.model import Answer, Model, model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.data.responses import EXPECTED, STDIN, digest, read_responses

_NO_ANSWER = "the file records a failure: no text and no audio"


@model("replay", takes=("text", "image", "audio", "video"), gives=("text", "speech"))
class Replay(Model):
    """Scores outputs made anywhere; media of the data need not be there.

    Args:
        file: JSON Lines of {"id", "text", "audio"?, "thought"?}, a JSON list of these, or an object of id -> text;
            plain or gzip, a pipe, or "-" for standard input. Audio paths are relative to the file. null is no answer.
        key: field the answers stand under; None for the only one of the usual names that is there.
    """

    incidental = frozenset({"file"})
    opens_media = False

    def __init__(self, file: str, key: str | None = None) -> None:
        if file != STDIN and not Path(file).exists():
            raise DataError(file, f"no such file; {EXPECTED}")
        if Path(file).is_dir():
            raise DataError(file, f"is a folder; {EXPECTED}")
        self._file, self._key = file, key
        self._answers: Mapping[str, Response] | None = None

    def identity(self) -> Mapping[str, Any]:
        """The file's content, wherever it lies and however it is packed."""
        facts = {"file_digest": digest(self._file)}
        return facts if self._key is None else {**facts, "key": self._key}

    def notices(self, ids: Callable[[], Collection[str]] | None, takes: Collection[str]) -> Sequence[str]:
        """Answers to samples the task does not have: mostly a sign of the wrong file."""
        unknown = sorted(self.answers().keys() - set(ids())) if ids is not None else []
        if not unknown:
            return ()
        return (f"{len(unknown)} answers have ids that the task does not have, '{unknown[0]}' among them",)

    def start(self) -> None:
        """Read the whole file, so that a broken line ends the run before anything is scored."""
        self.answers()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """The recorded answers; a sample the file lacks counts as failed."""
        answers = self.answers()
        for request in requests:
            found = answers.get(request.id)
            yield request.id, found or Response(failure=Failure("missing", f"no answer in {self._file}"))

    def belong_to(self, split: str) -> None:
        """Take ids for those of a split whose samples are called SPLIT/ID; ids that say so already stay."""
        found = self.answers()
        named = {key if key.startswith(f"{split}/") else f"{split}/{key}": one for key, one in found.items()}
        if len(named) == len(found):
            self._answers = named

    def answers(self) -> Mapping[str, Response]:
        """The answers by their ids; the file is read once."""
        if self._answers is None:
            self._answers = read_responses(self._file, self._key)
        return self._answers
