"""Decoding: any rate, channels and depth come out as mono float32 at the rate asked for."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media.audio import decode, encode_wav, from_samples, info

RATE = 16000


def tone(hertz: float = 440.0, seconds: float = 0.5, rate: int = RATE, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def saved(path: Path, samples: np.ndarray, rate: int = RATE, **how: str) -> Audio:
    sf.write(path, samples, rate, **how)
    return Audio(str(path))


def pitch(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


@pytest.mark.parametrize(
    ("suffix", "how", "tolerance"),
    [
        ("wav", {"subtype": "PCM_U8"}, 1 / 128),
        ("wav", {"subtype": "PCM_16"}, 1 / 32768),
        ("wav", {"subtype": "PCM_24"}, 1 / 2**23),
        ("wav", {"subtype": "PCM_32"}, 1 / 2**23),
        ("wav", {"subtype": "FLOAT"}, 1 / 2**23),
        ("wav", {"subtype": "DOUBLE"}, 1 / 2**23),
        ("wav", {"subtype": "ULAW"}, 0.02),
        ("flac", {"subtype": "PCM_16"}, 1 / 32768),
        ("flac", {"subtype": "PCM_24"}, 1 / 2**23),
        ("aiff", {"subtype": "PCM_16"}, 1 / 32768),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_depth_gives_the_samples_back(tmp_path: Path, suffix: str, how: dict[str, str], tolerance: float) -> None:
    expected = tone()
    found = decode(saved(tmp_path / f"a.{suffix}", expected, **how), RATE)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance


@pytest.mark.parametrize(
    ("suffix", "how"),
    [("ogg", {"format": "OGG", "subtype": "VORBIS"}), ("opus", {"format": "OGG", "subtype": "OPUS"}), ("mp3", {})],
    ids=["vorbis", "opus", "mp3"],
)
def test_lossy_codecs_keep_pitch_level_and_length(tmp_path: Path, suffix: str, how: dict[str, str]) -> None:
    found = decode(saved(tmp_path / f"a.{suffix}", tone(seconds=1.0), **how), RATE)
    assert len(found) == pytest.approx(RATE, rel=0.1)
    assert pitch(found[2000:-2000], RATE) == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(found[2000:-2000] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
def test_other_rates_are_resampled_without_aliases(tmp_path: Path, rate: int) -> None:
    found = decode(saved(tmp_path / "a.wav", tone(1000, 1.0, rate), rate), RATE)
    assert len(found) == RATE
    inner = found[1600:-1600]
    assert pitch(inner, RATE) == pytest.approx(1000, abs=2)
    assert np.sqrt(np.mean(inner**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    if rate > RATE:
        folded = decode(
            saved(tmp_path / "b.wav", tone(11000, 1.0, rate) if rate > 22050 else tone(0, 1, rate), rate), RATE
        )
        assert np.abs(folded[1600:-1600]).max() < 1e-3, "11 kHz does not exist at 16 kHz"


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_averaged(tmp_path: Path, channels: int) -> None:
    several = np.stack([tone(level=0.1 * (i + 1)) for i in range(channels)], axis=1)
    found = decode(saved(tmp_path / "a.wav", several, subtype="FLOAT"), RATE)
    assert found.shape == (len(several),)
    assert np.abs(found - several.mean(axis=1)).max() < 1e-6


def test_opposite_channels_cancel(tmp_path: Path) -> None:
    found = decode(saved(tmp_path / "a.wav", np.stack([tone(), -tone()], axis=1)), RATE)
    assert np.abs(found).max() <= 1 / 32768


@pytest.mark.parametrize("rate", [RATE, 48000])
def test_what_is_too_short_is_refused_and_never_becomes_nothing(tmp_path: Path, rate: int) -> None:
    handle = saved(tmp_path / "a.wav", np.array([0.5]), rate)
    try:
        assert len(decode(handle, RATE)) >= 1
    except DataError as error:
        assert "short" in str(error)


def test_bytes_from_memory_decode_as_a_file_does(tmp_path: Path) -> None:
    handle = saved(tmp_path / "a.flac", tone())
    data = (tmp_path / "a.flac").read_bytes()
    assert np.array_equal(decode(Audio(opener=lambda: data, name="cell 3"), RATE), decode(handle, RATE))


def test_the_header_is_told(tmp_path: Path) -> None:
    found = info(saved(tmp_path / "a.wav", np.stack([tone(), tone()], axis=1), subtype="PCM_24"))
    assert (found.sample_rate, found.channels, found.seconds, found.subtype) == (RATE, 2, 0.5, "PCM_24")


def test_what_is_encoded_decodes_to_the_same() -> None:
    samples = tone().astype(np.float32)
    found = decode(from_samples(samples, RATE), RATE)
    assert np.abs(found - samples).max() <= 1 / 32768
    loud = decode(from_samples(np.array([2.0, -2.0, 0.0], dtype=np.float32), RATE), RATE)
    assert loud.tolist() == pytest.approx([1.0, -1.0, 0.0], abs=1e-4), "too loud clips, it does not wrap around"
    assert sf.info(io.BytesIO(encode_wav(samples, 24000))).samplerate == 24000


def test_a_long_recording_of_low_rate(tmp_path: Path) -> None:
    """Three hours of silence at 1 kHz: 10.8 million samples."""
    path = tmp_path / "long.wav"
    with sf.SoundFile(path, "w", 1000, 1, subtype="PCM_U8") as file:
        for _ in range(3):
            file.write(np.zeros(3_600_000, dtype=np.float32))
    assert len(decode(Audio(str(path)), 1000)) == 10_800_000
