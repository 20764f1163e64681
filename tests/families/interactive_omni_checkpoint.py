"""A tiny checkpoint laid out like InteractiveOmni's, with our own stand-in for the code that is released with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from families.tiny import DENSE, VOCABULARY, lively, qwen_tokenizer, write_json

CODE = Path(__file__).with_name("interactive_omni_code")
TOKENS = ["<img>", "</img>", "<IMG_CONTEXT>", "<audio>", "</audio>", "<AUDIO_CONTEXT>"]


def interactive_omni(folder: Path, **llm: Any) -> Path:
    """Write the checkpoint.

    Args:
        folder: made here.
        llm: further settings of the language model.
    """
    import torch
    from transformers import AutoConfig, AutoModel

    from evalkit.models.local.remote_code import eager, importable

    folder.mkdir(parents=True)
    for path in CODE.glob("*.py"):
        shutil.copy(path, folder / path.name)
    (folder / "campplus.onnx").write_bytes(b"placeholder of the speaker encoder")
    write_json(
        folder / "config.json",
        {
            "architectures": ["InteractiveOmniModel"],
            "auto_map": {
                "AutoConfig": "configuration_interactiveomni.InteractiveOmniConfig",
                "AutoModel": "modeling_interactiveomni.InteractiveOmniModel",
            },
            "model_type": "interactiveomni",
            "use_flash_attn": True,
            "llm_config": {
                **DENSE, "model_type": "qwen3", "vocab_size": VOCABULARY, "head_dim": 16, "tie_word_embeddings": False,
                **llm,
            },
            "vision_config": {"use_flash_attn": True},
            "audio_config": {},
            "voicelm_config": {},
            "torch_dtype": "float32",
        },
    )  # fmt: skip
    tokenizer = qwen_tokenizer(TOKENS)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    with importable():
        config = eager(AutoConfig.from_pretrained(folder, trust_remote_code=True))
        model = lively(AutoModel.from_config(config, trust_remote_code=True).float(), seed=3)
    given = json.loads((folder / "config.json").read_text())
    weights = {name: value.contiguous().clone() for name, value in model.state_dict().items()}
    from safetensors.torch import save_file

    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", given)
    return folder
