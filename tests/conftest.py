"""What many tests need: the command line as a process, files of samples, and a program that answers them."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Examples have no time limit: on a busy machine a deadline says nothing about the code. In CI they are the same each time.
settings.register_profile(
    "evalkit", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("evalkit")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background, whose processes would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

ANSWERING = Path(__file__).parent / "models" / "answering_program.py"


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Temporary files of tests and of what they start lie in a folder of pytest's own, which it removes in time.

    Files that nobody removed are an error at the end. Folders of processes that were killed are swept by later ones.
    """
    folder, before = tmp_path_factory.mktemp("temporary"), os.environ.get("TMPDIR")
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    yield
    tempfile.tempdir = None
    os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
    left = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert not left, f"tests left temporary files: {', '.join(left[:20])}"


@dataclass(frozen=True)
class Done:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Program:
    """A program for the model `command`, and the log of every request it got.

    A sample's prompt tells it what to do, see `tests/models/answering_program.py`.
    """

    log: Path
    sleep: float = 0.0
    speech: Path | None = None  # folder its spoken answers lie in; that of the log where None

    @property
    def cmd(self) -> str:
        words = [sys.executable, "-S", "-E", str(ANSWERING), str(self.log), str(self.sleep)]
        return shlex.join(words)

    @property
    def words(self) -> list[str]:
        """Arguments of `evalkit run` that choose it."""
        return [
            "--model",
            "command",
            "--model-arg",
            f"cmd={self.cmd}",
            "--model-arg",
            f"speech={self.speech or self.log.parent}",
        ]

    def requests(self) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_bytes().split(b"\n") if line]

    def asked(self) -> list[str]:
        return [request["id"] for request in self.requests()]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("EVALKIT_")}
    return {**kept, **(extra or {})}


def command(words: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "evalkit", *map(str, words)]


@pytest.fixture
def evalkit(tmp_path: Path) -> Callable[..., Done]:
    """Runs `python -m evalkit WORDS` in an empty folder of its own."""
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(*words: object, env: Mapping[str, str] | None = None, cwd: Path = folder, timeout: float = 60) -> Done:
        done = subprocess.run(
            command(words), capture_output=True, env=environment(env), cwd=cwd, timeout=timeout, check=False
        )
        return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterable[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `python -m evalkit WORDS` and leaves it running; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command(words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(env), cwd=tmp_path
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Calls `evalkit.cli.main.main(WORDS)` in this process, in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("EVALKIT_")]:
        monkeypatch.delenv(name)

    def call(*words: object) -> Done:
        from evalkit.cli.main import main as entry

        capsys.readouterr()
        try:
            code: Any = entry([str(word) for word in words])
        except SystemExit as error:  # argparse
            code = error.code
        shown = capsys.readouterr()
        return Done(code, shown.out, shown.err)

    return call


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "requests.log")


@pytest.fixture
def write_lines() -> Callable[[Path, Iterable[Any]], Path]:
    """Writes JSON Lines; a text or bytes item is written as it stands."""

    def write(path: Path, lines: Iterable[Any]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for line in lines:
                raw = line if isinstance(line, str | bytes) else json.dumps(line, ensure_ascii=False)
                file.write((raw.encode() if isinstance(raw, str) else raw) + b"\n")
        return path

    return write


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every line of a JSON Lines file; fails on a torn one."""
    data = path.read_bytes()
    assert data == b"" or data.endswith(b"\n")
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


@pytest.fixture
def run_of() -> Callable[[Path], Path]:
    """The only run directory below a results folder."""

    def find(out: Path) -> Path:
        found = [path.parent for path in out.glob("*/*/*/run.json") if ".old" not in path.parent.name]
        assert len(found) == 1, found
        return found[0]

    return find


@pytest.fixture
def lines_of() -> Callable[[Path], list[dict[str, Any]]]:
    return read_lines
