"""eSpeak NG: the same samples again, in any order; the manner that is asked for; clear errors."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator

import numpy as np
import pytest

from evalkit.core.errors import EvalkitError
from evalkit.media.espeak import SAMPLE_RATE, SynthesizerError, engine, synthesize
from evalkit.media.speech_measures import measure

TEXT = "The ferry to the island leaves at half past seven, and it is never late."
ZH = "去岛上的渡轮七点半开，从来不晚点。"


@pytest.fixture
def fresh() -> Iterator[None]:
    engine.cache_clear()
    yield
    engine.cache_clear()


def test_the_same_samples_again_whatever_was_said_before() -> None:
    first = synthesize(TEXT, "en-gb-x-rp+f4", rate=1.2)
    synthesize(ZH, "cmn", pitch=1.3)
    for _ in range(3):
        assert np.array_equal(synthesize(TEXT, "en-gb-x-rp+f4", rate=1.2), first)
    assert first.dtype == np.float32
    assert 0.05 < np.abs(first).max() < 1


def test_the_program_speaks_where_the_package_is_missing(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("the program espeak-ng is not installed")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert engine().version.startswith("espeak-ng 1.")
    one = synthesize(TEXT, "en-us", rate=1.4)
    assert np.array_equal(one, synthesize(TEXT, "en-us", rate=1.4))
    assert 1.5 < len(one) / SAMPLE_RATE < 6
    with pytest.raises(SynthesizerError, match="martian"):
        synthesize(TEXT, "martian")


@pytest.mark.parametrize(("text", "voice"), [(TEXT, "en-us"), (ZH, "cmn")])
def test_rate_pitch_and_loudness_are_as_asked(text: str, voice: str) -> None:
    plain, quick, high, quiet = (
        measure(synthesize(text, voice, **how), SAMPLE_RATE)
        for how in ({}, {"rate": 1.5}, {"pitch": 1.3}, {"loudness": 0.5})
    )
    assert 1.25 < quick.syllable_rate / plain.syllable_rate < 1.75
    assert plain.pitch_hz and high.pitch_hz and 1.2 < high.pitch_hz / plain.pitch_hz < 1.4
    assert quiet.speech_dbfs == pytest.approx(plain.speech_dbfs - 6.02, abs=0.2)


def test_what_cannot_be_said() -> None:
    with pytest.raises(SynthesizerError, match="no voice 'martian'"):
        synthesize(TEXT, "martian")
    with pytest.raises(SynthesizerError, match="nothing to say"):
        synthesize("", "en-us")


def test_without_a_synthesizer_the_error_says_how_to_get_one(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(EvalkitError, match=r"pip install -e '?.*\[twins\]'"):
        synthesize(TEXT, "en-us")
