"""Audio: the one decoder of all consumers. Floats in between, clipped once, checked against the header's promise."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.core.message import Audio
from evalkit.media.audio_reading import MAX_SECONDS, Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "MAX_SECONDS",
    "AudioInfo",
    "check",
    "decode",
    "encode_wav",
    "from_samples",
    "info",
    "taken",
    "wav",
    "wav_exact",
]

_AS_IT_LIES = frozenset({"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32"})  # what every reader of WAV and AIFF reads
_EXACT = frozenset({"PCM_16", "PCM_S8", "PCM_U8", "ALAW", "ULAW"})  # what 16 bits hold exactly


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """An encoded file.

    Args:
        sample_rate: Hz.
        channels: their number.
        seconds: length.
        subtype: codec, as libsndfile calls it.
        kind: media type, by the content.
        plain: any other reader gets the same wave from the bytes as they lie.
    """

    sample_rate: int
    channels: int
    seconds: float
    subtype: str
    kind: str = ""
    plain: bool = False


def decode(handle: Audio, sample_rate: int) -> NDArray[np.float32]:
    """Decode to mono at `sample_rate` Hz: float32, shape (samples,).

    What lies beyond [-1, 1] is clipped, channels are averaged; resampling is band-limited (soxr, high quality), and
    may overshoot by a little. Any bit depth is read. What was remarkable is noted on the handle.

    Raises:
        DataError: missing, empty, corrupt, truncated, without samples, or beyond the bounds; see docs/media.md.
    """
    import numpy as np

    from evalkit.core.errors import DataError

    reading = Reading(handle)
    pieces = [block[:, 0] if block.shape[1] == 1 else block.mean(axis=1) for block in reading.blocks()]
    mono: NDArray[np.float32] = np.concatenate(pieces)
    if reading.rate != sample_rate:
        import soxr

        before = len(mono)
        mono = soxr.resample(mono, reading.rate, sample_rate, quality="HQ")
        if len(mono) == 0:
            raise DataError(handle.label, f"too short: {before} samples at {reading.rate} Hz")
    return np.ascontiguousarray(mono, dtype=np.float32)


def check(handle: Audio, data: bytes | None = None) -> AudioInfo:
    """Decode all of a file to see that it can be, and note what is remarkable; for consumers that get it as it lies.

    Args:
        handle: of the file.
        data: its bytes, where they have been read already.

    Raises:
        DataError: as `decode`.
    """
    reading = Reading(handle, data)
    for _ in reading.blocks():
        pass
    plain = reading.plain and (reading.kind not in ("audio/wav", "audio/aiff") or reading.subtype in _AS_IT_LIES)
    return AudioInfo(reading.rate, reading.channels, reading.seconds, reading.subtype, reading.kind, plain)


def info(handle: Audio) -> AudioInfo:
    """Read the header only; its length is the file's own word, see `check`.

    Raises:
        DataError: missing, empty or not audio.
    """
    reading = Reading(handle)
    return AudioInfo(reading.rate, reading.channels, reading.told_seconds(), reading.subtype, reading.kind)


def taken(handle: Audio, data: bytes, kinds: Collection[str]) -> tuple[bytes, str]:
    """A file for a reader of some formats, and its media type: as it lies where every reader finds the same in it.

    Other audio becomes 16-bit WAV of the same rate and channels.

    Args:
        handle: of the file.
        data: its bytes.
        kinds: media types that are read.

    Raises:
        DataError: as `decode`.
    """
    found = check(handle, data)
    return (data, found.kind) if found.plain and found.kind in kinds else (wav(handle, data), "audio/wav")


def wav(handle: Audio, data: bytes | None = None) -> bytes:
    """The same wave as 16-bit WAV of the same rate and channels.

    Raises:
        DataError: as `decode`.
    """
    return _as_wav(Reading(handle, data), exact=False)


def wav_exact(handle: Audio, data: bytes | None = None) -> bytes:
    """The same wave as WAV of the same rate and channels, in 32-bit floats where 16 bits do not hold it exactly.

    Raises:
        DataError: as `decode`.
    """
    return _as_wav(Reading(handle, data), exact=True)


def to_pcm16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """16-bit samples of floats: scaled by 2^15, rounded, clipped; what came from 16 bits comes back the same."""
    import numpy as np

    scaled = np.rint(np.asarray(samples, dtype=np.float32) * np.float32(32768.0))
    clipped: NDArray[np.int16] = np.clip(scaled, -32768, 32767).astype(np.int16)
    return clipped


def encode_wav(samples: NDArray[np.float32], sample_rate: int) -> bytes:
    """Encode mono float samples, shape (samples,), as 16-bit WAV at `sample_rate` Hz."""
    import soundfile as sf

    buffer = io.BytesIO()
    sf.write(buffer, to_pcm16(samples), sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def from_samples(samples: NDArray[np.float32], sample_rate: int, name: str = "speech.wav") -> Audio:
    """A handle for generated speech: mono float samples at `sample_rate` Hz, encoded as 16-bit WAV."""
    data = encode_wav(samples, sample_rate)
    return Audio(opener=lambda: data, name=name)


def _as_wav(reading: Reading, exact: bool) -> bytes:
    import soundfile as sf

    whole = not exact or reading.subtype in _EXACT
    buffer = io.BytesIO()
    with sf.SoundFile(
        buffer, "w", reading.rate, reading.channels, "PCM_16" if whole else "FLOAT", format="WAV"
    ) as target:
        for block in reading.blocks():
            target.write(to_pcm16(block) if whole else block)
    return buffer.getvalue()
