"""A build with models behind a loopback server that speaks OpenAI's protocol, with every fault on."""

from __future__ import annotations

import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from building_program import memory
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

from evalkit.models.api import retrying

FAULTS = ("busy", "drop", "cut", "garbage", "good")


class Server:
    """Sees and writes; every conversation meets the faults in turn before a good answer."""

    def __init__(self) -> None:
        self.seen: Counter[bytes] = Counter()
        self.answered: Counter[bytes] = Counter()
        self.schemas: list[Any] = []

    def __call__(self, asked: Asked) -> Reply:
        key = json.dumps(asked.json["messages"], sort_keys=True).encode()
        self.seen[key] += 1
        fault = FAULTS[min(self.seen[key], len(FAULTS)) - 1]
        if fault == "busy":
            return openai_wire.refuse(503, "overloaded")
        if fault == "drop":
            return Reply(drop=True)
        if fault == "garbage":
            self.answered[key] += 1
            return openai_wire.say(asked, '{"caption": "half a')
        whole = openai_wire.say(asked, self.text(asked), cut=40 if fault == "cut" else None)
        self.answered[key] += fault == "good"
        return whole

    def text(self, asked: Asked) -> str:
        self.schemas.append(asked.json["response_format"]["json_schema"])
        prompt = openai_wire.prompt(asked)
        key = f"d{zlib.crc32(prompt.encode())}"
        if "It tests memory" in prompt:
            return json.dumps(memory({"id": key}, prompt, None))
        facts = [{"question": f"Which word number {n} is on the sign?", "answer": f"{key}word{n}"} for n in range(3)]
        return json.dumps({"caption": "A sign.", "facts": facts})


def test_a_build_over_http_with_faults(
    workshop: Any, main: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.01)
    server = Server()
    with Loopback(server) as running:
        word = f"openai-compatible:m,base_url={running.url}/v1,structured=true,price_input=1,price_output=2"
        words = ["build", "mmmb", "--images", workshop.images, "--vlm", word, "--llm", word, "--out", workshop.out,
                 "--dialogues", 4, "--turns", "3-6", "--concurrency", 3, "--max-cost", 1]  # fmt: skip
        done = main(*words, "--json")
        assert done.code == 0, done.err + done.out
        assert running.peak <= 3
        assert done.json["counts"]["drafted"] == 4
        asked = sum(server.answered.values())
        workshop.decide("accept")
        assert main("build", "mmmb", "--out", workshop.out).code == 0
        assert sum(server.answered.values()) == asked, "nothing is asked again"
    # Of each item the first attempt ends in garbage; the second, in other words for the problem is told, does too; the
    # third says what the second said, so the server is through its faults.
    record = workshop.record()
    assert record["stages"]["describe"]["replies"] == 18 and record["stages"]["describe"]["unusable"] == 12
    assert record["stages"]["draft"]["replies"] == 12 and record["stages"]["draft"]["unusable"] == 8
    assert record["cost"] == pytest.approx(30 * (11 * 1 + 3 * 2) / 1e6)
    assert record["stages"]["draft"]["served"] == ["m-2026-01-01"]
    assert all(schema["strict"] and schema["schema"]["additionalProperties"] is False for schema in server.schemas)
    assert main("data", "check", "mmmb", workshop.out).code == 0
