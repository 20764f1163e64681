"""Media as providers want them: checked, re-encoded where a format is not taken, measured."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, Media, Message, Video
from evalkit.media import audio, whole
from evalkit.media.formats import media_type
from evalkit.media.source import read_bytes
from evalkit.models.api.call_errors import FinalCallError


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


def encoded(part: Media, limits: Limits) -> Encoded:
    """Read a file, re-encoded if the provider does not take its format.

    Audio goes as it lies where the provider takes its format and any reader finds the same wave in it: its header is
    true, its samples are whole numbers or of a lossy codec, nothing is clipped. Other audio becomes 16-bit WAV of the
    same rate and channels. Images and videos are checked and never changed.

    Raises:
        DataError: missing, broken, or in a format that cannot be sent.
        FinalCallError: larger than the provider takes.
    """
    data = read_bytes(part)
    kind = media_type(data)
    if isinstance(part, Audio):
        if kind not in limits.types or not audio.check(part, data).plain:
            data, kind = audio.wav(part, data), "audio/wav"
    elif kind in limits.types:
        whole.check(part, data)
    else:
        taken = ", ".join(sorted(name for name in limits.types if name.startswith(_family(part))))
        found = kind or "an unknown format"
        raise DataError(part.label, f"is {found}; this provider takes {taken or 'none'}. Convert it first")
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


def _family(part: Media) -> str:
    return "image/" if isinstance(part, Image) else "video/" if isinstance(part, Video) else "audio/"


def _by(limits: Limits) -> str:
    return f" ({limits.source})" if limits.source else ""
