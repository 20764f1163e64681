"""What libraries warn of stays off stderr for every family, unless somebody asks for it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from evalkit.models.local.library_talk import quieten
from families.cases import answers, mixed
from families.conftest import FAMILIES
from families.test_whisper import clip, hear

ASKING = ("TRANSFORMERS_VERBOSITY", "PYTHONWARNINGS", "PYTHONDEVMODE")
# What a family provokes by itself, and then every way a library has to warn.
PROGRAM = """
import logging, sys, warnings
from evalkit import plugins
from evalkit.core.message import Audio, user
from evalkit.core.sample import Generation, Request
with plugins.load_model("whisper", {"path": sys.argv[1], "dtype": "float32", "device": "cpu"}) as model:
    asked = Request("a", (user(Audio(path=sys.argv[2])),), Generation(max_new_tokens=8), language="en")
    assert [response.failure for _, response in model.stream(iter([asked]))] == [None]
import transformers
logging.getLogger("transformers.generation.utils").warning("one that is logged")
transformers.utils.logging.get_logger("transformers.modeling_utils").warning_once("one that is logged once")
def warn(words, kind, module):
    exec(compile(f"import warnings; warnings.warn({words!r}, {kind})", "x.py", "exec"), {"__name__": module})
warn("one of torch", "UserWarning", "torch.nn.modules")
warn("one about a call of ours", "FutureWarning", "evalkit.models.local.generation")
warn("one of somebody else", "UserWarning", "somebody")
"""
KINDS = ("one that is logged", "one that is logged once", "one of torch", "one about a call of ours")


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Transformers as it is in a program that has asked for nothing."""
    import transformers

    talk = transformers.utils.logging
    before = talk.get_verbosity()
    monkeypatch.delenv("TRANSFORMERS_VERBOSITY", raising=False)
    monkeypatch.setattr(sys, "warnoptions", [])
    talk.set_verbosity_warning()
    yield transformers
    talk.set_verbosity(before)


def test_no_family_provokes_a_warning(family: str, started: Callable[[str], Any], loud: Any) -> None:
    logged: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = logged.append  # type: ignore[method-assign]
    model = started(family)
    logging.getLogger("transformers").addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.resetwarnings()
            warnings.simplefilter("ignore", DeprecationWarning)  # as Python does by itself
            quieten("transformers", loud)
            found = answers(model, [hear("c", clip(2.0, 200))] if FAMILIES[family].recognises else mixed(model.takes))
    finally:
        logging.getLogger("transformers").removeHandler(handler)
    assert all(response.failure is None for response in found.values())
    assert not logged and not warned, [*map(str, logged), *map(str, warned)]


def test_a_level_that_was_chosen_stays(loud: Any) -> None:
    loud.utils.logging.set_verbosity_info()
    quieten("transformers", loud)
    assert loud.utils.logging.get_verbosity() == logging.INFO


def said(folder: Path, recording: Path, **given: str) -> str:
    """What a process writes on stderr that hears a clip."""
    kept = {key: value for key, value in os.environ.items() if key not in ASKING}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(recording)],
        env={**kept, **given, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "clip.wav"
    made = clip(2.0, 200)
    assert made.opener is not None
    file.write_bytes(made.opener())
    return file


def test_libraries_are_not_heard(checkpoint: Callable[[str], Path], recording: Path) -> None:
    heard = said(checkpoint("whisper"), recording)
    assert [line for line in heard.splitlines() if "one of somebody else" in line], "nobody else is silenced"
    assert not [line for line in heard.splitlines() if "somebody else" not in line], heard


def test_who_asks_hears_them(checkpoint: Callable[[str], Path], recording: Path) -> None:
    heard = said(checkpoint("whisper"), recording, TRANSFORMERS_VERBOSITY="warning", PYTHONWARNINGS="default")
    assert not [words for words in (*KINDS, "one of somebody else") if words not in heard]
    assert "max_new_tokens" in heard, "what the call of whisper provokes"
