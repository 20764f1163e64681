"""Conversations for code that takes media by path: decoded here, written to files that live while they are used."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.message import Audio, Image, Media, Message, Text

RATE = 16000  # Hz
_SHORTEST = 0.1  # seconds; shorter audio gets silence at its end


@dataclass(slots=True)
class MessageFiles:
    """Messages with their media on disk.

    Args:
        messages: role and content; content is a text, or parts `{"type": T, T: text or path}`.
        folder: of the files; removed with the object, or by `close`. None where there are none.
        counts: parts by modality.
        audio_seconds: of all audio.
    """

    messages: list[dict[str, Any]]
    folder: tempfile.TemporaryDirectory[str] | None
    counts: dict[str, int]
    audio_seconds: float = 0.0

    def close(self) -> None:
        """Remove the files."""
        if self.folder is not None:
            self.folder.cleanup()


def write(messages: Sequence[Message]) -> MessageFiles:
    """Decode every part once and write it: images as PNG, audio as 16 kHz mono WAV, videos as they are.

    Raises:
        DataError: broken media.
        MissingExtraError: Pillow is not installed.
    """
    media = any(not isinstance(part, Text) for message in messages for part in message.content)
    folder = tempfile.TemporaryDirectory(prefix="evalkit-media-") if media else None
    found = MessageFiles([], folder, {"text": 0, "image": 0, "audio": 0, "video": 0})
    try:
        for message in messages:
            content = [_part(found, part) for part in message.content]
            lone = len(content) == 1 and content[0]["type"] == "text"
            found.messages.append({"role": message.role, "content": content[0]["text"] if lone else content})
    except BaseException:
        found.close()
        raise
    return found


def _part(found: MessageFiles, part: Text | Media) -> dict[str, str]:
    found.counts[part.modality] += 1  # type: ignore[union-attr]
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    assert found.folder is not None
    path = Path(found.folder.name) / f"{sum(found.counts.values())}"
    if isinstance(part, Audio):
        path = path.with_suffix(".wav")
        found.audio_seconds += _write_audio(part, path)
        return {"type": "audio", "audio": str(path)}
    if isinstance(part, Image):
        from evalkit.media import image

        path = path.with_suffix(".png")
        image.decode(part).save(path, compress_level=1)
        return {"type": "image", "image": str(path)}
    from evalkit.media import whole
    from evalkit.media.source import read_bytes

    whole.check(part)
    if part.path is not None:
        return {"type": "video", "video": part.path}
    path = path.with_suffix(Path(part.label).suffix or ".mp4")
    path.write_bytes(read_bytes(part))
    return {"type": "video", "video": str(path)}


def _write_audio(part: Audio, path: Path) -> float:
    import numpy as np

    from evalkit.media import audio

    samples = audio.decode(part, RATE)
    shortest = round(_SHORTEST * RATE)
    filled = np.pad(samples, (0, max(0, shortest - len(samples))))
    path.write_bytes(audio.encode_wav(filled, RATE))
    return len(samples) / RATE
