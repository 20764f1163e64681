"""What the terminal, the pipe and the interpreter do to a command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAVY = (
    "torch", "datasets", "pandas", "numpy", "soundfile", "pydantic", "transformers", "jiwer", "rapidfuzz", "tqdm",
    "pyarrow", "evaluate", "soxr", "zhconv", "pocketsphinx", "openai", "huggingface_hub",
)  # fmt: skip
LIGHT = [
    ["--help"], ["--version"], ["run", "--help"], ["score", "--help"], ["list", "--help"], ["metric", "--help"],
    ["list", "tasks"], ["list", "models"], ["list", "metrics"], ["list", "profiles"], ["list", "columns"],
    ["list", "tasks", "--json"], ["show", "model", "constant"],
]  # fmt: skip


@pytest.mark.parametrize("words", LIGHT, ids=" ".join)
def test_help_and_lists_import_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from evalkit.cli.main import main
try:
    code = main({words!r})
except SystemExit as error:
    code = error.code or 0
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "[]\n"
    assert done.stdout.strip()


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, evalkit, evalkit.plugins; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m evalkit list columns --json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_a_full_disk_behind_stdout_is_told(evalkit: Callable[..., Any]) -> None:
    command = f"{sys.executable} -m evalkit list columns --json > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_everything_ends_no_run(
    encoding: str, tmp_path: Path, evalkit: Callable[..., Any], write_lines: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "问答.jsonl", [{"id": "甲", "prompt": "二", "reference": "三"}])
    words = ["run", "--model", "constant", "--model-arg", "text=三", "--task", task, "--out", tmp_path / "out"]
    for more in ([], ["--json"]):
        done = evalkit(*words, *more, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
        assert done.code == 0, done.err
        assert "Traceback" not in done.err


def test_what_a_model_wrote_cannot_steer_the_terminal(
    tmp_path: Path, main: Callable[..., Any], write_lines: Callable[..., Path], program: Any
) -> None:
    task = write_lines(
        tmp_path / "quiz.jsonl",
        [{"id": "a", "prompt": 'reply {"error": "\\u001b]0;title\\u0007\\u001b[2J"}', "reference": ""}],
    )
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out")
    assert done.code == 1
    assert "\x1b" not in done.err + done.out
