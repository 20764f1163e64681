"""One tiny checkpoint and one started model per family, for the whole session."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from families.released_chat import released, released_folder, released_model  # noqa: F401 fixtures

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


@dataclass(frozen=True)
class Family:
    """A family under test.

    Args:
        module, name: adapter's module and class.
        build: module and function that make its tiny checkpoint.
        speaks: it has a talker.
        recognises: it takes one clip and ignores text.
        arguments: of the adapter.
    """

    module: str
    name: str
    build: str
    speaks: bool = False
    recognises: bool = False
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def model_class(self) -> Any:
        return getattr(importlib.import_module(f"evalkit.model_adapters.{self.module}"), self.name)

    def make(self, folder: Path) -> Path:
        module, _, function = self.build.partition(".")
        built: Path = getattr(importlib.import_module(f"families.{module}"), function)(folder)
        return built

    def load(self, folder: Path, **changed: Any) -> Any:
        arguments = {"path": str(folder), "dtype": "float32", "device": "cpu", **dict(self.arguments), **changed}
        return self.model_class(**arguments)


GREEDY_TALKER = (("talker_tokens", 16), ("talker_temperature", 0.0))
FAMILIES = {
    "qwen2-audio": Family("qwen2_audio", "Qwen2Audio", "audio_checkpoints.qwen2_audio"),
    "audio-flamingo-3": Family("audio_flamingo_3", "AudioFlamingo3", "audio_checkpoints.audio_flamingo_3"),
    "voxtral": Family("voxtral", "Voxtral", "audio_checkpoints.voxtral"),
    "whisper": Family("whisper", "Whisper", "audio_checkpoints.whisper", recognises=True),
    "granite-speech": Family("granite_speech", "GraniteSpeech", "duplex_checkpoints.granite_speech"),
    "moshi": Family(
        "moshi",
        "Moshi",
        "duplex_checkpoints.moshi",
        recognises=True,
        arguments=(("ignore_text", True), ("seconds", 1.0), ("text_temperature", 0.0), ("audio_temperature", 0.0)),
    ),
    "internvl": Family("internvl", "InternVL", "vision_checkpoints.internvl"),
    "internvl3.5": Family("internvl", "InternVL", "vision_checkpoints.internvl_3_5"),
    "qwen2.5-vl": Family("qwen2_5_vl", "Qwen25VL", "vision_checkpoints.qwen2_5_vl"),
    "qwen2.5-omni": Family(
        "qwen2_5_omni", "Qwen25Omni", "omni_checkpoints.qwen2_5_omni", speaks=True, arguments=GREEDY_TALKER
    ),
    "qwen3-omni": Family(
        "qwen3_omni", "Qwen3Omni", "omni_checkpoints.qwen3_omni", speaks=True, arguments=GREEDY_TALKER
    ),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Families by what a test asks for: all, those that hear, see, speak."""
    chosen: dict[str, Callable[[Family], bool]] = {
        "family": lambda family: True,
        "hearing": lambda family: "audio" in family.model_class.takes,
        "seeing": lambda family: "image" in family.model_class.takes,
        "speaking": lambda family: family.speaks,
        "chatting": lambda family: not family.recognises,
    }
    for fixture, wanted in chosen.items():
        if fixture in metafunc.fixturenames:
            names = [name for name, family in FAMILIES.items() if wanted(family)]
            metafunc.parametrize(fixture, names, scope="session")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a family's tiny checkpoint, made once."""
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            made[name] = FAMILIES[name].make(tmp_path_factory.mktemp("checkpoints") / name)
        return made[name]

    return get


@pytest.fixture(scope="session")
def started(checkpoint: Callable[[str], Path]) -> Iterator[Callable[[str], Any]]:
    """A family's model with its weights, loaded once."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    pytest.importorskip("PIL")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tiny matrices: threads cost more than they bring
    models: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in models:
            models[name] = FAMILIES[name].load(checkpoint(name))
            models[name].start()
        return models[name]

    yield get
    for model in models.values():
        model.close()
    torch.set_num_threads(threads)


@pytest.fixture
def folder(released_folder: Path) -> Path:  # noqa: F811
    """The released checkpoint; a module about another family has a fixture of its own."""
    return released_folder


@pytest.fixture
def model(released_model: Any) -> Any:  # noqa: F811
    """Its model, loaded; see `folder`."""
    return released_model
