"""Qwen2.5-VL: text, image and video in, text out."""

from __future__ import annotations

from evalkit.core.model import model
from evalkit.models.local.transformers_model import TransformersModel

_TAKES = ("text", "image", "video")


@model("qwen2.5-vl", takes=_TAKES)
class Qwen25VL(TransformersModel):
    """Qwen2.5-VL by transformers; arguments as for every local family."""

    architecture = "Qwen2_5_VLForConditionalGeneration"
    architectures = ("Qwen2_5_VLForConditionalGeneration",)
    processor_name = "Qwen2_5_VLProcessor"
    since = "4.49"
    stop_words = ("<|im_end|>", "<|endoftext|>")


@model("qwen2.5-vl-7b-instruct", takes=_TAKES)
class Qwen25VL7B(Qwen25VL):
    """The released 7B."""

    checkpoint = "Qwen/Qwen2.5-VL-7B-Instruct"
