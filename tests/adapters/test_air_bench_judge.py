"""AIR-Bench Chat with a judge at a loopback provider with faults: both orders of every question, each paid for once."""

from __future__ import annotations

import re
import sys
import threading
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from providers import KEY
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tasks"))

from audio_bench import Bench, columns
from test_air_bench import GRADES, chat

pytest.importorskip("openai")


class Judge:
    """Grades as the answer asks; every question meets a fault in one of its orders, and one is never readable."""

    def __init__(self) -> None:
        self.tries: defaultdict[str, int] = defaultdict(int)
        self.verdicts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        text = openai_wire.prompt(asked)
        found = re.search(r"grades=(\w+)/(\w+)", text)
        assert found is not None
        first = text.index("Answer of assistant 1") < found.start() < text.index("Answer of assistant 2")
        (number,) = re.findall(r"What is (\d+)\?", text)
        with self._lock:
            tries = self.tries[f"{number} {first}"]
            self.tries[f"{number} {first}"] += 1
        faults = [
            openai_wire.refuse(429, "slow down", headers={"Retry-After": "0.05"}),
            openai_wire.refuse(500, "internal error"),
            Reply(openai_wire.say(asked, "9 9").body, cut=40),
            Reply(b"{}"),
        ]
        if first == (int(number) % 2 == 0) and tries == 0:
            return faults[int(number) % 4]
        self.verdicts[f"{number} {first}"] += 1
        pair = found.groups() if first else found.groups()[::-1]
        return openai_wire.say(asked, " ".join(pair))


def test_chat_with_faults(serve: Any, main: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from evalkit.models.api import retrying

    monkeypatch.setattr(retrying, "BASE", 0.01)
    judge = Judge()
    server: Loopback = serve(judge)
    replies = chat(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    words = ("--judge", "openai:gpt-4-0125-preview", "--judge-arg", f"base_url={server.url}/v1")
    code, summary = Bench(main, tmp_path, "air_bench:chat").run(replies, *words)
    assert code == 1
    assert columns(summary)["air_bench.chat.avg"] == pytest.approx((7 + 7 + 4 + 8) / 4)
    speech = summary["columns"]["air_bench.chat.speech"]
    assert (speech["n"], speech["low"] <= speech["value"] <= speech["high"]) == (3, True)
    count = sum(len(some) for some in GRADES.values())
    counts = summary["counts"]
    assert (counts["n_total"], counts["n_scored"], counts["n_unparsed"]) == (count, count - 1, 1)
    assert set(judge.verdicts.values()) == {1}
    assert len(judge.verdicts) == 2 * count, "both orders"
    assert sum(judge.tries.values()) == 3 * count, "each question met one fault"
    assert "openai:gpt-4-0125-preview" in speech["protocol"]
    before = dict(judge.tries)
    _, again = Bench(main, tmp_path, "air_bench:chat").run({}, *words)
    assert columns(again) == columns(summary)
    assert judge.tries == before, "what is judged is not asked again"
