"""Audio that cannot be used: each kind ends in a DataError that names the file and the trouble."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media.audio import decode, info

RATE = 16000
SECOND = np.sin(np.arange(RATE) / 7.0) * 0.5


def flac(path: Path) -> bytes:
    noise = np.random.default_rng(1).normal(0, 0.1, RATE)
    sf.write(path, noise, RATE)
    return path.read_bytes()


def wav(path: Path, samples: np.ndarray = SECOND, **how: str) -> bytes:
    sf.write(path, samples, RATE, **how)
    return path.read_bytes()


def with_nan(path: Path) -> None:
    samples = SECOND.copy()
    samples[100] = np.nan
    wav(path, samples, subtype="FLOAT")


def with_infinity(path: Path) -> None:
    samples = SECOND.copy()
    samples[100] = np.inf
    wav(path, samples, subtype="FLOAT")


def without_samples(path: Path) -> None:
    wav(path, SECOND[:0])


def five_hours(path: Path) -> None:
    with sf.SoundFile(path, "w", 100, 1, subtype="PCM_U8") as file:
        file.write(np.zeros(5 * 3600 * 100, dtype=np.float32))


def cut_flac(path: Path) -> None:
    data = flac(path)
    path.write_bytes(data[: len(data) // 2])


def damaged_flac(path: Path) -> None:
    data = bytearray(flac(path))
    data[len(data) // 2 : len(data) // 2 + 4000] = bytes(4000)
    path.write_bytes(data)


def zero_rate(path: Path) -> None:
    data = bytearray(wav(path))
    data[24:28] = struct.pack("<I", 0)
    path.write_bytes(data)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "not found"),
    "zero length": (lambda path: path.touch(), "empty"),
    "a folder": (lambda path: path.mkdir(), "cannot be read"),
    "a text": (lambda path: path.write_text("404 page not found\n" * 50), "cannot be decoded as audio"),
    "header alone": (lambda path: path.write_bytes(wav(path)[:30]), "decoded|no samples"),
    "random bytes": (lambda path: path.write_bytes(np.random.default_rng(1).bytes(5000)), "decoded"),
    "no samples": (without_samples, "no samples"),
    "NaN": (with_nan, "NaN"),
    "infinite": (with_infinity, "infinite"),
    "five hours": (five_hours, "longer than 4 hours"),
    "cut flac": (cut_flac, "truncated|decoded|ends|damaged"),
    "damaged flac": (damaged_flac, "truncated|decoded|ends|damaged"),
    "rate of zero": (zero_rate, "rate|decoded"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_audio_names_file_and_trouble(tmp_path: Path, kind: str) -> None:
    make, trouble = BROKEN[kind]
    path = tmp_path / "speech of a5.flac"
    if kind in ("missing", "zero length", "a folder", "a text", "random bytes", "cut flac", "damaged flac"):
        make(path)
    else:
        path = path.with_suffix(".wav")
        make(path)
    with pytest.raises(DataError, match=trouble) as caught:
        decode(Audio(str(path)), RATE)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("promised", [10, 0x7FFFFFFF, 0xFFFFFFFF], ids=["too little", "too much", "unknown"])
def test_a_wav_header_that_lies_about_its_length(tmp_path: Path, promised: int) -> None:
    """Programs that write to a pipe leave such headers; what is there is read, and no more is invented."""
    path = tmp_path / "piped.wav"
    data = bytearray(wav(path))
    assert data[36:40] == b"data"
    data[40:44] = struct.pack("<I", promised)
    path.write_bytes(data)
    found = decode(Audio(str(path)), RATE)
    assert len(found) == (5 if promised == 10 else RATE)


def test_a_flac_stream_of_unknown_length_is_read_to_its_end(tmp_path: Path) -> None:
    """Encoders that write to a pipe leave the number of samples in STREAMINFO at zero: unknown."""
    path = tmp_path / "piped.flac"
    data = bytearray(flac(path))
    assert data[:4] == b"fLaC"
    data[21] &= 0xF0  # 36 bits of "total samples" stand at the end of bytes 21 to 25
    data[22:26] = bytes(4)
    path.write_bytes(data)
    assert len(decode(Audio(str(path)), RATE)) == RATE


def test_an_opener_that_gives_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 7.*empty"):
        decode(Audio(opener=lambda: b"", name="row 7"), RATE)


def test_the_header_of_a_text_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("not audio")
    with pytest.raises(DataError, match=r"a\.wav"):
        info(Audio(str(path)))


def test_a_handle_is_a_path_or_an_opener() -> None:
    with pytest.raises(ValueError, match="either"):
        Audio()
    with pytest.raises(ValueError, match="either"):
        Audio("a.wav", opener=lambda: b"")
