"""Measures of speech against signals whose length, level, pitch and syllables are known by construction."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
import soundfile as sf

from evalkit.media.speech_measures import FLOOR, clipped_share, glance, measure

RATES = (8000, 16000, 22050, 24000, 48000)
SENTENCES = {  # with the syllables a dictionary counts
    "The quick brown fox jumps over the lazy dog.": 11,
    "Could you turn the music down, please?": 9,
    "We will meet again tomorrow morning at nine, before the train arrives at the station.": 22,
    "I am very happy to hear that your family is doing well this year.": 18,
    "Bananas, apples and oranges are on the kitchen table.": 15,
    "Reading aloud every day helps children learn new words.": 14,
}


def tone(seconds: float, pitch: float, rate: int = 16000, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


def voice(seconds: float, pitch: float, rate: int = 16000) -> np.ndarray:
    """Harmonics of a pitch, falling by 6 dB an octave, as a voice has them; full scale at 0.6."""
    time = np.arange(round(seconds * rate)) / rate
    parts = [np.sin(2 * np.pi * pitch * k * time + k) / k for k in range(1, int(min(4000, rate / 2 - 1) // pitch))]
    wave = np.sum(parts, axis=0)
    return 0.6 * wave / np.abs(wave).max()


def spoken(text: str, *options: str) -> tuple[np.ndarray, int]:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    done = subprocess.run(["espeak-ng", "--stdout", *options, text], capture_output=True, check=True)
    samples, rate = sf.read(io.BytesIO(done.stdout))
    return samples, rate


@pytest.mark.parametrize("rate", RATES)
def test_levels_are_exact(rate: int) -> None:
    found = measure(tone(1.0, 200, rate, level=0.5), rate)
    assert found.duration == 1.0
    assert found.peak_dbfs == pytest.approx(20 * np.log10(0.5), abs=0.02)
    assert found.rms_dbfs == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=1e-6)
    assert found.speech_dbfs == pytest.approx(found.rms_dbfs, abs=1e-3)
    assert measure(np.sign(tone(1.0, 200.5, rate)), rate).rms_dbfs == pytest.approx(0.0, abs=0.01)


def test_gain_is_measured() -> None:
    """But for frames that fall below what counts as sound."""
    samples, rate = spoken("Could you turn the music down, please?")
    for gain in (0.25, 0.5):
        assert measure(gain * samples, rate).speech_dbfs == pytest.approx(
            measure(samples, rate).speech_dbfs + 20 * np.log10(gain), abs=0.25
        )


def test_an_offset_is_no_level_and_no_sound() -> None:
    wave = tone(1.0, 200) * 0.5
    assert measure(wave + 0.3, 16000).rms_dbfs == pytest.approx(measure(wave, 16000).rms_dbfs, abs=1e-6)
    still = measure(np.full(16000, 0.3), 16000)
    assert still.silent
    assert (still.silence_share, still.pitch_hz, still.syllables) == (1.0, None, 0)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("pitch", [70.0, 100.0, 180.3, 250.0, 400.0])
def test_pitch_is_found(rate: int, pitch: float) -> None:
    for wave in (tone(1.0, pitch, rate), voice(1.0, pitch, rate)):
        found = measure(wave, rate)
        assert found.pitch_hz == pytest.approx(pitch, rel=0.005)
        assert found.pitch_spread == pytest.approx(0.0, abs=0.05)
        assert found.voiced_seconds > 0.95


def test_pitch_spread_is_in_semitones() -> None:
    wave = np.concatenate([voice(1.0, 120), voice(1.0, 240)])
    assert measure(wave, 16000).pitch_spread == pytest.approx(12.0, abs=0.1)


def test_noise_has_no_voice() -> None:
    for seed in range(4):
        for rate in (8000, 16000, 24000):
            found = measure(0.1 * np.random.default_rng(seed).normal(size=3 * rate), rate)
            assert not found.silent
            assert found.voiced_seconds <= 0.03
            assert found.syllables <= 1


def test_pitch_survives_noise() -> None:
    noise = np.random.default_rng(0).normal(size=32000)
    wave = voice(2.0, 150)
    for ratio in (20, 10):
        scaled = noise * np.sqrt(np.mean(wave**2) / np.mean(noise**2)) * 10 ** (-ratio / 20)
        assert measure(wave + scaled, 16000).pitch_hz == pytest.approx(150, rel=0.01)


def test_silence_is_measured() -> None:
    gap = np.zeros(8000)
    found = measure(np.concatenate([np.zeros(4000), voice(1.0, 120), gap, voice(1.0, 120), np.zeros(12000)]), 16000)
    assert found.leading_silence == pytest.approx(0.25, abs=0.011)
    assert found.trailing_silence == pytest.approx(0.75, abs=0.011)
    assert found.silence_share == pytest.approx(1.5 / 3.5, abs=0.01)
    assert found.speech_seconds == pytest.approx(2.0, abs=0.02), "a gap of half a second is a pause"
    short = measure(np.concatenate([voice(1.0, 120), np.zeros(3200), voice(1.0, 120)]), 16000)
    assert short.speech_seconds == pytest.approx(2.2, abs=0.02), "one of a fifth is not"
    assert not found.silent


@pytest.mark.parametrize("level", [0.0, 1e-5, 0.0005])
def test_what_nobody_hears_is_silent(level: float) -> None:
    hiss = level * np.random.default_rng(0).normal(size=16000)
    assert measure(hiss, 16000).silent
    assert glance(hiss, 16000).silent


def test_a_click_is_silent_and_a_word_is_not() -> None:
    click = np.zeros(16000)
    click[8000:8020] = 0.9
    assert glance(click, 16000).silent
    assert not glance(np.concatenate([np.zeros(40000), voice(0.3, 150)]), 16000).silent


@pytest.mark.parametrize("gain", [1.2, 2.0, 4.0])
@pytest.mark.parametrize("rate", [16000, 24000])
def test_clipping_is_counted(gain: float, rate: int) -> None:
    """A sine beyond full scale is cut for a known part of its period."""
    wave = np.clip(gain * np.sin(2 * np.pi * 100 * np.arange(rate) / rate), -1, 1)
    expected = 1 - 2 / np.pi * np.arcsin(1 / gain)
    assert clipped_share(wave) == pytest.approx(expected, abs=0.02)
    assert measure(wave, rate).clipped_share == glance(wave, rate).clipped_share == clipped_share(wave)
    coded = np.round(wave * 32767) / 32768
    assert clipped_share(coded) == pytest.approx(expected, abs=0.02), "as 16-bit files hold it"


def test_a_loud_wave_is_not_clipped() -> None:
    for pitch in (50, 100, 440):
        assert clipped_share(np.round(32767 * np.sin(2 * np.pi * pitch * np.arange(24000) / 24000)) / 32768) == 0.0
    assert clipped_share(np.zeros(100)) == 0.0
    assert clipped_share(np.array([1.0, 1.0])) == 0.0, "two in a row may be chance"
    assert clipped_share(np.array([0.0, 1.0, 1.0, 1.0])) == 0.75
    assert clipped_share(np.array([0.0, 1.2, 1.5, 1.3])) == 0.75, "floats beyond full scale are cut when played"


@pytest.mark.parametrize("rate", [16000, 24000])
@pytest.mark.parametrize("speed", [2.0, 4.0, 6.0, 8.0])
def test_bursts_are_counted_as_syllables(speed: float, rate: int) -> None:
    """Raised cosines of a voice, so many a second, as syllables are."""
    time = np.arange(4 * rate) / rate
    wave = voice(4.0, 130, rate) * (0.02 + 0.98 * (0.5 - 0.5 * np.cos(2 * np.pi * speed * time)))
    found = measure(wave, rate)
    assert found.syllables == pytest.approx(4 * speed, abs=1)
    assert found.syllable_rate == pytest.approx(speed, rel=0.1)
    assert found.pitch_hz == pytest.approx(130, rel=0.01)


def test_a_steady_voice_is_one_syllable() -> None:
    wave = np.concatenate([np.zeros(4000), voice(1.0, 130), np.zeros(4000)])
    assert measure(wave, 16000).syllables == 1


def test_speech_of_a_synthesizer_has_the_syllables_of_its_text() -> None:
    """Within a tenth over six sentences, at half to twice the usual rate."""
    truth = sum(SENTENCES.values())
    rates = []
    for words in (110, 140, 175, 210, 250, 300):
        found = [measure(*spoken(text, "-s", str(words))) for text in SENTENCES]
        assert sum(one.syllables for one in found) == pytest.approx(truth, rel=0.1)
        rates.append(sum(one.syllables for one in found) / sum(one.speech_seconds for one in found))
    assert rates == sorted(rates)
    assert rates[-1] > 2 * rates[0]


def test_higher_and_louder_speech_measures_so() -> None:
    text = next(iter(SENTENCES))
    pitch = [measure(*spoken(text, "-p", str(value))).pitch_hz or 0.0 for value in (10, 30, 50, 70, 90)]
    assert pitch == sorted(pitch)
    assert pitch[-1] > 1.7 * pitch[0] > 100
    level = [measure(*spoken(text, "-a", str(value))).speech_dbfs for value in (25, 50, 100)]
    assert level[1] - level[0] == pytest.approx(6.0, abs=0.7), "its amplitudes are not quite linear"
    assert level[2] - level[1] == pytest.approx(6.0, abs=0.7)


def test_measures_do_not_depend_on_level_or_rate() -> None:
    import soxr

    samples, rate = spoken("Reading aloud every day helps children learn new words.")
    one, quiet = measure(samples, rate), measure(0.1 * samples, rate)
    assert (quiet.pitch_hz, quiet.syllables) == (pytest.approx(one.pitch_hz, rel=1e-3), one.syllables)
    assert quiet.speech_dbfs == pytest.approx(one.speech_dbfs - 20, abs=0.2)
    other = measure(soxr.resample(samples, rate, 16000), 16000)
    assert other.pitch_hz == pytest.approx(one.pitch_hz, rel=0.02)
    assert other.syllables == pytest.approx(one.syllables, abs=1)


def test_nothing_and_next_to_nothing() -> None:
    nothing = measure(np.zeros(0), 16000)
    assert (nothing.duration, nothing.silence_share, nothing.pitch_hz, nothing.syllables) == (0.0, 1.0, None, 0)
    assert nothing.peak_dbfs == nothing.rms_dbfs == nothing.speech_dbfs == FLOOR
    assert nothing.silent
    for count in (1, 2, 79, 161, 400):
        for rate in (100, 8000, 44100):
            found = measure(np.full(count, 0.5), rate)
            assert found.duration == count / rate
            assert found.syllable_rate == 0.0


@pytest.mark.parametrize(
    ("samples", "rate"),
    [(np.zeros((2, 5)), 16000), (np.zeros(5), 0), (np.array([0.0, np.nan]), 8000), (np.array([np.inf]), 8000)],
)
def test_what_cannot_be_measured_is_refused(samples: np.ndarray, rate: int) -> None:
    for function in (measure, glance):
        with pytest.raises(ValueError, match=r"mono|NaN"):
            function(samples, rate)


def test_a_minute_is_measured_in_a_moment() -> None:
    """A bound a slow loop over frames would break: a tenth of real time at the most."""
    import time

    wave = np.tile(voice(1.0, 130, 24000), 60)
    began = time.perf_counter()
    measure(wave, 24000)
    assert time.perf_counter() - began < 6.0
