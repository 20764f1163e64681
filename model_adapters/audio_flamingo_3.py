"""Audio Flamingo 3: speech, sound, music and text in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.model import model
from evalkit.core.sample import Request
from evalkit.models.local.chat_inputs import Conversation
from evalkit.models.local.transformers_model import TransformersModel


@model("audio-flamingo-3", takes=("text", "audio"))
class AudioFlamingo3(TransformersModel):
    """Audio Flamingo 3 by transformers; arguments as for every local family."""

    architecture = "AudioFlamingo3ForConditionalGeneration"
    architectures = ("AudioFlamingo3ForConditionalGeneration",)
    processor_name = "AudioFlamingo3Processor"
    since = "5.0"
    stop_words = ("<|im_end|>", "<|endoftext|>")

    def longest_audio(self, processor: Any) -> float | None:
        """Seconds of audio the processor keeps: windows of 30 s up to its bound."""
        return float(getattr(processor, "max_audio_len", 600))

    def turns(self, conversation: Conversation, request: Request) -> Sequence[dict[str, Any]]:
        """The conversation as it is; the processor takes one audio."""
        if len(conversation.audios) > 1:
            raise DataError(
                f"sample '{request.id}'", f"audio-flamingo-3 takes one audio, got {len(conversation.audios)}"
            )
        return conversation.turns


@model("audio-flamingo-3-hf", takes=("text", "audio"))
class AudioFlamingo3Released(AudioFlamingo3):
    """The released checkpoint."""

    checkpoint = "nvidia/audio-flamingo-3-hf"
