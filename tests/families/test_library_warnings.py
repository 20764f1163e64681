"""What libraries warn of stays off stderr for every family, unless somebody asks for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from families.conftest import FAMILIES

TESTS = Path(__file__).parents[1]
ASKING = ("TRANSFORMERS_VERBOSITY", "PYTHONWARNINGS", "PYTHONDEVMODE")
# Both ways a library warns, beside what it does by itself when the family works.
PROGRAM = """
import json, os, sys, warnings, logging
sys.path.insert(0, {tests!r})
from families.conftest import FAMILIES
for name in {asking!r}:
    if name not in {given!r}:
        os.environ.pop(name, None)
from families.cases import mixed, ask, clip
for name, folder in json.loads(sys.argv[1]).items():
    with FAMILIES[name].load(folder) as model:
        requests = [ask("clip", clip(2.0, 200))] if FAMILIES[name].recognises else mixed(model.takes)
        answered = dict(model.stream(iter(requests)))
    assert all(response.failure is None for response in answered.values()), answered
import transformers
logging.getLogger("transformers.generation.utils").warning("a warning that is logged")
transformers.utils.logging.get_logger("transformers.modeling_utils").warning_once("a warning that is logged once")
exec(compile("import warnings; warnings.warn('a warning of torch')", "t.py", "exec"), {{"__name__": "torch.nn.modules"}})
exec(compile("import warnings; warnings.warn('a call of ours', FutureWarning)", "o.py", "exec"),
     {{"__name__": "evalkit.models.local.generation"}})
exec(compile("import warnings; warnings.warn('somebody else')", "s.py", "exec"), {{"__name__": "somebody"}})
"""


def spoken(folders: dict[str, str], **given: str) -> str:
    """What a process writes on stderr that loads these families and answers with them."""
    kept = {key: value for key, value in os.environ.items() if key not in ASKING}
    program = PROGRAM.format(tests=str(TESTS), asking=ASKING, given=tuple(given))
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(folders)],
        env={**kept, **given, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_no_family_lets_libraries_talk(checkpoint: Callable[[str], Path]) -> None:
    said = spoken({name: str(checkpoint(name)) for name in FAMILIES})
    assert [line for line in said.splitlines() if line] == ["s.py:1: UserWarning: somebody else"], said


def test_who_asks_hears_them(checkpoint: Callable[[str], Path]) -> None:
    said = spoken({"whisper": str(checkpoint("whisper"))}, TRANSFORMERS_VERBOSITY="warning", PYTHONWARNINGS="default")
    for warning in ("that is logged", "that is logged once", "a warning of torch", "a call of ours", "somebody else"):
        assert warning in said
    assert "generation_config" in said or "max_new_tokens" in said, "what whisper's call provokes"
