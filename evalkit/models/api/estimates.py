"""Rough token counts before any call, for `--dry-run`, token rates and the first guess of a budget.

They are no tokenizer's counts: expect them to be right within a factor of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Part, Text
from evalkit.core.sample import Request

ANSWER_TOKENS = 512  # assumed where the protocol sets no bound
TURN_TOKENS = 4  # role and separators of one message
VIDEO_SECONDS = 30.0  # assumed: telling a video's length takes a decoder
AUDIO_SECONDS = 10.0  # assumed for audio whose header cannot be read


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call may use.

    Args:
        input_tokens: of the prompt, media included.
        output_tokens: upper bound of the answer.
        cost: US dollars, with an answer of that length; None when the price is unknown.
    """

    input_tokens: int
    output_tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class MediaTokens:
    """Tokens a provider counts for media.

    Args:
        image: one image.
        audio_second, video_second: one second.
    """

    image: float = 800.0
    audio_second: float = 10.0
    video_second: float = 260.0


def text_tokens(text: str) -> float:
    """A token for four letters of alphabetic scripts, one for each character of the others (Chinese, Japanese)."""
    wide = sum(character >= "\u2e80" for character in text) if not text.isascii() else 0
    return wide + (len(text) - wide) / 4.0


def request_tokens(request: Request, media: MediaTokens) -> dict[str, float]:
    """Estimated units of a request, under the names usage has."""
    heard = sum(
        _seconds(part) * media.audio_second
        for turn in request.messages
        for part in turn.content
        if isinstance(part, Audio)
    )
    total = heard
    for turn in request.messages:
        total += TURN_TOKENS + sum(_tokens(part, media) for part in turn.content)
    written = request.settings.max_new_tokens or ANSWER_TOKENS
    units = {"input_tokens": total, "output_tokens": float(written)}
    return {**units, "audio_input_tokens": heard} if heard else units


def estimate(units: Mapping[str, float], cost: float | None) -> Estimate:
    """Whole numbers of estimated units."""
    return Estimate(round(units["input_tokens"]), round(units["output_tokens"]), cost)


def _tokens(part: Part, media: MediaTokens) -> float:
    if isinstance(part, Text):
        return text_tokens(part.text)
    if part.modality == "image":
        return media.image
    return media.video_second * VIDEO_SECONDS if part.modality == "video" else 0.0


def _seconds(part: Audio) -> float:
    from evalkit.media.audio import info

    try:
        return info(part).seconds
    except DataError:
        return AUDIO_SECONDS  # the call itself will tell what is wrong with it
