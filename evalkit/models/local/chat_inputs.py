"""Conversations as chat templates and processors want them: media decoded, in the order of the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.core.message import Audio, Image, Message, Text, Video

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    from numpy.typing import NDArray

    from evalkit.media.video import Frames


@dataclass(slots=True)
class Conversation:
    """A decoded conversation.

    Args:
        turns: roles and parts for a chat template; media parts hold their kind only.
        audios: float32 mono, shape (samples,), in the order of the prompt.
        images: RGB.
        videos: chosen frames.
        audio_seconds: length of all audio.
    """

    turns: list[dict[str, Any]] = field(default_factory=list)
    audios: list[NDArray[np.float32]] = field(default_factory=list)
    images: list[PIL.Image.Image] = field(default_factory=list)
    videos: list[Frames] = field(default_factory=list)
    audio_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MediaRules:
    """How a family wants its media.

    Args:
        sample_rate: of audio, Hz.
        shortest: seconds; shorter audio gets silence at its end, since an encoder gives nothing for less than a frame.
        frame_rate: frames per second of video.
        most_frames: of one video.
    """

    sample_rate: int = 16000
    shortest: float = 0.1
    frame_rate: float = 2.0
    most_frames: int = 768


def decode_conversation(messages: Sequence[Message], rules: MediaRules) -> Conversation:
    """Decode the media of a conversation.

    Raises:
        DataError: a broken file.
        MissingExtraError: a package that decodes is not installed.
    """
    found = Conversation()
    for message in messages:
        content: list[dict[str, str]] = []
        for part in message.content:
            if isinstance(part, Text):
                content.append({"type": "text", "text": part.text})
                continue
            content.append({"type": part.modality})
            if isinstance(part, Audio):
                samples, seconds = _audio(part, rules)
                found.audios.append(samples)
                found.audio_seconds += seconds
            elif isinstance(part, Image):
                from evalkit.media import image

                found.images.append(image.decode(part))
            elif isinstance(part, Video):
                from evalkit.media import video

                found.videos.append(video.decode(part, rules.frame_rate, rules.most_frames))
        found.turns.append({"role": message.role, "content": content})
    return found


def _audio(part: Audio, rules: MediaRules) -> tuple[NDArray[np.float32], float]:
    import numpy as np

    from evalkit.media import audio

    samples = audio.decode(part, rules.sample_rate)
    shortest = round(rules.shortest * rules.sample_rate)
    seconds = len(samples) / rules.sample_rate
    if len(samples) < shortest:
        samples = np.pad(samples, (0, shortest - len(samples)))
    return samples, seconds
