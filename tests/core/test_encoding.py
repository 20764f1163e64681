"""Media handles from samples, pixels and bytes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from PIL import Image as Pillow

from evalkit.core.message import Audio, Image, Video
from evalkit.media.audio import decode

GENERATOR = np.random.default_rng(7)
WAVE = (np.round(GENERATOR.uniform(-0.9, 0.9, 801) * 32768) / 32768).astype(np.float32)


def read(handle: Audio) -> tuple[Any, int]:
    assert handle.opener is not None
    return sf.read(io.BytesIO(handle.opener()), dtype="float32")  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "samples", [WAVE, WAVE.astype(np.float64), (WAVE * 32768).astype(np.int16), list(map(float, WAVE))]
)
def test_samples_come_back(samples: Any) -> None:
    found, rate = read(Audio.from_samples(samples, 22050, "x.wav"))
    assert rate == 22050 and np.array_equal(found, WAVE)
    assert np.array_equal(decode(Audio.from_samples(samples, 16000), 16000), WAVE)


def test_channels_and_clipping() -> None:
    found, _ = read(Audio.from_samples(np.stack([WAVE, -WAVE], axis=1), 8000))
    assert np.array_equal(found, np.stack([WAVE, -WAVE], axis=1))
    found, _ = read(Audio.from_samples(np.array([2.0, -2.0, 1.0]), 8000))
    assert found.tolist() == [32767 / 32768, -1.0, 32767 / 32768]


@pytest.mark.parametrize(
    ("samples", "rate"),
    [([], 8000), ([[[0.0]]], 8000), ([float("nan")], 8000), ([0.0], 0), ([1, 2], 8000), (["a"], 8000), ([0j], 8000)],
)
def test_what_is_no_sound(samples: Any, rate: int) -> None:
    with pytest.raises(ValueError, match=r"samples|rate"):
        Audio.from_samples(samples, rate)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1, 4), (9, 2, 3)])
def test_pixels_come_back(shape: tuple[int, ...]) -> None:
    pixels = GENERATOR.integers(0, 256, shape).astype(np.uint8)
    handle = Image.from_array(pixels)
    assert handle.opener is not None and handle.label == "image.png"
    found = np.asarray(Pillow.open(io.BytesIO(handle.opener())))
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize(
    "pixels", [np.zeros((2, 2)), np.zeros((2, 2, 2), np.uint8), np.zeros((0, 2), np.uint8), np.uint8(1)]
)
def test_what_is_no_image(pixels: Any) -> None:
    with pytest.raises(ValueError, match="expected uint8 pixels"):
        Image.from_array(pixels)


@pytest.mark.parametrize("kind", [Audio, Image, Video])
def test_bytes_of_a_file(kind: type[Audio | Image | Video]) -> None:
    handle = kind.from_bytes(b"whole file", "name.bin")
    assert type(handle) is kind and handle.opener is not None
    assert (handle.opener(), handle.label) == (b"whole file", "name.bin")
    assert kind.from_bytes(b"x").label == "<memory>"
