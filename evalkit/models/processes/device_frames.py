"""What evalkit's own processes say to each other over pipes: pickled frames, each after its length."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

from evalkit.core.message import Media, Message, Text
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.media.source import read_bytes

_HEAD = 8  # bytes of the length
_MOST_BYTES = 1 << 34  # of a frame: a portion of requests with their media


@dataclass(frozen=True, slots=True)
class Held:
    """An opener that can travel: it holds the bytes."""

    data: bytes

    def __call__(self) -> bytes:
        """The bytes."""
        return self.data


def write_frame(stream: IO[bytes], value: Any) -> None:
    """Write one value.

    Raises:
        OSError: the other end is gone.
    """
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(_HEAD, "big") + data)
    stream.flush()


def read_frames(stream: IO[bytes]) -> Iterator[Any]:
    """Values until the other end is gone; what it left unfinished is dropped."""
    while len(head := stream.read(_HEAD)) == _HEAD:
        size = int.from_bytes(head, "big")
        if size > _MOST_BYTES:
            return
        if len(data := stream.read(size)) < size:
            return
        yield pickle.loads(data)


def portable_request(request: Request) -> Request:
    """A request whose media are files or bytes; reads what has an opener.

    Raises:
        DataError: it cannot be read.
    """
    if not any(isinstance(part, Media) and part.path is None for turn in request.messages for part in turn.content):
        return request
    turns = tuple(Message(turn.role, tuple(_portable(part) for part in turn.content)) for turn in request.messages)
    return replace(request, messages=turns)


def portable_response(response: Response) -> Response:
    """A response whose speech is a file or bytes."""
    if response.audio is not None:
        response = replace(response, audio=_portable(response.audio))
    return response


def _portable(part: Any) -> Any:
    if isinstance(part, Text) or part.path is not None:
        return part
    return replace(part, opener=Held(read_bytes(part)))
