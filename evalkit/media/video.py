"""Video: frames by a policy, with their times; decoded once from beginning to end."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Video, VideoPolicy
from evalkit.media import remarks, whole
from evalkit.media.decoded_once import DecodedOnce
from evalkit.media.source import content_hash, read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_SECONDS = 4 * 3600.0
MAX_CHOSEN = 1 << 32  # pixels of all chosen frames: 12 GiB
SLACK = 0.5  # seconds a container may promise beyond its last frame
_EARLY = 1e-6  # seconds by which a frame may come late and still be the one that is shown
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
        facts: what was remarkable; see `evalkit.media.remarks`.
    """

    pixels: NDArray[np.uint8]
    seconds: NDArray[np.float64]
    rate: float
    facts: dict[str, Any] | None = None


_KEPT: DecodedOnce[Frames] = DecodedOnce()


def decode(handle: Video, rate: float = 2.0, most: int = 768) -> Frames:
    """The frames that the handle's policy names; without one, those shown at every 1/`rate` seconds.

    Questions on one video mostly follow each other: the frames of the last few videos are kept for the next one.

    Args:
        handle: mp4, mov, 3gp, webm, mkv, avi, flv, mpeg or gif, of any codec FFmpeg reads.
        rate: frames per second, where the handle has no policy.
        most: frames in all, likewise; evenly fewer where the rate gives more.

    Raises:
        DataError: missing, empty, corrupt, truncated, without pictures, or beyond the bounds; see docs/media.md. Also a
            policy that leaves the sound inside the file, of which frames have none.
        MissingExtraError: PyAV is not installed.
    """
    policy = handle.policy or VideoPolicy(rate, most=most, pixels=None)
    if policy.sound == "inside":
        raise DataError(
            handle.label, "this model is shown frames and would not hear the sound inside the file; use sound=beside"
        )
    data = read_bytes(getattr(handle.opener, "original", handle))  # with its sound, or without: the same pictures
    key = content_hash(data), policy
    found = _KEPT.get(key, lambda: _decoded(handle, data, policy), lambda frames: frames.pixels.nbytes)
    facts = found.facts or {}
    if handle.policy is not None:  # also says that it was not the model's own choice
        facts = {"flags": [], "frames": len(found.seconds), **facts}
    if facts:
        remarks.note(handle, facts)
    return found


def opened(av: Any, data: bytes, kind: str) -> Any:
    """A file opened for demuxing, by the demuxer of its media type and no other."""
    demuxer = "mpegvideo" if data[:4] == b"\x00\x00\x01\xb3" else _DEMUXERS[kind]
    return av.open(io.BytesIO(data), format=demuxer, options=_CLOSED)


def _decoded(handle: Video, data: bytes, policy: VideoPolicy) -> Frames:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("av", "video", "a video") from error
    import numpy as np

    kind = whole.check(handle, data)
    if handle.policy is not None:
        remarks.note(handle, {"flags": []})  # whatever comes of it, the model chooses nothing
    try:
        times, promised = _times(av, data, kind, handle)
        if not times:
            raise DataError(handle.label, "the video has no frames")
        duration = times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 else 0.0)
        facts = _length(handle, duration, promised)
        wanted = _wanted(duration, policy)
        shown = _Shown(wanted, policy, handle)
        with opened(av, data, kind) as file:
            shown.take(_frames(file, handle), duration / len(times))
    except av.FFmpegError as error:
        raise DataError(handle.label, f"cannot be decoded as a video ({error})") from None
    if not shown.pictures:
        raise DataError(handle.label, "the video has no frames")
    facts = _length(handle, shown.last + duration / len(times), duration) or facts
    if len({picture.shape for picture in shown.pictures}) > 1:
        raise DataError(handle.label, "its frames change their size in the middle; convert it first")
    count = len(wanted)
    seconds = np.asarray(shown.seconds, dtype=np.float64)
    chosen_rate = count / duration if duration > 0 else policy.fps
    flags = [*facts.pop("flags", ()), *shown.flags]
    facts |= shown.facts
    return Frames(np.stack(shown.pictures), seconds, chosen_rate, {**facts, "flags": flags} if flags else None)


def _wanted(duration: float, policy: VideoPolicy) -> list[float]:
    """Seconds at which a frame is wanted."""
    if policy.frames is not None:
        return [(place + 0.5) * duration / policy.frames for place in range(policy.frames)]
    count = min(max(1, round(duration * policy.fps)), policy.most)
    return [place * (duration / count) for place in range(count)]


class _Shown:
    """Picks, of frames as they come, the one that is shown at each of some times.

    Args:
        wanted: seconds, rising.
        policy: how large a frame may be.
        handle: of the video, for errors.

    Attributes:
        pictures: of each time, shape (height, width, 3); one that is shown at several times is the same object.
        seconds: when each of them began to be shown.
        last: when the last frame of the video came.
        flags: what was remarkable.
        facts: figures of it.
    """

    def __init__(self, wanted: list[float], policy: VideoPolicy, handle: Video) -> None:
        self._wanted, self._policy, self._handle = wanted, policy, handle
        self.pictures: list[NDArray[np.uint8]] = []
        self.seconds: list[float] = []
        self.last = 0.0
        self.flags: dict[str, None] = {}
        self.facts: dict[str, Any] = {}
        self._held = 0

    def take(self, frames: Iterator[Any], step: float) -> None:
        """Look at all frames; `step` is the time between two, for those that do not say theirs."""
        first: float | None = None
        before: tuple[Any, float] | None = None
        corrupt = 0
        for frame in frames:
            time = self.last + step if frame.time is None and first is not None else float(frame.time or 0.0)
            first = time if first is None else first
            if frame.time is not None:
                time -= first
            corrupt += bool(frame.is_corrupt)
            if before is not None:
                self._until(time, *before)
            before = frame, time
            self.last = max(self.last, time)
        if before is not None:
            self._until(math.inf, *before)
        if corrupt:
            self.flags["damaged_input"] = None
            self.facts["corrupt_frames"] = corrupt

    def _until(self, time: float, frame: Any, began: float) -> None:
        """A frame is shown until a time: it is the picture of all times wanted before."""
        made: NDArray[np.uint8] | None = None
        while len(self.pictures) < len(self._wanted) and self._wanted[len(self.pictures)] + _EARLY < time:
            if made is None:
                made = self._picture(frame)
            self.pictures.append(made)
            self.seconds.append(began)

    def _picture(self, frame: Any) -> NDArray[np.uint8]:
        width, height = _scaled(frame.width, frame.height, self._policy.pixels)
        if (width, height) != (frame.width, frame.height):
            self.flags["scaled_input"] = None
            self.facts |= {"size": [frame.width, frame.height], "shown_size": [width, height]}
            frame = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
        self._held += width * height
        if self._held > MAX_CHOSEN:
            raise DataError(self._handle.label, f"the chosen frames have more than {MAX_CHOSEN} pixels; shrink it")
        picture: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
        return picture


def _scaled(width: int, height: int, most: int | None) -> tuple[int, int]:
    """The largest size of the same shape with at most so many pixels."""
    if most is None or width * height <= most:
        return width, height
    share = math.sqrt(most / (width * height))
    return max(1, math.floor(width * share)), max(1, math.floor(height * share))


def _frames(file: Any, handle: Video) -> Iterator[Any]:
    """Frames in the order they are shown, each of a size that may be decoded."""
    shape = file.streams.video[0].codec_context
    _check_size(shape.width, shape.height, handle)
    for count, frame in enumerate(file.decode(video=0), 1):
        _check_size(frame.width, frame.height, handle)
        if count > MAX_SECONDS * 240:
            raise DataError(handle.label, _too_long())
        yield frame


def _times(av: Any, data: bytes, kind: str, handle: Video) -> tuple[list[float], float | None]:
    """Seconds of every frame in the order they are shown, and the length an mp4 or avi header promises.

    They stand beside the packets, so nothing is decoded for them, but in files that do not tell.
    """
    with opened(av, data, kind) as file:
        if not file.streams.video:
            return [], None
        stream = file.streams.video[0]
        told = stream.frames and stream.duration is not None and stream.time_base is not None
        promised = float(stream.duration * stream.time_base) if told else None
        if promised is not None and promised > MAX_SECONDS:
            raise DataError(handle.label, _too_long())
        _check_size(stream.codec_context.width, stream.codec_context.height, handle)
        packets = [packet for packet in file.demux(stream) if packet.size and not packet.is_discard]
        told_all = all(packet.pts is not None for packet in packets)
        times = [float(packet.pts * stream.time_base) for packet in packets] if told_all else []
    if not told_all:
        with opened(av, data, kind) as file:
            times = [float(frame.time or 0.0) for frame in _frames(file, handle)]
    times.sort()
    if times and times[-1] - times[0] > MAX_SECONDS:
        raise DataError(handle.label, _too_long())
    return [time - times[0] for time in times], promised


def _check_size(width: int, height: int, handle: Video) -> None:
    if width * height > whole.MAX_PIXELS:
        raise DataError(handle.label, f"frames of {width} x {height} pixels; at most {whole.MAX_PIXELS} are decoded")


def _length(handle: Video, found: float, promised: float | None) -> dict[str, Any]:
    """What is remarkable where a file ends before the length it promises, seconds.

    Raises:
        DataError: it ends much before.
    """
    if promised is None or found >= promised - SLACK:
        return {}
    facts = {"promised_seconds": round(promised, 3), "found_seconds": round(found, 3)}
    remarks.note(handle, {"flags": ["truncated_input"], **facts})
    if found < promised * 0.9:  # edit lists and lost last frames explain less
        raise DataError(
            handle.label,
            f"truncated: its header promises {promised:.2f} s, {found:.2f} s can be decoded; get the file again",
        )
    return {"flags": ["truncated_input"], **facts}


def _too_long() -> str:
    return f"longer than {MAX_SECONDS / 3600:.0f} hours; cut it first"
