"""What servers of one's own differ in: names of fields, forms of audio, streams, lists of models, fleets."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import wave
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest
from providers import KEY
from servers import openai_wire
from servers.loopback import Answer, Asked, Loopback, Reply

from evalkit import plugins
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.message import Audio, Image, system, user
from evalkit.core.response import Response
from evalkit.core.sample import GREEDY, Generation, Request
from evalkit.models.api import retrying
from evalkit.models.api.chat_completions import messages, response
from evalkit.models.api.content import Limits
from evalkit.models.api.presets import PRESETS
from evalkit.models.api.served_models import taken
from evalkit.models.api.server_events import Pieces, joined_speech

pytest.importorskip("openai")

Serve = Callable[[Answer], Loopback]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.01)
    for preset in PRESETS.values():
        if preset.key_variable:
            monkeypatch.setenv(preset.key_variable, KEY)


def ask(server: Loopback | str, requests: list[Request] | None = None, **arguments: Any) -> dict[str, Response]:
    address = server if isinstance(server, str) else f"{server.url}/v1"
    model: Any = plugins.load_model("openai-compatible", {"base_url": address, "model": "m", **arguments})
    model.limits = CallLimits(concurrency=4, timeout=10.0, retries=2)
    with model:
        return dict(model.stream(iter(requests or [Request("a", (user("hi"),))])))


def say(asked: Asked) -> Reply:
    return openai_wire.say(asked, "fine")


def wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(3200))
    return buffer.getvalue()


WAV = wav()
HEARD = [Request("a", (user(Audio(opener=lambda: WAV, name="a.wav"), "what is said?"),))]


def test_the_bound_has_the_name_the_server_wants(serve: Serve) -> None:
    server = serve(say)
    for bound in ("max_tokens", "max_completion_tokens", "none"):
        ask(server, bound=bound)
    ask(server, extra_body='{"max_tokens": null, "max_completion_tokens": 9, "temperature": null, "top_k": 1}')
    ask(server, sampling=False)
    sent = [
        {key: value for key, value in asked.json.items() if key not in ("model", "messages")} for asked in server.asked
    ]
    assert sent == [
        {"max_tokens": 256, "temperature": 0.0},
        {"max_completion_tokens": 256, "temperature": 0.0},
        {"temperature": 0.0},
        {"max_completion_tokens": 9, "top_k": 1},
        {"max_tokens": 256},
    ]


@pytest.mark.parametrize("form", ["base64", "data_url", "audio_url"])
def test_audio_is_put_as_the_server_wants_it(form: str, serve: Serve) -> None:
    server = serve(say)
    assert ask(server, HEARD, audio=form)["a"].failure is None
    part = server.asked[0].json["messages"][0]["content"][0]
    plain = base64.b64encode(WAV).decode()
    url = f"data:audio/wav;base64,{plain}"
    assert (
        part
        == {
            "base64": {"type": "input_audio", "input_audio": {"data": plain, "format": "wav"}},
            "data_url": {"type": "input_audio", "input_audio": {"data": url, "format": "wav"}},
            "audio_url": {"type": "audio_url", "audio_url": {"url": url}},
        }[form]
    )


def test_instructions_go_into_the_first_user_turn() -> None:
    limits = Limits(frozenset({"audio/wav"}), 2**20)
    merged = messages((system("be short"), system("be kind"), user("hi"), user("you")), limits, merge_system=True)
    assert merged == [{"role": "user", "content": "be short\n\nbe kind\n\nhi"}, {"role": "user", "content": "you"}]
    heard = messages((system("listen"), *HEARD[0].messages), limits, merge_system=True)
    assert [part["type"] for part in heard[0]["content"]] == ["text", "input_audio", "text"]
    assert messages((user("hi"),), limits, merge_system=True) == [{"role": "user", "content": "hi"}]
    assert messages((system("alone"),), limits, merge_system=True) == [{"role": "user", "content": "alone"}]


def events(*chunks: Any, done: bool = True, space: str = " ") -> Reply:
    pieces = [f"data:{space}{json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return Reply(
        pieces=[b": keep-alive\n\n", *pieces, *([b"data: [DONE]\n\n"] if done else [])],
        headers={"Content-Type": "text/event-stream"},
    )


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


END = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
STREAMS: dict[str, tuple[Reply, str | None]] = {
    "null pieces": (
        events(delta(role="assistant", content=None), {"id": "c", "choices": None}, {"id": "c", "choices": []},
               {"id": "c", "choices": [{"index": 0, "delta": None}]}, delta(content="fine"), END), "fine"),
    "no finish reason": (events(delta(content="fi"), delta(content="ne")), "fine"),
    "no end mark": (events(delta(content="fine"), END, done=False), "fine"),
    "no space": (events(delta(content="fine"), END, space=""), "fine"),
    "halves of a pair": (events(delta(content="\ud83d"), delta(content="\ude00"), END), "\U0001f600"),
    "a whole reply": (Reply(json.dumps({"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}).encode()),
                      "fine"),
    "usage null": (events({**delta(content="fine"), "usage": None}, END, {"choices": [], "usage": {"prompt_tokens": 3}}),
                   "fine"),
    "content in parts": (events(delta(content=[{"type": "text", "text": "fine"}]), END), "fine"),
    "thinking in parts": (
        events(delta(content=[{"type": "reasoning", "text": "hm"}]), delta(content=[{"type": "text", "text": "fine"}]),
               END), "fine"),
    "nothing": (events(), None),
    "nothing but a count": (events({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 0}}), None),
    "broken off": (events(delta(content="fi"), done=False), None),
    "given up": (events(delta(content="fi"), {"choices": [{"index": 0, "delta": {}, "finish_reason": "abort"}]}), None),
    "an error event": (events(delta(content="fi"), {"error": {"message": "upstream died", "code": 502},
                              "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}), None),
    "no JSON": (Reply(pieces=[b"data: {oops\n\n"], headers={"Content-Type": "text/event-stream"}), None),
    "a number": (events(5, END), None),
    "deep": (Reply(pieces=[b"data: " + b"[" * 100_000 + b"\n\n"], headers={"Content-Type": "text/event-stream"}), None),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_streams_are_read_to_their_end(name: str, serve: Serve) -> None:
    reply, text = STREAMS[name]
    found = ask(serve(lambda asked: reply), stream=True)["a"]
    assert (found.failure is None) == (text is not None), found
    assert text is None or found.text == text


async def lines_of(*chunks: Any) -> AsyncIterator[str]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk)}"
        yield ""


def test_an_error_event_of_a_filter_is_a_blocked_answer(serve: Serve) -> None:
    reply = events(delta(content="fi"), {"error": {"code": "data_inspection_failed", "message": "Output data may ..."}})
    found = ask(serve(lambda asked: reply), stream=True)["a"]
    assert (found.failure, found.usage) == (None, {"blocked": 1.0})


def test_a_streamed_reply_is_read_as_a_whole_one() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    message = {"content": [thought, {"type": "text", "text": "fine"}]}
    ends = ["length", "stop"]
    pieces = Pieces(24_000)
    asyncio.run(pieces.read(lines_of({"choices": [{"index": 0, "delta": message, "finish_reason": ends[0]}]},
                                     {"choices": [{"index": 1, "delta": {}, "finish_reason": ends[1]}]})))  # fmt: skip
    whole = {"choices": [{"message": message, "finish_reason": ends[0]}, {"message": {}, "finish_reason": ends[1]}]}
    found = response(pieces.whole())
    assert found == response(whole)
    assert (found.text, found.thought, found.usage) == ("fine", "hm", {"truncated": 1.0})


def test_what_a_stream_counted_before_its_error_is_paid(serve: Serve) -> None:
    broken = events({**delta(content="fi"), "usage": {"prompt_tokens": 3, "completion_tokens": 1}},
                    {"error": {"message": "upstream died", "code": 502}})  # fmt: skip
    replies = iter([broken, events(delta(content="fine"), END)])
    found = ask(serve(lambda asked: next(replies)), stream=True)["a"]
    assert (found.text, found.usage) == ("fine", {"input_tokens": 3.0, "output_tokens": 1.0})


def test_streamed_speech_is_joined(serve: Serve) -> None:
    samples = np.arange(-1, 2399, dtype="<i2").tobytes()  # begins with FF FF, as MPEG frames do
    first, second = (base64.b64encode(part).decode() for part in (samples[:2400], samples[2400:]))
    reply = events(delta(audio={"transcript": "hel"}), delta(audio={"data": first}), delta(audio={"transcript": "lo"}),
                   delta(audio={"data": second}), END)  # fmt: skip
    server = serve(lambda asked: reply)
    spoken = [Request("a", (user("hi"),), Generation(speech=True))]
    found = ask(server, spoken, stream=True, voice="Cherry", pcm_rate=16_000)["a"]
    assert found.text == "hello"
    assert found.audio is not None
    assert found.audio.opener is not None
    with wave.open(io.BytesIO(found.audio.opener())) as file:
        assert (file.getframerate(), file.readframes(10_000)) == (16_000, samples)
    body = server.asked[0].json
    assert body["stream"] is True
    assert body["modalities"] == ["text", "audio"]
    assert body["audio"] == {"voice": "Cherry", "format": "wav"}


def test_speech_in_pieces_of_all_kinds() -> None:
    samples = bytes(range(256)) * 4
    whole = base64.b64encode(samples).decode()
    cut = [whole[:101], whole[101:]]  # not at the ends of its groups
    own = [base64.b64encode(part).decode() for part in (samples[:100], samples[100:])]  # with padding in the middle
    files = [base64.b64encode(WAV).decode()] * 2
    for pieces in ([whole], cut, own):
        with wave.open(io.BytesIO(joined_speech(pieces, 24_000))) as file:
            assert file.readframes(10_000) == samples
    with wave.open(io.BytesIO(joined_speech(files, 24_000))) as file:
        assert (file.getframerate(), file.getnframes()) == (16_000, 3200)
    assert joined_speech([base64.b64encode(WAV).decode()], 24_000) == WAV
    with pytest.raises(ValueError, match=r"base64|padding|Incorrect"):
        joined_speech(["!!!"], 24_000)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_make_requests(name: str, serve: Serve) -> None:
    preset = PRESETS[name]

    def answer(asked: Asked) -> Reply:
        return openai_wire.say(asked, "fine")

    server = serve(answer)
    found = ask(server, preset=name)["a"]
    assert found.text == "fine"
    body = server.asked[0].json
    assert body[preset.bound] == 256
    assert bool(body.get("stream")) == preset.stream
    assert server.asked[0].headers["authorization"] == (f"Bearer {KEY}" if preset.key_variable else "Bearer none")
    assert (found.cost == 0.0) == preset.own
    with pytest.raises(UsageError, match="preset"):
        ask(server, preset="vlm")


def test_where_it_is_served_is_no_identity_and_what_it_is_asked_for_is() -> None:
    def made(**arguments: Any) -> Any:
        return dict(
            plugins.load_model("openai-compatible", {"base_url": "http://a/v1", "model": "m", **arguments}).identity()
        )

    base = {"model": "m"}
    for same in (
        {}, {"base_url": "http://b:9/v1,http://c/v1"}, {"bound": "max_completion_tokens"}, {"audio": "data_url"},
        {"stream": True}, {"preset": "openrouter"},
    ):  # fmt: skip
        assert made(**same) == base, same
    for key, value in (
        ("bound", "none"),
        ("sampling", False),
        ("merge_system", True),
        ("voice", "v"),
        ("structured", True),
    ):
        assert made(**{key: value}) == {**base, key: value}
    assert made(preset="vllm") == made(structured=True)


LISTS: dict[str, tuple[Any, set[str] | None]] = {
    "OpenRouter": ({"data": [{"id": "m", "architecture": {
        "modality": "text+image->text", "input_modalities": ["text", "image", "file"], "output_modalities": ["text"]}}]},
        {"text", "image"}),
    "arrow": ({"data": [{"id": "m", "architecture": {"modality": "text->text"}}]}, {"text"}),
    "vLLM": ({"object": "list", "data": [{"id": "m", "object": "model", "max_model_len": 4096, "root": "m"}]}, None),
    "llama.cpp": ({"models": [{"name": "m", "capabilities": ["completion", "multimodal"]}],
                   "data": [{"id": "m", "meta": {"n_ctx_train": 4096}}]}, None),
    "Ollama": ({"data": [{"id": "m:latest", "capabilities": ["completion", "vision"]}]}, {"text", "image"}),
    "Mistral": ({"data": [{"id": "m", "capabilities": {"completion_chat": True, "vision": False, "audio": True}}]},
                {"text", "audio"}),
    "LiteLLM": ({"data": [{"model_name": "m", "model_info": {"supports_vision": True, "supports_audio_input": False}}]},
                {"text", "image"}),
    "another": ({"data": [{"id": "other", "architecture": {"input_modalities": ["text"]}}]}, None),
    "a list": ([{"id": "m", "input_modalities": ["text", "audio"]}], {"text", "audio"}),
    **{f"odd {place}": (odd, None) for place, odd in enumerate(
        [None, 5, "x", [], {"data": None}, {"data": {"id": "m"}}, {"data": [{"id": "m", "architecture": "x"}]},
         {"data": [{"id": ["m"]}, None, 3]}, {"data": [{"id": "m", "capabilities": {"vision": "maybe"}}]}])},
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_what_a_list_of_models_says(name: str) -> None:
    listing, expected = LISTS[name]
    assert taken(listing, "m") == (None if expected is None else frozenset(expected))


def test_what_the_server_says_it_takes_is_kept_to(serve: Serve) -> None:
    server = serve(say)
    server.models = Reply(json.dumps({"data": [{"id": "m", "architecture": {"input_modalities": ["text"]}}]}).encode())
    found = ask(server, [*HEARD, Request("b", (user("hi"),))])
    assert found["a"].failure is not None
    assert "takes text, no audio" in found["a"].failure.message
    assert found["b"].text == "fine"
    assert len(server.asked) == 1
    assert ask(server, HEARD, takes="text,audio")["a"].text == "fine", "what the user says goes before it"


def test_a_cascade_sends_text_to_an_answerer_that_takes_only_that(serve: Serve) -> None:
    server = serve(say)
    server.models = Reply(json.dumps({"data": [{"id": "m", "architecture": {"modality": "text->text"}}]}).encode())
    word = f"openai-compatible:m,base_url={server.url}/v1"
    cascade = plugins.load_model("cascade", {"llm": word, "tts": "none"})
    picture = Image(opener=lambda: b"\x89PNG\r\n\x1a\n", name="a.png")
    with cascade:
        found = dict(cascade.stream(iter([Request("a", (user(picture, "what is it?"),))])))["a"]
    assert found.text == "fine"
    assert found.usage is not None
    assert found.usage["images_left_out"] == 1.0
    assert "image_url" not in server.asked[0].body.decode()
    assert any("sees no images" in notice for notice in cascade.notices(None, {"text", "image"}))


def numbered(count: int) -> list[Request]:
    return [Request(str(n), (user(f"q{n}"),), GREEDY) for n in range(count)]


def test_a_fleet_shares_the_work_and_a_dead_servers_requests_go_to_the_others(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    slow = serve(lambda asked: openai_wire.say(asked, "slow", delay=0.1))
    fast = serve(lambda asked: openai_wire.say(asked, "fast", delay=0.01))
    broken = serve(lambda asked: Reply(b"oops", 503))
    addresses = f"{slow.url}/v1,{fast.url}/v1,http://127.0.0.1:9/v1,{broken.url}/v1"
    with caplog.at_level(logging.WARNING):
        found = ask(addresses, numbered(60))
    assert len(found) == 60
    assert all(response.failure is None for response in found.values())
    assert len(fast.asked) > len(slow.asked) > 0, "each takes the next call when it is free"
    told = [record.getMessage() for record in caplog.records if "the others take over" in record.getMessage()]
    assert any("127.0.0.1:9/v1" in line and "connection refused" in line for line in told)


def test_a_server_that_lacks_the_model_is_passed_over(serve: Serve) -> None:
    lacking = serve(lambda asked: openai_wire.refuse(404, "no such model"))
    having = serve(say)
    found = ask(f"{lacking.url}/v1,{having.url}/v1", numbered(20))
    assert all(response.text == "fine" for response in found.values())


def test_a_refused_request_is_refused_once(serve: Serve) -> None:
    servers = [serve(lambda asked: openai_wire.refuse(400, "unsupported value")) for _ in range(2)]
    found = ask(",".join(f"{server.url}/v1" for server in servers), numbered(1))
    assert found["0"].failure is not None
    assert sum(len(server.asked) for server in servers) == 1


def test_a_fleet_that_is_dead_ends_the_run() -> None:
    with pytest.raises(EvalkitError, match=r"connection refused.*repeat the command"):
        ask("http://127.0.0.1:9/v1,http://127.0.0.1:11/v1", numbered(50))


@pytest.mark.parametrize("address", ["", ",", "http://a/v1,http://a/v1", "http://a/v1,b", "http://u:p@a/v1,http://b"])
def test_addresses_that_cannot_be_used(address: str) -> None:
    with pytest.raises(UsageError, match="base_url"):
        plugins.load_model("openai-compatible", {"base_url": address, "model": "m"})
