"""The sounds of audio_demo by recipes: tones, instruments, noises of the surroundings; and embedded voices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Wave = NDArray[np.float64]
else:
    Wave = object

RATE = 16000  # Hz
LEVEL = 0.08  # root mean square of a sound, of full scale
PEAK = 0.9
FADE = 0.01  # seconds
VOICES = Path(__file__).parent / "voices"


def times(seconds: float) -> Wave:
    """Seconds at which samples lie."""
    return np.arange(round(seconds * RATE)) / RATE


def level(wave: Wave, rms: float = LEVEL) -> Wave:
    """A sound at this root mean square (less where its peaks would be cut), its beginning and end faded."""
    fade = min(round(FADE * RATE), len(wave) // 2)
    shape = np.ones(len(wave))
    shape[:fade] = np.linspace(0, 1, fade)
    shape[len(wave) - fade :] = np.linspace(1, 0, fade)
    made = wave * shape
    return np.asarray(made * min(rms / np.sqrt(np.mean(made**2)), PEAK / np.abs(made).max()))


def silence(seconds: float) -> Wave:
    """Nothing."""
    return np.zeros(round(seconds * RATE))


def joined(waves: Sequence[Wave], gap: float = 0.25) -> Wave:
    """Sounds one after the other.

    Args:
        waves: the sounds.
        gap: seconds between them, before the first and behind the last.
    """
    found = [silence(gap)]
    for wave in waves:
        found += [wave, silence(gap)]
    return np.concatenate(found)


def tone(pitch: float, seconds: float = 0.4) -> Wave:
    """A sine with two weak overtones; `pitch` in Hz."""
    t = times(seconds)
    return level(sum((np.sin(2 * np.pi * pitch * n * t) / n**2 for n in (1, 2, 3)), silence(seconds)))


def glide(pitches: Sequence[float], seconds: float = 1.6) -> Wave:
    """A tone that glides through these pitches, Hz."""
    t = times(seconds)
    pitch = np.interp(t, np.linspace(0, seconds, len(pitches)), pitches)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return level(np.sin(phase) + np.sin(2 * phase) / 4)


def flute(pitch: float, draw: np.random.Generator, seconds: float = 1.2) -> Wave:
    """An almost pure tone with breath."""
    t = times(seconds)
    vibrato = 1 + 0.004 * np.sin(2 * np.pi * 5 * t)
    phase = 2 * np.pi * np.cumsum(pitch * vibrato) / RATE
    return level(np.sin(phase) + 0.05 * np.sin(2 * phase) + 0.02 * draw.standard_normal(len(t)))


def organ(pitch: float, draw: np.random.Generator, seconds: float = 1.2) -> Wave:
    """Many overtones that do not die away."""
    t = times(seconds)
    return level(
        sum(
            (np.sin(2 * np.pi * pitch * n * t + draw.uniform(0, 6)) / n**0.5 for n in (1, 2, 3, 4, 6, 8)),
            silence(seconds),
        )
    )


def plucked(pitch: float, draw: np.random.Generator, seconds: float = 1.2) -> Wave:
    """A string by Karplus and Strong: a burst that runs round a damped loop."""
    loop = draw.uniform(-1, 1, round(RATE / pitch))
    made = np.empty(round(seconds * RATE))
    for start in range(0, len(made), len(loop)):
        part = loop[: len(made) - start]
        made[start : start + len(part)] = part
        loop = 0.498 * (loop + np.roll(loop, 1))
    return level(made)


def drum(draw: np.random.Generator, seconds: float = 1.2) -> Wave:
    """A skin hit once, with a rattle."""
    t = times(seconds)
    skin = np.sin(2 * np.pi * (70 * t + 6 * (1 - np.exp(-t * 25))))
    return level((skin + 0.5 * draw.standard_normal(len(t))) * np.exp(-t * 12))


def rain(draw: np.random.Generator, seconds: float = 2.0) -> Wave:
    """Hiss with thousands of drops."""
    drops = (draw.random(round(seconds * RATE)) < 0.05) * draw.standard_normal(round(seconds * RATE))
    hiss = np.diff(draw.standard_normal(len(drops)), prepend=0.0)
    return level(drops * 3 + 0.3 * hiss)


def wind(draw: np.random.Generator, seconds: float = 2.0) -> Wave:
    """Low noise that swells and falls."""
    noise = np.fft.rfft(draw.standard_normal(round(seconds * RATE)))
    hertz = np.fft.rfftfreq(round(seconds * RATE), 1 / RATE)
    low = np.fft.irfft(noise / (1 + (hertz / 250) ** 3), round(seconds * RATE))
    return level(low * (1.1 + np.sin(2 * np.pi * 0.6 * times(seconds))))


def ticking(draw: np.random.Generator, seconds: float = 2.0, every: float = 0.25) -> Wave:
    """A clock: short bright clicks at even distances, seconds apart."""
    made = silence(seconds)
    click = draw.standard_normal(80) * np.exp(-np.arange(80) / 15)
    for start in range(round(0.05 * RATE), len(made) - 80, round(every * RATE)):
        made[start : start + 80] += click
    return level(made)


def siren(draw: np.random.Generator, seconds: float = 2.0) -> Wave:
    """A tone that goes up and down, twice a second or so."""
    swing = np.sin(2 * np.pi * draw.uniform(0.9, 1.1) * times(seconds))
    phase = 2 * np.pi * np.cumsum(900 + 350 * swing) / RATE
    return level(np.sin(phase) + 0.3 * np.sin(3 * phase))


def bell(draw: np.random.Generator, seconds: float = 1.0) -> Wave:
    """Partials that belong to no one pitch, and die away."""
    t = times(seconds)
    partials = (1.0, 2.76, 5.4, 8.93)
    base = draw.uniform(480, 560)
    return level(sum((np.sin(2 * np.pi * base * p * t) * np.exp(-t * (2 + p)) / p for p in partials), silence(seconds)))


def knock(draw: np.random.Generator) -> Wave:
    """A knuckle on wood."""
    t = times(0.09)
    return level((np.sin(2 * np.pi * 310 * t) + 0.6 * draw.standard_normal(len(t))) * np.exp(-t * 60))


def burst(draw: np.random.Generator, seconds: float = 0.5, rms: float = LEVEL) -> Wave:
    """A stretch of noise."""
    return level(draw.standard_normal(round(seconds * RATE)), rms)


def voice(name: str, number: int, rms: float = LEVEL) -> Wave:
    """An embedded sentence: "man_1", "man_2", "woman_1" or "woman_2", sentence 1 or 2."""
    import soundfile

    samples, rate = soundfile.read(VOICES / f"{name}_{number}.flac", dtype="float64")
    assert rate == RATE
    return level(np.asarray(samples), rms)
