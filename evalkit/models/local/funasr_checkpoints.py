"""Checkpoints of FunASR on this machine: found, checked and read without running anything they hold.

A checkpoint is a folder with `config.yaml`, weights (`model.safetensors` or `model.pt`) and, as it needs them, files of
its tokenizer and frontend, named by `configuration.json` or by custom. FunASR's own loader looks names up on the
network, reads `model.pt` with whatever the installed torch thinks safe, leaves weights that are missing or of another
shape at random values, and evaluates a string of the configuration; none of that happens here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.models.local.checkpoints import read_json
from evalkit.models.local.transformers_loading import need

WEIGHTS = ("model.safetensors", "model.pt")
_WRAPPERS = ("state_dict", "model_state_dict", "model")  # what a saved state may be wrapped in
_LAYERS = re.compile(r"[\d\s\[\](),+*]*")
# file -> where the configuration names it, for folders without configuration.json
_BY_CUSTOM = {
    "tokens.txt": ("tokenizer_conf", "token_list"),
    "tokens.json": ("tokenizer_conf", "token_list"),
    "seg_dict": ("tokenizer_conf", "seg_dict"),
    "bpe.model": ("tokenizer_conf", "bpemodel"),
    "am.mvn": ("frontend_conf", "cmvn_file"),
}


def locate(name: str) -> Path:
    """Folder of a checkpoint: a directory, or an id in the local cache of ModelScope or Hugging Face.

    Nothing is downloaded.

    Raises:
        UsageError: it is not on this machine, or incomplete.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        cached = _cached(name)
        if cached is None:
            raise UsageError(
                f"checkpoint '{name}': no such directory, and not in the caches of ModelScope and Hugging Face; "
                f"download it first: modelscope download --model {name}"
            )
        folder = cached
    for needed in (("config.yaml",), WEIGHTS):
        if not any((folder / file).is_file() for file in needed):
            raise UsageError(f"checkpoint '{name}': {folder} has no {' or '.join(needed)}; expected a model of FunASR")
    return folder


def _cached(name: str) -> Path | None:
    if name.count("/") != 1 or name[0] in "./~":
        return None
    roots = [Path(os.environ.get("MODELSCOPE_CACHE") or Path.home() / ".cache" / "modelscope" / "hub")]
    for root in roots:
        for folder in (root / "models" / name, root / "hub" / "models" / name, root / name):
            if (folder / "config.yaml").is_file():
                return folder
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(name, "config.yaml")
    except (ImportError, ValueError):  # not installed; not a valid id
        return None
    return Path(found).parent if isinstance(found, str) else None


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a checkpoint, with full paths of the files it names.

    Raises:
        UsageError: not YAML, no mapping, or a description of layers that is no plain list.
    """
    import yaml

    path = folder / "config.yaml"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not YAML ({error}); the checkpoint is damaged") from None
    if not isinstance(config, dict) or not isinstance(config.get("model"), str):
        raise UsageError(f"{path}: names no model; expected the configuration of a FunASR model")
    named = read_json(folder / "configuration.json").get("file_path_metas")
    if isinstance(named, Mapping):
        _add_files(config, named, folder)
    else:
        for file, (part, key) in _BY_CUSTOM.items():
            if (folder / file).exists():
                config[part] = {**(config.get(part) or {}), key: str(folder / file)}
    for gone in ("init_param", "config"):
        config.pop(gone, None)
    _check_layers(path, config)
    return config


def _add_files(config: dict[str, Any], named: Mapping[str, Any], folder: Path) -> None:
    for key, value in named.items():
        if isinstance(value, Mapping):
            inner = config[key] = dict(config.get(key) or {})
            _add_files(inner, value, folder)
        elif isinstance(value, str) and (folder / value).exists():
            config[key] = str(folder / value)


def _check_layers(path: Path, value: Any) -> None:
    """FunASR evaluates `feature_encoder_spec`, so it may hold numbers and brackets only."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "feature_encoder_spec" and not _LAYERS.fullmatch(str(inner)):
                raise UsageError(f"{path}: feature_encoder_spec {inner!r} is not a plain list of layers; refused")
            _check_layers(path, inner)
    elif isinstance(value, list):
        for inner in value:
            _check_layers(path, inner)


def read_weights(folder: Path) -> Mapping[str, Any]:
    """Tensors of a checkpoint by name; `model.pt` is read as tensors only.

    Raises:
        UsageError: it holds more than tensors, which can run code when read, or is damaged.
    """
    path = folder / WEIGHTS[0]
    if path.is_file():
        loaded: Mapping[str, Any] = need("safetensors.torch", "a FunASR checkpoint", "speech").load_file(path)
        return loaded
    import pickle

    torch = need("torch", "a FunASR checkpoint", "speech")
    path = folder / WEIGHTS[1]
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        problem = str(error).splitlines()[0]
        raise UsageError(
            f"{path}: holds more than tensors, or is damaged ({problem}); reading it could run code. Where its origin "
            "is trusted, convert it to model.safetensors"
        ) from None
    except (RuntimeError, EOFError, OSError) as error:
        raise UsageError(f"{path}: cannot be read ({str(error).splitlines()[0]}); the checkpoint is damaged") from None
    for key in _WRAPPERS:
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
    if not isinstance(state, Mapping):
        raise UsageError(f"{path}: expected named tensors, found {type(state).__name__}")
    return state


def load_weights(model: Any, folder: Path, prefixes: Any) -> None:
    """Fill a model with the weights of a checkpoint; each of its tensors has to be there, in its shape.

    Args:
        model: torch module.
        folder: checkpoint.
        prefixes: `scope_map` of the configuration: pairs of a prefix in the checkpoint and one in the model, flat.

    Raises:
        UsageError: a tensor is missing or of another shape.
    """
    given = read_weights(folder)
    words = prefixes.split(",") if isinstance(prefixes, str) else list(prefixes or ())
    words = ["" if str(word).lower() == "none" else str(word) for word in [*words, "module.", "none"]]
    pairs = list(zip(words[::2], words[1::2], strict=False))
    own = model.state_dict()
    found, missing = {}, []
    for key, tensor in own.items():
        names = [key, *(there + key[len(here) :] for there, here in pairs if key.startswith(here))]
        source = next((name for name in names if name in given), None)
        if source is not None and given[source].shape == tensor.shape:
            found[key] = given[source]
        elif not key.endswith("num_batches_tracked"):
            missing.append(key)
    if missing:
        raise UsageError(
            f"{folder}: {len(missing)} of {len(own)} weights of {type(model).__name__} are not in the checkpoint in "
            f"their shape ({missing[0]} among them); they would be random. The checkpoint is damaged or of another "
            "model, or this version of funasr builds it differently"
        )
    model.load_state_dict({**own, **found})
