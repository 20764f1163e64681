"""Models whose code comes with the checkpoint: run only when allowed, and run where its authors did not try."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import MissingExtraError, UsageError
from evalkit.models.local.transformers_loading import check_whole, need, weight_problems

_ONNX = "transformers.onnx"
_PARTS = ("llm_config", "vision_config", "audio_config", "voicelm_config")


def code_of(folder: Path, config: Mapping[str, Any], further: Iterable[str] = ()) -> str:
    """Hash (64 bit) of the Python files of a checkpoint, and of further files its code reads.

    Raises:
        UsageError: its configuration names no code, code of another repository, or a file that is not there.
    """
    named = {key: value for key, value in (config.get("auto_map") or {}).items() if isinstance(value, str)}
    if not {"AutoConfig", "AutoModel"} <= named.keys():
        raise UsageError(
            f"{folder}: config.json names no code for AutoConfig and AutoModel (auto_map); the download is incomplete, "
            "or this is another model"
        )
    for value in named.values():
        if "--" in value:
            raise UsageError(f"{folder}: config.json takes code from elsewhere ({value}); only its own files are run")
        file = folder / f"{value.split('.')[0]}.py"
        if not file.is_file():
            raise UsageError(f"{folder}: {file.name}, which config.json names, is missing; the download is incomplete")
    digest = hashlib.blake2b(digest_size=8)
    for path in [*sorted(folder.glob("*.py")), *(folder / name for name in sorted(further))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def importable() -> Iterator[None]:
    """While code of a checkpoint is imported, put up what newer versions of transformers have removed.

    `transformers.onnx` is needed for two base classes of export settings and nothing else; where it exists it is used.
    """
    if _ONNX in sys.modules or _found(_ONNX):
        yield
        return
    stub = types.ModuleType(_ONNX)
    for name in ("OnnxConfig", "OnnxConfigWithPast", "OnnxSeq2SeqConfigWithPast"):
        setattr(stub, name, type(name, (), {}))
    # One base of the other, as they were: code may derive from both.
    stub.OnnxConfigWithPast = type("OnnxConfigWithPast", (stub.OnnxConfig,), {})  # type: ignore[attr-defined]
    stub.OnnxSeq2SeqConfigWithPast = type(  # type: ignore[attr-defined]
        "OnnxSeq2SeqConfigWithPast", (stub.OnnxConfigWithPast,), {}
    )
    sys.modules[_ONNX] = stub
    try:
        yield
    finally:
        sys.modules.pop(_ONNX, None)


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def eager(config: Any, decoder: str = "eager") -> Any:
    """Settings for life without flash-attn, in the configuration and its parts.

    Args:
        config: of the whole model.
        decoder: attention of the language model.
    """
    for part in (config, *(getattr(config, name, None) for name in _PARTS)):
        if part is None or isinstance(part, dict):
            continue
        part._attn_implementation = "eager"
        if hasattr(part, "use_flash_attn"):
            part.use_flash_attn = False
    if hasattr(config, "llm_config"):
        config.llm_config._attn_implementation = decoder
    config.use_flash_attn = False
    return config


def attention(wanted: str, device: Any) -> str:
    """What `attn` comes to: flash-attn where it is installed and there is a GPU, else eager.

    Raises:
        MissingExtraError: flash-attn is asked for and not installed.
    """
    installed = importlib.util.find_spec("flash_attn") is not None
    if wanted == "flash_attention_2" and not installed:
        raise MissingExtraError("flash_attn", "flash", "attn=flash_attention_2")
    if wanted == "auto":
        return "flash_attention_2" if installed and device.type == "cuda" else "eager"
    return wanted


def load(folder: Path, dtype: str, attn: str, device: Any) -> tuple[Any, Any]:
    """Tokenizer and model by the checkpoint's own code, in evaluation mode on the device.

    Args:
        folder: checkpoint with safetensors.
        dtype: one of DTYPES.
        attn: eager, sdpa (the language model only) or flash_attention_2.
        device: torch device.

    Raises:
        UsageError: the code cannot be run here, saying what is missing; weights that do not fit it.
    """
    torch = need("torch", "a local model")
    transformers = need("transformers", "a local model")
    trusted = {"trust_remote_code": True, "local_files_only": True}
    _forget()
    try:
        with importable(), on(device):
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, use_fast=True, **trusted)
            config = transformers.AutoConfig.from_pretrained(folder, **trusted)
            given: dict[str, Any] = {}
            if attn != "flash_attention_2":
                config = eager(config, attn)
                given["attn_implementation"] = "eager"
            kind = "auto" if dtype == "auto" else getattr(torch, dtype)
            given["torch_dtype" if _before(transformers, "4.56") else "dtype"] = kind
            with weight_problems(folder):
                model, report = transformers.AutoModel.from_pretrained(
                    folder, config=config, use_safetensors=True, output_loading_info=True, **given, **trusted
                )
                model = model.to(device).eval()
            check_whole(folder, report, type(model).__name__)
            return tokenizer, model
    except ImportError as error:
        raise UsageError(f"the code of {folder} needs a package that is not here: {_first_line(error)}") from error
    except (AttributeError, TypeError, NotImplementedError, KeyError) as error:
        raise UsageError(
            f"the code of {folder} does not run with transformers {transformers.__version__} "
            f"({type(error).__name__}: {_first_line(error)}). It was written for 4.51 to 4.57; in an environment of "
            "its own: pip install 'transformers>=4.51,<4.58'"
        ) from error


def _forget() -> None:
    """Forget code of checkpoints imported so far.

    transformers files it under the name of the directory: a second checkpoint in a directory of the same name would be
    run with the modules of the first. Models that have been loaded keep theirs.
    """
    for name in [name for name in sys.modules if name.startswith("transformers_modules.")]:
        del sys.modules[name]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _before(transformers: Any, version: str) -> bool:
    from packaging.version import Version

    return bool(Version(transformers.__version__) < Version(version))


def current(device: Any) -> contextlib.AbstractContextManager[Any]:
    """Make a CUDA device the thread's current one: the one that `.cuda()` and kernels without a tensor mean."""
    import torch

    return torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()


@contextlib.contextmanager
def on(device: Any) -> Iterator[None]:
    """As `current`, for code that calls `.cuda()` whatever the device: on the CPU that leaves tensors where they are.

    Holds for the calling thread only, since the current device belongs to the thread, as does the mode.
    """
    import torch

    if device.type != "cpu":
        with current(device):
            yield
        return

    class OnCpu(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        """Calls that ask for a CUDA device get the CPU; no function of torch is replaced."""

        def __torch_function__(self, func: Any, kinds: Any, values: Any = (), named: Any = None) -> Any:
            named = dict(named or {})
            if func is torch.Tensor.cuda:
                return values[0]
            if _is_cuda(named.get("device")):
                named["device"] = "cpu"
            return func(*("cpu" if _is_cuda(value) else value for value in values), **named)

    with OnCpu():
        yield


def _is_cuda(value: Any) -> bool:
    import torch

    if isinstance(value, str):
        return value == "cuda" or value.startswith("cuda:")
    return isinstance(value, torch.device) and value.type == "cuda"
