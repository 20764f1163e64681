"""A language model as llama.cpp reads it (GGUF) -> a checkpoint of transformers in float32, with its tokenizer.

    PYTHONPATH=PACKAGES python gguf_language_model.py FILE.gguf FOLDER

The package `gguf` must be importable, by its name and by its metadata.
"""

from __future__ import annotations

import sys
from pathlib import Path


def convert(file: Path, folder: Path) -> None:
    """Undo the quantisation of every weight: what llama.cpp computes in blocks, transformers has as plain numbers."""
    import torch
    import transformers

    inside = {"gguf_file": file.name}
    plain = transformers.GgufConfig(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        file.parent, dtype=torch.float32, quantization_config=plain, **inside
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(file.parent, **inside)
    if not tokenizer.chat_template:
        sys.exit(f"{file} holds no chat template")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
