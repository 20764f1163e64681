"""Replies within bounds: whatever a server sends or promises, a call keeps so many bytes of it and no more."""

from __future__ import annotations

import functools
import zlib
from collections.abc import AsyncIterator
from typing import Any

from evalkit.models.api.call_errors import FinalCallError, RetryableCallError

LARGEST = 64 * 2**20  # bytes of one reply, unpacked: a quarter of an hour of speech as WAV in base64
LARGEST_ERROR = 2**18  # bytes of an error's body that are read; the rest is left
_BLOCK = 2**16  # bytes unpacked at a time


async def bound(response: Any) -> None:
    """Put bounds to a response of httpx before its body is read; for `event_hooks`.

    Raises:
        FinalCallError: it says itself that it is too large.
        RetryableCallError: it is packed in a way that was not asked for.
    """
    packed = response.headers.get("content-encoding", "").strip().lower()
    packed = "" if packed == "identity" else packed
    failed = response.status_code >= 400
    promised = response.headers.get("content-length", "")
    length = int(promised[:15]) if promised.isdecimal() else None
    if not packed and length is not None and length <= (LARGEST_ERROR if failed else LARGEST):
        return
    if length is not None and length > LARGEST and not failed:
        raise too_large()
    if packed and packed not in ("gzip", "x-gzip", "deflate"):
        raise RetryableCallError(f"the reply is packed as '{packed[:40]}', which was not asked for")
    response.stream = _bounded(_base(type(response.stream)))(response.stream, packed, failed)
    for name in ("content-encoding", "content-length"):
        if name in response.headers:
            del response.headers[name]


def too_large() -> FinalCallError:
    """The error of a reply over the bound."""
    return FinalCallError(f"the reply is larger than {LARGEST // 2**20} MB")


def _base(kind: type) -> type:
    return next(base for base in kind.__mro__ if base.__name__ == "AsyncByteStream")


@functools.cache
def _bounded(base: type) -> Any:
    """The class of bounded streams, for whichever httpx the client stands on."""

    class Bounded(base):  # type: ignore[misc]
        def __init__(self, stream: Any, packed: str, failed: bool) -> None:
            self._stream, self._packed, self._failed = stream, packed, failed

        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = LARGEST_ERROR if self._failed else LARGEST
            unpacker = _Unpacker(self._packed) if self._packed else None
            async for block in self._stream:
                for piece in unpacker.pieces(block) if unpacker is not None else (block,):
                    if len(piece) > left:
                        if not self._failed:
                            raise too_large()
                        yield piece[:left]
                        return
                    left -= len(piece)
                    yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded


class _Unpacker:
    """Unpacks gzip and deflate, a bounded block at a time."""

    def __init__(self, packed: str) -> None:
        self._bare = packed == "deflate"  # some servers send it without its header
        self._made: Any = zlib.decompressobj(47)

    def pieces(self, block: bytes) -> Any:
        data = block
        while data:
            try:
                piece = self._made.decompress(data, _BLOCK)
            except zlib.error as error:
                if not self._bare:
                    raise RetryableCallError(f"the reply cannot be unpacked: {error}") from None
                self._bare, self._made = False, zlib.decompressobj(-15)
                continue
            self._bare = False
            if piece:
                yield piece
            data = self._made.unconsumed_tail
            if self._made.eof:
                data, self._made = self._made.unused_data, zlib.decompressobj(47)
