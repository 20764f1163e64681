"""A judge behind a loopback server: it says what a reply asks it to say, after the faults of a bad day."""

from __future__ import annotations

import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

_WANTED = re.compile(r"verdict=(\S+)|else=(\S+)")


class Judge:
    """Says X where the text holds "verdict=X", else Y where it holds "else=Y", else nothing that can be read.

    Every third question meets two faults before it is answered: denied, broken, cut off or empty.
    """

    def __init__(self) -> None:
        self.tries: Counter[bytes] = Counter()
        self.said: list[str] = []
        self.texts: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        with self._lock:
            self.tries[asked.body] += 1
            tries, number = self.tries[asked.body], len(self.tries)
        if number % 3 == 0 and tries < 3:
            faults = [
                openai_wire.refuse(429, "slow down", headers={"Retry-After": "0.01"}),
                openai_wire.refuse(500, "internal error"),
                Reply(openai_wire.say(asked, "never seen " * 20).body, cut=60),
                Reply(b'{"choices": [', headers={"Content-Type": "application/json"}),
                Reply(b"{}"),
            ]
            return faults[(number // 3 + tries) % len(faults)]
        text = openai_wire.prompt(asked)
        found = sorted(_WANTED.findall(text), key=lambda pair: pair[0] == "")
        word = next((verdict or other for verdict, other in found), "I would rather not say")
        with self._lock:
            self.said.append(word)
            self.texts.append(text)
        return openai_wire.say(asked, word.replace("_", " "))

    @property
    def faults(self) -> int:
        return self.tries.total() - len(self.said)


@contextmanager
def judge_words() -> Iterator[tuple[Judge, list[object]]]:
    """The judge, and the arguments that choose it."""
    judge = Judge()
    with Loopback(judge) as server:
        address = ["--judge-arg", f"base_url={server.url}/v1", "--judge-arg", "model=m"]
        yield judge, ["--judge", "openai-compatible", *address]
