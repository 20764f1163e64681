"""Loopback providers: servers that speak their wire formats, and the adapters that ask them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))

from providers import KEY, KEYS, Provider
from servers import gemini_wire, openai_wire
from servers.loopback import Answer, Asked, Loopback, Reply

from evalkit.core.message import user
from evalkit.core.sample import Request
from evalkit.models.api import retrying


@pytest.fixture(params=["openai", "openai streamed", "openai-compatible", "gemini", "gemini streamed"])
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Provider:
    name, _, streamed = request.param.partition(" ")
    pytest.importorskip("google.genai" if name == "gemini" else "openai")
    for variable in ("GOOGLE_API_KEY", "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(KEYS[name], KEY)
    monkeypatch.setattr(retrying, "BASE", 0.01)
    return Provider(name, bool(streamed), gemini_wire if name == "gemini" else openai_wire)


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Loopback]]:
    """Starts loopback servers; all are stopped at the end of the test."""
    running: list[Loopback] = []

    def start(answer: Answer) -> Loopback:
        server = Loopback(answer).__enter__()
        running.append(server)
        return server

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def first() -> Callable[[Callable[[Asked], Reply], Callable[[Asked], Reply]], Answer]:
    """An answer that is one thing the first time a conversation comes, and another thing afterwards."""

    def make(once: Callable[[Asked], Reply], then: Callable[[Asked], Reply]) -> Answer:
        seen: set[bytes] = set()

        def answer(asked: Asked) -> Reply:
            known = asked.body in seen
            seen.add(asked.body)
            return then(asked) if known else once(asked)

        return answer

    return make


@pytest.fixture
def asks() -> Callable[..., list[Request]]:
    """Requests with one user turn each."""

    def make(*texts: str) -> list[Request]:
        return [Request(f"r{number}", (user(text),)) for number, text in enumerate(texts)]

    return make
