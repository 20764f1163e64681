"""Replies that are JSON and nothing a provider should send; and keys that servers send back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from providers import KEY, Provider
from servers import gemini_wire
from servers.loopback import Answer, Asked, Loopback, Reply

from evalkit import plugins
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.response import Response
from evalkit.core.sample import Request

Serve = Callable[[Answer], Loopback]
Asks = Callable[..., list[Request]]
COUNTED = {"prompt_tokens": 1, "completion_tokens": 1}
ODD: tuple[Any, ...] = (5, "x", [1], ["x"], {"a": 1}, True, -1, 1e400, 10**400)


def chat(message: Any, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "delta": message, "finish_reason": "stop"}
    return {"id": "x", "object": "x", "created": 1, "model": "m", "choices": [choice], "usage": COUNTED, **more}


def completions() -> list[Any]:
    good = {"role": "assistant", "content": "hi"}
    found: list[Any] = [chat(odd) for odd in ODD]
    found += [chat({"role": "assistant", "content": odd}) for odd in ODD]
    found += [chat({"role": "assistant", "content": None, "refusal": odd}) for odd in ODD]
    found += [chat({**good, "audio": odd}) for odd in ODD]
    found += [chat({"content": None, "audio": {"data": "AAAA", "transcript": odd}}) for odd in ODD]
    found += [chat(good, choices=odd) for odd in ODD] + [chat(good, choices=[odd]) for odd in ODD]
    found += [chat(good, usage=odd) for odd in ODD] + [chat(good, model=odd) for odd in ODD]
    found += [chat(good, usage={**COUNTED, name: odd}) for odd in ODD for name in (*COUNTED, "prompt_tokens_details")]
    found += [chat(good, choices=[{"message": good, "delta": good, "finish_reason": odd}]) for odd in ODD]
    return [*found, *ODD, None]


def generated(**more: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "modelVersion": "m", **more}


def generations() -> list[Any]:
    found: list[Any] = []
    for odd in ODD:
        found += [generated(candidates=odd), generated(candidates=[odd]), generated(usageMetadata=odd)]
        found += [generated(usageMetadata={"promptTokenCount": odd}), generated(modelVersion=odd)]
        for candidate in ({"content": odd}, {"content": {"parts": odd}}, {"content": {"parts": [odd]}}):
            found.append(generated(candidates=[{**candidate, "finishReason": "STOP"}]))
        found.append(generated(candidates=[{"content": {"parts": [{"text": odd}]}, "finishReason": "STOP"}]))
        found.append(generated(candidates=[{"content": {"parts": [{"text": "hi"}]}, "finishReason": odd}]))
    for kind in ("audio/L16;rate=abc", "audio/L16;rate=0", "audio/pcm;rate=24000;channels=0", "x"):
        speech = {"inlineData": {"data": "AAAA", "mimeType": kind}}
        found.append(generated(candidates=[{"content": {"parts": [speech]}, "finishReason": "STOP"}]))
    return [*found, *ODD, None]


def sent(provider: Provider, body: Any) -> Reply:
    data = json.dumps(body).encode()
    if not provider.stream:
        return Reply(data)
    pieces = [b"data: " + data + b"\r\n\r\n"] + ([] if provider.name == "gemini" else [b"data: [DONE]\n\n"])
    return Reply(pieces=pieces, headers={"Content-Type": "text/event-stream"})


@pytest.mark.filterwarnings("ignore")
def test_a_reply_of_another_form_fails_its_request_and_never_the_run(
    provider: Provider, serve: Serve, asks: Asks
) -> None:
    bodies = generations() if provider.name == "gemini" else completions()

    def answer(asked: Asked) -> Reply:
        return sent(provider, bodies[int(provider.wire.prompt(asked))])

    model = provider.model(serve(answer), {"retries": 0})
    model.breaker_limit = 10_000
    with model:
        found = dict(model.stream(iter(asks(*map(str, range(len(bodies)))))))
    assert len(found) == len(bodies)
    for number, body in enumerate(bodies):
        response = found[f"r{number}"]
        assert response.failure is not None or isinstance(response.text, str | None), body
        assert all(0 <= units < float("inf") for units in (response.usage or {}).values()), body


def echoing(provider: Provider) -> dict[str, Answer]:
    """Servers that send the key back, whole or where a message may be cut."""

    def named(asked: Asked) -> Reply:
        if provider.name == "gemini":
            return sent(provider, generated(modelVersion=f"m-{KEY}"))
        return sent(provider, chat({"role": "assistant", "content": "hi"}, model=f"m-{KEY}"))

    def refusing(status: int, length: int) -> Answer:
        def answer(asked: Asked) -> Reply:
            return provider.wire.refuse(status, "x" * length + KEY + " and more")

        return answer

    found = {"model": named, "answer": lambda asked: provider.wire.say(asked, f"Your key is {KEY}.")}
    for status in (400, 401, 403, 429, 500):
        for length in (0, 477, 490, 495, 1977, 1990):
            found[f"{status} after {length}"] = refusing(status, length)
    for length in (180, 270, 290):
        said = {"error": {"message": "x" * length + KEY}}
        found[f"no answer {length}"] = lambda asked, said=said: sent(provider, said)
        found[f"no JSON {length}"] = lambda asked, said=said: Reply(b"<html>" + json.dumps(said).encode())
    return found


@pytest.mark.filterwarnings("ignore")
def test_no_piece_of_a_key_that_a_server_sends_back_is_kept(provider: Provider, serve: Serve, asks: Asks) -> None:
    cases = echoing(provider)
    for name, answer in cases.items():
        try:
            (response,) = provider.answers(serve(answer), asks("Hello?"), limits={"retries": 0}).values()
            told = repr(response)
        except EvalkitError as error:
            told = str(error)
        assert KEY[:12] not in told, name
        assert len(told) < 5000, name


def test_a_broken_reply_says_what_is_wrong(provider: Provider, serve: Serve, asks: Asks) -> None:
    odd = {"content": {"parts": "hi"}, "finishReason": "STOP"}
    body = generated(candidates=[odd]) if provider.wire is gemini_wire else chat(["hi"])
    found = provider.answers(serve(lambda asked: sent(provider, body)), asks("?"), limits={"retries": 1})
    response: Response = found["r0"]
    assert response.failure is not None
    assert response.failure.kind == "model"
    assert response.failure.message.endswith("; asked 2 times")


@pytest.mark.parametrize(
    "address", ["http://user:sekret@host/v1", "ftp://user:sekret@host/v1", "http://user:sekret@/v1", "user:sekret@host"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UsageError, match="must hold no secret") as caught:
        plugins.load_model("openai-compatible", {"base_url": address, "model": "m"})
    assert "sekret" not in str(caught.value)
