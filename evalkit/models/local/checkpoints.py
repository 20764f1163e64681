"""Checkpoints on this machine: found, checked and fingerprinted without loading a weight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.data.fingerprint import combined

_HASHED = (".json", ".safetensors", ".jinja", ".txt", ".model", ".pt", ".yaml", ".mvn", ".py", ".tiktoken")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "tekken.json", "spiece.model")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")


def locate(name: str) -> Path:
    """Folder of a checkpoint: a directory, or the snapshot of a Hugging Face id in the local cache.

    Nothing is downloaded.

    Raises:
        UsageError: it is not on this machine, is incomplete, or its weights are not safetensors.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        cached = _cached(name)
        if cached is None:
            advice = f"; download it first: hf download {name}" if name.count("/") == 1 and name[0] not in "./~" else ""
            raise UsageError(f"checkpoint '{name}': no such directory, and not in the Hugging Face cache{advice}")
        folder = cached
    if not (folder / "config.json").is_file():
        raise UsageError(f"checkpoint '{name}': {folder} has no config.json; expected a model saved by transformers")
    _check_weights(name, folder)
    return folder


def check_tokenizer(name: str, folder: Path) -> None:
    """Refuse a checkpoint without a tokenizer.

    Raises:
        UsageError: there is none.
    """
    if not any((folder / file).is_file() for file in _TOKENIZERS) and not any(folder.glob("*.tiktoken")):
        raise UsageError(
            f"checkpoint '{name}': {folder} has no tokenizer ({', '.join(_TOKENIZERS[:3])}, ...); the download is "
            "incomplete, or the tokenizer was not saved with the model (tokenizer.save_pretrained)"
        )


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no such file.

    Raises:
        UsageError: not a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(f"{path}: not JSON ({error}); the checkpoint is damaged") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path}: expected a JSON object; the checkpoint is damaged")
    return value


def architectures(folder: Path) -> tuple[str, ...]:
    """Class names its config.json gives."""
    return tuple(read_json(folder / "config.json").get("architectures") or ())


def context_length(config: Mapping[str, Any]) -> int | None:
    """Most positions of the language model inside a configuration; None where it does not say."""
    for key in ("thinker_config", "text_config", "llm_config"):
        if isinstance(config.get(key), Mapping):
            return context_length(config[key])
    value = config.get("max_position_embeddings")
    return int(value) if value is not None else None


def fingerprint(folder: Path) -> str:
    """Hash (64 bit) of a checkpoint: names and contents of weights, settings, tokenizer and code.

    Weights are read once in full; see `evalkit.data.fingerprint`. Where the folder lies is of no matter.
    """
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix in _HASHED]
    found, _ = combined((path.name, path) for path in files)
    return found[:16]


def identity(name: str, folder: Path) -> dict[str, str]:
    """What a checkpoint is, wherever it lies.

    Args:
        name: as it was given, a directory or a Hugging Face id.
        folder: where it was found.
    """
    is_id = name.count("/") == 1 and not Path(name).exists()
    return {"checkpoint": name if is_id else folder.name, "fingerprint": fingerprint(folder)}


def _cached(name: str) -> Path | None:
    if name.count("/") != 1 or name[0] in "./~":
        return None
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    try:
        found = try_to_load_from_cache(name, "config.json")
    except ValueError:  # not a valid id
        return None
    return Path(found).parent if isinstance(found, str) else None


def _check_weights(name: str, folder: Path) -> None:
    index = read_json(folder / "model.safetensors.index.json")
    absent = sorted({file for file in index.get("weight_map", {}).values() if not (folder / file).is_file()})
    if absent:
        raise UsageError(
            f"checkpoint '{name}': {len(absent)} weight files of its index are missing in {folder}, "
            f"{absent[0]} among them; the download is incomplete"
        )
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLED)
    if pickled:
        raise UsageError(
            f"checkpoint '{name}': its weights ({pickled[0]}) are pickled, which can run code when read. Only "
            "safetensors are loaded: take a revision that has them, or convert it with save_pretrained"
        )
    raise UsageError(f"checkpoint '{name}': {folder} holds no weights (*.safetensors)")
