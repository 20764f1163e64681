"""Audio files of every format and encoding, made by libsndfile and by hand, and ways to damage them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

RATE = 16_000
SECONDS = 2.0
WAVE = (
    0.3 * np.sin(2 * np.pi * 440 * np.arange(round(RATE * SECONDS)) / RATE)
    + 0.02 * np.random.default_rng(0).normal(size=round(RATE * SECONDS))
).astype(np.float32)

# name -> format and subtype as libsndfile calls them, and endings that programs would give it
ENCODINGS: dict[str, tuple[str, str, str]] = {
    **{f"wav {sub}": ("WAV", sub, "wav") for sub in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")},
    **{f"wav {sub}": ("WAV", sub, "wav") for sub in ("ALAW", "ULAW", "IMA_ADPCM", "MS_ADPCM")},
    **{f"wavex {sub}": ("WAVEX", sub, "wav") for sub in ("PCM_16", "FLOAT")},
    **{f"rf64 {sub}": ("RF64", sub, "wav") for sub in ("PCM_16", "FLOAT")},
    **{f"w64 {sub}": ("W64", sub, "w64") for sub in ("PCM_16", "FLOAT", "ALAW")},
    **{f"aiff {sub}": ("AIFF", sub, "aiff") for sub in ("PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW")},
    **{f"caf {sub}": ("CAF", sub, "caf") for sub in ("PCM_16", "FLOAT", "DOUBLE")},
    **{f"au {sub}": ("AU", sub, "au") for sub in ("PCM_16", "FLOAT", "ULAW")},
    **{f"flac {sub}": ("FLAC", sub, "flac") for sub in ("PCM_16", "PCM_24")},
    "vorbis": ("OGG", "VORBIS", "ogg"),
    "opus": ("OGG", "OPUS", "opus"),
    "mp3": ("MP3", "MPEG_LAYER_III", "mp3"),
    **{f"sph {sub}": ("NIST", sub, "sph") for sub in ("PCM_16", "PCM_24", "ULAW")},
}
LOSSY = ("vorbis", "opus", "mp3")
COUNTED = tuple(name for name in ENCODINGS if name not in LOSSY and not name.startswith("flac"))  # sizes in a header


def encoded(name: str, samples: NDArray[np.float32] = WAVE, rate: int = RATE, **how: object) -> bytes:
    """A file in memory."""
    kind, subtype, _ = ENCODINGS[name]
    buffer = io.BytesIO()
    sf.write(buffer, samples, rate, format=kind, subtype=subtype, **how)
    return buffer.getvalue()


def constant_mp3() -> bytes:
    """An mp3 of constant bit rate, without a frame that tells how many there are."""
    return encoded("mp3", bitrate_mode="CONSTANT")


def patched(data: bytes, place: int, value: bytes) -> bytes:
    """Bytes with some of them replaced."""
    return data[:place] + value + data[place + len(value) :]


def _wav(size: int) -> Callable[[bytes], bytes]:
    return lambda data: patched(data, data.index(b"data") + 4, struct.pack("<I", size))


def _aiff(size: int) -> Callable[[bytes], bytes]:
    def open_up(data: bytes) -> bytes:
        data = patched(data, data.index(b"SSND") + 4, struct.pack(">I", size))
        return patched(data, data.index(b"COMM") + 10, struct.pack(">I", size))

    return open_up


# What programs leave in a header that they could not go back to: name -> encoding and change
PIPED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    **{f"wav {size:#x}": ("wav PCM_16", _wav(size)) for size in (0, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFF000, 0x80000000)},
    **{f"wav float {size:#x}": ("wav FLOAT", _wav(size)) for size in (0, 0x7FFFFFFF, 0xFFFFFFFF)},
    **{f"wavex {size:#x}": ("wavex FLOAT", _wav(size)) for size in (0, 0xFFFFFFFF)},
    **{
        f"rf64 {size:#x}": ("rf64 FLOAT", lambda data, size=size: patched(data, 28, struct.pack("<Q", size)))
        for size in (0, 2**63 - 1, 2**64 - 1)
    },
    **{
        f"w64 {size:#x}": (
            "w64 FLOAT",
            lambda data, size=size: patched(data, data.index(b"data") + 16, struct.pack("<Q", size)),
        )
        for size in (0, 24, 2**63 - 1, 2**64 - 1)
    },
    **{f"aiff {size:#x}": ("aiff FLOAT", _aiff(size)) for size in (0, 0x7FFFFFFF, 0xFFFFFFFF)},
    **{
        f"au {size:#x}": ("au FLOAT", lambda data, size=size: patched(data, 8, struct.pack(">I", size)))
        for size in (0, 0x7FFFFFFF, 0xFFFFFFFF)
    },
    "caf -1": ("caf FLOAT", lambda data: patched(data, data.index(b"data") + 4, struct.pack(">q", -1))),
    "flac 0": ("flac PCM_16", lambda data: patched(data, 21, bytes([data[21] & 0xF0, 0, 0, 0, 0]))),
    "sph 0": ("sph PCM_16", lambda data: data.replace(b"sample_count -i 32000", b"sample_count -i 00000")),
}


def cut(data: bytes, share: float = 0.6) -> bytes:
    """The first part of a file."""
    return data[: round(len(data) * share)]


def ogg_pages(data: bytes) -> list[bytes]:
    """The pages of an Ogg file."""
    places = []
    place = 0
    while place < len(data):
        count = data[place + 26]
        places.append(place)
        place += 27 + count + sum(data[place + 27 : place + 27 + count])
    return [data[begin:end] for begin, end in zip(places, [*places[1:], len(data)], strict=True)]


def id3(size: int = 2000) -> bytes:
    """An ID3v2.4 tag with padding."""
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + syncsafe + bytes(size)


def oracle(data: bytes) -> NDArray[np.float64]:
    """What libsndfile reads of a whole file: shape (samples, channels), in floats."""
    return sf.read(io.BytesIO(data), dtype="float64", always_2d=True)[0]
