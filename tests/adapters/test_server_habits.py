"""What servers of one's own do that the big providers do not: dead connections after an error, bounds not kept."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from servers.loopback import Answer, Asked, Loopback, Reply, read_request

from evalkit import plugins
from evalkit.core.limits import CallLimits
from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.api import retrying

pytest.importorskip("openai")

REFUSED = json.dumps({"error": {"message": "Unknown modality"}}).encode()


def completion(text: str, tokens: int = 1) -> bytes:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 3, "completion_tokens": tokens}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}).encode()


class Dead(Loopback):
    """Answers 500 to what it sees for the first time, keeps that connection open, and resets it when it is used."""

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dead = False
        try:
            while (asked := await read_request(reader)) is not None and not dead:
                reply = self.answer(asked)
                dead = reply.status == 500
                head = f"HTTP/1.1 {reply.status} X\r\nContent-Type: application/json\r\n"
                writer.write(f"{head}Content-Length: {len(reply.body)}\r\n\r\n".encode() + reply.body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the server ends
        finally:
            writer.transport.abort()


def once_refused(close: bool) -> Answer:
    seen: set[bytes] = set()

    def answer(asked: Asked) -> Reply:
        if asked.body not in seen:
            seen.add(asked.body)
            return Reply(REFUSED, 500, cut=len(REFUSED) if close else None)
        return Reply(completion(asked.json["messages"][0]["content"].upper()))

    return answer


def answers(address: str, asked: list[Request], limits: CallLimits) -> dict[str, Response]:
    given = {"base_url": f"{address}/v1", "model": "m"}
    model = plugins.load_model("openai-compatible", given)
    model.limits = limits  # type: ignore[attr-defined]
    with model:
        return dict(model.stream(iter(asked)))


def asks(count: int, bound: int | None = None) -> list[Request]:
    return [Request(str(n), (user(f"prompt {n}"),), Generation(max_new_tokens=bound)) for n in range(count)]


@pytest.mark.parametrize("kind", ["closed after the answer", "reset when used again"])
def test_a_connection_that_is_dead_after_a_500_costs_no_answer(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.01)
    closed = kind.startswith("closed")
    # The next call may take the connection before its end is noticed: that costs an attempt, not the answer.
    with (Loopback if closed else Dead)(once_refused(closed)) as server:
        found = answers(server.url, asks(12), CallLimits(concurrency=2))
    assert {key: response.text for key, response in found.items()} == {str(n): f"PROMPT {n}" for n in range(12)}


def test_answers_longer_than_allowed_are_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def answer(asked: Asked) -> Reply:
        assert asked.json["max_tokens"] == 8
        return Reply(completion("long", 1024 if "1" in asked.json["messages"][0]["content"] else 8))

    with Loopback(answer) as server, caplog.at_level(logging.WARNING):
        found = answers(server.url, asks(20, bound=8), CallLimits())
    over = {key for key, response in found.items() if (response.usage or {}).get("over_bound")}
    assert over == {str(n) for n in range(20) if "1" in str(n)}
    assert all(response.text == "long" for response in found.values())
    assert caplog.text.count("wrote 1024 tokens where 8 were allowed") == 1
