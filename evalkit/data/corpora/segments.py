"""Pieces of long recordings, cut when they are opened."""

from __future__ import annotations

import functools
import io
from pathlib import Path

from evalkit.core.errors import DataError
from evalkit.core.message import Audio

_SLACK = 0.5  # seconds a segment may reach beyond the end: transcribers round up, encoders cut
_PCM = frozenset({"PCM_16", "PCM_24", "PCM_32"})


def segment(path: Path, begin: float, end: float | None, key: str, channel: int | None = None) -> Audio:
    """A handle of a part of a recording, as WAV at the recording's own rate.

    Args:
        path: any file libsndfile reads.
        begin: seconds.
        end: seconds; None for the end of the recording.
        key: name of the handle.
        channel: the one channel to keep, counted from 0; None for all.
    """
    return Audio(opener=functools.partial(cut, path, begin, end, channel), name=key)


def cut(path: Path, begin: float, end: float | None, channel: int | None = None) -> bytes:
    """Decode a part of a recording and encode it as WAV; only that part is decoded.

    The bit depth of uncompressed and lossless files is kept, other formats become 32-bit float.

    Raises:
        DataError: missing or not audio, the part lies outside, or there is no such channel.
    """
    import soundfile as sf

    place = f"{path}, {begin:g} to {'its end' if end is None else f'{end:g}'} s"
    if not path.is_file():
        raise DataError(place, "file not found; check the path and --data")
    try:
        with sf.SoundFile(str(path)) as file:
            rate, length = int(file.samplerate), file.frames / file.samplerate
            stop = length if end is None else min(end, length)
            if not 0 <= begin < stop or (end is not None and end > length + _SLACK):
                raise DataError(place, f"the recording has {length:.3f} s; is it of another release, or truncated?")
            if channel is not None and channel >= file.channels:
                raise DataError(place, f"no channel {channel}; the recording has {file.channels}")
            first, last = round(begin * rate), round(stop * rate)
            lossless = file.subtype in _PCM
            file.seek(first)
            frames = file.read(last - first, dtype="int32" if lossless else "float32", always_2d=True)
            subtype = file.subtype if lossless else "FLOAT"
    except sf.LibsndfileError as error:
        raise DataError(place, f"cannot be decoded as audio ({error.error_string})") from None
    if len(frames) != last - first:
        raise DataError(place, f"only {len(frames)} of {last - first} frames can be decoded; the file is damaged")
    buffer = io.BytesIO()
    sf.write(buffer, frames if channel is None else frames[:, channel], rate, format="WAV", subtype=subtype)
    return buffer.getvalue()
