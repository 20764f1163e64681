"""Qwen2-Audio: speech, sound and text in, text out."""

from __future__ import annotations

from evalkit.core.model import model
from evalkit.models.local.transformers_model import TransformersModel


@model("qwen2-audio", takes=("text", "audio"))
class Qwen2Audio(TransformersModel):
    """Qwen2-Audio by transformers; arguments as for every local family."""

    architecture = "Qwen2AudioForConditionalGeneration"
    architectures = ("Qwen2AudioForConditionalGeneration",)
    processor_name = "Qwen2AudioProcessor"
    stop_words = ("<|im_end|>", "<|endoftext|>")


@model("qwen2-audio-7b-instruct", takes=("text", "audio"))
class Qwen2Audio7BInstruct(Qwen2Audio):
    """The instruction-tuned checkpoint."""

    checkpoint = "Qwen/Qwen2-Audio-7B-Instruct"
