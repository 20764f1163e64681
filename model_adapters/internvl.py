"""InternVL3 and 3.5: text, image and video in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evalkit.core.errors import DataError
from evalkit.core.model import model
from evalkit.core.sample import Request
from evalkit.models.local.chat_inputs import Conversation, MediaRules
from evalkit.models.local.transformers_model import TransformersModel

_TAKES = ("text", "image", "video")


@model("internvl", takes=_TAKES)
class InternVL(TransformersModel):
    """InternVL by transformers, from the checkpoints converted for it; arguments as for every local family."""

    architecture = "InternVLForConditionalGeneration"
    architectures = ("InternVLForConditionalGeneration",)
    processor_name = "InternVLProcessor"
    since = "4.52"
    stop_words = ("<|im_end|>", "<|endoftext|>")
    rules = MediaRules(frame_rate=1.0, most_frames=8)

    def turns(self, conversation: Conversation, request: Request) -> Sequence[dict[str, Any]]:
        """The conversation as it is; the processor stacks videos, which have to be of one length."""
        lengths = {len(frames.pixels) for frames in conversation.videos}
        if len(lengths) > 1:
            counts = " and ".join(map(str, sorted(lengths)))
            problem = f"{self.name} takes several videos with equal numbers of frames only, got {counts}"
            raise DataError(f"sample '{request.id}'", problem)
        return conversation.turns


@model("internvl3-8b", takes=_TAKES)
class InternVL38B(InternVL):
    """The released InternVL3 8B."""

    checkpoint = "OpenGVLab/InternVL3-8B-hf"


@model("internvl3.5-8b", takes=_TAKES)
class InternVL358B(InternVL):
    """The released InternVL3.5 8B."""

    checkpoint = "OpenGVLab/InternVL3_5-8B-HF"
