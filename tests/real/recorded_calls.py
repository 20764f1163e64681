"""A record of what goes to a real server and comes back: calls pass through it unchanged."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Call:
    """One request to complete a conversation, and the server's reply.

    Args:
        asked: the request.
        status: of the reply.
        reply: the reply.
    """

    asked: dict[str, Any]
    status: int
    reply: dict[str, Any]

    @property
    def question(self) -> str:
        """Text of the last turn."""
        content = self.asked["messages"][-1]["content"]
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

    @property
    def text(self) -> str:
        return str(self.reply["choices"][0]["message"]["content"])

    @property
    def kinds(self) -> set[str]:
        """Kinds of the parts that were sent."""
        contents = [turn["content"] for turn in self.asked["messages"]]
        return {part["type"] for content in contents if not isinstance(content, str) for part in content} or {"text"}

    def price(self, prompt: float, written: float) -> float:
        """US dollars, at dollars per million tokens."""
        used = self.reply["usage"]
        return float(used["prompt_tokens"] * prompt + used["completion_tokens"] * written) / 1e6


class Recorded:
    """Where to call instead of the server, and what was called.

    Attributes:
        url: address up to `/v1`.
        calls: in the order of their replies.
    """

    def __init__(self, url: str, calls: list[Call]) -> None:
        self.url, self.calls = url, calls


@contextmanager
def recording(upstream: str) -> Iterator[Recorded]:
    """Pass calls on to a server and keep them.

    Args:
        upstream: its address up to `/v1`.
    """
    there = urlsplit(upstream)
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self, body: bytes | None) -> None:
            line = http.client.HTTPConnection(there.hostname or "", there.port, timeout=300)
            kind = {"Content-Type": "application/json"} if body is not None else {}
            line.request(self.command, self.path, body, kind)
            reply = line.getresponse()
            data = reply.read()
            line.close()
            if self.path.endswith("/chat/completions"):
                calls.append(Call(json.loads(body or b"{}"), reply.status, json.loads(data)))
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.headers.get("Content-Type") or "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._pass(None)

        def do_POST(self) -> None:
            self._pass(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *words: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # whoever asked was killed, as it is meant

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Recorded(f"http://127.0.0.1:{server.server_address[1]}/v1", calls)
    finally:
        server.shutdown()
        server.server_close()
