"""Tiny checkpoints of families that hear, see and speak: Qwen2.5-Omni, Qwen3-Omni."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families.tiny import DENSE, ROPE, VOCABULARY, lively, qwen_tokenizer, save, template, whisper_features
from families.vision_checkpoints import QWEN_PICTURES

WIDTH = DENSE["hidden_size"]
_HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}


def _audio(**further: Any) -> dict[str, Any]:
    return {
        "num_mel_bins": 128, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 48, "d_model": 32,
        "output_dim": WIDTH, "max_source_positions": 1500, **further,
    }  # fmt: skip


def qwen2_5_omni(folder: Path) -> Path:
    import torch
    import transformers as tf
    from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

    named = {
        "image_token": "<|IMAGE|>", "audio_token": "<|AUDIO|>", "video_token": "<|VIDEO|>",
        "vision_bos_token": "<|vision_bos|>", "vision_eos_token": "<|vision_eos|>",
        "audio_bos_token": "<|audio_bos|>", "audio_eos_token": "<|audio_eos|>",
    }  # fmt: skip
    spoken = ["<tts_pad>", "<tts_bos>", "<tts_eos>", "<tts_bos2>"]
    tokenizer = qwen_tokenizer([*named.values(), *spoken], named)
    number = tokenizer.convert_tokens_to_ids
    ids = {
        "audio_token_index": number("<|AUDIO|>"), "image_token_index": number("<|IMAGE|>"),
        "video_token_index": number("<|VIDEO|>"), "audio_start_token_id": number("<|audio_bos|>"),
        "audio_end_token_id": number("<|audio_eos|>"), "vision_start_token_id": number("<|vision_bos|>"),
        "vision_end_token_id": number("<|vision_eos|>"),
    }  # fmt: skip
    rope = {**ROPE, "mrope_section": [2, 3, 3]}
    thinker = {
        "audio_config": _audio(n_window=100),
        "vision_config": {
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": WIDTH,
            "fullatt_block_indexes": [1], "window_size": 56,
        },
        "text_config": {"vocab_size": VOCABULARY, "rope_parameters": rope, "tie_word_embeddings": False, **DENSE},
        "user_token_id": number("user"), **ids,
    }  # fmt: skip
    talker = {
        "vocab_size": 64, "embedding_size": WIDTH, "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2,
        "rope_parameters": rope, "tts_text_start_token_id": number("<tts_bos>"),
        "tts_text_end_token_id": number("<tts_eos>"), "tts_text_pad_token_id": number("<tts_pad>"),
        "tts_codec_start_token_id": 57, "tts_codec_end_token_id": 58, "tts_codec_pad_token_id": 56,
        "tts_codec_mask_token_id": 60, **_HEADS, **ids,
    }  # fmt: skip
    waves = {
        "dit_config": {
            "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 16, "emb_dim": 16,
            "num_embeds": 64, "mel_dim": 80, "enc_emb_dim": 12, "enc_dim": 16, "enc_channels": [16, 16, 16, 16, 48],
            "enc_attention_channels": 8, "enc_se_channels": 8, "look_ahead_layers": [1], "look_backward_layers": [0],
        },
        "bigvgan_config": {
            "mel_dim": 80, "upsample_initial_channel": 64, "resblock_kernel_sizes": [3],
            "resblock_dilation_sizes": [[1, 3, 5]],
        },
    }  # fmt: skip
    config = tf.Qwen2_5OmniConfig(
        thinker_config=thinker, talker_config=talker, token2wav_config=waves, enable_audio_output=True
    )
    model = tf.Qwen2_5OmniForConditionalGeneration(config).float()
    lively(model.thinker)
    lively(model.talker, 4)  # a seed with answers of different length, none of them silent
    lively(model.token2wav, 2, gain=2.5)
    chat = template(
        audio="<|audio_bos|><|AUDIO|><|audio_eos|>",
        image="<|vision_bos|><|IMAGE|><|vision_eos|>",
        video="<|vision_bos|><|VIDEO|><|vision_eos|>",
    )
    pictures = Qwen2VLImageProcessorPil(**QWEN_PICTURES)
    save(folder, model, tokenizer, "Qwen2_5OmniProcessor", pictures, whisper_features(), chat=chat)
    # Every released checkpoint has this file beside the weights; the keys are names of speakers.
    generator = torch.Generator().manual_seed(3)
    speakers = {
        name: {
            "bos_token": number(begin),
            "cond": torch.randn((1, 12), generator=generator),
            "ref_mel": torch.randn((1, 60, 80), generator=generator),
        }
        for name, begin in (("Chelsie", "<tts_bos>"), ("Ethan", "<tts_bos2>"))
    }
    torch.save(speakers, folder / "spk_dict.pt")
    return folder


def qwen3_omni(folder: Path) -> Path:
    import transformers as tf
    from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

    named = {
        "image_token": "<|image_pad|>", "audio_token": "<|audio_pad|>", "video_token": "<|video_pad|>",
        "vision_bos_token": "<|vision_start|>", "vision_eos_token": "<|vision_end|>",
        "audio_bos_token": "<|audio_start|>", "audio_eos_token": "<|audio_end|>",
    }  # fmt: skip
    spoken = ["<tts_pad>", "<tts_text_bos>", "<tts_text_eod>", "<think>", "</think>"]
    tokenizer = qwen_tokenizer([*named.values(), *spoken], named)
    number = tokenizer.convert_tokens_to_ids
    ids = {
        "audio_token_id": number("<|audio_pad|>"), "image_token_id": number("<|image_pad|>"),
        "video_token_id": number("<|video_pad|>"), "audio_start_token_id": number("<|audio_start|>"),
        "vision_start_token_id": number("<|vision_start|>"),
    }  # fmt: skip
    rope = {**ROPE, "mrope_section": [4, 2, 2], "mrope_interleaved": True}
    experts = {"num_experts": 4, "num_experts_per_tok": 2}
    thinker = {
        "audio_config": _audio(downsample_hidden_size=8, n_window=50, n_window_infer=800),
        "vision_config": {
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": WIDTH,
            "patch_size": 16, "num_position_embeddings": 64, "deepstack_visual_indexes": [0],
        },
        "text_config": {
            **DENSE, **_HEADS, **experts, "vocab_size": VOCABULARY, "num_hidden_layers": 3, "rope_parameters": rope,
            "moe_intermediate_size": 32,
        },
        "user_token_id": number("user"), **ids,
    }  # fmt: skip
    small = {"hidden_size": 48, "intermediate_size": 64, **_HEADS}
    talker = {
        # The code suppresses the top 1024 ids, so there have to be more.
        "text_config": {
            **small, **experts, "vocab_size": 2048 + 1024, "num_hidden_layers": 2, "moe_intermediate_size": 16,
            "rope_parameters": rope, "shared_expert_intermediate_size": 32,
        },
        "code_predictor_config": {
            **small, "vocab_size": 2048, "num_hidden_layers": 1, "num_code_groups": 4, "rope_parameters": ROPE,
        },
        "num_code_groups": 4, "thinker_hidden_size": WIDTH, "accept_hidden_layer": 1, "codec_eos_token_id": 2150,
        "codec_nothink_id": 2155, "codec_think_bos_id": 2156, "codec_think_eos_id": 2157, "codec_pad_id": 2148,
        "codec_bos_id": 2149, "spatial_merge_size": 2, "speaker_id": {"ethan": 2200, "chelsie": 2201, "aiden": 2202},
        **ids,
    }  # fmt: skip
    waves = {
        "codebook_size": 2048, "hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2,
        "intermediate_size": 48, "num_hidden_layers": 1, "num_quantizers": 4, "decoder_dim": 64,
        "rope_parameters": ROPE,
    }  # fmt: skip
    config = tf.Qwen3OmniMoeConfig(
        thinker_config=thinker, talker_config=talker, code2wav_config=waves, enable_audio_output=True,
        im_start_token_id=number("<|im_start|>"), im_end_token_id=number("<|im_end|>"),
        tts_pad_token_id=number("<tts_pad>"), tts_bos_token_id=number("<tts_text_bos>"),
        tts_eos_token_id=number("<tts_text_eod>"), system_token_id=number("system"), user_token_id=number("user"),
        assistant_token_id=number("assistant"),
    )  # fmt: skip
    model = tf.Qwen3OmniMoeForConditionalGeneration(config).float()
    lively(model.thinker, 4)
    lively(model.talker, 1)
    lively(model.code2wav, 2, gain=1.0)
    for name, parameter in model.code2wav.named_parameters():
        if "layer_scale" in name or "gamma" in name:
            parameter.data.fill_(0.5)
    chat = template(
        audio="<|audio_start|><|audio_pad|><|audio_end|>",
        image="<|vision_start|><|image_pad|><|vision_end|>",
        video="<|vision_start|><|video_pad|><|vision_end|>",
    )
    pictures = Qwen2VLImageProcessorPil(**{**QWEN_PICTURES, "patch_size": 16})
    return save(folder, model, tokenizer, "Qwen3OmniMoeProcessor", pictures, whisper_features(), chat=chat)
