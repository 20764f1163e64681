"""Whisper as CTranslate2 keeps it -> a checkpoint of transformers in float32.

    python ctranslate2_whisper.py FOLDER MODEL_FILE [MODEL_FILE_2 ...] --settings CONFIG_JSON --tokenizer TOKENIZER_JSON

A model file may come in parts. It holds, in little-endian order: version (4 bytes), name of the specification, its
revision, the number of variables; each variable with name, rank, shape, type and bytes; then names that stand for
other variables. Names are counted strings that end in a zero.
"""

from __future__ import annotations

import argparse
import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 6
TYPES = ("<f4", "<i1", "<i2", "<i4", "<f2")
HEAD = 64  # numbers of an attention head, the same in every released size

WHOLE = {
    "self_attention/layer_norm": "self_attn_layer_norm",
    "self_attention/linear_1": "self_attn.out_proj",
    "attention/layer_norm": "encoder_attn_layer_norm",
    "attention/linear_0": "encoder_attn.q_proj",
    "attention/linear_2": "encoder_attn.out_proj",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
}
# Several projections of one input are kept as one matrix, one below the other.
STACKED = {
    "self_attention/linear_0": [f"self_attn.{name}_proj" for name in "qkv"],
    "attention/linear_1": [f"encoder_attn.{name}_proj" for name in "kv"],
}
ENDS = {"weight": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}
OUTSIDE = {
    "embeddings/weight": "embed_tokens.weight",
    "position_encodings/encodings": "embed_positions.weight",
    **{f"layer_norm/{one}": f"layer_norm.{other}" for one, other in ENDS.items()},
    **{f"conv{number}/{end}": f"conv{number}.{end}" for number in (1, 2) for end in ("weight", "bias")},
}


def variables(data: bytes) -> dict[str, NDArray[Any]]:
    """What a model file holds, by name."""
    place = 0

    def number(form: str) -> int:
        nonlocal place
        (value,) = struct.unpack_from("<" + form, data, place)
        place += struct.calcsize("<" + form)
        return int(value)

    def name() -> str:
        nonlocal place
        length = number("H")
        text = data[place : place + length]
        place += length
        return text.rstrip(b"\0").decode()

    if number("I") != VERSION:
        raise ValueError(f"not a model of CTranslate2 in version {VERSION}")
    if "Whisper" not in (kind := name()):
        raise ValueError(f"holds {kind}, not Whisper")
    number("I")  # revision of the specification
    found: dict[str, NDArray[Any]] = {}
    for _ in range(number("I")):
        key = name()
        shape = [number("I") for _ in range(number("B"))]
        kind_of_number = np.dtype(TYPES[number("B")])
        size = number("I")
        found[key] = np.frombuffer(data, kind_of_number, size // kind_of_number.itemsize, place).reshape(shape)
        place += size
    for _ in range(number("I")):  # the output layer is the embedding
        name(), name()
    if place != len(data):
        raise ValueError(f"{len(data) - place} bytes follow the last name: a part is missing, or in another order")
    return found


def renamed(found: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Names and weights as transformers has them; single numbers that describe the model are left out."""
    for name, values in found.items():
        if values.ndim == 0 or values.size == 1:
            continue
        side, _, rest = name.partition("/")
        inner = re.fullmatch(r"layer_(\d+)/(.+)/(\w+)", rest)
        if inner is None:
            yield f"model.{side}.{OUTSIDE[rest]}", values
            continue
        layer, part, end = inner.groups()
        where = f"model.{side}.layers.{layer}."
        if part in WHOLE:
            yield f"{where}{WHOLE[part]}.{ENDS[end]}", values
            continue
        for target, piece in zip(STACKED[part], np.split(values, len(STACKED[part])), strict=True):
            if end == "bias" and target.endswith("k_proj"):
                if piece.any():
                    raise ValueError(f"{name}: keys have no bias in Whisper, and this one has")
                continue
            yield f"{where}{target}.{ENDS[end]}", piece


def layers(weights: Mapping[str, Any], side: str) -> int:
    found = {match[1] for name in weights if (match := re.match(rf"model\.{side}\.layers\.(\d+)\.", name))}
    return len(found)


def convert(folder: Path, parts: list[Path], settings: Path, tokenizer: Path) -> None:
    """Write configuration, weights, generation settings and processor."""
    import torch
    import transformers

    weights = {
        name: torch.from_numpy(values.astype(np.float32))
        for name, values in renamed(variables(b"".join(part.read_bytes() for part in parts)))
    }
    told = json.loads(settings.read_text(encoding="utf-8"))
    words = {
        token["content"]: token["id"] for token in json.loads(tokenizer.read_text(encoding="utf-8"))["added_tokens"]
    }
    end, start = words["<|endoftext|>"], words["<|startoftranscript|>"]
    vocabulary, width = weights["model.decoder.embed_tokens.weight"].shape
    ends: dict[str, Any] = {
        "bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": start
    }  # fmt: skip
    config = transformers.WhisperConfig(
        vocab_size=vocabulary,
        d_model=width,
        num_mel_bins=weights["model.encoder.conv1.weight"].shape[1],
        encoder_layers=layers(weights, "encoder"),
        decoder_layers=layers(weights, "decoder"),
        encoder_attention_heads=width // HEAD,
        decoder_attention_heads=width // HEAD,
        encoder_ffn_dim=weights["model.encoder.layers.0.fc1.weight"].shape[0],
        decoder_ffn_dim=weights["model.decoder.layers.0.fc1.weight"].shape[0],
        max_source_positions=weights["model.encoder.embed_positions.weight"].shape[0],
        max_target_positions=weights["model.decoder.embed_positions.weight"].shape[0],
        **ends,
    )
    model = transformers.WhisperForConditionalGeneration(config)
    missing, unknown = model.load_state_dict(weights, strict=False)
    if set(missing) != {"proj_out.weight"} or unknown:  # tied to the embedding
        raise ValueError(f"weights do not fit: missing {missing}, unknown {unknown}")
    model.tie_weights()
    model.generation_config = transformers.GenerationConfig(
        **ends,
        max_length=config.max_target_positions,
        is_multilingual="<|zh|>" in words,
        suppress_tokens=told["suppress_ids"],
        begin_suppress_tokens=told["suppress_ids_begin"],
        alignment_heads=told["alignment_heads"],
        no_timestamps_token_id=words["<|notimestamps|>"],
        prev_sot_token_id=words["<|startofprev|>"],
        max_initial_timestamp_index=50,
        return_timestamps=False,
        lang_to_id={word: number for word, number in words.items() if number in set(told["lang_ids"])},
        task_to_id={"transcribe": words["<|transcribe|>"], "translate": words["<|translate|>"]},
    )
    model.save_pretrained(folder)
    special = dict.fromkeys(("bos_token", "eos_token", "unk_token", "pad_token"), "<|endoftext|>")
    read = transformers.WhisperTokenizerFast(tokenizer_file=str(tokenizer), **special)
    features = transformers.WhisperFeatureExtractor(feature_size=config.num_mel_bins)
    transformers.WhisperProcessor(features, read).save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("parts", type=Path, nargs="+")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    given = parser.parse_args()
    convert(given.folder, given.parts, given.settings, given.tokenizer)


if __name__ == "__main__":
    main()
