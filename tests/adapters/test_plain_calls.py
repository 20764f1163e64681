"""The short way under the official client: the same on the wire as its own, and the usual way for all else."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from servers.loopback import Asked, Loopback, Reply
from test_server_habits import answers, asks, completion

from evalkit.core.limits import CallLimits

openai = pytest.importorskip("openai")
pytest.importorskip("aiohttp")

ONE_BY_ONE = CallLimits(concurrency=1, retries=0)


def told(asked: Asked) -> tuple[str, dict[str, str], bytes]:
    return asked.path, asked.headers, asked.body


@contextmanager
def echoing(*first: Reply) -> Iterator[Loopback]:
    """Gives the replies, then what it was asked in capitals."""
    given = iter(first)

    def answer(asked: Asked) -> Reply:
        return next(given, None) or Reply(completion(asked.json["messages"][0]["content"].upper()))

    with Loopback(answer) as server:
        yield server


def test_requests_are_the_same_on_the_wire() -> None:
    from evalkit.models.api.plain_calls import PlainCallsClient

    bodies = [{"model": "m", "messages": [{"role": "user", "content": "x" * n}]} for n in (1, 1, 5000, 3)]

    async def through(transport: type, address: str) -> None:
        client = openai.AsyncOpenAI(api_key="k", base_url=address, http_client=transport(timeout=5.0), max_retries=0)
        for body in bodies:
            await client.post("/chat/completions", body=body, cast_to=object)
        await client.post("/chat/completions", body=bodies[0], cast_to=object, options={"headers": {"X-Extra": "1"}})
        await client.post("/chat/completions", body=bodies[0], cast_to=object, options={"params": {"a": "b c"}})
        await client.post("/chat/completions", body=bodies[0], cast_to=object)
        await client.close()

    with echoing() as server:
        asyncio.run(through(openai.DefaultAioHttpClient, f"{server.url}/v1"))
        usual = [told(asked) for asked in server.asked]
        asyncio.run(through(PlainCallsClient, f"{server.url}/v1"))
        assert [told(asked) for asked in server.asked[len(usual) :]] == usual
    assert [path.partition("?")[2] for path, _, _ in usual] == ["", "", "", "", "", "a=b+c", ""]


def test_the_adapters_go_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalkit.models.api.plain_calls import PlainCallsClient

    def usual(*_: object, **__: object) -> None:
        pytest.fail("the usual way was gone")

    monkeypatch.setattr(PlainCallsClient.__mro__[1], "send", usual)
    with echoing() as server:
        answers(server.url, asks(2), ONE_BY_ONE)
        assert [asked.path for asked in server.asked] == ["/v1/chat/completions"] * 2


def test_nothing_is_told_about_this_machine() -> None:
    with echoing() as server:
        answers(server.url, asks(1), ONE_BY_ONE)
        (asked,) = server.asked
    told = {name for name in asked.headers if name.startswith("x-stainless-")}
    assert told <= {"x-stainless-retry-count", "x-stainless-read-timeout"}
    assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize("place", ["/v2/elsewhere", "{url}/v2/elsewhere"])
def test_a_redirect_is_followed(place: str) -> None:
    with echoing() as server:

        def moved(asked: Asked) -> Reply:
            if asked.path.startswith("/v1"):
                return Reply(b"", 307, {"Location": place.format(url=server.url)})
            return Reply(completion(asked.json["messages"][0]["content"].upper()))

        server.answer = moved
        found = answers(server.url, asks(3), ONE_BY_ONE)
        assert {key: response.text for key, response in found.items()} == {str(n): f"PROMPT {n}" for n in range(3)}
        usual = ["/v1/chat/completions", "/v2/elsewhere"]
        assert [asked.path for asked in server.asked] == [usual[0], *usual * 3], "one call more, to find out"


def test_a_cookie_comes_back() -> None:
    with echoing(Reply(completion("one"), headers={"Set-Cookie": "seat=7; Path=/"})) as server:
        found = answers(server.url, asks(3), ONE_BY_ONE)
        assert [asked.headers.get("cookie") for asked in server.asked] == [None, "seat=7", "seat=7"]
    assert [response.text for response in found.values()] == ["one", "PROMPT 1", "PROMPT 2"]


def test_a_compressed_reply_is_read() -> None:
    packed = Reply(gzip.compress(completion("small")), headers={"Content-Encoding": "gzip"})
    with echoing(packed) as server:
        assert answers(server.url, asks(1), ONE_BY_ONE)["0"].text == "small"


def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(lambda asked: Reply(completion(asked.path))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        found = answers("http://models.invalid", asks(2), ONE_BY_ONE)
    assert {response.text for response in found.values()} == {"http://models.invalid/v1/chat/completions"}


def test_a_closed_client_is_refused() -> None:
    from evalkit.models.api.plain_calls import PlainCallsClient

    async def late() -> None:
        client = PlainCallsClient(timeout=5.0)
        request = client.build_request("POST", "http://127.0.0.1:9/x", content=b"{}")
        await client.aclose()
        await client.send(request)

    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(late())
