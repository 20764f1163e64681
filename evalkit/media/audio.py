"""Audio: decode anything libsndfile reads to mono float32 at the rate a model wants, and encode answers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1 << 20
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
        with _forward(sf, data) as file:
            if file.samplerate <= 0:
                raise DataError(handle.label, "the audio header gives no sample rate")
            rate = int(file.samplerate)
            # In blocks: a header may promise any length, and a FLAC stream written to a pipe promises none.
            blocks = []
            most = int(MAX_SECONDS * rate)
            while most >= 0 and len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                blocks.append(block)
                most -= len(block)
            if most < 0:
                raise DataError(handle.label, f"longer than {MAX_SECONDS / 3600:.0f} hours; cut it first")
            frames = np.concatenate(blocks) if blocks else np.empty((0, file.channels), dtype=np.float32)
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
        if mono.shape[0] == 0:
            raise DataError(handle.label, f"too short: {frames.shape[0]} samples at {rate} Hz")
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


def _forward(sf: Any, data: bytes) -> Any:
    """An encoded file, open for reading from beginning to end only: a stream of unknown length cannot be sought."""

    class Forward(sf.SoundFile):  # type: ignore[misc]
        def seekable(self) -> bool:
            return False

    return Forward(io.BytesIO(data))
