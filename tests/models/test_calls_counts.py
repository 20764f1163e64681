"""What replies count and how they end, in the providers' own forms: what is paid, what is cut, what a filter stopped."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Callable
from typing import Any

import pytest

from evalkit.core.message import Audio, Message, Text, Video, assistant, system, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.api import chat_completions
from evalkit.models.api.call_errors import FinalCallError, RetryableCallError
from evalkit.models.api.catalogue import Price, Tier
from evalkit.models.api.content import Limits, wav_of_pcm

LIMITS = Limits(frozenset({"audio/wav", "audio/mp3", "video/mp4", "video/quicktime"}), 2**20)


def completion(finish: str | None = "stop", usage: Any = None, **message: Any) -> dict[str, Any]:
    return {
        "model": "m-1",
        "usage": usage,
        "choices": [{"message": {"content": "hi", **message}, "finish_reason": finish}],
    }


# The dialects of "how it ended": OpenAI's own words and those of other servers, in any case.
CUT = ["length", "max_tokens", "max_output_tokens", "model_length", "MAX_TOKENS", "Length"]
BLOCKED = [
    *("content_filter", "content_filtered", "sensitive", "guardrail_intervened"),
    *("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "safety"),
]
GIVEN_UP = [
    *("abort", "aborted", "cancelled", "canceled", "error", "network_error", "insufficient_system_resource"),
    *("load", "unload", "ABORT"),
]


@pytest.mark.parametrize("reason", CUT)
def test_a_cut_answer_is_counted_in_every_dialect(reason: str) -> None:
    assert chat_completions.response(completion(reason)).usage == {"truncated": 1.0}


@pytest.mark.parametrize("reason", BLOCKED)
def test_a_stopped_answer_is_counted_in_every_dialect(reason: str) -> None:
    assert chat_completions.response(completion(reason)).usage == {"blocked": 1.0}


@pytest.mark.parametrize("reason", GIVEN_UP)
def test_an_answer_the_server_gave_up_is_asked_again_and_paid(reason: str) -> None:
    with pytest.raises(RetryableCallError, match="gave the answer up") as caught:
        chat_completions.response(completion(reason, {"prompt_tokens": 3, "completion_tokens": 1}))
    assert caught.value.usage == {"input_tokens": 3.0, "output_tokens": 1.0}


@pytest.mark.parametrize("reason", ["stop", "eos", "tool_calls", None, ""])
def test_other_ends_are_plain_answers(reason: str | None) -> None:
    found = chat_completions.response(completion(reason))
    assert (found.text, found.usage, found.meta) == ("hi", None, {"model": "m-1"})


OPENAI = {
    "prompt_tokens": 100,
    "completion_tokens": 60,
    "prompt_tokens_details": {"cached_tokens": 30, "audio_tokens": 20},
    "completion_tokens_details": {"reasoning_tokens": 8, "audio_tokens": 40},
}
COUNTED = {
    "input_tokens": 100.0, "cached_input_tokens": 30.0, "audio_input_tokens": 20.0,
    "output_tokens": 60.0, "reasoning_tokens": 8.0, "audio_output_tokens": 40.0,
}  # fmt: skip


def test_what_is_billed_apart_is_counted_apart_and_costs_its_own_price() -> None:
    found = chat_completions.response(completion(usage=OPENAI)).usage
    assert found == COUNTED
    price = Price(Tier(input=1.0, output=10.0, cached_input=0.5, audio_input=100.0, audio_output=1000.0))
    # 50 fresh and 30 cached tokens of text, 20 of audio; 20 of text (thinking is among them) and 40 of audio out
    assert price.cost(found) == pytest.approx((50 * 1 + 30 * 0.5 + 20 * 100 + 20 * 10 + 40 * 1000) / 1e6)


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"prompt_tokens": 4}, {"input_tokens": 4.0, "output_tokens": 0.0}),
        ({"prompt_tokens": 0, "completion_tokens": 2}, {"input_tokens": 0.0, "output_tokens": 2.0}),
        ({"prompt_tokens": 4, "completion_tokens": None}, {"input_tokens": 4.0, "output_tokens": 0.0}),
        ({"prompt_tokens": None, "completion_tokens": 2}, None),
        ({"completion_tokens": 2}, None),
        ({"prompt_tokens": "many", "completion_tokens": 2}, None),
        ({"prompt_tokens": -1, "completion_tokens": 2}, None),
        ({"prompt_tokens": 1, "completion_tokens": float("inf")}, None),
        ({"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": []},
         {"input_tokens": 1.0, "output_tokens": 2.0}),
        ([1, 2], None),
        (None, None),
    ],
)  # fmt: skip
def test_counts_are_counts_or_unknown(usage: Any, told: dict[str, float] | None) -> None:
    assert chat_completions.counted(usage) == told


def test_a_refusal_is_text_and_counted() -> None:
    found = chat_completions.response(completion(content=None, refusal="I will not"))
    assert (found.text, found.usage) == ("I will not", {"refused": 1.0})
    found = chat_completions.response(completion(content="", refusal=""))
    assert (found.text, found.usage) == ("", {"refused": 1.0})


SPOKEN = {"data": base64.b64encode(b"RIFF").decode(), "transcript": "spoken"}


@pytest.mark.parametrize(
    ("message", "text", "speaks"),
    [
        ({"content": "hi", "audio": SPOKEN}, "hi", True),
        ({"content": None, "audio": SPOKEN}, "spoken", True),
        ({"content": "", "audio": SPOKEN}, "spoken", True),
        ({"content": None, "audio": {**SPOKEN, "transcript": None}}, None, True),
        ({"content": None, "audio": {"data": ""}}, "", False),
        ({"content": None}, "", False),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": None}, "x", {"text": "b"}]}, "ab", False),
        ({"content": [{"type": "thinking", "text": "no"}, {"type": "reasoning", "text": "no"},
                      {"type": "redacted_thinking", "text": "no"}, {"type": "text", "text": "yes"}]}, "yes", False),
    ],
)  # fmt: skip
def test_text_and_speech_of_a_message(message: dict[str, Any], text: str | None, speaks: bool) -> None:
    found = chat_completions.response(completion(**message))
    assert found.text == text
    assert (found.audio is not None) is speaks
    if found.audio is not None:
        assert found.audio.name == "speech.wav"
        assert found.audio.opener is not None
        assert found.audio.opener() == b"RIFF"


@pytest.mark.parametrize(
    ("message", "thought"),
    [
        ({"reasoning_content": "a", "reasoning": "b"}, "a"),
        ({"reasoning": "b"}, "b"),
        ({"reasoning_content": ""}, None),
        ({"reasoning_content": 7}, None),
        ({"content": [{"type": "thinking", "thinking": [{"text": "a"}, {"text": "b"}, "c"]}]}, "ab"),
        ({"content": [{"type": "reasoning", "reasoning": "a"}, {"type": "text", "text": "no"}]}, "a"),
        ({"content": [{"type": "thinking", "text": "a"}, "x"]}, "a"),
    ],
)
def test_thoughts_are_kept_apart(message: dict[str, Any], thought: str | None) -> None:
    found = chat_completions.response(completion(**message))
    assert found.thought == thought
    assert thought is None or thought not in (found.text or "")


@pytest.mark.parametrize("field", ["content", "refusal"])
@pytest.mark.parametrize("value", [7, {"a": 1}])
def test_a_text_that_is_none_is_asked_again(field: str, value: Any) -> None:
    reply = completion(**{"content": None, field: value})
    if field == "content":
        assert chat_completions.response(reply).text == "", "an odd content is none"
        return
    with pytest.raises(RetryableCallError, match="a text is"):
        chat_completions.response(reply)


@pytest.mark.parametrize("data", ["no base64!", 7, "YQ"])
def test_speech_that_is_no_base64_is_asked_again_and_paid(data: Any) -> None:
    with pytest.raises(RetryableCallError, match="not base64") as caught:
        chat_completions.response(completion(usage=OPENAI, audio={"data": data}))
    assert caught.value.usage == COUNTED


def test_of_several_choices_the_first_text_and_speech_count() -> None:
    first, second = completion()["choices"][0], completion("length", content="other")["choices"][0]
    found = chat_completions.response({"choices": [first, second], "model": 7})
    assert (found.text, found.usage, found.meta) == ("hi", {"truncated": 1.0}, {"model": None})
    found = chat_completions.response({"choices": [{"message": {"content": ""}}, second], "model": "m" * 300})
    assert (found.text, found.meta) == ("", {"model": "m" * 200})
    spoken = [{"message": {"audio": {**SPOKEN, "transcript": name}}} for name in ("one", "two")]
    assert chat_completions.response({"choices": spoken}).text == "one"


@pytest.mark.parametrize("reply", [{"choices": {}}, {"choices": [None]}, {"choices": [{}, 3]}, {"error": "gone"},
                                   {"message": "gone"}])  # fmt: skip
def test_what_a_reply_without_choices_says_is_told(reply: dict[str, Any]) -> None:
    with pytest.raises(RetryableCallError, match="the reply has no choices") as caught:
        chat_completions.response({**reply, "usage": OPENAI})
    assert caught.value.usage == COUNTED
    assert ("gone" in str(caught.value)) is ("gone" in reply.values())


SEED = Request("1", (user("x"),)).seed % 2**31  # some servers read a signed number of 32 bits


def asked(schema: dict[str, Any] | None = None, **settings: Any) -> Request:
    return Request("1", (user("x"),), Generation(**settings), schema=schema)


@pytest.mark.parametrize(
    ("request_", "ways", "body"),
    [
        (asked(max_new_tokens=8), {"bound": "max_tokens"}, {"max_tokens": 8, "temperature": 0.0}),
        (asked(max_new_tokens=8), {"bound": "b", "room": 5}, {"b": 13, "temperature": 0.0}),
        (asked(max_new_tokens=8), {"bound": None}, {"temperature": 0.0}),
        (asked(max_new_tokens=None), {"bound": "b", "room": 5}, {"temperature": 0.0}),
        (asked(max_new_tokens=8, temperature=0.5), {"bound": "b", "sampling": False}, {"b": 8}),
        (asked(max_new_tokens=8, temperature=0.5), {"bound": "b"}, {"b": 8, "temperature": 0.5, "seed": SEED}),
        (asked(max_new_tokens=8, temperature=1.0, top_p=0.9), {"bound": "b"},
         {"b": 8, "temperature": 1.0, "seed": SEED, "top_p": 0.9}),
        (asked(max_new_tokens=8, stop=("\n", "###")), {"bound": "b"}, {"b": 8, "temperature": 0.0, "stop": ["\n", "###"]}),
        (asked({"type": "object"}, max_new_tokens=8), {"bound": "b"}, {"b": 8, "temperature": 0.0}),
        (asked({"type": "object"}, max_new_tokens=8), {"bound": "b", "structured": True},
         {"b": 8, "temperature": 0.0, "response_format": {
             "type": "json_schema",
             "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}}}}),
        (asked(max_new_tokens=8), {"bound": "b", "structured": True}, {"b": 8, "temperature": 0.0}),
    ],
)  # fmt: skip
def test_settings_of_the_protocol(request_: Request, ways: dict[str, Any], body: dict[str, Any]) -> None:
    assert chat_completions.settings(request_, **ways) == body


@pytest.mark.parametrize(
    ("turns", "merged"),
    [
        ([system("s"), user("u")], [user("s\n\nu")]),
        ([system("s"), system("t"), user("u")], [user("s\n\nt\n\nu")]),
        ([user("a"), assistant("b"), system("s"), user("c")], [user("s\n\na"), assistant("b"), user("c")]),
        ([system("s"), assistant("a"), user("u", "v")], [assistant("a"), user("s\n\nu", "v")]),
        ([system("s"), assistant("a")], [user("s"), assistant("a")]),
        ([system("s")], [user("s")]),
        ([user("u"), assistant("a")], [user("u"), assistant("a")]),
    ],
)
def test_instructions_before_the_first_user_turn(turns: list[Message], merged: list[Message]) -> None:
    assert chat_completions.messages(turns, LIMITS, merge_system=True) == chat_completions.messages(merged, LIMITS)
    assert [one["role"] for one in chat_completions.messages(turns, LIMITS)] == [turn.role for turn in turns]


def test_instructions_before_a_turn_of_sound_are_a_part_of_their_own() -> None:
    data = wav_of_pcm(b"\x01\x00" * 800, {"rate": "8000"})
    clip = Audio(opener=lambda: data, name="a.wav")
    made = chat_completions.messages([system("s"), user(clip, "what?")], LIMITS, merge_system=True)
    assert [part["type"] for part in made[0]["content"]] == ["text", "input_audio", "text"]


# --- Gemini ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def piece() -> Callable[..., Any]:
    types = pytest.importorskip("google.genai.types")

    def make(parts: list[dict[str, Any]] | None = None, finish: str | None = None, **rest: Any) -> Any:
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts or []}}
        if finish is not None:
            candidate["finishReason"] = finish
        return types.GenerateContentResponse.model_validate({"candidates": [candidate], "modelVersion": "g-1", **rest})

    return make


def answer(*pieces: Any) -> Response:
    from evalkit.models.api.generate_content import answer_in

    return answer_in(pieces)


def modality(name: str, count: int) -> dict[str, Any]:
    return {"modality": name, "tokenCount": count}


GEMINI = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 30,
    "candidatesTokenCount": 50,
    "thoughtsTokenCount": 10,
    "promptTokensDetails": [modality("TEXT", 70), modality("AUDIO", 20), modality("AUDIO", 10)],
    "candidatesTokensDetails": [modality("AUDIO", 40), modality("TEXT", 10)],
}


def test_gemini_counts_thoughts_as_output_and_audio_apart(piece: Callable[..., Any]) -> None:
    """Google's price list: the output price includes thinking tokens; audio has a price of its own."""
    found = answer(piece([{"text": "hi"}], "STOP", usageMetadata=GEMINI)).usage
    assert found == {
        "input_tokens": 100.0, "cached_input_tokens": 30.0, "audio_input_tokens": 30.0,
        "output_tokens": 60.0, "reasoning_tokens": 10.0, "audio_output_tokens": 40.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        ({"promptTokenCount": 4}, {"input_tokens": 4.0, "output_tokens": 0.0}),
        ({"promptTokenCount": 0, "thoughtsTokenCount": 3},
         {"input_tokens": 0.0, "output_tokens": 3.0, "reasoning_tokens": 3.0}),
        ({"candidatesTokenCount": 4}, None),
        ({"promptTokenCount": 4, "promptTokensDetails": [{"modality": "AUDIO"}, {"tokenCount": 3}]},
         {"input_tokens": 4.0, "output_tokens": 0.0}),
    ],
)  # fmt: skip
def test_gemini_counts_are_counts_or_unknown(usage: Any, told: Any, piece: Callable[..., Any]) -> None:
    assert answer(piece([{"text": "hi"}], "STOP", usageMetadata=usage)).usage == told


def test_gemini_counts_of_a_stream_are_the_last(piece: Callable[..., Any]) -> None:
    first = piece([{"text": "a"}], usageMetadata={"promptTokenCount": 4, "candidatesTokenCount": 1})
    second = piece([{"text": "b"}], usageMetadata={"promptTokenCount": 4, "candidatesTokenCount": 2})
    found = answer(first, second, piece([], "STOP"))
    assert (found.text, found.usage) == ("ab", {"input_tokens": 4.0, "output_tokens": 2.0})
    assert found.meta == {"model": "g-1"}


FILTERS = [
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"),
]


@pytest.mark.filterwarnings("ignore::UserWarning")  # a reason that the installed client does not know yet
@pytest.mark.parametrize("reason", FILTERS)
def test_gemini_filters_are_blocked_answers(reason: str, piece: Callable[..., Any]) -> None:
    found = answer(piece([{"text": "got through"}], reason, usageMetadata=GEMINI))
    assert found.text == "got through"
    assert found.usage is not None
    assert (found.usage["blocked"], found.usage["output_tokens"]) == (1.0, 60.0)
    assert answer(piece([], reason)) == Response(text="", usage={"blocked": 1.0}, meta={"model": "g-1"})


def test_gemini_blocked_prompts_have_no_candidates(piece: Callable[..., Any]) -> None:
    found = answer(
        piece(candidates=None, promptFeedback={"blockReason": "SAFETY"}, usageMetadata={"promptTokenCount": 9})
    )
    assert (found.text, found.usage) == ("", {"input_tokens": 9.0, "output_tokens": 0.0, "blocked": 1.0})
    early = piece(candidates=None, promptFeedback={"blockReason": "OTHER"})
    assert answer(early, piece([{"text": "x"}], "STOP")).usage == {"blocked": 1.0}, "in any piece of a stream"


@pytest.mark.parametrize("reason", [None, "OTHER", "MALFORMED_FUNCTION_CALL", "FINISH_REASON_UNSPECIFIED"])
def test_gemini_answers_without_an_end_are_asked_again_and_paid(reason: str | None, piece: Callable[..., Any]) -> None:
    with pytest.raises(RetryableCallError, match="no finished answer") as caught:
        answer(piece([{"text": "h"}], reason, usageMetadata=GEMINI))
    assert caught.value.usage is not None
    assert caught.value.usage["output_tokens"] == 60.0
    with pytest.raises(RetryableCallError, match="empty"):
        answer()


def test_gemini_thoughts_are_no_answer(piece: Callable[..., Any]) -> None:
    parts = [{"text": "hmm ", "thought": True}, {"text": "yes"}, {"text": "so", "thought": True}]
    found = answer(piece(parts, "MAX_TOKENS"))
    assert (found.text, found.thought, found.usage) == ("yes", "hmm so", {"truncated": 1.0})
    assert answer(piece([{"text": "yes"}], "STOP")).thought is None
    assert answer(piece([{"text": "hmm", "thought": True}], "STOP")).text == ""


@pytest.mark.parametrize("kind", ["audio/L16;codec=pcm;rate=24000", "audio/pcm;rate=24000"])
def test_gemini_speech_is_a_wav_file_of_its_rate(kind: str, piece: Callable[..., Any]) -> None:
    def blob(samples: bytes) -> dict[str, Any]:
        return {"inlineData": {"mimeType": kind, "data": base64.b64encode(samples).decode()}}

    found = answer(piece([blob(b"\x01\x00\x02\x00")]), piece([blob(b"\x03\x00")], "STOP"))
    assert found.text is None
    assert found.audio is not None
    assert found.audio.opener is not None
    with wave.open(io.BytesIO(found.audio.opener())) as file:
        assert (file.getframerate(), file.getnframes()) == (24_000, 3)
        assert file.readframes(3) == b"\x01\x00\x02\x00\x03\x00"
    said = answer(piece([{"text": "a"}, blob(b"\x01\x00")], "STOP"))
    assert (said.text, said.audio is not None) == ("a", True)
    whole = {"inlineData": {"mimeType": "audio/wav", "data": base64.b64encode(b"RIFF").decode()}}
    found = answer(piece([whole], "STOP"))
    assert found.audio is not None
    assert found.audio.opener is not None
    assert found.audio.opener() == b"RIFF"


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"retryDelay": "27s"}], 27.0),
        ([{"reason": "x"}, {"retryDelay": "1.5s"}, {"retryDelay": "9s"}], 1.5),
        ([{"retryDelay": "soon"}], None),
        ([{"retryDelay": "27"}], None),
        ([], None),
    ],
)
def test_gemini_asks_to_wait(details: list[dict[str, Any]], seconds: float | None) -> None:
    from evalkit.models.api.generate_content import asked_wait

    assert asked_wait(details) == seconds


def test_gemini_conversations() -> None:
    pytest.importorskip("google.genai")
    from evalkit.models.api.generate_content import contents_of

    boxes = b"\x00\x00\x00\x08moov" + b"\x00\x00\x00\x08mdat"
    mov, mp4 = (b"\x00\x00\x00\x10ftyp" + brand + bytes(4) + boxes for brand in (b"qt  ", b"isom"))
    turns = [
        system("short"), user("a", Video(opener=lambda: mov, name="v")), assistant("b"),
        user(Video(opener=lambda: mp4, name="w")),
    ]  # fmt: skip
    made = contents_of(turns, LIMITS)
    assert [one.role for one in made] == ["user", "model", "user"]
    assert made[0].parts[0].text == "a"
    assert made[0].parts[1].inline_data.mime_type == "video/mov", "the API's name of it"
    assert made[2].parts[0].inline_data.mime_type == "video/mp4"
    assert made[2].parts[0].inline_data.data == mp4
    with pytest.raises(FinalCallError, match="system instruction may hold text only") as caught:
        contents_of([Message("system", (Text("x"), Audio("a.wav")))], LIMITS)
    assert caught.value.kind == "input"
    small = Limits(LIMITS.types, 2**20, request_bytes=44)
    contents_of([user(Video(opener=lambda: mov, name="v"))], small)
    with pytest.raises(FinalCallError, match="the files of this sample"):
        contents_of(turns, small)
