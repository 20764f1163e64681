"""Loading models and processors of transformers: packages, types, attention, devices, and life without torchvision."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, MissingExtraError, UsageError
from evalkit.models.local.library_talk import quieten

DTYPES = ("auto", "float32", "bfloat16", "float16")
ATTENTION = ("auto", "eager", "sdpa", "flash_attention_2")
# word in what the library says of a missing package -> distribution, extra of evalkit that brings it
_BROUGHT_BY = {
    "PIL": ("pillow", "local"),
    "Pillow": ("pillow", "local"),
    "mistral_common": ("mistral-common[audio]", "voxtral"),
    "mistral-common": ("mistral-common[audio]", "voxtral"),
    "torchvision": ("torchvision", "video"),
}


def need(package: str, why: str, extra: str = "local") -> Any:
    """Import an optional package, which warns of nothing unless somebody asked for it.

    Raises:
        MissingExtraError: naming the pip command.
    """
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        distribution = {"PIL": "pillow"}.get(package, package)
        raise MissingExtraError(distribution, extra, why) from error
    quieten(package, module)
    return module


def check_choice(model: str, name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices.

    Raises:
        UsageError: naming them.
    """
    if value not in choices:
        raise UsageError(f"model '{model}': {name}={value}; expected one of {', '.join(choices)}")


def resolve_device(wanted: str) -> Any:
    """The torch device a word stands for; "auto" is the first CUDA device, else the CPU.

    Raises:
        UsageError: no such device on this machine.
    """
    torch = need("torch", "a local model")
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise UsageError(f"device={wanted}: expected auto, cpu or cuda:N") from None
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            raise UsageError(f"device={wanted}: torch sees {count} CUDA devices here")
    return device


def computes(device: Any) -> bool:
    """Whether a sum on a torch device comes out: after some errors of CUDA nothing works until the process ends."""
    if device.type != "cuda":
        return True
    import torch

    try:
        return float(torch.ones(2, device=device).sum()) == 2.0
    except RuntimeError:
        return False


def model_class(name: str, since: str) -> Any:
    """A model class of transformers.

    Args:
        name: its name.
        since: first version that has it.

    Raises:
        MissingExtraError, UsageError: transformers is missing, too old, or fails over another package.
    """
    need("torch", f"{name} of transformers")
    transformers = need("transformers", f"the model class {name}")
    found = _member(transformers, name)
    if found is None or "dummy" in getattr(found, "__module__", ""):
        raise UsageError(
            f"transformers {transformers.__version__} has no {name}; needed is {since} or newer: "
            f"pip install 'transformers>={since}'"
        )
    return found


def load_weights(cls: Any, folder: Path, dtype: str, attn: str, device: Any, **further: Any) -> Any:
    """Load a model in evaluation mode on its device.

    Args:
        cls: class of transformers.
        folder: checkpoint with safetensors.
        dtype: one of DTYPES; "auto" is the checkpoint's.
        attn: one of ATTENTION; "auto" leaves it to transformers.
        device: torch device.
        further: other arguments of `from_pretrained`.

    Raises:
        MissingExtraError, UsageError: attention that cannot be had, weights that do not fit the configuration.
    """
    torch = need("torch", "a local model")
    if attn == "flash_attention_2":
        need("flash_attn", "attn=flash_attention_2", "flash")
    kwargs: dict[str, Any] = {
        "dtype": "auto" if dtype == "auto" else getattr(torch, dtype),
        "local_files_only": True,
        "use_safetensors": True,
        **further,
    }
    if attn != "auto":
        kwargs["attn_implementation"] = attn
    if device.type != "cpu" and importlib.util.find_spec("accelerate") is not None:
        kwargs["device_map"] = {"": device}  # straight to the device, not through main memory
    # The base class' method: one family's own cannot give the report.
    transformers = need("transformers", "a local model")
    load = transformers.PreTrainedModel.from_pretrained.__func__
    with weight_problems(folder):
        model, report = load(cls, folder, output_loading_info=True, **kwargs)
        model = model.to(device).eval()
    check_whole(folder, report, cls.__name__)
    return model


def check_whole(folder: Path, report: Mapping[str, Any], what: str) -> None:
    """Refuse a checkpoint that lacks weights of its model.

    Args:
        folder: of the checkpoint.
        report: transformers' account of the loading.
        what: the model's class.

    Raises:
        UsageError: naming one of them.
    """
    missing = sorted(report.get("missing_keys") or ())
    if missing:
        raise UsageError(
            f"{folder}: {len(missing)} weights of {what} are not in the checkpoint ({missing[0]} among them); they "
            "would be random. The checkpoint is damaged or of another model"
        )


@contextlib.contextmanager
def weight_problems(folder: Path) -> Iterator[None]:
    """Tell in words what reading weights ends in.

    Raises:
        UsageError: damaged files, weights of another shape than the configuration says, no room on the device.
    """
    torch = need("torch", "a local model")
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise UsageError(
            f"{folder}: the device has no room for the weights ({_first(error)}). Take --dtype bfloat16, another "
            "--device, or a smaller model"
        ) from error
    except Exception as error:
        if "safetensors" in type(error).__module__ or isinstance(error, EOFError):
            raise UsageError(
                f"{folder}: a weight file is damaged ({_first(error)}); compare sizes and get it again"
            ) from error
        if isinstance(error, RuntimeError) and "mismatched_sizes" in str(error):
            raise UsageError(
                f"{folder}: weights have other shapes than config.json says; the files are not of one checkpoint"
            ) from error
        raise


def _first(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def last_logits_only(decoder: Any) -> None:
    """Let a decoder work out the scores of the last position only, the ones `generate` reads.

    Some classes of transformers (Qwen-Omni, Qwen2-Audio up to 5.23) do so for every token of the prompt: with 150,000
    words that is more memory than all else a token takes.
    """
    import inspect

    head = getattr(decoder, "lm_head", None)
    if head is not None and "logits_to_keep" not in inspect.signature(decoder.forward).parameters:
        head.register_forward_pre_hook(lambda module, values: (values[0][:, -1:], *values[1:]))


def load_processor(name: str, folder: Path) -> Any:
    """Load a processor; where torchvision is missing, one that refuses videos only.

    transformers has video processors for torchvision alone, and without it refuses the whole processor, images and
    audio included.

    Raises:
        MissingExtraError: another package is missing.
        UsageError: a file of it is missing or damaged, or a package does not fit this torch.
    """
    transformers = need("transformers", name)
    cls = _member(transformers, name)
    if importlib.util.find_spec("torchvision") is None and "video_processor" in _parts(cls):
        cls = _without_video(cls)
    try:
        return cls.from_pretrained(folder, local_files_only=True)
    except (ImportError, ValueError, OSError, RuntimeError) as error:
        raise _explained(name, error, folder) from error


def _member(transformers: Any, name: str) -> Any:
    """A class of transformers, which imports it now; None where it has none of that name."""
    try:
        return getattr(transformers, name, None)
    except Exception as error:  # of whatever package that class needs
        raise _explained(name, error) from error


def _explained(name: str, error: Exception, folder: Path | None = None) -> EvalkitError:
    """What to do about a class of transformers that cannot be had: install a package, repair one, or get files."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    said, first = " ".join(map(str, chain)), _first(chain[-1])
    if "torchvision::" in said or ".so" in first:
        return UsageError(
            f"{name} cannot be loaded ({first}): a compiled package does not fit this torch. 'evalkit doctor' tells "
            "which, and what to do"
        )
    package, extra = next((found for word, found in _BROUGHT_BY.items() if word in said), ("", ""))
    if package and (isinstance(error, ImportError) or "Missing optional" in said):
        return MissingExtraError(package, extra, name)
    if folder is None or isinstance(error, ImportError):
        return UsageError(
            f"{name} of transformers cannot be imported: {first}; 'evalkit doctor' shows what is installed"
        )
    return UsageError(f"{folder}: its {name} cannot be loaded: {error}")


def compute_alone() -> None:
    """Let the calling thread compute without helpers.

    Otherwise every thread that prepares gets OpenMP threads of its own, and as soon as there are more of them than
    cores, the runtime lets all of them sleep between two steps, those of the model included: it runs at half speed.
    """
    import ctypes

    need("torch", "a local model").get_num_threads()  # sets the thread up; later it would undo what follows
    with contextlib.suppress(AttributeError, OSError):  # another runtime than OpenMP
        ctypes.CDLL(None).omp_set_num_threads(1)


class NoVideo:
    """Stands in for a video processor that needs torchvision; any use of it says so."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.merge_size = settings.get("merge_size", 2)
        self.temporal_patch_size = settings.get("temporal_patch_size", 2)
        self.size = settings.get("size")
        self.model_input_names = ["pixel_values_videos"]

    @classmethod
    def from_pretrained(cls, folder: Any, **further: Any) -> NoVideo:
        """Take the sizes from the checkpoint."""
        from evalkit.models.local.checkpoints import read_json

        given = read_json(Path(folder) / "video_preprocessor_config.json")
        return cls(given or read_json(Path(folder) / "preprocessor_config.json"))

    def __call__(self, *values: Any, **further: Any) -> Any:
        """Refuse.

        Raises:
            MissingExtraError: always.
        """
        raise MissingExtraError("torchvision", "video", "a video")


def _parts(cls: Any) -> tuple[str, ...]:
    import inspect

    return tuple(inspect.signature(cls.__init__).parameters)


def _without_video(cls: Any) -> Any:
    def check(self: Any, name: str, part: Any) -> Any:
        return None if name == "video_processor" else cls.check_argument_for_proper_class(self, name, part)

    def module(name: str) -> Any:
        return NoVideo if name == NoVideo.__name__ else cls.get_possibly_dynamic_module(name)

    members = {
        "__repr__": lambda self: f"{cls.__name__} without videos",  # the inherited one serialises every part
        "video_processor_class": NoVideo.__name__,
        "check_argument_for_proper_class": check,
        "get_possibly_dynamic_module": staticmethod(module),
    }
    return type(cls.__name__, (cls,), members)
