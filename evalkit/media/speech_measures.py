"""What a voice recording measures: length, silence, level, clipping, pitch and speaking rate; numpy only.

Levels are in dB relative to full scale (dBFS): 0 is a square wave of amplitude 1, a full-scale sine has an RMS level
of -3.01 dBFS, and digital silence is written as -120. Pitch is found by autocorrelation, divided by that of the
window (Boersma, "Accurate short-term analysis of the fundamental frequency", 1993). Syllables are counted as peaks of
intensity with a dip before them, in voiced stretches (de Jong and Wempe, "Praat script to detect syllable nuclei and
measure speech rate automatically", Behavior Research Methods 41, 2009). All of it describes the wave, not its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FLOOR = -120.0  # dBFS, written for digital silence
SILENT = -60.0  # dBFS; nothing below is sound
_UNDER = 35.0  # dB; nor is what lies this far below the loud parts of the same recording
PAUSE = 0.3  # seconds; shorter gaps belong to speech
LEAST_SOUND = 0.1  # seconds; a recording with less is silent

_STEP = 0.01  # seconds between frames
_FULL, _LEAST, _RUN = 0.99, 2.0**-15, 3  # clipping: near full scale, equal within one 16-bit step, so many in a row

_LOWEST, _HIGHEST = 60.0, 500.0  # Hz, of a voice
_PITCH_WINDOW = 0.05  # seconds: three periods of the lowest voice
_VOICED = 0.45  # height of the autocorrelation's peak
_OCTAVE_COST = 0.02  # of that height, for each octave a candidate lies below the highest
_BLOCK = 1024  # frames worked on at once

_BAND = (120.0, 3200.0)  # Hz: vowels
_INTENSITY_WINDOW = 0.06  # seconds
_DIP = 2.0  # dB before and after a syllable's peak
_NUCLEUS = 25.0  # dB below the loudest syllables


@dataclass(frozen=True, slots=True)
class SpeechMeasures:
    """Measures of one recording.

    Args:
        duration: seconds.
        speech_seconds: what is left of it without pauses (silences of 0.3 s and more, at the ends too).
        voiced_seconds: time with a pitch.
        silence_share: part of all 10 ms frames that are silent: below -60 dBFS, or 35 dB below the loud ones.
        leading_silence, trailing_silence: seconds.
        peak_dbfs: level of the largest sample.
        rms_dbfs: level of the whole recording, its mean removed.
        speech_dbfs: level of the frames that are not silent.
        clipped_share: part of all samples that stand in runs of three or more at full scale.
        pitch_hz: median over voiced frames; None without any.
        pitch_spread: semitones between the first and the third quartile of the pitch; None without a voice.
        syllables: estimated number of syllables.
        syllable_rate: syllables per second of speech; 0 where there is none.
    """

    duration: float
    speech_seconds: float
    voiced_seconds: float
    silence_share: float
    leading_silence: float
    trailing_silence: float
    peak_dbfs: float
    rms_dbfs: float
    speech_dbfs: float
    clipped_share: float
    pitch_hz: float | None
    pitch_spread: float | None
    syllables: int
    syllable_rate: float

    @property
    def silent(self) -> bool:
        """True when there is no sound: less than a tenth of a second of it."""
        return self.duration * (1.0 - self.silence_share) < LEAST_SOUND


@dataclass(frozen=True, slots=True)
class Glance:
    """The measures that take next to no time.

    Args:
        duration, peak_dbfs, clipped_share: as in `SpeechMeasures`.
        sound_seconds: time that is not silent.
    """

    duration: float
    sound_seconds: float
    peak_dbfs: float
    clipped_share: float

    @property
    def silent(self) -> bool:
        """True when there is no sound: less than a tenth of a second of it."""
        return self.sound_seconds < LEAST_SOUND


def glance(samples: NDArray[np.floating], rate: int) -> Glance:
    """Length, sound, peak and clipping of one recording; arguments and errors as of `measure`."""
    wave = _checked(samples, rate)
    if len(wave) == 0:
        return Glance(0.0, 0.0, FLOOR, 0.0)
    heard = _heard(wave, rate)
    duration = len(wave) / rate
    peak = _decibels(float(np.max(np.abs(wave))) ** 2)
    return Glance(duration, duration * float(heard.mean()), peak, clipped_share(wave))


def _checked(samples: NDArray[np.floating], rate: int) -> Floats:
    wave = np.asarray(samples, dtype=np.float64)
    if wave.ndim != 1 or rate <= 0:
        raise ValueError(f"expected mono samples at a positive rate, got shape {wave.shape} at {rate} Hz")
    if not bool(np.isfinite(wave).all()):
        raise ValueError("the samples hold NaN or infinite values")
    return wave


def measure(samples: NDArray[np.floating], rate: int) -> SpeechMeasures:
    """Measure one recording.

    Args:
        samples: mono, full scale at -1 and 1, shape (samples,).
        rate: Hz.

    Raises:
        ValueError: not one-dimensional, not finite, or no rate.
    """
    wave = _checked(samples, rate)
    if len(wave) == 0:
        return SpeechMeasures(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, FLOOR, FLOOR, FLOOR, 0.0, None, None, 0, 0.0)
    still = wave - wave.mean()  # a constant offset is neither sound nor level
    power = _frame_power(still, rate)
    heard = _heard(wave, rate)
    pitch = pitches(still, rate, heard)
    voiced = pitch > 0
    quartiles = np.quantile(pitch[voiced], [0.25, 0.5, 0.75]) if voiced.any() else None
    duration = len(wave) / rate
    lead, trail, speech = _speech_time(heard, duration)
    nuclei = len(_nuclei(still, rate, heard, voiced))
    return SpeechMeasures(
        duration=duration,
        speech_seconds=speech,
        voiced_seconds=min(duration, float(voiced.sum()) * _STEP),
        silence_share=float(1.0 - heard.mean()),
        leading_silence=lead,
        trailing_silence=trail,
        peak_dbfs=_decibels(float(np.max(np.abs(wave))) ** 2),
        rms_dbfs=_decibels(float(np.mean(still**2))),
        speech_dbfs=_decibels(float(power[heard].mean())) if heard.any() else FLOOR,
        clipped_share=clipped_share(wave),
        pitch_hz=None if quartiles is None else float(quartiles[1]),
        pitch_spread=None if quartiles is None else float(12.0 * np.log2(quartiles[2] / quartiles[0])),
        syllables=nuclei,
        syllable_rate=nuclei / speech if speech > 0 else 0.0,
    )


def clipped_share(wave: NDArray[np.floating]) -> float:
    """Part of the samples that stand in runs of at least three equal ones at full scale (0.99 and more)."""
    held = np.clip(wave, -1.0, 1.0)
    same = (np.abs(np.diff(held)) <= _LEAST) & (np.abs(held[1:]) >= _FULL) & (np.abs(held[:-1]) >= _FULL)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], same.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2] + 1
    return float(lengths[lengths >= _RUN].sum() / len(wave)) if len(wave) else 0.0


def pitches(wave: Floats, rate: int, heard: NDArray[np.bool_]) -> Floats:
    """Pitch of every 10 ms frame, Hz, shape (frames,); 0 where there is no voice."""
    size, count = round(_PITCH_WINDOW * rate), len(heard)
    found = np.zeros(count)
    shortest, longest = max(2, int(rate / _HIGHEST)), int(np.ceil(rate / _LOWEST))
    if size <= longest + 2:
        return found  # a rate so low that no period fits
    window = np.hanning(size)
    width = 1 << (2 * size - 1).bit_length()
    own = np.fft.irfft(np.abs(np.fft.rfft(window, width)) ** 2)[: longest + 2]
    lags = np.arange(shortest, longest + 1)
    cost = _OCTAVE_COST * np.log2(lags / shortest)
    centres = np.flatnonzero(heard)
    for begin in range(0, len(centres), _BLOCK):
        some = centres[begin : begin + _BLOCK]
        frames = _frames(wave, rate, some, size)
        frames = (frames - frames.mean(axis=1, keepdims=True)) * window
        echo = np.fft.irfft(np.abs(np.fft.rfft(frames, width, axis=1)) ** 2, axis=1)[:, : longest + 2]
        height = echo / np.maximum(echo[:, :1], 1e-30) / (own / own[0])
        inner = height[:, shortest : longest + 1]
        peak = (inner >= height[:, shortest - 1 : longest]) & (inner >= height[:, shortest + 1 : longest + 2])
        best = np.argmax(np.where(peak, inner - cost, -np.inf), axis=1)
        rows = np.arange(len(some))
        tall, lag = inner[rows, best], lags[best]
        left, right = height[rows, lag - 1], height[rows, lag + 1]
        bend = left - 2.0 * tall + right
        shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0)
        good = peak[rows, best] & (tall >= _VOICED)
        found[some] = np.where(good, rate / (lag + np.clip(shift, -0.5, 0.5)), 0.0)
    return found


def _frames(wave: Floats, rate: int, numbers: NDArray[np.intp], size: int) -> Floats:
    """Windows of `size` samples around the middles of 10 ms frames, shape (frames, size); zeros beyond the ends."""
    starts = np.round((numbers + 0.5) * _STEP * rate).astype(np.int64) - size // 2
    places = starts[:, None] + np.arange(size)[None, :]
    inside = (places >= 0) & (places < len(wave))
    taken: Floats = np.where(inside, wave[np.clip(places, 0, len(wave) - 1)], 0.0)
    return taken


def _frame_power(wave: Floats, rate: int) -> Floats:
    """Mean square of every 10 ms frame, shape (frames,)."""
    edges = _edges(len(wave), rate)
    power: Floats = np.add.reduceat(wave**2, edges) / np.diff(np.append(edges, len(wave)))
    return power


def _edges(count: int, rate: int) -> NDArray[np.int64]:
    """Where the 10 ms frames of so many samples begin; the last may be shorter. Rates below 100 Hz: single samples."""
    frames = max(1, int(np.ceil(count / (rate * _STEP) - 1e-9)))
    edges: NDArray[np.int64] = np.minimum(np.round(np.arange(frames) * rate * _STEP).astype(np.int64), count - 1)
    return np.unique(edges)


def _heard(wave: Floats, rate: int) -> NDArray[np.bool_]:
    """Which 10 ms frames are not silent, shape (frames,), by their variance: an offset is no sound."""
    edges = _edges(len(wave), rate)
    counts = np.diff(np.append(edges, len(wave)))
    means = np.add.reduceat(wave, edges) / counts
    power = np.add.reduceat((wave - np.repeat(means, counts)) ** 2, edges) / counts
    level = 10.0 * np.log10(np.maximum(power, 1e-30))
    heard: NDArray[np.bool_] = level > max(SILENT, float(np.quantile(level, 0.95)) - _UNDER)
    return heard


def _speech_time(heard: NDArray[np.bool_], duration: float) -> tuple[float, float, float]:
    """Seconds of silence before, of silence after, and of speech without pauses."""
    sounds = np.flatnonzero(heard)
    if len(sounds) == 0:
        return duration, duration, 0.0
    lead = float(sounds[0]) * _STEP
    trail = max(0.0, duration - (float(sounds[-1]) + 1) * _STEP)
    gaps = np.diff(sounds) - 1
    pauses = float(gaps[gaps * _STEP >= PAUSE].sum()) * _STEP
    return lead, trail, max(0.0, duration - lead - trail - pauses)


def _nuclei(wave: Floats, rate: int, heard: NDArray[np.bool_], voiced: NDArray[np.bool_]) -> list[int]:
    """Frames of the syllables' nuclei: voiced peaks of intensity with a dip on both sides."""
    level = _intensity(wave, rate, len(heard))
    if not voiced.any():
        return []
    least = float(np.quantile(level[voiced], 0.95)) - _NUCLEUS
    near = np.convolve(voiced, np.ones(3), "same") > 0  # a frame beside a voiced one
    found: list[int] = []
    top = bottom = float(level[0])
    place, rising = 0, True
    for index, value in enumerate(level.tolist()):
        if rising:
            if value > top:
                top, place = value, index
            elif value <= top - _DIP:
                if top >= least and near[place]:
                    found.append(place)
                bottom, rising = value, False
        elif value < bottom:
            bottom = value
        elif value >= bottom + _DIP:
            top, place, rising = value, index, True
    if rising and top >= least and near[place] and place < len(level) - 1:
        found.append(place)
    return found


def _intensity(wave: Floats, rate: int, count: int) -> Floats:
    """Level of the vowels' band around every 10 ms frame, dB, shape (frames,)."""
    size = max(8, round(_INTENSITY_WINDOW * rate))
    window = np.hanning(size)
    width = 1 << (size - 1).bit_length()
    band = np.fft.rfftfreq(width, 1.0 / rate)
    inside = (band >= _BAND[0]) & (band <= _BAND[1])
    level = np.full(count, FLOOR)
    for begin in range(0, count, _BLOCK):
        some = np.arange(begin, min(count, begin + _BLOCK))
        spectrum = np.abs(np.fft.rfft(_frames(wave, rate, some, size) * window, width, axis=1)) ** 2
        total = spectrum[:, inside].sum(axis=1) / (window @ window) / width * 2.0
        level[some] = 10.0 * np.log10(np.maximum(total, 10.0 ** (FLOOR / 10.0)))
    return level


def _decibels(power: float) -> float:
    return max(FLOOR, 10.0 * float(np.log10(power))) if power > 0 else FLOOR
