"""Servers that mean no good, and networks that break: bounded sizes, depths and times, faults named for what they are."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from providers import Provider
from servers.loopback import Answer, Asked, Loopback, Reply

from evalkit import plugins
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import bounded_replies
from evalkit.models.api.proxies import goes_direct

pytest.importorskip("openai")

Serve = Callable[[Answer], Loopback]
Asks = Callable[..., list[Request]]
PROXIES = [f"{kind}_proxy" for kind in ("http", "https", "all", "no")]


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def one(provider: Provider, server: Loopback, bad: Reply, asks: Asks) -> Response:
    """The answer to a request that meets a bad reply, while others are answered."""

    def answer(asked: Asked) -> Reply:
        return bad if provider.wire.prompt(asked) == "bad" else provider.wire.say(asked, "good")

    server.answer = answer
    found = provider.answers(server, asks("good", "bad", "good"), limits={"retries": 0, "concurrency": 1})
    assert found["r0"].text == found["r2"].text == "good", "one odd reply is one sample's failure"
    return found["r1"]


BOMB = gzip.compress(bytes(2**24)) * 64  # a gigabyte of zeros in a megabyte, in 64 members


KINDS = {
    "a gigabyte, packed": Reply(BOMB, headers={"Content-Encoding": "gzip"}),
    "a gigabyte, packed, of an error": Reply(BOMB, 400, headers={"Content-Encoding": "gzip"}),
    "a promise of a gigabyte": Reply(b"{", headers={"Content-Length": str(2**30)}, cut=1),
    "an unknown packing": Reply(b"xxxx", headers={"Content-Encoding": "br"}),
    "a packing that is none": Reply(b"xxxx", headers={"Content-Encoding": "gzip"}),
    "thousands deep": Reply(b"[" * 200_000),
    "thousands of digits": Reply(b'{"choices": [], "usage": {"prompt_tokens": ' + b"9" * 100_000 + b"}}"),
    "an error that is deep": Reply(b'{"error":' * 100_000, 400),
    "an error that is a list": Reply(b"[1, 2]", 400),
    "an error that is null": Reply(b"null", 400),
    "an error that is a number": Reply(b"7", 400),
    "an error that is HTML": Reply(b"<html>no</html>", 400, headers={"Content-Type": "text/html"}),
    "an error with texts in the place of objects": Reply(
        b'{"error": {"innererror": "x", "details": "y", "code": []}}', 400
    ),
    "an error with half a pair": Reply(b'{"error": {"message": "\\ud83d", "status": "\\ud83d", "code": 400}}', 400),
    "an error of a megabyte": Reply(json.dumps({"error": {"message": "x" * 2**20}}).encode(), 400),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_no_reply_is_more_than_one_samples_failure(kind: str, provider: Provider, serve: Serve, asks: Asks) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = one(provider, serve(lambda asked: Reply()), KINDS[kind], asks)
    assert found.failure is not None
    assert len(found.failure.message) < 2100
    found.failure.message.encode()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 500, f"{grown:.0f} MB"


@pytest.mark.filterwarnings("ignore")
def test_names_and_counts_with_half_a_pair_are_kept_in_a_form_that_can_be_written(
    provider: Provider, serve: Serve, asks: Asks
) -> None:
    server = serve(lambda asked: Reply())
    if provider.name == "gemini":
        part = {"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}
        body: dict[str, Any] = {"candidates": [part], "modelVersion": "m\ud83d", "usageMetadata": {"\ud83d": 1}}
    else:
        message = {"content": "hi"}
        choice = {"message": message, "delta": message, "finish_reason": "stop"}
        body = {"model": "m\ud83d", "choices": [choice], "usage": {"prompt_tokens": 1, "\ud83d": {"\ud83d": 2}}}
    data = json.dumps(body).encode()
    events = {"Content-Type": "text/event-stream"}
    reply = Reply(pieces=[b"data: " + data + b"\n\n"], headers=events) if provider.stream else Reply(data)
    found = one(provider, server, reply, asks)
    assert found.text == "hi"
    repr((found.meta, found.usage)).encode()
    assert found.meta is not None
    str(found.meta["model"]).encode()


def test_a_reply_over_the_bound_says_so(
    provider: Provider, serve: Serve, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_replies, "LARGEST", 2**20)
    long = provider.wire.say(Asked("/:streamGenerateContent", {}, b'{"model": "m", "stream": true}', 0.0), "x" * 2**21)
    data = b"".join(long.pieces or [])
    found = one(
        provider, serve(lambda asked: Reply()), Reply(data, headers={"Content-Type": "text/event-stream"}), asks
    )
    assert found.failure is not None
    assert "larger than 1 MB" in found.failure.message


@pytest.mark.parametrize("packing", ["gzip", "deflate", "bare deflate", "two members"])
def test_packed_answers_are_unpacked(packing: str, provider: Provider, serve: Serve, asks: Asks) -> None:
    def answer(asked: Asked) -> Reply:
        whole = provider.wire.say(asked, "fine " * 1000)
        data = whole.body or b"".join(whole.pieces or [])
        bare = zlib.compressobj(9, zlib.DEFLATED, -15)
        half = len(data) // 2
        made = {
            "gzip": gzip.compress(data),
            "deflate": zlib.compress(data),
            "bare deflate": bare.compress(data) + bare.flush(),
            "two members": gzip.compress(data[:half]) + gzip.compress(data[half:]),
        }[packing]
        name = "deflate" if "deflate" in packing else "gzip"
        return Reply(made, headers={**whole.headers, "Content-Encoding": name})

    assert provider.answers(serve(answer), asks("?"))["r0"].text == "fine " * 1000


def test_a_reply_that_drips_is_bounded_in_time(provider: Provider, serve: Serve, asks: Asks) -> None:
    drip = Reply(pieces=[b" "] * 1000, piece_delay=0.05)
    began = time.monotonic()
    found = provider.answers(serve(lambda asked: drip), asks("?"), limits={"retries": 0, "timeout": 0.5})
    assert found["r0"].failure is not None
    assert found["r0"].failure.kind == "timeout"
    assert time.monotonic() - began < 5


def failing(provider: Provider, address: str, asks: Asks) -> str:
    base = address if provider.name == "gemini" else f"{address}/v1"
    model = plugins.load_model(provider.name, {"model": "m", "base_url": base})
    model.limits = CallLimits(timeout=5.0, retries=0)
    with model:
        try:
            (response,) = dict(model.stream(iter(asks("?")))).values()
        except EvalkitError as error:
            return str(error)
    assert response.failure is not None
    return response.failure.message


@pytest.fixture
def closing() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A port where each connection is handled by a function and closed."""
    running: list[socket.socket] = []

    def start(handle: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        running.append(listener)

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.settimeout(5.0)
                    handle(client)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in running:
        listener.close()


@pytest.mark.parametrize("kind", ["refused", "DNS", "TLS, plain", "TLS, own certificate", "reset", "no HTTP"])
def test_faults_of_the_network_are_named(
    kind: str, provider: Provider, asks: Asks, closing: Any, tmp_path: Path, no_proxies: pytest.MonkeyPatch
) -> None:
    def hang_up(client: socket.socket) -> None:
        client.recv(65536)

    def answer_otherwise(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"220 mail.example.org ESMTP\r\n502 no such command\r\n\r\n")

    def own(client: socket.socket) -> None:
        made = tmp_path / "both.pem"
        if not made.exists():
            key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
            words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {key} -out {certificate}"
            subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
            made.write_text(key.read_text() + certificate.read_text())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made)
        try:
            with context.wrap_socket(client, server_side=True) as safe:
                safe.recv(100)
        except OSError:
            pass  # the client refused the certificate, as it should

    address, expected = {
        "refused": lambda: ("http://127.0.0.1:9", "connection refused"),
        "DNS": lambda: ("http://nowhere.invalid", "the name 'nowhere.invalid' cannot be resolved (DNS)"),
        "TLS, plain": lambda: (f"https://127.0.0.1:{closing(answer_otherwise)}", "TLS: the handshake failed"),
        "TLS, own certificate": lambda: (f"https://127.0.0.1:{closing(own)}", "TLS: its certificate is not accepted"),
        "reset": lambda: (f"http://127.0.0.1:{closing(hang_up)}", "closed the connection"),
        "no HTTP": lambda: (f"http://127.0.0.1:{closing(answer_otherwise)}", "does not speak HTTP"),
    }[kind]()
    told = failing(provider, address, asks)
    assert expected in told
    assert address in told


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks"])
def test_a_proxy_that_is_not_spoken_to_is_named_and_hears_nothing(
    scheme: str, variable: str, provider: Provider, asks: Asks, closing: Any, no_proxies: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    port = closing(lambda client: heard.append(client.recv(1000)))
    no_proxies.setenv(variable, f"{scheme}://127.0.0.1:{port}")
    model = plugins.load_model(provider.name, {"model": "m", "base_url": "https://example.invalid/v1"})
    for started in (model.check, model.start):  # type: ignore[attr-defined]
        with pytest.raises(UsageError, match=rf"the variable {variable} names a proxy of the kind {scheme}://"):
            started()
    assert not heard


def test_a_local_server_beside_a_socks_proxy_is_called_directly(
    provider: Provider, serve: Serve, asks: Asks, no_proxies: pytest.MonkeyPatch
) -> None:
    no_proxies.setenv("ALL_PROXY", "socks://127.0.0.1:1")
    no_proxies.setenv("NO_PROXY", "localhost,127.0.0.0/8")
    assert provider.answers(serve(lambda asked: provider.wire.say(asked, "x")), asks("?"))["r0"].text == "x"


@pytest.mark.parametrize(
    ("variables", "url", "direct"),
    [
        ({}, "http://h/v1", False),
        ({"http_proxy": "http://p:1"}, "https://h/v1", True),
        ({"https_proxy": "http://p:1"}, "https://h/v1", False),
        ({"https_proxy": "p:1"}, "https://h/v1", False),
        ({"https_proxy": "socks5://p:1", "no_proxy": "h"}, "https://h/v1", True),
        ({"https_proxy": "socks5://p:1", "no_proxy": ".h.org"}, "https://a.h.org/v1", True),
        ({"https_proxy": "socks5://p:1", "no_proxy": "h.org"}, "https://a.h.org/v1", True),
        ({"https_proxy": "socks5://p:1", "no_proxy": "*"}, "https://h/v1", True),
        ({"https_proxy": "socks5://p:1", "no_proxy": "10.0.0.0/8"}, "https://10.1.2.3/v1", True),
        ({"https_proxy": "socks5://p:1", "no_proxy": "h:443"}, "https://h/v1", True),
        ({"https_proxy": "socks5://p:1", "no_proxy": "other, xh"}, "https://h/v1", None),
        ({"https_proxy": "socks5://p:1", "no_proxy": "10.0.0.0/8"}, "https://h/v1", None),
        ({"all_proxy": "ftp://p:1"}, "http://h/v1", None),
        ({"http_proxy": "http://p:1"}, "http://h/v1", None),  # the key would go in clear
    ],
)
def test_which_way_a_call_takes(
    variables: dict[str, str], url: str, direct: bool | None, no_proxies: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        no_proxies.setenv(name, value)
    if direct is None:
        with pytest.raises(UsageError, match="NO_PROXY"):
            goes_direct(url, "m", with_key=True)
    else:
        assert goes_direct(url, "m", with_key=True) is direct


def test_a_prompt_with_half_a_pair_fails_alone(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    asked = [Request("a", (user("half \ud83d"),)), Request("b", (user("whole"),))]
    found = provider.answers(server, asked, limits={"retries": 0})
    assert found["b"].text == "x"
    assert found["a"].failure is None or found["a"].failure.kind == "input"
