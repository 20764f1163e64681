"""The sound of a video: as audio of its own, cut from the same file, and the file without it."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import DataError, MissingExtraError
from evalkit.core.message import Audio, Message, Part, Video, VideoPolicy
from evalkit.media import audio, whole
from evalkit.media.source import read_bytes
from evalkit.media.video import MAX_SECONDS, opened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000  # Hz; what models of speech and sound take
_MUXERS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/avi": "avi",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
}
_SLACK = 0.5  # seconds of sound that may be missing
_WEBM = frozenset({"vp8", "vp9", "av1"})


def shown(message: Message, policy: VideoPolicy) -> Message:
    """A message whose videos are shown by a policy; nothing is read before somebody opens a part.

    Args:
        message: with videos as the data have them.
        policy: of the task.
    """
    return replace(message, content=tuple(part for one in message.content for part in _parts(one, policy)))


def _parts(part: Part, policy: VideoPolicy) -> Iterator[Part]:
    if not isinstance(part, Video):
        yield part
        return
    if policy.sound == "inside":
        yield replace(part, policy=policy)
        return
    yield Video(opener=_Silent(part), name=part.label, policy=policy)
    if policy.sound == "beside":
        yield Audio(opener=functools.partial(extracted, part), name=f"{part.label}#sound.wav")


@dataclass(frozen=True, slots=True)
class _Silent:
    """Opens a video without its sound; `original` is for those who look at pictures alone."""

    original: Video

    def __call__(self) -> bytes:
        return silent(self.original)


def extracted(handle: Video) -> bytes:
    """The sound track as 16-bit WAV, mono at 16 kHz, beginning with the first frame; channels are averaged.

    Raises:
        DataError: no sound track, or one that cannot be decoded, is empty or too long.
        MissingExtraError: PyAV is not installed.
    """
    av = _av()
    import numpy as np

    data = read_bytes(handle)
    kind = whole.check(handle, data)
    try:
        with opened(av, data, kind) as file:
            if not file.streams.audio:
                raise DataError(
                    handle.label,
                    "the video has no sound track, and this task is about seeing and hearing; get the file again, or "
                    "ask without sound (--task-arg sound=none)",
                )
            wave = list(_mono(av, file, handle))
            promised = _promised(file.streams.audio[0])
    except av.FFmpegError as error:
        raise DataError(handle.label, f"its sound track cannot be decoded ({error})") from None
    found = sum(map(len, wave)) / RATE
    if not found:
        raise DataError(handle.label, "its sound track is empty")
    if found < 0.9 * promised - _SLACK:
        raise DataError(
            handle.label,
            f"truncated: {promised:.2f} s of sound are promised, {found:.2f} s can be decoded; get the file again",
        )
    return audio.encode_wav(np.concatenate(wave), RATE)


def silent(handle: Video) -> bytes:
    """The file without its sound; frames and times are copied as they are, and nothing is encoded anew.

    Raises:
        DataError: not a video that can be read.
        MissingExtraError: PyAV is not installed.
    """
    av = _av()
    data = read_bytes(handle)
    kind = whole.check(handle, data)
    try:
        with opened(av, data, kind) as file:
            if not file.streams.video:
                raise DataError(handle.label, "the video has no frames")
            made = _copied(av, file, kind) if file.streams.audio else data
    except av.FFmpegError as error:
        raise DataError(handle.label, f"cannot be taken apart into pictures and sound ({error})") from None
    if not made:
        raise DataError(handle.label, "the video has no frames")
    return made


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingExtraError("av", "video", "a video") from error
    return av


def _mono(av: Any, file: Any, handle: Video) -> Iterator[NDArray[np.float32]]:
    """Blocks of the first sound track, averaged and resampled, shifted to where the pictures begin."""
    import numpy as np
    import soxr

    begin = _begin(file)
    resampler = av.AudioResampler(format="fltp")  # keeps channels and rate
    stream: Any = None
    rate, seconds = 0, 0.0
    for frame in file.decode(file.streams.audio[0]):
        if stream is None:
            rate = frame.sample_rate
            stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
            late = round((float(frame.time or 0.0) - begin) * rate)
            if late > 0:
                yield stream.resample_chunk(np.zeros(late, np.float32))
            skipped = max(0, -late)
        if frame.sample_rate != rate:
            raise DataError(handle.label, "its sound track changes its rate in the middle; convert it first")
        seconds += frame.samples / rate
        if seconds > MAX_SECONDS:
            raise DataError(handle.label, f"its sound is longer than {MAX_SECONDS / 3600:.0f} hours; cut it first")
        for plain in resampler.resample(frame):
            mono = plain.to_ndarray().mean(axis=0, dtype=np.float32)
            cut, skipped = mono[skipped:], max(0, skipped - len(mono))
            if len(cut):
                yield stream.resample_chunk(cut)
    if stream is not None:
        yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _promised(stream: Any) -> float:
    """Seconds that the file says its sound has; 0 where it does not say."""
    told = stream.frames and stream.duration is not None and stream.time_base is not None
    return float(stream.duration * stream.time_base) if told else 0.0


def _begin(file: Any) -> float:
    """When the first frame is shown, seconds on the file's clock."""
    pictures = file.streams.video
    if not pictures or pictures[0].start_time is None:
        return 0.0
    return float(pictures[0].start_time * Fraction(pictures[0].time_base))


def _copied(av: Any, file: Any, kind: str) -> bytes:
    source = file.streams.video[0]
    muxer = _MUXERS.get(kind) or ("webm" if source.codec_context.name in _WEBM else "matroska")
    target = io.BytesIO()
    with av.open(target, "w", format=muxer) as made:
        add = getattr(made, "add_stream_from_template", None)  # PyAV 14
        stream = made.add_stream(template=source) if add is None else add(source)
        for packet in file.demux(source):
            if packet.dts is not None:  # the last one is empty
                packet.stream = stream
                made.mux(packet)
    return target.getvalue()
