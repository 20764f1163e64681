"""Tiny checkpoints of FunASR, laid out as released: config.yaml, configuration.json, model.pt, tokens, means."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import yaml

from families.tiny import CORPUS, lively

CHARACTERS = ["<blank>", "<s>", "</s>", *"abcdefghijklmnopqrstuvwxyz0123456789你好请问图片里有什么", "<unk>"]
LABELS = ["生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy", "中立/neutral", "其他/other", "难过/sad"]
LABELS += ["吃惊/surprised", "<unk>"]
TAGS = [f"<|{tag}|>" for tag in ("zh", "en", "HAPPY", "Speech", "woitn")]
ENCODER = {
    "output_size": 32, "attention_heads": 2, "linear_units": 48, "num_blocks": 2, "dropout_rate": 0.0,
    "positional_dropout_rate": 0.0, "attention_dropout_rate": 0.0, "input_layer": "pe",
    "pos_enc_class": "SinusoidalPositionEncoder", "normalize_before": True, "kernel_size": 11, "sanm_shfit": 0,
    "selfattention_layer_type": "sanm",
}  # fmt: skip
FRONTEND = {
    "fs": 16000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10, "lfr_m": 7, "lfr_n": 6,
    "dither": 0.0,
}  # fmt: skip


def save(folder: Path, config: dict[str, Any], files: dict[str, Any], seed: int = 0) -> Path:
    """Write a checkpoint with redrawn weights.

    Args:
        folder: made.
        config: of config.yaml.
        files: `file_path_metas` of configuration.json; the files themselves are there already.
        seed: of the weights.
    """
    import torch
    from funasr import AutoModel

    from evalkit.models.local import funasr_checkpoints

    (folder / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    metas = {"file_path_metas": {"init_param": "model.pt", "config": "config.yaml", **files}}
    (folder / "configuration.json").write_text(json.dumps(metas), encoding="utf-8")
    settings = funasr_checkpoints.read_config(folder)
    built = AutoModel(**settings, device="cpu", disable_update=True, disable_pbar=True, log_level="ERROR")
    torch.save(lively(built.model, seed).state_dict(), folder / "model.pt")
    return folder


def _means(folder: Path) -> None:
    """A file of means and variances in Kaldi's text form, 560 values each."""
    lines = ["<Nnet>", "<Splice> 560 560", "[ 0 ]"]
    for name, value in (("AddShift", "-9.0"), ("Rescale", "0.2")):
        lines += [f"<{name}> 560 560", f"<LearnRateCoef> 0 [ {' '.join([value] * 560)} ]"]
    (folder / "am.mvn").write_text("\n".join([*lines, "</Nnet>", ""]))


def paraformer(folder: Path, seed: int = 0) -> Path:
    folder.mkdir(parents=True)
    _means(folder)
    (folder / "tokens.json").write_text(json.dumps(CHARACTERS, ensure_ascii=False), encoding="utf-8")
    decoder = {
        "attention_heads": 2, "linear_units": 48, "num_blocks": 2, "dropout_rate": 0.0, "positional_dropout_rate": 0.0,
        "self_attention_dropout_rate": 0.0, "src_attention_dropout_rate": 0.0, "att_layer_num": 2, "kernel_size": 11,
        "sanm_shfit": 0,
    }  # fmt: skip
    config = {
        "model": "Paraformer",
        "model_conf": {
            "ctc_weight": 0.0, "lsm_weight": 0.1, "length_normalized_loss": True, "predictor_weight": 1.0,
            "predictor_bias": 1, "sampling_ratio": 0.75,
        },
        "encoder": "SANMEncoder", "encoder_conf": ENCODER,
        "decoder": "ParaformerSANMDecoder", "decoder_conf": decoder,
        "predictor": "CifPredictorV2",
        "predictor_conf": {"idim": 32, "threshold": 1.0, "l_order": 1, "r_order": 1, "tail_threshold": 0.45},
        "frontend": "WavFrontend", "frontend_conf": FRONTEND,
        "tokenizer": "CharTokenizer", "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
    }  # fmt: skip
    files = {"tokenizer_conf": {"token_list": "tokens.json"}, "frontend_conf": {"cmvn_file": "am.mvn"}}
    return save(folder, config, files, seed)


def sense_voice(folder: Path) -> Path:
    import sentencepiece

    folder.mkdir(parents=True)
    _means(folder)
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 4), model_writer=trained, vocab_size=140, user_defined_symbols=TAGS,
        character_coverage=1.0, minloglevel=2, hard_vocab_limit=False,
    )  # fmt: skip
    (folder / "tiny.bpe.model").write_bytes(trained.getvalue())
    config = {
        "model": "SenseVoiceSmall",
        "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2, "ignore_id": -1},
        "encoder": "SenseVoiceEncoderSmall",
        "encoder_conf": {**{k: v for k, v in ENCODER.items() if k != "selfattention_layer_type"}, "tp_blocks": 1},
        "frontend": "WavFrontend", "frontend_conf": FRONTEND,
        "tokenizer": "SentencepiecesTokenizer", "tokenizer_conf": {"unk_symbol": "<unk>"},
    }  # fmt: skip
    files = {"tokenizer_conf": {"bpemodel": "tiny.bpe.model"}, "frontend_conf": {"cmvn_file": "am.mvn"}}
    return save(folder, config, files, seed=3)


def emotion2vec(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "tokens.txt").write_text("\n".join(LABELS), encoding="utf-8")
    audio = {
        "type": "AUDIO", "prenet_depth": 1, "prenet_layerdrop": 0.0, "prenet_dropout": 0.0,
        "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "num_extra_tokens": 2, "init_extra_token_zero": True,
        "mask_noise_std": 0.01, "mask_prob_min": None, "mask_prob": 0.5, "inverse_mask": False, "mask_prob_adjust": 0.0,
        "keep_masked_pct": 0.0, "mask_length": 5, "add_masks": False, "remove_masks": False, "mask_dropout": 0.0,
        "encoder_zero_mask": True, "mask_channel_prob": 0.0, "mask_channel_length": 64, "ema_local_encoder": False,
        "local_grad_mult": 1.0, "use_alibi_encoder": True, "alibi_scale": 1.0, "learned_alibi": False,
        "alibi_max_pos": None, "learned_alibi_scale": True, "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False, "num_alibi_heads": 2, "model_depth": 1, "decoder": None,
        "extractor_mode": "layer_norm", "feature_encoder_spec": "[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16, 2, 2)] * 2",
        "conv_pos_width": 9, "conv_pos_groups": 2, "conv_pos_depth": 1, "conv_pos_pre_ln": False,
    }  # fmt: skip
    config = {
        "model": "Emotion2vec",
        "model_conf": {
            "loss_beta": 0.0, "loss_scale": None, "depth": 1, "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0,
            "num_heads": 2, "norm_eps": 1e-5, "norm_affine": True, "encoder_dropout": 0.0, "post_mlp_drop": 0.0,
            "attention_dropout": 0.0, "activation_dropout": 0.0, "dropout_input": 0.0, "layerdrop": 0.0,
            "embed_dim": 32, "mlp_ratio": 2.0, "layer_norm_first": False, "average_top_k_layers": 1,
            "end_of_block_targets": False, "clone_batch": 1, "normalize": True, "modalities": {"audio": audio},
        },
        "tokenizer": "CharTokenizer", "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
    }  # fmt: skip
    return save(folder, config, {"tokenizer_conf": {"token_list": "tokens.txt"}}, seed=1)
