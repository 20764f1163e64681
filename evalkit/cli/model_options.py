"""Arguments that choose a model and set it up; flags become constructor arguments of models that have them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from evalkit import plugins
from evalkit.cli.judge_options import pairs
from evalkit.core.errors import UsageError
from evalkit.core.model import Model, constructor_parameters

# flag -> constructor argument
_FLAGS = {
    "batch_size": "batch_size",
    "dtype": "dtype",
    "attn": "attn",
    "device": "device",
    "base_url": "base_url",
    "served_name": "served_name",
    "worker_python": "worker_python",
    "asr": "asr",
    "llm": "llm",
    "tts": "tts",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The model a command asks for.

    Args:
        name: registered name.
        arguments: of its constructor.
        devices: processes that share the samples, one per device; 0 for none besides this one.
        shown: name to file results under; None for the model's own.
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    devices: int = 0
    shown: str | None = None

    def make(self) -> Model:
        """A new model; nothing is loaded."""
        if self.devices and not _has_workers(self.name):
            from evalkit.models.processes.device_pool import DevicePool

            return DevicePool(self.name, self.arguments, self.devices)
        return plugins.load_model(self.name, self.arguments)


def add_model_arguments(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """`--model`, its arguments, and the flags of local and served models; with `several`, any number of models."""
    parser.add_argument(
        "--model", metavar="M", **({"action": "append", "default": []} if several else {"required": True}),
        help="NAME[:MODEL][,KEY=VALUE]... (see 'evalkit list models'), a checkpoint's directory, or its id in "
        "the Hugging Face cache",
    )  # fmt: skip
    parser.add_argument(
        "--model-arg", action="append", default=[], metavar="KEY=VALUE", help="argument of the model (repeatable)"
    )
    local = parser.add_argument_group("local models")
    local.add_argument("--batch-size", metavar="auto|N", help="rows of a batch at the most (auto: by memory)")
    local.add_argument("--dtype", metavar="T", help="auto, float32, bfloat16 or float16")
    local.add_argument("--attn", metavar="A", help="auto, eager, sdpa or flash_attention_2")
    local.add_argument("--device", metavar="D", help="auto, cpu or cuda:N")
    local.add_argument(
        "--devices", type=int, metavar="N", help="N processes, one per device, which share the samples of a task"
    )
    local.add_argument(
        "--trust-remote-code", action="store_true", help="run Python files that come with the model's checkpoint"
    )
    local.add_argument("--worker-python", metavar="PATH", help="interpreter of the model's own environment")
    parts = parser.add_argument_group("cascades (each part: NAME[:MODEL][,KEY=VALUE]...)")
    parts.add_argument("--asr", metavar="MODEL", help="model that hears spoken turns")
    parts.add_argument("--llm", metavar="MODEL", help="model that answers texts")
    parts.add_argument("--tts", metavar="MODEL", help="model that speaks answers; 'none' for written ones")
    served = parser.add_argument_group("served models")
    served.add_argument(
        "--base-url", metavar="URL[,URL]...",
        help="address of a server, for example http://localhost:8000/v1; several share the work",
    )  # fmt: skip
    served.add_argument("--served-name", metavar="NAME", help="name the server gives the model")


def wanted_model(arguments: argparse.Namespace) -> Wanted:
    """The model that the arguments of `add_model_arguments` ask for.

    Raises:
        UnknownNameError: no such model.
        UsageError: a flag the model has no use for, a value given twice, a checkpoint that cannot be used.
    """
    from evalkit.models.local.checkpoint_choice import choose_model

    chosen = choose_model(arguments.model)
    given = dict(chosen.arguments)
    for key, value in pairs(arguments.model_arg, "--model-arg").items():
        if key in given:
            raise UsageError(f"--model {arguments.model} is the checkpoint already; leave --model-arg {key}=... out")
        given[key] = value
    known = constructor_parameters(plugins.model_class(chosen.name))

    def take(key: str, value: str, flag: str) -> None:
        if key not in known:
            takes = ", ".join(known) or "none"
            raise UsageError(f"model '{chosen.name}' has no use for {flag}; leave it out. Its arguments: {takes}")
        if key in given:
            raise UsageError(f"{flag} and --model-arg {key}={given[key]} say the same thing twice; give one of them")
        given[key] = value

    for option, key in _FLAGS.items():
        value = getattr(arguments, option)
        if value is None:
            continue
        flag = "--" + option.replace("_", "-")
        if option == "batch_size":
            value = _batch_size(value)
            if value == "auto" and known.get(key) is not None and known[key].default is None:
                continue  # what auto means there
        take(key, value, flag)
    if arguments.trust_remote_code:
        if "trust_remote_code" not in known:
            raise UsageError(f"model '{chosen.name}' runs no code of its checkpoint; leave --trust-remote-code out")
        take("trust_remote_code", "true", "--trust-remote-code")
    count = arguments.devices
    if count is not None and count < 1:
        raise UsageError(f"--devices {count}: expected at least 1")
    if count is not None:
        _share(chosen.name, count, given, take)
    return Wanted(chosen.name, given, count or 0, arguments.name or chosen.shown)


def _share(name: str, count: int, given: Mapping[str, str], take: Callable[[str, str, str], None]) -> None:
    from evalkit.models.local.batching import PlannedModel
    from evalkit.models.processes.device_list import check_count

    cls = plugins.model_class(name)
    if _has_workers(name):
        take("workers", str(count), "--devices")
        devices = [device for device in check_count(count) if device is not None]
        if devices:
            take("devices", ";".join(devices), "--devices")
        return
    if not issubclass(cls, PlannedModel):
        raise UsageError(f"model '{name}' has no use for --devices: it does not run on devices of this machine")
    if given.get("device", "auto") == "auto":
        check_count(count)
    elif given["device"] != "cpu":
        raise UsageError(
            f"--devices {count} gives every process a device of its own, so device={given['device']} cannot be kept; "
            "choose devices by the variable CUDA_VISIBLE_DEVICES"
        )


def _has_workers(name: str) -> bool:
    """Whether the model shares samples over processes by itself: one with an environment of its own."""
    return {"worker_python", "workers", "devices"} <= constructor_parameters(plugins.model_class(name)).keys()


def _batch_size(value: str) -> str:
    if value != "auto" and not (value.isdecimal() and int(value) >= 1):
        raise UsageError(f"--batch-size {value}: expected auto or a number from 1")
    return value
