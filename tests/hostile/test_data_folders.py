"""Commands started in a folder of downloaded data run none of its code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core import own_process


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, Path]:
    """A data folder whose files leave a mark when they are run, and the mark."""
    data, mark = tmp_path / "data", tmp_path / "mark"
    data.mkdir()
    shadowed = (
        "soundfile soxr pocketsphinx numpy orjson pydantic tqdm torch jiwer rapidfuzz espeakng_loader sitecustomize"
    )
    for name in [*shadowed.split(), "wave", "argparse", "queue", "importlib_metadata"]:
        (data / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r} + ' ')\nraise SystemExit(9)\n")
    git = ["git", "-C", str(data), "-c", "user.email=a@b", "-c", "user.name=x"]
    (data / "task.jsonl").write_text('{"id": "a", "prompt": "x", "reference": "no"}\n')
    (data / "answers.jsonl").write_text('{"id": "a", "text": "no"}\n')
    for words in (["init", "-q"], ["add", "task.jsonl"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    for name in ("core.fsmonitor", "core.sshCommand", "diff.external", "core.pager"):
        subprocess.run([*git, "config", name, f"touch {mark};false"], check=True)
    return data, mark


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--model", "constant", "--model-arg", "text=no", "--task", "task.jsonl"],
        ["score", "--task", "task.jsonl", "--responses", "answers.jsonl"],
        ["run", "--model", "pocketsphinx", "--task", "asr_demo", "--limit", "1"],
        ["run", "--model", "constant", "--model-arg", "text=no", "--task", "asr_demo", "--limit", "1", "--dry-run"],
        ["doctor"],
        ["list", "tasks"],
    ],
    ids=lambda words: "-".join(words[:3]),
)
def test_no_file_of_the_current_folder_is_run(words: list[str], folder: tuple[Path, Path]) -> None:
    data, mark = folder
    code = "import sys; sys.path.remove(''); from evalkit.cli.main import entry; entry()"  # as the console script does
    start = [sys.executable, "-c", code]
    done = subprocess.run([*start, *words], cwd=data, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    assert not mark.exists(), mark.read_text()


@pytest.mark.parametrize(
    "module", ["evalkit.models.processes.device_worker", "evalkit.model_adapters.pocketsphinx_worker"]
)
def test_our_modules_start_without_the_current_folder(module: str, folder: tuple[Path, Path]) -> None:
    """On every Python: the flag -P is not there before 3.11, so it must hold without."""
    data, mark = folder
    words = [word for word in own_process.module_command(module) if word != "-P"]
    kept = {key: value for key, value in os.environ.items() if key != own_process.SAFE_PATH}
    done = subprocess.run(words, cwd=data, env=kept, input=b"", capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not mark.exists(), mark.read_text()


@pytest.fixture
def child(tmp_path: Path) -> Callable[[str], int]:
    """Starts a process that starts a program by `own_process.start` and is killed; gives the program's number."""

    def begin(program: str) -> int:
        code = (
            "import sys, time, threading\nfrom evalkit.core import own_process\nfound = []\n"
            f"one = threading.Thread(target=lambda: found.append(own_process.start({program.split()!r})))\n"
            "one.start(); one.join(); print(found[0].pid, flush=True); time.sleep(60)"
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        number = int(process.stdout.readline())
        os.kill(number, 0)  # the thread that started it has ended, and it lives
        process.kill()
        process.wait()
        process.stdout.close()
        return number

    return begin


def test_programs_end_with_the_process_that_started_them(child: Callable[[str], int]) -> None:
    number = child("sleep 3600")
    for _ in range(100):
        if _gone(number):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("it lives on")


def _gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        own_process.start(["/no/such/program"])
    with pytest.raises(PermissionError):
        own_process.start(["/etc/passwd"])


def test_a_started_program_is_as_a_shell_would_start_it() -> None:
    """Signals that Python ignores have their meaning; the environment and the exit code are those of the program."""
    look = "import signal, os; print(signal.getsignal(signal.SIGPIPE), os.environ['A']); raise SystemExit(7)"
    words = ["sh", "-c", "trap; kill -PIPE $$; echo alive"]
    assert own_process.start(words, stdout=subprocess.PIPE).wait() == -13
    done: Any = own_process.start([sys.executable, "-c", look], env={"A": "1"}, stdout=subprocess.PIPE)
    out, _ = done.communicate()
    assert (done.returncode, out.split()[-1]) == (7, b"1")
