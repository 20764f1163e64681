"""How many padded tokens a batch may have: from the memory that is free once the weights are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ON_CPU = 16384
_LEAST, _MOST = 2048, 1 << 20
_SHARE = 0.6  # of the free memory; the rest is for activations of the encoders and fragments
_LAYERS_AT_ONCE = 16  # activations of one token while it is read, in widths of the model: attention, the MLP's middle


def token_budget(model: Any, config: Mapping[str, Any], device: Any) -> int:
    """Padded tokens of one batch: keys and values of every layer, and activations, within the free memory."""
    if device.type != "cuda":
        return ON_CPU
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    # A file leaves out what its class has by default (released Qwen2-Audio: the width); the loaded settings do not.
    per_token = bytes_per_token(config, model.dtype.itemsize)
    per_token = per_token or bytes_per_token(model.config.to_dict(), model.dtype.itemsize)
    return max(_LEAST, min(int(_SHARE * free / per_token), _MOST)) if per_token else ON_CPU


def bytes_per_token(config: Mapping[str, Any], itemsize: int) -> int:
    """Bytes one token of a batch takes on the device; 0 where the configuration does not say."""
    for key in ("thinker_config", "text_config", "llm_config"):
        if isinstance(config.get(key), Mapping):
            return bytes_per_token(config[key], itemsize)
    names = ("num_hidden_layers", "hidden_size", "num_attention_heads")
    if "decoder_layers" in config:  # Whisper: keys and values of what was heard, for every layer of the decoder
        names = ("decoder_layers", "d_model", "decoder_attention_heads")
    if any(config.get(name) is None for name in names):
        return 0
    layers, width, heads = (int(config[name]) for name in names)
    size = config.get("head_dim") or width // heads
    cache = 2 * layers * (config.get("num_key_value_heads") or heads) * size
    return int((cache + _LAYERS_AT_ONCE * width) * itemsize)
