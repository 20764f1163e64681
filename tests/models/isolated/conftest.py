"""Environments of their own for workers: real interpreters without evalkit, with stand-ins for the models' packages."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit import plugins
from evalkit.core.response import Response
from evalkit.core.sample import Request

STANDINS = Path(__file__).parent / "standins"

Environment = Callable[..., Path]
Ask = Callable[..., dict[str, Response]]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Makes a virtual environment without evalkit; gives its interpreter.

    The folders are searched in order; with `torch=True` this interpreter's packages follow, evalkit and transformers
    left out.
    """
    made: dict[tuple[Any, ...], Path] = {}

    def make(*folders: str | Path, torch: bool = False) -> Path:
        key = (*map(str, folders), torch)
        if key in made:
            return made[key]
        root = tmp_path_factory.mktemp("environment")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
        (packages,) = root.glob("lib/python*/site-packages")
        places = [str(STANDINS), *(str(STANDINS / folder) for folder in folders)]
        if torch:
            places.append(str(others(tmp_path_factory)))
        (packages / "standins.pth").write_text("\n".join(places) + "\n")
        python = root / "bin" / "python"
        has = subprocess.run([python, "-c", "import evalkit"], capture_output=True, cwd=root, check=False)
        assert has.returncode != 0, "evalkit is installed in the model's environment"
        made[key] = python
        return python

    return make


def others(factory: pytest.TempPathFactory) -> Path:
    """A folder with links to the packages beside torch, but evalkit and what stand-ins stand for."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        pytest.skip("torch is not installed")
    folder = factory.mktemp("packages")
    for entry in Path(found.origin).parents[1].iterdir():
        if not entry.name.startswith(("evalkit", "__editable__", "transformers", "librosa", "whisper")):
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture
def ask() -> Ask:
    """Asks a model; every request has one answer."""

    def answers(name: str, python: Path, *requests: Request, **arguments: Any) -> dict[str, Response]:
        model = plugins.load_model(name, {"worker_python": str(python), **arguments})
        found: dict[str, Response] = {}
        with model:
            for key, response in model.stream(iter(requests)):
                assert key not in found, "answered twice"
                found[key] = response
        assert set(found) == {request.id for request in requests}
        return found

    return answers


@pytest.fixture
def wav(tmp_path: Path) -> Callable[..., Path]:
    """Writes a wav of 16-bit noise-free samples."""

    def write(name: str = "a.wav", frames: int = 1600, rate: int = 16000) -> Path:
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(b"".join((i % 200 * 50).to_bytes(2, "little", signed=True) for i in range(frames)))
        return path

    return write


@pytest.fixture
def family(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a family file whose `answer` has the given body."""

    def write(body: str, opening: str = "") -> Path:
        lines = "\n".join("        " + line for line in body.strip().splitlines())
        path = tmp_path / "family.py"
        path.write_text(
            "import os, sys, time, json, ctypes\n"
            'TAKES, GIVES, SAMPLE_RATE, PACKAGES = ("text", "audio"), ("text", "speech"), {"in": 8000, "out": 8000}, ()\n'
            f"{opening}\n"
            "def load(kit, options):\n"
            "    def answer(request):\n"
            '        text = "".join(kit.text_of(turn) for turn in request["messages"])\n'
            f"{lines}\n"
            "    return answer\n"
        )
        return path

    return write
