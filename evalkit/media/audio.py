"""Audio: decode anything libsndfile reads to mono float32 at the rate a model wants, and encode answers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SECONDS = 4 * 3600.0  # a guard against corrupt headers that promise days of audio


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """Header of an encoded file: rate in Hz, channels, length in seconds, codec."""

    sample_rate: int
    channels: int
    seconds: float
    subtype: str


def decode(handle: Audio, sample_rate: int) -> NDArray[np.float32]:
    """Decode to mono at `sample_rate` Hz: float32 in [-1, 1], shape (samples,).

    Channels are averaged; resampling is band-limited (soxr, high quality). Any bit depth is read.

    Raises:
        DataError: missing, empty, corrupt, without samples, or longer than four hours.
    """
    import numpy as np
    import soundfile as sf

    data = read_bytes(handle)
    try:
        with sf.SoundFile(io.BytesIO(data)) as file:
            if file.samplerate <= 0:
                raise DataError(handle.label, "the audio header gives no sample rate")
            if file.frames / file.samplerate > MAX_SECONDS:
                raise DataError(handle.label, f"longer than {MAX_SECONDS / 3600:.0f} hours; cut it first")
            rate = int(file.samplerate)
            frames = file.read(dtype="float32", always_2d=True)
    except sf.LibsndfileError as error:
        raise DataError(
            handle.label,
            f"cannot be decoded as audio ({error.error_string}); expected wav, flac, ogg, opus or mp3",
        ) from None
    if frames.shape[0] == 0:
        raise DataError(handle.label, "the audio has no samples")
    mono: NDArray[np.float32] = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
    if not bool(np.isfinite(mono).all()):
        raise DataError(handle.label, "the audio holds NaN or infinite samples")
    if rate != sample_rate:
        import soxr

        mono = soxr.resample(mono, rate, sample_rate, quality="HQ")
    return np.ascontiguousarray(mono, dtype=np.float32)


def info(handle: Audio) -> AudioInfo:
    """Read the header only.

    Raises:
        DataError: missing, empty or not audio.
    """
    import soundfile as sf

    data = read_bytes(handle)
    try:
        header = sf.info(io.BytesIO(data))
    except sf.LibsndfileError as error:
        raise DataError(handle.label, f"cannot be decoded as audio ({error.error_string})") from None
    return AudioInfo(int(header.samplerate), int(header.channels), float(header.duration), str(header.subtype))


def encode_wav(samples: NDArray[np.float32], sample_rate: int) -> bytes:
    """Encode mono float samples, shape (samples,), as 16-bit WAV at `sample_rate` Hz."""
    import soundfile as sf

    buffer = io.BytesIO()
    sf.write(buffer, samples, sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def from_samples(samples: NDArray[np.float32], sample_rate: int, name: str = "speech.wav") -> Audio:
    """A handle for generated speech: mono float samples at `sample_rate` Hz, encoded as 16-bit WAV."""
    data = encode_wav(samples, sample_rate)
    return Audio(opener=lambda: data, name=name)
