"""Faults on the wire, through the official clients: what is asked again, given up, or ends the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from providers import KEY, Provider
from servers import gemini_wire, openai_wire
from servers.loopback import Answer, Asked, Loopback, Reply

from evalkit.core.errors import EvalkitError
from evalkit.core.response import Failure
from evalkit.core.sample import Request
from evalkit.models.api.call_errors import FatalCallError

Serve = Callable[[Answer], Loopback]
Asks = Callable[..., list[Request]]
First = Callable[..., Answer]


def plain(text: str = "{}", **reply: Any) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(text.encode(), **reply)


def half_an_answer(provider: Provider) -> Callable[[Asked], Reply]:
    """The connection breaks in the middle of the body."""

    def answer(asked: Asked) -> Reply:
        whole = provider.wire.say(asked, "never seen " * 20)
        return Reply(whole.body, headers=whole.headers, pieces=whole.pieces, cut=2 if whole.pieces else 80)

    return answer


def passing(provider: Provider) -> dict[str, Callable[[Asked], Reply]]:
    """Faults that go away."""
    refuse = provider.wire.refuse
    soon = {"Retry-After": "0.05"}
    return {
        "429 with seconds": lambda asked: refuse(429, "slow down", headers=soon),
        "429 with a date": lambda asked: refuse(429, "slow down", headers={"Retry-After": formatdate(usegmt=True)}),
        "429 without": lambda asked: refuse(429, "slow down"),
        "500": lambda asked: refuse(500, "internal error"),
        "503": lambda asked: refuse(503, "overloaded"),
        "502 of a proxy": plain("<html>Bad gateway</html>", status=502, headers={"Content-Type": "text/html"}),
        "408": lambda asked: refuse(408, "request timeout"),
        "dropped": lambda asked: Reply(drop=True),
        "cut": half_an_answer(provider),
        "malformed": plain('{"choices": [', headers={"Content-Type": "application/json"}),
        "no JSON": plain("All is well!", headers={"Content-Type": "text/plain"}),
        "empty body": plain(""),
        "empty object": plain("{}"),
        "null": plain("null"),
        "slow": lambda asked: provider.wire.say(asked, "too late", delay=5.0),
    }


@pytest.mark.parametrize(
    "fault",
    [
        *("429 with seconds", "429 with a date", "429 without", "500", "503", "502 of a proxy", "408", "dropped"),
        *("cut", "malformed", "no JSON", "empty body", "empty object", "null", "slow"),
    ],
)
def test_a_fault_that_passes_costs_one_more_attempt(
    provider: Provider, fault: str, serve: Serve, first: First, asks: Asks
) -> None:
    server = serve(first(passing(provider)[fault], lambda asked: provider.wire.say(asked, provider.wire.prompt(asked))))
    limits = {"timeout": 0.4} if fault == "slow" else {}
    found = provider.answers(server, asks("one", "two", "three"), limits=limits)
    assert {key: response.failure for key, response in found.items()} == dict.fromkeys(("r0", "r1", "r2"))
    assert {key: response.text for key, response in found.items()} == {"r0": "one", "r1": "two", "r2": "three"}
    assert len(server.asked) == 6


def test_the_wait_the_server_asks_for_is_kept(provider: Provider, serve: Serve, first: First, asks: Asks) -> None:
    if provider.name == "gemini":
        details = [gemini_wire.retry_info("0.7s")]
        busy = gemini_wire.refuse(429, "Resource exhausted", "RESOURCE_EXHAUSTED", details)
    else:
        busy = openai_wire.refuse(429, "Rate limit", headers={"Retry-After": "0.7"})
    server = serve(first(lambda asked: busy, lambda asked: provider.wire.say(asked, "done")))
    found = provider.answers(server, asks("one"))
    assert found["r0"].text == "done"
    assert 0.65 < server.asked[1].at - server.asked[0].at < 2.5


def test_a_fault_that_stays_is_given_up_and_says_what_it_was(provider: Provider, serve: Serve, asks: Asks) -> None:
    def answer(asked: Asked) -> Reply:
        if provider.wire.prompt(asked) == "bad":
            return provider.wire.refuse(503, "the model is overloaded")
        return provider.wire.say(asked, "good")

    found = provider.answers(serve(answer), asks("good", "bad", "good"), limits={"retries": 2, "concurrency": 1})
    failure = found["r1"].failure
    assert failure is not None
    assert failure.kind == "model"
    assert "(503): the model is overloaded; asked 3 times" in failure.message
    assert found["r0"].text == found["r2"].text == "good"


def test_a_server_that_hangs_is_a_timeout(provider: Provider, serve: Serve, asks: Asks) -> None:
    def answer(asked: Asked) -> Reply:
        delay = 30.0 if provider.wire.prompt(asked) == "hang" else 0.0
        return provider.wire.say(asked, "good", delay=delay)

    began = time.monotonic()
    found = provider.answers(serve(answer), asks("hang", "good"), limits={"retries": 1, "timeout": 0.4})
    assert found["r0"].failure == Failure("timeout", "no answer within 0.4 s; asked 2 times")
    assert time.monotonic() - began < 6


def test_a_refused_request_is_not_repeated(provider: Provider, serve: Serve, asks: Asks) -> None:
    def answer(asked: Asked) -> Reply:
        if provider.wire.prompt(asked) == "bad":
            return provider.wire.refuse(400, "unsupported value")
        return provider.wire.say(asked, "good")

    server = serve(answer)
    found = provider.answers(server, asks("good", "bad", "good"), limits={"concurrency": 1})
    failure = found["r1"].failure
    assert failure is not None
    assert "(400): unsupported value" in failure.message
    assert len(server.asked) == 3


def test_a_prompt_longer_than_the_context_names_the_limit(provider: Provider, serve: Serve, asks: Asks) -> None:
    if provider.name == "gemini":
        said = "The input token count exceeds the maximum number of tokens allowed 1048576."
        reply = gemini_wire.refuse(400, said)
    else:
        said = "This model's maximum context length is 128000 tokens."
        reply = openai_wire.refuse(400, said, "context_length_exceeded")
    found = provider.answers(serve(lambda asked: reply), asks("x" * 200_000))
    failure = found["r0"].failure
    assert failure is not None
    assert failure.kind == "limit"
    assert said in failure.message


def fatal(provider: Provider) -> dict[str, tuple[Reply, str]]:
    """Faults after which no call can work, and what the message must say."""
    if provider.name == "gemini":
        bad_key = [gemini_wire.error_info("API_KEY_INVALID")]
        day = [gemini_wire.quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), gemini_wire.retry_info("37s")]
        return {
            "wrong key": (
                gemini_wire.refuse(400, f"API key not valid: {KEY}", details=bad_key),
                "Is the key in GEMINI_API_KEY or GOOGLE_API_KEY right",
            ),
            "quota": (gemini_wire.refuse(429, "quota", "RESOURCE_EXHAUSTED", day), "The quota of the day is used up"),
            "no such model": (gemini_wire.refuse(404, "models/test-model is not found", "NOT_FOUND"), "'test-model'"),
            "not allowed": (gemini_wire.refuse(403, "denied", "PERMISSION_DENIED"), "rights of the key"),
        }
    variable = {"openai": "OPENAI_API_KEY", "openai-compatible": "SERVER_KEY"}[provider.name]
    return {
        "wrong key": (
            openai_wire.refuse(401, f"Incorrect API key provided: {KEY}.", "invalid_api_key"),
            f"Is the key in {variable} right",
        ),
        "quota": (openai_wire.refuse(429, "You exceeded your quota", "insufficient_quota"), "no quota left"),
        "no such model": (openai_wire.refuse(404, "The model does not exist", "model_not_found"), "'test-model'"),
        "not allowed": (openai_wire.refuse(403, "Country not supported"), "the key's rights"),
    }


@pytest.mark.parametrize("fault", ["wrong key", "quota", "no such model", "not allowed"])
def test_a_fault_of_the_account_ends_the_run_at_once(provider: Provider, fault: str, serve: Serve, asks: Asks) -> None:
    reply, expected = fatal(provider)[fault]
    server = serve(lambda asked: reply)
    with pytest.raises(FatalCallError) as caught:
        provider.answers(server, asks(*map(str, range(100))))
    message = str(caught.value)
    assert expected in message
    assert "repeat the command to go on" in message
    assert KEY not in message
    assert len(server.asked) <= 5, "one per slot, and none again"


def test_nobody_listening_ends_the_run_with_the_address(provider: Provider, serve: Serve, asks: Asks) -> None:
    server = serve(lambda asked: Reply())
    server._server.close()  # the port is known, and nobody is there
    with pytest.raises(EvalkitError, match="8 requests in a row") as caught:
        provider.answers(server, asks(*map(str, range(50))), limits={"retries": 1})
    assert server.url in str(caught.value)


def test_many_faults_at_once_lose_and_repeat_nothing(provider: Provider, serve: Serve, asks: Asks) -> None:
    """Every third conversation meets one fault after the other before it is answered."""
    faults = [passing(provider)[name] for name in ("503", "cut", "429 with seconds", "dropped", "malformed")]
    seen: dict[str, int] = {}
    answered: list[str] = []

    def answer(asked: Asked) -> Reply:
        text = provider.wire.prompt(asked)
        times = seen[text] = seen.get(text, -1) + 1
        if int(text) % 3 == 0 and times < len(faults):
            return faults[times](asked)
        answered.append(text)
        return provider.wire.say(asked, text)

    found = provider.answers(serve(answer), asks(*map(str, range(60))), limits={"concurrency": 16})
    assert {key: response.text for key, response in found.items()} == {f"r{n}": str(n) for n in range(60)}
    assert sorted(answered, key=int) == [str(n) for n in range(60)]
