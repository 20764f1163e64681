"""Media as providers want them: recognised by their first bytes, re-encoded where a format is not taken, measured."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Media, Message, Video
from evalkit.media.audio import MAX_SECONDS
from evalkit.media.source import read_bytes
from evalkit.models.api.call_errors import FinalCallError

_BLOCK = 1 << 20  # samples re-encoded at a time
_BOXES = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"avif": "image/avif"}
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mp3"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)
_RIFF = {b"WAVE": "audio/wav", b"AVI ": "video/avi", b"WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider takes in one request.

    Args:
        types: media types it takes as they are.
        file_bytes: largest file, before base64.
        request_bytes: all files together, after base64; None for no bound.
        source: where the bounds are written, for messages.
    """

    types: frozenset[str]
    file_bytes: int
    request_bytes: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file ready to be sent."""

    data: bytes
    type: str

    @property
    def base64(self) -> str:
        """Its bytes in base64."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def url(self) -> str:
        """A data URL (RFC 2397)."""
        return f"data:{self.type};base64,{self.base64}"


def media_type(data: bytes) -> str | None:
    """Media type by the first bytes of a file, or None; names are not believed."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff"
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        if brand in _BOXES:
            return _BOXES[brand]
        if brand.startswith((b"M4A", b"M4B")):
            return "audio/mp4"
        if brand.startswith(b"3g"):
            return "video/3gpp"
        return "video/quicktime" if brand == b"qt  " else "video/mp4"
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:  # an MPEG audio frame
        return "audio/aac" if data[1] & 0x06 == 0 else "audio/mp3"
    return None


def encoded(part: Media, limits: Limits) -> Encoded:
    """Read a file, re-encoded if the provider does not take its format.

    Audio in another format becomes 16-bit WAV of the same rate and channels; images and videos are never changed.

    Raises:
        DataError: missing, broken, or in a format that cannot be sent.
        FinalCallError: larger than the provider takes.
    """
    data = read_bytes(part)
    kind = media_type(data)
    if kind not in limits.types:
        if not isinstance(part, Audio):
            taken = ", ".join(sorted(name for name in limits.types if name.startswith(_family(part))))
            found = kind or "an unknown format"
            raise DataError(part.label, f"is {found}; this provider takes {taken or 'none'}. Convert it first")
        data, kind = _wav(part, data), "audio/wav"
    if len(data) > limits.file_bytes:
        raise FinalCallError(
            f"{part.label}: {len(data) / 2**20:.1f} MB as {kind}; the provider takes files of at most "
            f"{limits.file_bytes / 2**20:.0f} MB{_by(limits)}. Shorten or compress it",
            kind="limit",
        )
    assert kind is not None
    return Encoded(data, kind)


def check_total(parts: Sequence[Encoded], limits: Limits) -> None:
    """Refuse a request whose files are too large together.

    Raises:
        FinalCallError: naming the limit.
    """
    total = sum(4 * ((len(part.data) + 2) // 3) for part in parts)
    if limits.request_bytes is not None and total > limits.request_bytes:
        raise FinalCallError(
            f"the files of this sample are {total / 2**20:.1f} MB in base64; the provider takes requests of at most "
            f"{limits.request_bytes / 2**20:.0f} MB{_by(limits)}",
            kind="limit",
        )


def has_media(messages: Sequence[Message]) -> bool:
    """True when a conversation holds more than text."""
    return any(isinstance(part, Media) for message in messages for part in message.content)


def check_modalities(messages: Sequence[Message], takes: Collection[str], model: str) -> None:
    """Refuse a conversation with parts a model cannot take.

    Raises:
        UsageError: naming the modality and what the model takes.
    """
    for message in messages:
        for part in message.content:
            if part.modality not in takes:
                raise UsageError(f"{model} takes {', '.join(sorted(takes))}, no {part.modality}")


def wav_of_pcm(samples: bytes, parameters: Mapping[str, str]) -> bytes:
    """A WAV file of raw 16-bit little-endian mono samples.

    Args:
        samples: the raw samples.
        parameters: of the media type, for example {"rate": "24000"} (Hz).
    """
    import io
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(int(parameters.get("channels", "1")))
        file.setsampwidth(2)
        file.setframerate(int(parameters.get("rate", "24000")))
        file.writeframes(samples[: len(samples) // 2 * 2])
    return buffer.getvalue()


def _wav(part: Media, data: bytes) -> bytes:
    import io

    import soundfile as sf

    buffer = io.BytesIO()
    try:
        with sf.SoundFile(io.BytesIO(data)) as source:
            left = int(MAX_SECONDS * source.samplerate)
            with sf.SoundFile(buffer, "w", source.samplerate, source.channels, "PCM_16", format="WAV") as target:
                while len(block := source.read(_BLOCK, dtype="int16", always_2d=True)):
                    target.write(block)
                    left -= len(block)
                    if left < 0:  # a header may promise any length
                        raise DataError(part.label, f"longer than {MAX_SECONDS / 3600:.0f} hours; cut it first")
    except sf.LibsndfileError as error:
        raise DataError(part.label, f"cannot be decoded as audio ({error.error_string})") from None
    return buffer.getvalue()


def _family(part: Media) -> str:
    return "image/" if isinstance(part, Image) else "video/" if isinstance(part, Video) else "audio/"


def _by(limits: Limits) -> str:
    return f" ({limits.source})" if limits.source else ""
