"""Samples and pixels as the files that media handles hold: 16-bit WAV and PNG, by the standard library and numpy."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from typing import Any


def wav(samples: Any, sample_rate: int) -> bytes:
    """Samples as a 16-bit WAV file.

    Args:
        samples: array or list, shape (samples,) or (samples, channels): floats in [-1, 1], which are scaled by 32768
            (what decoders divide by) and clipped, or 16-bit integers.
        sample_rate: Hz.

    Raises:
        ValueError: another shape or type, no samples, NaN or infinite ones, or no rate.
    """
    import numpy as np

    array = np.asarray(samples)
    if array.ndim not in (1, 2) or array.size == 0:
        raise ValueError(f"expected samples of shape (samples,) or (samples, channels), got {array.shape}")
    if sample_rate <= 0:
        raise ValueError(f"the sample rate must be a number of Hz, not {sample_rate}")
    if array.dtype != np.int16:
        if array.dtype.kind != "f":
            raise ValueError(f"expected samples that are floats in [-1, 1] or 16-bit integers, got {array.dtype}")
        if not bool(np.isfinite(array).all()):
            raise ValueError("the samples hold NaN or infinite values")
        array = np.clip(np.rint(array.astype(np.float64) * 32768.0), -32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if array.ndim == 1 else int(array.shape[1]))
        file.setsampwidth(2)
        file.setframerate(int(sample_rate))
        file.writeframes(array.astype("<i2").tobytes())
    return buffer.getvalue()


def png(pixels: Any) -> bytes:
    """Pixels as a PNG file.

    Args:
        pixels: uint8, shape (height, width) for grey, (height, width, 3) for RGB or (height, width, 4) for RGBA.

    Raises:
        ValueError: another shape or type.
    """
    import numpy as np

    array = np.asarray(pixels)
    kinds = {1: 0, 3: 2, 4: 6}  # channels -> colour type of the format
    channels = 1 if array.ndim == 2 else int(array.shape[2]) if array.ndim == 3 else 0
    if array.dtype != np.uint8 or channels not in kinds or array.size == 0:
        raise ValueError(
            f"expected uint8 pixels of shape (height, width), (.., 3) or (.., 4), got {array.dtype} {array.shape}"
        )
    height, width = int(array.shape[0]), int(array.shape[1])
    rows = np.ascontiguousarray(array).reshape(height, width * channels)
    filtered = np.zeros((height, width * channels + 1), dtype=np.uint8)  # each line begins with its filter: none
    filtered[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, 8, kinds[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
