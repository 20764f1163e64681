"""What went wrong with a connection, by the errors that transports raise: named once, and who is to blame."""

from __future__ import annotations

import errno
import itertools
import socket
import ssl
from typing import Any

import pytest

from evalkit.models.api.call_errors import FinalCallError, RetryableCallError
from evalkit.models.api.connection_errors import broken, chain, of_the_call

ADDRESS = "https://here.example:8000/v1"


def kind(name: str, *parents: type) -> type[Exception]:
    return type(name, parents or (Exception,), {})


def caused(*errors: BaseException) -> BaseException:
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


def verification() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


# error -> what is said, whether no server was reached, the kind of failure
ERRORS: dict[str, tuple[BaseException, str, bool, str]] = {
    "refused": (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection refused; nothing listens", True, "model"),
    "refused, in words": (Exception("Connect call failed ('127.0.0.1', 1)"), "connection refused", True, "model"),
    "refused, other words": (Exception("[Errno] Connection refused"), "connection refused", True, "model"),
    "wrapped": (caused(Exception("outer"), OSError(errno.ECONNREFUSED, "x")), "connection refused", True, "model"),
    "DNS": (socket.gaierror(-2, "unknown"), "the name 'here.example' cannot be resolved (DNS)", True, "model"),
    "DNS, Linux": (Exception("Name or service not known"), "cannot be resolved", True, "model"),
    "DNS, musl": (Exception("Temporary failure in name resolution"), "cannot be resolved", True, "model"),
    "DNS, macOS": (Exception("nodename nor servname provided"), "cannot be resolved", True, "model"),
    "DNS, Windows": (Exception("[Errno 11001] getaddrinfo failed"), "cannot be resolved", True, "model"),
    "proxy": (kind("ProxyError")("no"), "the proxy did not let it through (no); see HTTPS_PROXY", True, "model"),
    "proxy, aiohttp": (kind("ClientProxyConnectionError")("no"), "the proxy did not let it through", True, "model"),
    "proxy, its reply": (kind("ClientHttpProxyError")("407"), "the proxy did not let it through", True, "model"),
    "certificate": (verification(), "its certificate is not accepted (self-signed certificate)", True, "model"),
    "TLS": (ssl.SSLError(1, "odd"), "TLS: the handshake failed", True, "model"),
    "TLS, another library's": (kind("ClientConnectorSSLError")("odd"), "TLS: the handshake failed", True, "model"),
    "plain HTTP": (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "Then write http://", True, "model"),
    "plain HTTP, newer": (ssl.SSLError(1, "[SSL: RECORD_LAYER_FAILURE]"), "Then write http://", True, "model"),
    "no network": (OSError(errno.ENETUNREACH, "x"), "no route to the host", True, "model"),
    "no host": (OSError(errno.EHOSTUNREACH, "x"), "no route to the host", True, "model"),
    "no address": (OSError(errno.EADDRNOTAVAIL, "x"), "no route to the host", True, "model"),
    "files": (OSError(errno.EMFILE, "x"), "give a smaller --concurrency", True, "model"),
    "no HTTP": (kind("BadStatusLine")("220 smtp"), "does not speak HTTP as it should", False, "model"),
    "no HTTP, aiohttp": (kind("BadHttpMessage")("x"), "does not speak HTTP as it should", False, "model"),
    "no HTTP, its reply": (kind("ClientResponseError")("x"), "does not speak HTTP as it should", False, "model"),
    "no HTTP, httpx": (kind("LocalProtocolError")("x"), "does not speak HTTP as it should", False, "model"),
    "no HTTP, in words": (Exception("illegal status line"), "does not speak HTTP as it should", False, "model"),
    "reset": (OSError(errno.ECONNRESET, "x"), "closed the connection before its answer was whole", False, "model"),
    "pipe": (OSError(errno.EPIPE, "x"), "closed the connection", False, "model"),
    "disconnected": (kind("ServerDisconnectedError")("x"), "closed the connection", False, "model"),
    "disconnected, in words": (Exception("Server disconnected"), "closed the connection", False, "model"),
    "broken off": (kind("RemoteProtocolError")("x"), "closed the connection", False, "model"),
    "reading": (kind("ReadError")("x"), "closed the connection", False, "model"),
    "writing": (kind("WriteError")("x"), "closed the connection", False, "model"),
    "payload": (kind("ClientPayloadError")("x"), "closed the connection", False, "model"),
    "incomplete": (kind("IncompleteRead")("x"), "closed the connection", False, "model"),
    "connecting": (kind("ConnectTimeout")("x"), "no connection in time (timeout)", True, "model"),
    "connecting, aiohttp": (kind("ConnectionTimeoutError")("x"), "no connection in time", True, "model"),
    "pool": (kind("PoolTimeout")("x"), "no connection in time", True, "model"),
    "no reply to a connection": (OSError(errno.ETIMEDOUT, "x"), "no connection in time", True, "model"),
    "answering": (kind("ReadTimeout")("x"), "did not answer in time", False, "timeout"),
    "redirects": (kind("TooManyRedirects")("x"), "redirects in a circle", False, "model"),
    "anything": (kind("Odd")("strange"), "no connection to https://here.example:8000/v1: Odd: strange", False, "model"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_a_broken_connection_is_named_for_what_it_is(name: str) -> None:
    error, words, unreached, kept = ERRORS[name]
    found = broken(error, ADDRESS)
    assert type(found) is RetryableCallError
    assert words in str(found)
    assert ADDRESS in str(found)
    assert found.unreached is unreached, "where no server took the request, another may"
    assert found.kind == kept
    assert ("Then write http://" in str(found)) is (name in ("plain HTTP", "plain HTTP, newer"))


def test_an_address_without_a_host_is_told_as_it_is() -> None:
    assert "the name 'here' cannot be resolved" in str(broken(socket.gaierror(), "here"))


def test_causes_are_followed_to_a_bound() -> None:
    errors = [Exception(str(number)) for number in range(20)]
    assert list(chain(caused(*errors))) == errors[:12]
    inner = ValueError()
    try:
        try:
            raise inner
        except ValueError:
            raise KeyError from None
    except KeyError as error:
        assert list(chain(error)) == [error, inner], "also what was being handled"


def test_an_error_of_ours_below_a_clients_is_found() -> None:
    ours = FinalCallError("too large", kind="limit")
    assert of_the_call(caused(Exception("client"), Exception("transport"), ours)) is ours
    assert of_the_call(ours) is ours
    assert of_the_call(Exception("client")) is None


# --- streams --------------------------------------------------------------------------------------------------------


async def lines(text: str) -> Any:
    for line in text.split("\n"):
        yield line


def pieces(text: str) -> Any:
    import asyncio

    from evalkit.models.api.server_events import Pieces

    found = Pieces(24_000)
    asyncio.run(found.read(lines(text)))
    return found


DELTA = '{"model": "m", "choices": [{"delta": {"content": "%s"}%s}]}'


def event(text: str, end: str = "", usage: str = "") -> str:
    body = DELTA % (text, f', "finish_reason": "{end}"' if end else "")
    return f"data: {body[:-1]}{usage}}}\n\n"


def test_a_stream_is_a_whole_reply() -> None:
    usage = ', "usage": {"prompt_tokens": 3, "completion_tokens": 2}'
    found = pieces(event("a") + ": comment\n\n" + event("b", "stop", usage) + "data: [DONE]\n\n" + event("no")).whole()
    assert found == {
        "model": "m",
        "choices": [{"message": {"content": "ab", "refusal": None}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (event("a", "stop"), "a"),  # no [DONE]
        (event("a") + "data: [DONE]\n\n", "a"),  # no finish reason
        ("data:" + DELTA % ("a", "") + "\n\n" + "data:[DONE]\n\n", "a"),  # no space
        ('data: {"model": "m",\ndata: "choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}\n\n', "a"),
        ('data: {"choices": null}\n\n' + event("a", "stop"), "a"),
        ('data: {"choices": [{"delta": null, "finish_reason": "stop"}]}', ""),
        ('data: {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}', "a"),
        ('data: {"choices": [{"delta": {"content": [{"text": "a"}, {"type": "thinking", "text": "b"}]}}]}\n\n'
         + event("c", "stop"), "ac"),
        ("event: x\nid: 1\n" + event("a", "stop"), "a"),
    ],
)  # fmt: skip
def test_streams_of_many_servers(text: str, content: str) -> None:
    assert pieces(text).whole()["choices"][0]["message"]["content"] == content


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (event("a"), "ended before its end"),
        ("", "ended before its end"),
        ("data: [DONE]\n\n", "holds no piece"),
    ],
)
def test_a_stream_that_breaks_off_is_asked_again_and_paid(text: str, problem: str) -> None:
    from evalkit.models.api.server_events import Pieces

    broken_off = pieces('data: {"usage": {"prompt_tokens": 3}}\n\n' + text)
    assert isinstance(broken_off, Pieces)
    with pytest.raises(RetryableCallError, match=problem) as caught:
        broken_off.whole()
    assert caught.value.usage == {"input_tokens": 3.0, "output_tokens": 0.0}


@pytest.mark.parametrize("bad", ["[]", "no json", '{"choices": [5]}', '{"choices": [{"delta": {"content": 5}}]}'])
def test_an_odd_event_is_asked_again_and_paid(bad: str) -> None:
    with pytest.raises(RetryableCallError, match="a piece of the answer is no chat completion") as caught:
        pieces('data: {"usage": {"prompt_tokens": 3}}\n\n' + f"data: {bad}\n\n")
    assert caught.value.usage == {"input_tokens": 3.0, "output_tokens": 0.0}


@pytest.mark.parametrize("where", ['{"error": {"code": 500}}', '{"choices": [{"error": {"code": 500}}]}'])
def test_an_error_event_keeps_what_was_counted(where: str) -> None:
    from evalkit.models.api.server_events import FaultEvent

    with pytest.raises(FaultEvent) as caught:
        pieces('data: {"usage": {"prompt_tokens": 3}}\n\n' + f"data: {where}\n\n")
    assert (caught.value.body, caught.value.usage) == (
        {"error": {"code": 500}}, {"input_tokens": 3.0, "output_tokens": 0.0}
    )  # fmt: skip


def test_speech_thoughts_and_refusals_of_a_stream() -> None:
    import base64

    data = base64.b64encode(b"\x01\x00\x02\x00").decode()
    found = pieces(
        'data: {"choices": [{"delta": {"reasoning_content": "hm", "refusal": "no"}}]}\n\n'
        f'data: {{"choices": [{{"delta": {{"audio": {{"data": "{data}", "transcript": "sp"}}}}}}]}}\n\n'
        'data: {"choices": [{"delta": {"audio": {"transcript": "oken"}}, "finish_reason": "stop"}]}\n\n'
        'data: {"choices": [{"finish_reason": "length"}]}\n\n'
    ).whole()
    message = found["choices"][0]["message"]
    assert (message["content"], message["refusal"], message["reasoning_content"]) == ("", "no", "hm")
    assert message["audio"]["transcript"] == "spoken"
    assert base64.b64decode(message["audio"]["data"])[-4:] == b"\x01\x00\x02\x00"
    assert [choice["finish_reason"] for choice in found["choices"]] == ["stop", "length"]
    spoken = pieces(
        f'data: {{"modality": "audio", "choices": [{{"delta": {{"content": "{data}"}}, "finish_reason": "stop"}}]}}\n\n'
    ).whole()
    assert spoken["choices"][0]["message"]["content"] == ""
    assert "audio" in spoken["choices"][0]["message"]
    with pytest.raises(RetryableCallError, match="speech in the reply cannot be read"):
        pieces('data: {"choices": [{"delta": {"audio": {"data": "?"}}, "finish_reason": "stop"}]}\n\n').whole()
