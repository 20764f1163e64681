"""A loopback HTTP server in a thread of its own: a function answers each request, with faults if it likes."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float  # time.monotonic()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to send back.

    `cut` sends only so many bytes of the body and closes the connection; `pieces` sends a chunked stream, and with
    `cut` as many pieces of it; `drop` closes the connection without a word.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    pieces: Sequence[bytes] | None = None
    piece_delay: float = 0.0
    drop: bool = False


Answer = Callable[[Asked], Reply]


class Loopback:
    """The server; `url` while it runs, `asked` for what came, `peak` for how many requests were open at once.

    `models` is what it says when it is asked for its list of models, which is not noted.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.models = Reply(b"{}", 404)
        self.peak = self._open = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        clients = asyncio.all_tasks() - {asyncio.current_task()}
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await read_request(reader)) is not None:
                if asked.path.endswith("/models") and not asked.body:
                    await send(writer, self.models)
                    continue
                self.asked.append(asked)
                self._open += 1
                self.peak = max(self.peak, self._open)
                try:
                    going_on = await send(writer, self.answer(asked))
                finally:
                    self._open -= 1
                if not going_on:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the server ends
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """The next request of a connection; None at its end."""
    first = await reader.readline()
    if not first:
        return None
    headers = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).strip() or b"0", 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(first.decode("latin-1").split(" ")[1], headers, body, time.monotonic())


async def send(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Send a reply; False when the connection ends with it."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.drop:
        writer.transport.abort()
        return False
    headers = {"Content-Type": "application/json", **reply.headers}
    if reply.pieces is None:
        headers.setdefault("Content-Length", str(len(reply.body)))
    else:
        headers["Transfer-Encoding"] = "chunked"
    head = f"HTTP/1.1 {reply.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = head.encode("latin-1") + b"\r\n"
    if reply.pieces is None:
        writer.write(start + reply.body[: reply.cut])
    else:
        writer.write(start)
        for piece in reply.pieces[: reply.cut]:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(reply.piece_delay)
        if reply.cut is None:
            writer.write(b"0\r\n\r\n")
    await writer.drain()
    return reply.cut is None
