"""A tiny checkpoint of Moshi; Granite Speech's beside it."""

from __future__ import annotations

from pathlib import Path

from families.tiny import DENSE, ROPE, VOCABULARY, bpe, lively, qwen_tokenizer, save, template, write_json


def moshi(folder: Path) -> Path:
    """Its codec's codebooks are buffers and start as zeros, so that every sound would have the same codes."""
    import torch
    import transformers as tf
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocab, merges = bpe()
    lead = ["<unk>", "<s>", "</s>", "<pad>"]
    whole = {word: number for number, word in enumerate(lead)}
    whole.update({word: number + len(lead) for word, number in vocab.items()})
    raw = Tokenizer(models.BPE(vocab=whole, merges=merges))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    raw.add_special_tokens(lead)
    tokenizer = tf.PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", bos_token="<s>", unk_token="<unk>"
    )
    codec = {
        "model_type": "mimi", "hidden_size": 32, "num_filters": 4, "upsampling_ratios": [8, 6, 5, 4],
        "codebook_size": 64, "codebook_dim": 16, "num_quantizers": 4, "vector_quantization_hidden_dimension": 16,
        "upsample_groups": 32, "num_hidden_layers": 1, "intermediate_size": 48, "num_attention_heads": 2,
        "num_key_value_heads": 2, "head_dim": 16,
    }  # fmt: skip
    depth = {
        "vocab_size": len(whole), "hidden_size": 32, "input_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "ffn_dim": 48, "num_codebooks": 4, "audio_vocab_size": 64,
    }  # fmt: skip
    config = tf.MoshiConfig(
        vocab_size=len(whole), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, ffn_dim=96,
        num_codebooks=4, audio_vocab_size=64, sliding_window=512, max_position_embeddings=512,
        audio_encoder_config=codec, depth_decoder_config=depth,
    )  # fmt: skip
    model = lively(tf.MoshiForConditionalGeneration(config).float(), seed=2)
    generator = torch.Generator().manual_seed(5)
    for name, buffer in model.audio_encoder.named_buffers():
        if name.endswith("embed_sum"):
            buffer.copy_(torch.randn(buffer.shape, generator=generator))
        elif name.endswith(("cluster_usage", "initialized")):
            buffer.fill_(1.0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def granite_speech(folder: Path) -> Path:
    import transformers as tf

    tokenizer = qwen_tokenizer(["<|audio|>"])
    encoder = {
        "model_type": "granite_speech_encoder", "input_dim": 160, "num_layers": 2, "hidden_dim": 32, "num_heads": 2,
        "dim_head": 16, "output_dim": 16, "context_size": 50, "max_pos_emb": 64, "dropout": 0.0,
    }  # fmt: skip
    projector = {
        "model_type": "blip_2_qformer", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 48, "encoder_hidden_size": 32, "cross_attention_frequency": 1,
        "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
    }  # fmt: skip
    text = {"model_type": "granite", "vocab_size": VOCABULARY, "rope_parameters": ROPE, "tie_word_embeddings": False}
    config = tf.GraniteSpeechConfig(
        text_config={**text, **DENSE}, encoder_config=encoder, projector_config=projector,
        audio_token_index=tokenizer.convert_tokens_to_ids("<|audio|>"), has_lora_adapter=False,
        tie_word_embeddings=False,
    )  # fmt: skip
    model = lively(tf.GraniteSpeechForConditionalGeneration(config).float())
    save(folder, model, tokenizer, "GraniteSpeechProcessor", chat=template(audio="<|audio|>"))
    settings = {"melspec_kwargs": {"n_mels": 80}, "projector_window_size": 15, "projector_downsample_rate": 5}
    write_json(folder / "preprocessor_config.json", {**settings, "processor_class": "GraniteSpeechProcessor"})
    return folder
