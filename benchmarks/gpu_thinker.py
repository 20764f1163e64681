"""The thinker of Qwen2.5-Omni-7B with random weights, for gpu_batching.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import transformers as tf
from gpu_shapes import MEL, Inputs, Shapes
from torch import nn

from evalkit.models.local.transformers_loading import last_logits_only

_GRID = 32  # patches of a tile's side


class Thinker(Shapes):
    """Qwen2.5-Omni-7B without its talker."""

    name = "qwen2.5-omni-7b"
    patches = 4.0

    def build(self) -> None:
        """Make the thinker."""
        from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import Qwen2_5OmniThinkerForConditionalGeneration

        vision: dict[str, Any] = {"hidden_size": 1280, "intermediate_size": 3420, "depth": 32, "out_hidden_size": 3584}
        given: dict[str, Any] = {"vision_config": vision}
        if self.tiny:
            rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
            text = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
            given = {
                "text_config": {**text, "num_key_value_heads": 2, "vocab_size": 512, "rope_parameters": rope},
                "audio_config": {
                    "d_model": 32, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 48,
                    "output_dim": 64, "num_mel_bins": MEL, "n_window": 100,
                },
                "vision_config": {
                    "depth": 1, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 64,
                    "fullatt_block_indexes": [0],
                },
                "audio_token_index": 500, "image_token_index": 501, "video_token_index": 502,
                "audio_start_token_id": 503, "audio_end_token_id": 504, "vision_start_token_id": 505,
                "vision_end_token_id": 506,
            }  # fmt: skip
        config = tf.Qwen2_5OmniThinkerConfig(**given)
        self.config = config
        self.language_config = config.text_config
        self.language = Qwen2_5OmniThinkerForConditionalGeneration(config).eval()
        last_logits_only(self.language)  # as the adapter does

    def parts(self) -> dict[str, nn.Module]:
        inner = self.language.model if hasattr(self.language.model, "visual") else self.language
        language = getattr(inner, "language_model", inner.model if inner is self.language else inner)
        return {"language": language, "vision": inner.visual, "audio": inner.audio_tower}

    @property
    def side(self) -> int:
        """Patches of a tile's side."""
        return 4 if self.tiny else _GRID

    def tokens(self, frames: int, tiles: int) -> tuple[int, int]:
        halved = (frames - 1) // 2 + 1
        return max(0, (halved - 2) // 2 + 1), tiles * self.side**2 // 4

    def encoded(self, row: Inputs) -> int:
        """Positions of the clip: this encoder reads no silence behind it."""
        return row.audio * 2

    def prompts(self, batch: Sequence[Inputs]) -> dict[str, Any]:
        longest = max(row.length for row in batch)
        ids = torch.full((len(batch), longest), 5)
        mask = torch.ones_like(ids)
        given: dict[str, Any] = {}
        for index, row in enumerate(batch):
            start = longest - row.length
            ids[index, :start], mask[index, :start] = self.pad, 0
            ids[index, start : start + row.image] = self.config.image_token_index
            start += row.image
            ids[index, start : start + row.audio] = self.config.audio_token_index
        seen = [row.image * 4 for row in batch if row.image]
        if seen:
            patches = torch.randn(sum(seen), 3 * 2 * 14 * 14)
            given["pixel_values"] = patches.to(self.device, self.dtype)
            sides = [[1, self.side, count // self.side] for count in seen]
            given["image_grid_thw"] = torch.tensor(sides, device=self.device)
        heard = [row for row in batch if row.mel is not None]
        if heard:
            # The frames that give this many tokens: two halvings.
            frames = torch.tensor([row.audio * 4 for row in heard])
            width = int(frames.max())
            mel = torch.stack([row.mel[:, :width] for row in heard if row.mel is not None])
            given["input_features"] = mel.to(self.device, self.dtype)
            inside = torch.arange(width)[None] < frames[:, None]
            given["feature_attention_mask"] = inside.long().to(self.device)
        return {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device), **given}
