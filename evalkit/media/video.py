"""Video: frames at a chosen rate, with their times."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Video
from evalkit.media import remarks, whole
from evalkit.media.source import read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SECONDS = 4 * 3600.0
MAX_CHOSEN = 1 << 32  # pixels of all chosen frames: 12 GiB
SLACK = 0.5  # seconds a container may promise beyond its last frame
# FFmpeg is told what to read a file as. Left to guess, it takes lists of other files (HLS, concat, SDP) for videos and
# opens what they name.
_DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/webm": "matroska",
    "video/avi": "avi",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "image/gif": "gif",
}
_CLOSED = {
    "protocol_whitelist": "none",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegvideo,gif",
}


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
        handle: mp4, mov, 3gp, webm, mkv, avi, flv, mpeg or gif, of any codec FFmpeg reads.
        rate: frames per second.
        most: frames in all.

    Raises:
        DataError: missing, empty, corrupt, truncated, without pictures, or beyond the bounds; see docs/media.md.
        MissingExtraError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("av", "video", "a video") from error
    import numpy as np

    data = read_bytes(handle)
    kind = whole.check(handle, data)
    try:
        times, promised = _times(av, data, kind, handle)
        if not times:
            raise DataError(handle.label, "the video has no frames")
        duration = times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 else 0.0)
        _check_length(handle, duration, promised)
        count = min(max(1, round(duration * rate)), most)
        wanted = np.arange(count) * (duration / count)
        chosen = np.maximum(np.searchsorted(np.asarray(times), wanted + 1e-6, side="right") - 1, 0)
        pictures = _pictures(av, data, kind, handle, set(chosen.tolist()))
    except av.FFmpegError as error:
        raise DataError(handle.label, f"cannot be decoded as a video ({error})") from None
    if len({picture.shape for picture in pictures.values()}) > 1:
        raise DataError(handle.label, "its frames change their size in the middle; convert it first")
    pixels = np.stack([pictures[index] for index in chosen.tolist()])
    return Frames(pixels, np.asarray(times, dtype=np.float64)[chosen], count / duration if duration > 0 else rate)


def _opened(av: Any, data: bytes, kind: str) -> Any:
    demuxer = "mpegvideo" if data[:4] == b"\x00\x00\x01\xb3" else _DEMUXERS[kind]
    return av.open(io.BytesIO(data), format=demuxer, options=_CLOSED)


def _frames(file: Any, handle: Video) -> Iterator[Any]:
    """Frames in the order they are shown, each of a size that may be decoded."""
    shape = file.streams.video[0].codec_context
    for width, height in ((shape.width, shape.height),):
        _check_size(width, height, handle)
    for frame in file.decode(video=0):
        _check_size(frame.width, frame.height, handle)
        yield frame


def _times(av: Any, data: bytes, kind: str, handle: Video) -> tuple[list[float], float | None]:
    """Seconds of every frame in the order they are shown, and the length an mp4 or avi header promises."""
    with _opened(av, data, kind) as file:
        if not file.streams.video:
            return [], None
        stream = file.streams.video[0]
        told = stream.frames and stream.duration is not None and stream.time_base is not None
        promised = float(stream.duration * stream.time_base) if told else None
        if promised is not None and promised > MAX_SECONDS:
            raise DataError(handle.label, _too_long())
        times: list[float] = []
        for frame in _frames(file, handle):
            times.append(float(frame.time or 0.0))
            if times[-1] - times[0] > MAX_SECONDS or len(times) > MAX_SECONDS * 240:
                raise DataError(handle.label, _too_long())
    return [time - times[0] for time in times], promised


def _pictures(av: Any, data: bytes, kind: str, handle: Video, wanted: set[int]) -> dict[int, NDArray[np.uint8]]:
    found, last, held = {}, max(wanted), 0
    with _opened(av, data, kind) as file:
        for index, frame in enumerate(_frames(file, handle)):
            if index in wanted:
                held += frame.width * frame.height
                if held > MAX_CHOSEN:
                    raise DataError(handle.label, f"the chosen frames have more than {MAX_CHOSEN} pixels; shrink it")
                found[index] = frame.to_ndarray(format="rgb24")
            if index == last:
                break
    return found


def _check_size(width: int, height: int, handle: Video) -> None:
    if width * height > whole.MAX_PIXELS:
        raise DataError(handle.label, f"frames of {width} x {height} pixels; at most {whole.MAX_PIXELS} are decoded")


def _check_length(handle: Video, found: float, promised: float | None) -> None:
    if promised is None or found >= promised - SLACK:
        return
    facts = {"promised_seconds": round(promised, 3), "found_seconds": round(found, 3)}
    remarks.note(handle, {"flags": ["truncated_input"], **facts})
    if found < promised * 0.9:  # edit lists and lost last frames explain less
        raise DataError(
            handle.label,
            f"truncated: its header promises {promised:.2f} s, {found:.2f} s can be decoded; get the file again",
        )


def _too_long() -> str:
    return f"longer than {MAX_SECONDS / 3600:.0f} hours; cut it first"
