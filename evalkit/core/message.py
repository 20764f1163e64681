"""What is said to a model: messages made of text, image, audio and video parts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from evalkit.core import encoding
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Self

Role = Literal["system", "user", "assistant"]
Modality = Literal["text", "image", "audio", "video"]
Sound = Literal["beside", "inside", "none"]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    text: str
    modality: ClassVar[Modality] = "text"


@dataclass(frozen=True, slots=True)
class Media:
    """A lazy handle of an encoded file; `evalkit.media` reads and decodes it, late and once.

    Args:
        path: file on disk, or None when the bytes come from `opener`.
        opener: returns the encoded bytes (an archive member, a data set cell); used when `path` is None.
        name: what errors and records call it; defaults to the path.

    Attributes:
        remarks: what was remarkable when it was decoded; see `evalkit.media.remarks`.
    """

    path: str | None = None
    opener: Callable[[], bytes] | None = None
    name: str = ""
    remarks: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (self.path is None) == (self.opener is None):
            raise ValueError("a media handle takes either a path or an opener")

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "") -> Self:
        """A handle of an encoded file in memory.

        Args:
            data: the whole file.
            name: what errors and records call it.
        """
        return cls(opener=functools.partial(bytes, data), name=name)

    @property
    def label(self) -> str:
        """Name for errors and records."""
        return self.name or self.path or "<memory>"


@dataclass(frozen=True, slots=True)
class Image(Media):
    """An encoded image file."""

    modality: ClassVar[Modality] = "image"

    @classmethod
    def from_array(cls, pixels: Any, name: str = "image.png") -> Image:
        """A handle of pixels, encoded as PNG: uint8, shape (height, width), (height, width, 3) or (height, width, 4).

        Raises:
            ValueError: another shape or type.
        """
        return cls.from_bytes(encoding.png(pixels), name)


@dataclass(frozen=True, slots=True)
class Audio(Media):
    """An encoded audio file (wav, flac, ogg, opus, mp3); any sample rate and number of channels.

    Args:
        transcript: what is said in it, where the data tell; for judges and readers of a history, no model hears it.
    """

    transcript: str | None = None
    modality: ClassVar[Modality] = "audio"

    @classmethod
    def from_samples(cls, samples: Any, sample_rate: int, name: str = "audio.wav") -> Audio:
        """A handle of samples, encoded as 16-bit WAV.

        Args:
            samples: floats in [-1, 1] or 16-bit integers, shape (samples,) or (samples, channels).
            sample_rate: Hz.
            name: what errors and records call it.

        Raises:
            ValueError: another shape or type, no samples, NaN or infinite ones.
        """
        return cls.from_bytes(encoding.wav(samples, sample_rate), name)


@dataclass(frozen=True, slots=True)
class VideoPolicy:
    """What a model is shown of a video, as a task fixes it; part of the identity of the task's runs.

    Args:
        fps: frames per second, from the beginning.
        frames: how many instead, at the middles of as many equal stretches; None for a rate.
        most: frames in all; a rate that gives more is lowered.
        pixels: of one frame; a larger one is scaled down in its shape. None leaves every size.
        sound: "beside": the sound track follows the video as audio of its own, and the file is handed on without it;
            "inside": the file is handed on as it is, to a model that hears it; "none": nothing is heard.

    Raises:
        UsageError: a number or a word that cannot be.
    """

    fps: float = 2.0
    frames: int | None = None
    most: int = 768
    pixels: int | None = 786_432
    sound: Sound = "none"

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 240:
            raise UsageError(f"fps={self.fps}: expected frames per second, above 0 and at most 240")
        for name in ("frames", "most", "pixels"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise UsageError(f"{name}={number}: expected at least 1")
        if self.sound not in get_args(Sound):
            raise UsageError(f"sound={self.sound}: expected one of {', '.join(get_args(Sound))}")

    def __str__(self) -> str:
        """For protocols: "fps:2|most:768|pixels:786432|sound:beside"."""
        chosen = f"fps:{self.fps:g}|most:{self.most}" if self.frames is None else f"frames:{self.frames}"
        return f"{chosen}|pixels:{self.pixels or 'all'}|sound:{self.sound}"


@dataclass(frozen=True, slots=True)
class Video(Media):
    """An encoded video file.

    Args:
        policy: which of its frames are shown; None leaves that to the model.
    """

    policy: VideoPolicy | None = None
    modality: ClassVar[Modality] = "video"


Part = Text | Image | Audio | Video


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: a role and its parts, in the order the model gets them."""

    role: Role
    content: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts joined by newlines."""
        return "\n".join(part.text for part in self.content if isinstance(part, Text))


def _message(role: Role, parts: tuple[Part | str, ...]) -> Message:
    return Message(role, tuple(Text(part) if isinstance(part, str) else part for part in parts))


def user(*parts: Part | str) -> Message:
    """A user turn; plain strings become text parts."""
    return _message("user", parts)


def assistant(*parts: Part | str) -> Message:
    """An assistant turn of the given history."""
    return _message("assistant", parts)


def system(*parts: Part | str) -> Message:
    """A system instruction."""
    return _message("system", parts)
