"""The synthesizer as a model, and the default cascade from speech to speech."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.errors import EvalkitError
from evalkit.core.message import assistant, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media import espeak
from evalkit.media.audio import decode, info
from evalkit.media.speech_measures import measure

pytest.importorskip("espeakng_loader")


def speak(text: str, **arguments: Any) -> Response:
    with plugins.load_model("espeak-ng", {key: str(value) for key, value in arguments.items()}) as model:
        ((_, response),) = model.stream(iter([Request("a", (user(text),))]))
    return response


def samples_of(response: Response) -> Any:
    assert response.audio is not None
    return decode(response.audio, 16_000)


def test_it_says_what_it_was_given_at_the_rate_it_declares() -> None:
    response = speak("The quick brown fox jumps over the lazy dog.")
    assert response.text == "The quick brown fox jumps over the lazy dog." and response.audio is not None
    assert info(response.audio).sample_rate == espeak.SAMPLE_RATE == plugins.load_model("espeak-ng").speech_rate
    assert response.usage == {"speech_seconds": pytest.approx(info(response.audio).seconds)}
    assert 1.5 < info(response.audio).seconds < 5


def test_manner_can_be_measured() -> None:
    text = "One two three four five six seven eight nine ten eleven twelve."
    plain, fast, quiet, high = (
        measure(samples_of(speak(text, **how)), 16_000)
        for how in ({}, {"rate": 1.6}, {"loudness": 0.25}, {"pitch": 1.5})
    )
    assert fast.duration < 0.8 * plain.duration
    assert quiet.rms_dbfs == pytest.approx(plain.rms_dbfs - 12.04, abs=0.3)
    assert plain.pitch_hz is not None and high.pitch_hz is not None and high.pitch_hz > 1.25 * plain.pitch_hz


def test_chinese_has_its_voice() -> None:
    same = samples_of(speak("今天天气很好。", voice="cmn"))
    assert (samples_of(speak("今天天气很好。")) == same).all()
    assert len(samples_of(speak("今天天气很好。", voice="en-us"))) != len(same)


@pytest.mark.parametrize("text", ["", "...", "\N{GRINNING FACE}"])
def test_nothing_to_say_fails_the_sample(text: str) -> None:
    response = speak(text)
    assert response.audio is None and response.failure is not None


def test_it_is_refused_at_once_where_nothing_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    espeak.engine.cache_clear()
    try:
        with pytest.raises(EvalkitError, match=r"pip install -e '?.*\[twins\]'"):
            plugins.load_model("cascade").check()
    finally:
        espeak.engine.cache_clear()


def test_the_default_cascade_goes_from_speech_to_speech() -> None:
    """The question is spoken, and so is the history; the answer can only come from what was heard."""
    told = speak("My hotel has seven hundred rooms.").audio
    asked = speak("How many rooms are in my hotel?").audio
    assert told is not None and asked is not None
    request = Request("q", (user(told), assistant("I see."), user(asked)), Generation(speech=True))
    with plugins.load_model("cascade", {"asr": "pocketsphinx,workers=1"}) as model:
        ((_, response),) = model.stream(iter([request]))
    assert response.failure is None and response.audio is not None and response.meta is not None
    heard = response.meta["recognised"]
    assert len(heard) == 2 and all(heard)
    assert response.text and (response.text in heard[0] or response.text == "I see.")
    assert info(response.audio).seconds > 0.3
