"""Video: frames at a chosen rate, with their times."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Video
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frames:
    """Chosen frames of a video.

    Args:
        pixels: uint8 RGB, shape (frames, height, width, 3).
        seconds: time of each, shape (frames,), float64, from the beginning.
        rate: frames per second they were chosen at.
    """

    pixels: NDArray[np.uint8]
    seconds: NDArray[np.float64]
    rate: float


def decode(handle: Video, rate: float = 2.0, most: int = 768) -> Frames:
    """Decode the frame shown at every 1/`rate` seconds; evenly fewer where that gives more than `most`.

    Args:
        handle: any container and codec FFmpeg reads.
        rate: frames per second.
        most: frames in all.

    Raises:
        DataError: missing, empty, corrupt, or without pictures.
        MissingExtraError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("av", "video", "a video") from error
    import numpy as np

    data = read_bytes(handle)
    try:
        times = _times(av, data)
        if not times:
            raise DataError(handle.label, "the video has no frames")
        duration = times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 else 0.0)
        count = min(max(1, round(duration * rate)), most)
        wanted = np.arange(count) * (duration / count)
        chosen = np.maximum(np.searchsorted(np.asarray(times), wanted + 1e-6, side="right") - 1, 0)
        pictures = _pictures(av, data, set(chosen.tolist()))
    except av.FFmpegError as error:
        raise DataError(handle.label, f"cannot be decoded as a video ({error})") from None
    pixels = np.stack([pictures[index] for index in chosen.tolist()])
    return Frames(pixels, np.asarray(times, dtype=np.float64)[chosen], count / duration if duration > 0 else rate)


def _times(av: Any, data: bytes) -> list[float]:
    """Seconds of every frame in the order they are shown."""
    with av.open(io.BytesIO(data)) as file:
        if not file.streams.video:
            return []
        frames = [float(frame.time or 0.0) for frame in file.decode(video=0)]
    return [time - frames[0] for time in frames]


def _pictures(av: Any, data: bytes, wanted: set[int]) -> dict[int, NDArray[np.uint8]]:
    with av.open(io.BytesIO(data)) as file:
        return {
            index: frame.to_ndarray(format="rgb24")
            for index, frame in enumerate(file.decode(video=0))
            if index in wanted
        }
