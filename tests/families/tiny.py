"""What tiny random checkpoints are made of: a tokenizer trained in memory, weights that let every input matter."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

CORPUS = [
    "the quick brown fox jumps over the lazy dog .",
    "what is in the picture ?",
    "please transcribe the audio into text .",
    "describe the sound you hear .",
    "请把这段语音转写成文字。",
    "图片里有什么？",
    "system user assistant helpful",
    "0 1 2 3 4 5 6 7 8 9 A B C D yes no answer question",
] * 4
ROPE = {"rope_type": "default", "rope_theta": 10000.0}
VOCABULARY = 512
DENSE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
}
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}"
    "{% if c['type'] == 'text' %}{{ c['text'] }}{% elif c['type'] == 'audio' %}@A@"
    "{% elif c['type'] == 'image' %}@I@{% elif c['type'] == 'video' %}@V@{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def template(audio: str = "", image: str = "", video: str = "") -> str:
    return CHATML.replace("@A@", audio).replace("@I@", image).replace("@V@", video)


def bpe(size: int = 400) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a byte-level BPE."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    )
    made = json.loads(tokenizer.to_str())["model"]
    return made["vocab"], [tuple(pair) for pair in made["merges"]]


def qwen_tokenizer(specials: Sequence[str], named: Mapping[str, str] | None = None) -> Any:
    """A ChatML tokenizer; role words are one id each, since models find turns by them."""
    from transformers import AddedToken, Qwen2Tokenizer

    vocab, merges = bpe()
    tokenizer = Qwen2Tokenizer(
        vocab=vocab,
        merges=merges,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        unk_token=None,
        model_specific_special_tokens=dict(named or {}),
    )
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *specials]
    tokenizer.add_special_tokens({"extra_special_tokens": words})
    roles = [AddedToken(word, single_word=False, normalized=False) for word in ("user", "assistant", "system")]
    tokenizer.add_tokens(roles)
    assert len(tokenizer) <= VOCABULARY
    return tokenizer


def lively(model: Any, seed: int = 0, gain: float = 1.6) -> Any:
    """Redraw the weights so that greedy answers depend on every input: with std 0.02 they do not."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() >= 2:
                std = 1.0 if "embed" in name and parameter.dim() == 2 else gain / math.sqrt(parameter[0].numel())
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)
            elif parameter.dim() == 1 and name.endswith("bias"):
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.02)
    return model


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def save(
    folder: Path, model: Any, tokenizer: Any, processor: str, *parts: Any, chat: str = "", **settings: Any
) -> Path:
    """Save as released checkpoints are laid out: one preprocessor_config.json for all kinds of media.

    Args:
        folder: made if needed.
        model: saved by itself.
        tokenizer: likewise.
        processor: class of the processor.
        parts: image processor, feature extractor.
        chat: template.
        settings: further settings of the processor.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    merged: dict[str, Any] = {}
    for part in parts:
        merged.update(json.loads(part.to_json_string()))
    if "image_processor_type" in merged:  # the name without the backend, as released
        merged["image_processor_type"] = merged["image_processor_type"].removesuffix("Pil")
    write_json(folder / "preprocessor_config.json", {**merged, "processor_class": processor})
    write_json(folder / "processor_config.json", {"processor_class": processor, **settings})
    if chat:
        (folder / "chat_template.jinja").write_text(chat, encoding="utf-8")
    return folder


def whisper_features(**settings: Any) -> Any:
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor(feature_size=128, return_attention_mask=True, **settings)


def tone(seconds: float, pitch: float = 220.0, rate: int = 16000, seed: int = 0) -> np.ndarray:
    """A sweep with noise: float32, shape (samples,), at `rate` Hz."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.RandomState(seed).randn(time.size)
    sweep = 0.4 * np.sin(2 * math.pi * pitch * time * (1 + 0.3 * time))
    return (sweep + 0.05 * noise).astype(np.float32)
