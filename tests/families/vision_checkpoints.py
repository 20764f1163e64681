"""Tiny checkpoints of families that see: InternVL, Qwen2.5-VL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families.tiny import DENSE, ROPE, VOCABULARY, lively, qwen_tokenizer, save, template

TILE = 56  # pixels: (56 / 14)^2 / 4 = 4 tokens a tile
QWEN_PICTURES: dict[str, Any] = {
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "size": {"shortest_edge": 28 * 28, "longest_edge": 28 * 28 * 64},
}


def internvl_3_5(folder: Path) -> Path:
    """With the language model of InternVL3.5."""
    return internvl(folder, "qwen3")


def internvl(folder: Path, language: str = "qwen2") -> Path:
    import transformers as tf
    from transformers.models.got_ocr2 import GotOcr2ImageProcessorPil

    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokenizer = qwen_tokenizer(list(named.values()), named)
    config = tf.InternVLConfig(
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48,
            "image_size": [TILE, TILE], "patch_size": [14, 14],
        },
        text_config={
            "model_type": language, "vocab_size": VOCABULARY, "rope_parameters": ROPE, "tie_word_embeddings": False,
            **DENSE, **({"head_dim": 16} if language == "qwen3" else {}),
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )  # fmt: skip
    model = lively(tf.InternVLForConditionalGeneration(config).float())
    tiles = GotOcr2ImageProcessorPil(
        size={"height": TILE, "width": TILE}, crop_to_patches=True, min_patches=1, max_patches=4
    )
    chat = template(image="<IMG_CONTEXT>\n", video="<video>\n")
    return save(folder, model, tokenizer, "InternVLProcessor", tiles, chat=chat, image_seq_length=4)


def qwen2_5_vl(folder: Path) -> Path:
    import transformers as tf
    from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = qwen_tokenizer(
        ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"],
        {"image_token": "<|image_pad|>", "video_token": "<|video_pad|>"},
    )
    number = tokenizer.convert_tokens_to_ids
    config = tf.Qwen2_5_VLConfig(
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 64,
            "fullatt_block_indexes": [1], "window_size": 56,
        },
        text_config={
            "vocab_size": VOCABULARY, "rope_parameters": {**ROPE, "mrope_section": [2, 3, 3]},
            "tie_word_embeddings": False, **DENSE,
        },
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
    )  # fmt: skip
    model = lively(tf.Qwen2_5_VLForConditionalGeneration(config).float())
    chat = template(
        image="<|vision_start|><|image_pad|><|vision_end|>", video="<|vision_start|><|video_pad|><|vision_end|>"
    )
    return save(folder, model, tokenizer, "Qwen2_5_VLProcessor", Qwen2VLImageProcessorPil(**QWEN_PICTURES), chat=chat)
