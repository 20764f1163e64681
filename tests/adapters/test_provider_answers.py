"""What is sent, and what becomes of replies, in the providers' wire formats and through their official clients."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from providers import KEY, Provider
from servers.loopback import Answer, Asked, Loopback, Reply

from evalkit.core.message import Audio, Image, Video, assistant, system, user
from evalkit.core.sample import GREEDY, Request
from evalkit.models.api.catalogue import offer

Serve = Callable[[Answer], Loopback]
Asks = Callable[..., list[Request]]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def clip(kind: str = "WAV", seconds: float = 0.1) -> Audio:
    buffer = io.BytesIO()
    sf.write(buffer, np.zeros(int(16_000 * seconds), dtype=np.int16), 16_000, format=kind)
    data = buffer.getvalue()
    return Audio(opener=lambda: data, name=f"clip.{kind.lower()}")


def picture() -> Image:
    return Image(opener=lambda: PNG, name="dot.png")


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def proto(value: Any) -> Any:
    """A protobuf message in JSON, whose field names may be written in either case."""
    if isinstance(value, dict):
        return {camel(key): proto(item) for key, item in value.items()}
    return [proto(item) for item in value] if isinstance(value, list) else value


def test_an_answer_with_its_counts_and_its_price(provider: Provider, serve: Serve, asks: Asks) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "hello there"))
    found = provider.answers(server, asks("hi"), price_input=2.0, price_output=5.0)["r0"]
    assert found.text == "hello there"
    assert found.failure is None
    assert found.usage == {"input_tokens": 11.0, "output_tokens": 3.0}
    assert found.cost == pytest.approx((11 * 2.0 + 3 * 5.0) / 1e6)
    assert found.seconds is not None
    assert found.seconds > 0
    assert found.meta is not None
    assert found.meta["model"] in ("test-model-2026-01-01", "gemini-test-001"), "the snapshot that answered"


def test_the_price_comes_from_the_dated_table(provider: Provider, serve: Serve, asks: Asks) -> None:
    name = {"openai": "gpt-4o-mini", "gemini": "gemini-2.5-flash", "openai-compatible": "gpt-4o-mini"}[provider.name]
    server = serve(lambda asked: provider.wire.say(asked, "hello"))
    cost = provider.answers(server, asks("hi"), model=name)["r0"].cost
    known = offer(provider.name, name)
    if known is None:
        assert provider.name == "openai-compatible"
        assert cost is None, "another server's price is unknown, whatever its model is called"
    else:
        assert cost == known.price.cost({"input_tokens": 11, "output_tokens": 3})
        assert cost is not None
        assert cost > 0


def test_a_server_that_does_not_count_leaves_the_cost_unknown(provider: Provider, serve: Serve, asks: Asks) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "hello", usage=None))
    found = provider.answers(server, asks("hi"), price_input=2.0, price_output=5.0)["r0"]
    assert (found.text, found.usage, found.cost) == ("hello", None, None)


@pytest.mark.parametrize(("finish", "flag"), [("length", "truncated"), ("content_filter", "blocked")])
def test_cut_and_stopped_answers_are_answers_and_counted(
    provider: Provider, finish: str, flag: str, serve: Serve, asks: Asks
) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "half an ans", finish=finish))
    found = provider.answers(server, asks("hi"))["r0"]
    assert found.failure is None
    assert found.text == "half an ans"
    assert found.usage is not None
    assert found.usage[flag] == 1.0
    assert found.usage["output_tokens"] == 3.0
    assert len(server.asked) == 1


@pytest.mark.parametrize("finish", ["stop", "length", "content_filter"])
def test_an_answer_without_text_is_an_empty_answer(provider: Provider, finish: str, serve: Serve, asks: Asks) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "", finish=finish))
    found = provider.answers(server, asks("hi"))["r0"]
    assert (found.text, found.failure) == ("", None)


def test_an_answer_of_200000_characters_comes_whole(provider: Provider, serve: Serve, asks: Asks) -> None:
    long = "語 " * 100_000
    server = serve(lambda asked: provider.wire.say(asked, long))
    assert provider.answers(server, asks("hi"))["r0"].text == long


def test_greedy_settings_and_the_bound_are_sent(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    settings = replace(GREEDY, max_new_tokens=77, stop=("END",))
    provider.answers(server, [Request("a", (system("be short"), user("hi")), settings)])
    asked = server.asked[0]
    if provider.name == "gemini":
        config = asked.json["generationConfig"]
        assert (config["temperature"], config["maxOutputTokens"], config["stopSequences"]) == (0, 77, ["END"])
        assert "seed" not in config
        assert asked.json["systemInstruction"]["parts"] == [{"text": "be short"}]
        assert [turn["role"] for turn in asked.json["contents"]] == ["user"]
        assert asked.headers["x-goog-api-key"] == KEY
        assert KEY not in asked.path
        return
    body = asked.json
    bound = {"openai": "max_completion_tokens", "openai-compatible": "max_tokens"}[provider.name]
    assert (body["temperature"], body[bound], body["stop"]) == (0, 77, ["END"])
    assert "seed" not in body
    assert "top_p" not in body
    assert body["messages"] == [{"role": "system", "content": "be short"}, {"role": "user", "content": "hi"}]
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.path == "/v1/chat/completions"


def test_sampling_sends_the_samples_own_seed(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    settings = replace(GREEDY, temperature=0.5, top_p=0.95, max_new_tokens=None)
    asked = [Request(key, (user("hi"),), settings, run_seed=7) for key in ("a", "b", "a")]
    with provider.model(server, limits={"concurrency": 1}) as model:
        for request in asked:
            list(model.stream(iter([request])))
    bodies = [one.json["generationConfig"] if provider.name == "gemini" else one.json for one in server.asked]
    assert bodies[0]["seed"] == bodies[2]["seed"] != bodies[1]["seed"]
    assert all(0 <= body["seed"] < 2**31 for body in bodies)
    assert all(body.get("top_p", body.get("topP")) == 0.95 for body in bodies)
    assert not {"max_tokens", "max_completion_tokens", "maxOutputTokens"} & set(bodies[0])


def test_thinking_room_is_added_to_the_bound(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    provider.answers(server, [Request("a", (user("hi"),))], thinking_room=1000)
    body = server.asked[0].json
    bounds = {"openai": "max_completion_tokens", "openai-compatible": "max_tokens"}
    sent = body["generationConfig"]["maxOutputTokens"] if provider.name == "gemini" else body[bounds[provider.name]]
    assert sent == 1256


def test_the_conversation_and_its_media_are_sent_in_order(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    turns = (user("first"), assistant("reply"), user(clip(), "what is said?", picture()))
    found = provider.answers(server, [Request("a", turns)])["a"]
    assert found.failure is None
    body = server.asked[0].json
    if provider.name == "gemini":
        roles = [turn["role"] for turn in body["contents"]]
        parts = body["contents"][-1]["parts"]
        kinds = [part.get("text") or proto(part)["inlineData"]["mimeType"] for part in parts]
        data = parts[0]["inlineData"]["data"]
        assert (roles, kinds) == (["user", "model", "user"], ["audio/wav", "what is said?", "image/png"])
    else:
        roles = [turn["role"] for turn in body["messages"]]
        parts = body["messages"][-1]["content"]
        assert (roles, [part["type"] for part in parts]) == (
            ["user", "assistant", "user"],
            ["input_audio", "text", "image_url"],
        )
        data = parts[0]["input_audio"]["data"]
    opener = clip().opener
    assert opener is not None
    assert base64.b64decode(data) == opener()


def test_flac_is_sent_in_a_form_the_provider_takes(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    assert provider.answers(server, [Request("a", (user(clip("FLAC")),))])["a"].failure is None
    body = server.asked[0].json
    if provider.name == "gemini":
        assert proto(body)["contents"][0]["parts"][0]["inlineData"]["mimeType"] == "audio/flac"
    else:
        sent = body["messages"][0]["content"][0]["input_audio"]
        assert sent["format"] == "wav"
        assert base64.b64decode(sent["data"])[:4] == b"RIFF"


def test_media_the_model_cannot_take_are_never_sent(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    found = provider.answers(server, [Request("a", (user(clip()),)), Request("b", (user("hi"),))], takes="text")
    assert found["a"].failure is not None
    assert found["a"].failure.kind == "input"
    assert "takes text, no audio" in found["a"].failure.message
    assert found["b"].text == "x"
    assert len(server.asked) == 1


def test_a_missing_file_is_the_samples_failure(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    found = provider.answers(server, [Request("a", (user(Audio("/nowhere/a.wav")),))])
    assert found["a"].failure is not None
    assert found["a"].failure.kind == "input"
    assert "/nowhere/a.wav: file not found" in found["a"].failure.message
    assert not server.asked


def test_a_file_over_the_providers_limit_names_it(
    provider: Provider, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    with provider.model(server) as model:
        limits: Any = type(model).accepts if provider.name != "openai-compatible" else model.accepts
        monkeypatch.setattr(model, "accepts", replace(limits, file_bytes=2**20), raising=False)
        found = dict(model.stream(iter([Request("a", (user(clip(seconds=40.0)),))])))
    failure = found["a"].failure
    assert failure is not None
    assert failure.kind == "limit"
    assert "clip.wav: 1.2 MB" in failure.message
    assert "at most 1 MB" in failure.message
    assert not server.asked


SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer"}},
    "required": ["score"],
    "additionalProperties": False,
}


def test_a_schema_is_sent_where_the_model_can_be_held_to_it(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: provider.wire.say(asked, '{"score": 3}'))
    request = Request("a", (user("hi"),), schema=SCHEMA)
    for structured in (True, False):
        assert provider.answers(server, [request], structured=structured)["a"].text == '{"score": 3}'
    held, free = (asked.json for asked in server.asked)
    if provider.name == "gemini":
        assert held["generationConfig"]["responseMimeType"] == "application/json"
        assert held["generationConfig"]["responseJsonSchema"] == SCHEMA
        assert "responseMimeType" not in free["generationConfig"]
    else:
        assert held["response_format"]["type"] == "json_schema"
        assert held["response_format"]["json_schema"]["schema"] == SCHEMA
        assert held["response_format"]["json_schema"]["strict"] is True
        assert "response_format" not in free


def test_a_refusal_is_the_answer(provider: Provider, serve: Serve, asks: Asks) -> None:
    if provider.name == "gemini":
        server = serve(lambda asked: Reply(b'{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}'))
        if provider.stream:
            event = b'data: {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}\r\n\r\n'
            server.answer = lambda asked: Reply(pieces=[event], headers={"Content-Type": "text/event-stream"})
        found = provider.answers(server, asks("hi"))["r0"]
        assert (found.text, found.failure, found.usage) == ("", None, {"blocked": 1.0})
        return
    server = serve(lambda asked: provider.wire.say(asked, None, refusal="I cannot help with that."))
    found = provider.answers(server, asks("hi"))["r0"]
    assert (found.text, found.failure) == ("I cannot help with that.", None)
    assert found.usage is not None
    assert found.usage["refused"] == 1.0
    filtered = {"message": "filtered", "code": "content_filter"}
    server.answer = lambda asked: provider.wire.refuse(400, filtered["message"], filtered["code"])
    found = provider.answers(server, asks("hi"))["r0"]
    assert (found.text, found.failure, found.usage) == ("", None, {"blocked": 1.0})


def test_spoken_answers(provider: Provider, serve: Serve) -> None:
    settings = replace(GREEDY, speech=True)
    samples = np.arange(2400, dtype="<i2").tobytes()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(samples)

    def answer(asked: Asked) -> Reply:
        if provider.name == "gemini":
            return provider.wire.say(asked, None, speech=samples)
        return provider.wire.say(asked, None, speech=(buffer.getvalue(), "hi there"))

    server = serve(answer)
    found = provider.answers(server, [Request("a", (user("hi"),), settings)])["a"]
    assert found.failure is None
    assert found.audio is not None
    assert found.audio.opener is not None
    with wave.open(io.BytesIO(found.audio.opener())) as file:
        assert file.getframerate() == 24_000
        assert file.readframes(10_000) == samples
    body = server.asked[0].json
    if provider.name == "gemini":
        assert found.text is None, "speech without a text of its own"
        assert body["generationConfig"]["responseModalities"] == ["AUDIO"]
        voice = proto(body)["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]
        assert voice == {"voiceName": "Kore"}
    else:
        assert found.text == "hi there", "the content is null; the transcript is what it says"
        assert body["modalities"] == ["text", "audio"]
        assert not body.get("stream")
        if provider.name == "openai":
            assert body["audio"] == {"voice": "alloy", "format": "wav"}


def test_video_goes_to_those_who_take_it(provider: Provider, serve: Serve) -> None:
    film = Video(opener=lambda: b"\x00\x00\x00\x18ftypisom" + b"\x00" * 100, name="a.mp4")
    server = serve(lambda asked: provider.wire.say(asked, "x"))
    found = provider.answers(server, [Request("a", (user(film, "what happens?"),))])["a"]
    if provider.name == "openai":
        assert found.failure is not None
        assert "no video" in found.failure.message
    else:
        assert found.failure is None
        assert b"video/mp4" in server.asked[0].body


def test_the_identity_names_the_model_and_what_is_not_at_its_default(provider: Provider, serve: Serve) -> None:
    server = serve(lambda asked: Reply())
    base = {"model": "test-model"}  # and not where it is served
    assert provider.model(server).identity() == base
    assert provider.model(server, takes="text", price_input=1.0, price_output=1.0).identity() == base
    assert provider.model(server, thinking_room=5).identity() == {**base, "thinking_room": 5}
    assert list(provider.model(server).versions()) in (["openai"], ["google-genai"])
