"""Media on their way to a provider: told by their bytes, re-encoded without loss, measured."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Video, assistant, system, user
from evalkit.core.sample import Request
from evalkit.models.api import chat_completions
from evalkit.models.api.call_errors import FinalCallError, RetryableCallError
from evalkit.models.api.content import Encoded, Limits, check_modalities, check_total, encoded, media_type, wav_of_pcm
from evalkit.models.api.estimates import MediaTokens, request_tokens, text_tokens

WAV_ONLY = Limits(frozenset({"audio/wav", "image/png"}), file_bytes=100_000, source="a page")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def sound(kind: str, subtype: str, channels: int = 1, seconds: float = 0.5) -> bytes:
    rng = np.random.default_rng(1)
    samples = rng.integers(-20_000, 20_000, (int(16_000 * seconds), channels), dtype=np.int16)
    buffer = io.BytesIO()
    sf.write(buffer, samples, 16_000, format=kind, subtype=subtype)
    return buffer.getvalue()


def held(data: bytes, kind: Callable[..., Audio] = Audio, name: str = "x") -> Audio:
    return kind(opener=lambda: data, name=name)


@pytest.mark.parametrize(
    ("kind", "subtype", "expected"),
    [
        ("WAV", "PCM_16", "audio/wav"),
        ("WAV", "FLOAT", "audio/wav"),
        ("FLAC", "PCM_16", "audio/flac"),
        ("OGG", "VORBIS", "audio/ogg"),
        ("OGG", "OPUS", "audio/ogg"),
        ("MP3", "MPEG_LAYER_III", "audio/mp3"),
        ("AIFF", "PCM_16", "audio/aiff"),
    ],
)
def test_audio_is_told_by_its_bytes(kind: str, subtype: str, expected: str) -> None:
    assert media_type(sound(kind, subtype)) == expected


def test_other_media_are_told_by_their_bytes() -> None:
    assert media_type(PNG) == "image/png"
    assert media_type(b"\xff\xd8\xff\xe0\x00\x10JFIF") == "image/jpeg"
    assert media_type(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert media_type(b"\x00\x00\x00\x18ftypisom") == "video/mp4"
    assert media_type(b"\x00\x00\x00\x14ftypqt  ") == "video/quicktime"
    assert media_type(b"\x00\x00\x00\x18ftypheic") == "image/heic"
    assert media_type(b"\x1aE\xdf\xa3\x01") == "video/webm"
    assert media_type(b"just text") is None
    assert media_type(b"") is None


def test_a_taken_format_is_sent_as_it_is() -> None:
    data = sound("WAV", "PCM_24", channels=2)
    assert encoded(held(data), WAV_ONLY) == Encoded(data, "audio/wav")


@pytest.mark.parametrize("channels", [1, 2])
def test_another_audio_format_becomes_wav_without_loss(channels: int) -> None:
    flac = sound("FLAC", "PCM_16", channels)
    sent = encoded(held(flac), WAV_ONLY)
    assert sent.type == "audio/wav"
    before, rate_before = sf.read(io.BytesIO(flac), dtype="int16", always_2d=True)
    after, rate = sf.read(io.BytesIO(sent.data), dtype="int16", always_2d=True)
    assert rate == rate_before == 16_000
    assert np.array_equal(before, after)


@pytest.mark.parametrize("make", [lambda: b"RIFF\x00\x00\x00\x00AVI ", lambda: b"nonsense" * 50])
def test_broken_audio_names_the_sample(make: Callable[[], bytes]) -> None:
    with pytest.raises(DataError, match=r"^clip\.flac: cannot be decoded as audio"):
        encoded(held(make(), name="clip.flac"), WAV_ONLY)


def test_an_image_in_another_format_is_refused_with_those_that_are_taken() -> None:
    with pytest.raises(DataError, match=r"is image/gif; this provider takes image/png\. Convert it first"):
        encoded(held(b"GIF89a....", Image), WAV_ONLY)
    with pytest.raises(DataError, match="is an unknown format; this provider takes none"):
        encoded(held(b"????", Video), WAV_ONLY)


def test_a_file_over_the_limit_is_the_samples_failure_and_names_the_limit() -> None:
    big = sound("WAV", "PCM_16", seconds=10.0)  # 320 kB
    limits = Limits(WAV_ONLY.types, file_bytes=2**17, source="the provider's page")
    with pytest.raises(
        FinalCallError, match=r"clip: 0\.3 MB as audio/wav; .* at most 0 MB \(the provider's page\)"
    ) as e:
        encoded(held(big, name="clip"), limits)
    assert e.value.kind == "limit"
    files = [Encoded(b"x" * 30, "image/png")] * 3
    check_total(files, Limits(frozenset(), 100, request_bytes=120))
    with pytest.raises(FinalCallError, match="the files of this sample") as e:
        check_total(files, Limits(frozenset(), 100, request_bytes=119))
    assert e.value.kind == "limit"


def test_bare_samples_become_a_wav_file() -> None:
    samples = np.arange(-50, 50, dtype="<i2")
    with wave.open(io.BytesIO(wav_of_pcm(samples.tobytes(), {"rate": "24000"}))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert np.array_equal(np.frombuffer(file.readframes(200), "<i2"), samples)


def test_modalities_are_checked_before_a_call() -> None:
    check_modalities([user("x", Image("a.png"))], {"text", "image"}, "m")
    with pytest.raises(UsageError, match="m takes text, no audio"):
        check_modalities([user("x"), user(Audio("a.wav"))], {"text"}, "m")


def test_messages_of_the_protocol(tmp_path: Path) -> None:
    wav = sound("WAV", "PCM_16", seconds=0.1)
    turns = (
        system("be short"),
        user("one", "two"),
        assistant("yes"),
        user(held(wav), "what is said?", held(PNG, Image)),
    )
    limits = Limits(frozenset({"audio/wav", "image/png"}), 2**20)
    assert chat_completions.messages(turns, limits) == [
        {"role": "system", "content": "be short"},
        {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": "yes"},
        {
            "role": "user",
            "content": [
                {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav).decode(), "format": "wav"}},
                {"type": "text", "text": "what is said?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(PNG).decode()}},
            ],
        },
    ]
    with pytest.raises(FinalCallError, match="speech or images of the assistant"):
        chat_completions.messages([assistant(held(wav))], limits)


@pytest.mark.parametrize(
    "reply", [[], "text", 3, {}, {"choices": []}, {"choices": None}, {"choices": ["x"]}, {"error": {"message": "boom"}}]
)
def test_what_is_no_completion_is_asked_again(reply: object) -> None:
    with pytest.raises(RetryableCallError):
        chat_completions.response(reply)


def test_text_and_speech_in_two_choices_are_one_answer() -> None:
    """vLLM-Omni gives the text in the first choice and the speech in the second."""
    speech = {"audio": {"data": base64.b64encode(b"RIFF....WAVE").decode()}}
    found = chat_completions.response(
        {
            "choices": [
                {"message": {"content": "hi"}, "finish_reason": "stop"},
                {"message": speech, "finish_reason": "stop"},
            ]
        }
    )
    assert found.text == "hi"
    assert found.audio is not None
    assert found.audio.opener is not None
    assert found.audio.opener() == b"RIFF....WAVE"
    assert found.usage is None


def test_counts_keep_what_is_billed_apart() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 40, "audio_tokens": 7},
    }
    assert chat_completions.counted(usage) == {
        "input_tokens": 100.0,
        "cached_input_tokens": 64.0,
        "output_tokens": 50.0,
        "reasoning_tokens": 40.0,
        "audio_output_tokens": 7.0,
    }
    assert chat_completions.counted(None) is None
    assert chat_completions.counted({"total_tokens": 3}) is None


def test_rough_token_counts() -> None:
    assert text_tokens("a" * 400) == 100
    assert text_tokens("请把这段语音转写成文字") == 11
    clip = held(sound("WAV", "PCM_16", seconds=2.0))
    units = request_tokens(Request("1", (user(clip, "what?"),)), MediaTokens(audio_second=32.0))
    assert units["audio_input_tokens"] == pytest.approx(64.0)
    assert units["input_tokens"] == pytest.approx(64.0 + 4 + 1.25)
    broken = request_tokens(Request("1", (user(held(b"nonsense")),)), MediaTokens())
    assert broken["input_tokens"] > 0, "a broken file is the call's to report"
