"""Tiny checkpoints of families that hear: Qwen2-Audio, Audio Flamingo 3, Voxtral, Whisper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from families.tiny import DENSE, ROPE, VOCABULARY, bpe, lively, qwen_tokenizer, save, template, whisper_features

QWEN2 = {"model_type": "qwen2", "vocab_size": VOCABULARY, "rope_parameters": ROPE, "tie_word_embeddings": False}


def _encoder(kind: str) -> dict[str, Any]:
    return {"model_type": kind, "num_mel_bins": 128}


def qwen2_audio(folder: Path) -> Path:
    import transformers as tf

    tokenizer = qwen_tokenizer(["<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"])
    encoder = {"encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 48, "d_model": 32}
    config = tf.Qwen2AudioConfig(
        audio_config={**_encoder("qwen2_audio_encoder"), **encoder},
        text_config={**QWEN2, **DENSE},
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    model = lively(tf.Qwen2AudioForConditionalGeneration(config).float())
    chat = template(audio="Audio 1: <|audio_bos|><|AUDIO|><|audio_eos|>\n")
    return save(folder, model, tokenizer, "Qwen2AudioProcessor", whisper_features(), chat=chat)


def audio_flamingo_3(folder: Path) -> Path:
    import transformers as tf

    tokenizer = qwen_tokenizer(["<sound>"])
    encoder = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = tf.AudioFlamingo3Config(
        audio_config={**_encoder("audioflamingo3_encoder"), **encoder},
        text_config={**QWEN2, **DENSE},
        audio_token_id=tokenizer.convert_tokens_to_ids("<sound>"),
    )
    model = lively(tf.AudioFlamingo3ForConditionalGeneration(config).float())
    chat = template(audio="<sound>")
    return save(folder, model, tokenizer, "AudioFlamingo3Processor", whisper_features(), chat=chat)


def voxtral(folder: Path) -> Path:
    """The processor takes token 24 for the audio token."""
    import transformers as tf
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocab, merges = bpe()
    lead = ["<unk>", "<s>", "</s>", "<pad>", "[INST]", "[/INST]", "[TRANSCRIBE]"]
    lead += [f"<r{number}>" for number in range(len(lead), 24)] + ["[AUDIO]", "[BEGIN_AUDIO]"]
    whole = {word: number for number, word in enumerate(lead)}
    whole.update({word: number + len(lead) for word, number in vocab.items()})
    raw = Tokenizer(models.BPE(vocab=whole, merges=merges))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    raw.add_special_tokens(lead)
    tokenizer = tf.PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", bos_token="<s>", unk_token="<unk>"
    )
    encoder = {"hidden_size": 32, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = tf.VoxtralConfig(
        audio_config={**_encoder("voxtral_encoder"), **encoder},
        text_config={"model_type": "llama", "vocab_size": VOCABULARY, "rope_parameters": ROPE, "head_dim": 16, **DENSE},
        audio_token_id=24,
    )
    model = lively(tf.VoxtralForConditionalGeneration(config).float(), gain=2.2)
    model.generation_config.update(eos_token_id=2, pad_token_id=3, bos_token_id=1)
    return save(folder, model, tokenizer, "VoxtralProcessor", whisper_features())


def whisper(folder: Path) -> Path:
    """Timestamps are suppressed in short answers: random weights would loop over them."""
    import transformers as tf

    vocab, merges = bpe()
    end, begin = "<|endoftext|>", "<|startoftranscript|>"
    languages = {"<|en|>": 0, "<|zh|>": 0}
    words = [end, begin, *languages, "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"]
    words += ["<|nospeech|>", "<|notimestamps|>"]
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    tokenizer = tf.WhisperTokenizer(
        vocab=vocab, merges=merges, unk_token=end, bos_token=end, eos_token=end, pad_token=end
    )
    tokenizer.add_special_tokens({"extra_special_tokens": words})
    tokenizer.add_tokens(times)
    number = tokenizer.convert_tokens_to_ids
    ids = {"decoder_start_token_id": number(begin), "eos_token_id": number(end), "pad_token_id": number(end)}
    layers = {"encoder_layers": 1, "encoder_attention_heads": 2, "decoder_layers": 1, "decoder_attention_heads": 2}
    config = tf.WhisperConfig(
        vocab_size=len(tokenizer), num_mel_bins=128, encoder_ffn_dim=48, decoder_ffn_dim=48, d_model=32,
        bos_token_id=number(end), max_target_positions=64, begin_suppress_tokens=None, **layers, **ids,
    )  # fmt: skip
    model = lively(tf.WhisperForConditionalGeneration(config).float(), gain=1.8)
    model.generation_config = tf.GenerationConfig(
        is_multilingual=True,
        lang_to_id={word: number(word) for word in languages},
        task_to_id={task: number(f"<|{task}|>") for task in ("transcribe", "translate")},
        no_timestamps_token_id=number("<|notimestamps|>"),
        max_initial_timestamp_index=50,
        prev_sot_token_id=number("<|startofprev|>"),
        max_length=64,
        suppress_tokens=number(times[1:]),
        begin_suppress_tokens=[number(end)],
        **ids,
    )
    return save(folder, model, tokenizer, "WhisperProcessor", whisper_features())
