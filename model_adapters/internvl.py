"""InternVL3 and 3.5: text, image and video in, text out."""

from __future__ import annotations

from evalkit.core.model import model
from evalkit.models.chat_inputs import MediaRules
from evalkit.models.transformers_model import TransformersModel

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


@model("internvl3-8b", takes=_TAKES)
class InternVL38B(InternVL):
    """The released InternVL3 8B."""

    checkpoint = "OpenGVLab/InternVL3-8B-hf"


@model("internvl3.5-8b", takes=_TAKES)
class InternVL358B(InternVL):
    """The released InternVL3.5 8B."""

    checkpoint = "OpenGVLab/InternVL3_5-8B-HF"
