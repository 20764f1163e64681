"""`--model-arg system=...`: it opens every conversation, once, and makes another run of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from servers import gemini_wire, openai_wire
from servers.loopback import Asked, Loopback

from evalkit.core.message import Message, Text, system, user
from evalkit.core.model import Answer, BatchModel, Model
from evalkit.core.response import Response
from evalkit.core.sample import Request

TEXT = "You are a plain assistant."


class Echo(BatchModel):
    """Keeps what it was asked; its stream is made of another one's, as adapters do it."""

    batch_size = 2

    def __init__(self, system: str | None = None) -> None:
        self.system, self.seen = system, list[Request]()

    def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
        self.seen += batch
        return [Response(text="yes") for _ in batch]

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        yield from super().stream(requests)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ((user("Hello"),), TEXT),
        ((system("Be brief."), user("Hello")), f"{TEXT}\n\nBe brief."),
        ((system(TEXT), user("Hello")), TEXT),
    ],
)
def test_it_opens_every_conversation_once(messages: tuple[Message, ...], said: str) -> None:
    model = Echo(TEXT)
    list(model.stream(iter([Request(f"s{n}", messages) for n in range(3)])))
    assert len(model.seen) == 3
    for request in model.seen:
        assert [turn.role for turn in request.messages] == ["system", "user"]
        assert "".join(part.text for part in request.messages[0].content if isinstance(part, Text)) == said
        assert request.messages[-1] == messages[-1]


def test_without_it_requests_are_as_they_were() -> None:
    model, request = Echo(), Request("s", (user("Hello"),))
    list(model.stream(iter([request])))
    assert model.seen == [request]
    assert Model.system is None


@pytest.mark.parametrize("name", ["openai-compatible", "openai", "gemini"])
def test_over_the_wire(
    name: str, serve: Any, main: Callable[..., Any], write_lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("google.genai" if name == "gemini" else "openai")
    for variable in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(variable, "k-123")
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    wire = gemini_wire if name == "gemini" else openai_wire

    def answer(asked: Asked) -> Any:
        return wire.say(asked, "x")

    server: Loopback = serve(answer)
    address = server.url if name == "gemini" else f"{server.url}/v1"
    data = write_lines(tmp_path / "q.jsonl", [{"id": "a", "prompt": "Hello?", "reference": "x"}])
    words = ["run", "--task", data, "--out", tmp_path / "out", "--model", name, "--model-arg", "model=m",
             "--model-arg", f"base_url={address}"]  # fmt: skip
    told = ["--model-arg", f"system={TEXT}"]
    for more, runs in (([], 1), (told, 2), (told, 2), (["--model-arg", "system=Another."], 3)):
        done = main(*words, *more)
        assert done.code == 0, done.err
        assert len(list((tmp_path / "out").rglob("run.json"))) == runs, "another system text, another run"
    bodies = [json.dumps(asked.json) for asked in server.asked]
    assert [TEXT in body for body in bodies] == [False, True, False], "a finished run is not asked again"
    facts = [
        json.loads(path.read_text())["identity"]["model_arguments"] for path in (tmp_path / "out").rglob("run.json")
    ]
    assert sorted(str(one.get("system")) for one in facts) == ["Another.", "None", TEXT]
