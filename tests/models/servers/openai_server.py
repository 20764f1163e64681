"""A process that speaks chat completions: `openai_server.py PORT LATENCY [FAILING]`; prints "listening".

Every request takes LATENCY seconds. Of every 100 distinct conversations FAILING are answered 503 the first time.
GET /stats gives, since the last GET /reset, the numbers of requests, answers, distinct conversations, and answers given
twice, the most requests open at once, and the seconds from the first request to the last answer.
"""

from __future__ import annotations

import asyncio
import collections
import hashlib
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from servers.loopback import Asked, Reply, read_request, send


class Server:
    def __init__(self, latency: float, failing: int) -> None:
        self.latency, self.failing = latency, failing
        self.reset()

    def reset(self) -> None:
        self.requests: collections.Counter[bytes] = collections.Counter()
        self.answers: collections.Counter[bytes] = collections.Counter()
        self.open = self.peak = 0
        self.first = self.last = 0.0  # time.monotonic() of the first request and of the last answer

    def stats(self) -> dict[str, float]:
        return {
            "requests": self.requests.total(),
            "answers": self.answers.total(),
            "distinct": len(self.answers),
            "twice": sum(count > 1 for count in self.answers.values()),
            "peak": self.peak,
            "seconds": self.last - self.first,
        }

    async def reply(self, asked: Asked) -> Reply:
        if asked.path.endswith("/stats"):
            return Reply(json.dumps(self.stats()).encode())
        if asked.path.endswith("/reset"):
            self.reset()
            return Reply(b"{}")
        body = json.loads(asked.body)
        key = hashlib.blake2b(json.dumps(body["messages"]).encode(), digest_size=8).digest()
        self.first = self.first or time.monotonic()
        self.requests[key] += 1
        self.open += 1
        self.peak = max(self.peak, self.open)
        await asyncio.sleep(self.latency)
        self.open -= 1
        if self.requests[key] == 1 and int.from_bytes(key, "big") % 100 < self.failing:
            return Reply(b'{"error": {"message": "overloaded", "type": "server_error"}}', status=503)
        self.answers[key] += 1
        self.last = time.monotonic()
        answer = {
            "id": "x", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "lol"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11},
        }  # fmt: skip
        return Reply(json.dumps(answer).encode())

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await read_request(reader)) is not None:
                await send(writer, await self.reply(asked))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def main(port: int, latency: float, failing: int) -> None:
    server = await asyncio.start_server(Server(latency, failing).client, "127.0.0.1", port, backlog=4096)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
