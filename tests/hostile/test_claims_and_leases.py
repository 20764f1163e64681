"""Two processes and one file: a lease where locks do nothing, a claim where several write, leftovers that go."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core import owners
from evalkit.core.errors import ResultsError, UsageError
from evalkit.core.whole_files import whole_file, write_whole
from evalkit.run import directory, lease
from evalkit.run.directory import RunDirectory

DEAD = 2**22 - 5  # no machine of ours has so many processes


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system on which everybody gets every lock."""
    monkeypatch.setattr(fcntl, "flock", lambda file, how: None)


HOLDER = """
import fcntl, sys, time
from pathlib import Path
fcntl.flock = lambda file, how: None
from evalkit.run.directory import RunDirectory
with RunDirectory(Path(sys.argv[1])):
    print("in", flush=True)
    time.sleep(60)
"""


def test_locks_that_do_nothing_are_noticed(no_locks: None, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    try:
        with pytest.raises(ResultsError, match=f"process {process.pid} is working in this run directory"):
            RunDirectory(tmp_path).__enter__()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with RunDirectory(tmp_path):  # a killed one holds nothing
        assert (tmp_path / ".lease").read_text() == owners.me()
    assert not (tmp_path / ".lease").exists()


def test_a_lease_of_another_machine_ends_without_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "STALE", 3.0)
    (tmp_path / ".lease").write_text("5 5 pid:[1] elsewhere")
    began = time.monotonic()
    with RunDirectory(tmp_path):
        assert time.monotonic() - began > 1.0
    (tmp_path / ".lease").write_text("5 5 pid:[1] elsewhere")
    real = time.sleep

    def beat(seconds: float) -> None:
        real(0.05)
        os.utime(tmp_path / ".lease")

    monkeypatch.setattr(lease.time, "sleep", beat)
    with pytest.raises(ResultsError, match="process 5 is working"):
        RunDirectory(tmp_path).__enter__()


def test_a_number_used_again_is_another_process() -> None:
    mine = owners.me().split()
    assert owners.lives(" ".join(mine)) is True
    assert owners.lives(" ".join([mine[0], "1", *mine[2:]])) is False
    assert owners.lives(" ".join([str(DEAD), *mine[1:]])) is False
    assert owners.lives(" ".join([*mine[:3], "another-machine"])) is None
    assert owners.lives("") is owners.lives("x y") is None


def test_unfinished_files_of_the_dead_are_swept(tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    dead = [tmp_path / f".run.json.{DEAD}", tmp_path / "scores" / f".x.jsonl.{DEAD}"]
    living = tmp_path / f".run.json.{os.getppid()}"
    for path in (*dead, living):
        path.touch()
    with RunDirectory(tmp_path):
        assert not any(path.exists() for path in dead)
        assert living.exists()
    assert directory.sweep(tmp_path / "no such folder") is None


def test_leftover_folders_of_workers_go_with_any_run(
    tmp_path: Path, main: Callable[..., Any], write_lines: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, held = tmp_path / "evalkit-workers-left", tmp_path / "evalkit-workers-held"
    for folder, tag in ((left, f"{DEAD} 5 {' '.join(owners.me().split()[2:])}"), (held, owners.me())):
        folder.mkdir()
        (folder / "lock").write_text(tag)
    task = write_lines(tmp_path / "t.jsonl", [{"id": "a", "prompt": "x", "reference": "no"}])
    done = main("run", "--model", "constant", "--model-arg", "text=no", "--task", task, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert not left.exists()
    assert held.exists(), "nobody locks it, but its owner lives"


def test_whole_files_are_written_by_one_at_a_time(tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    with whole_file(target) as part:
        part.write_text("mine")
        with pytest.raises(UsageError, match=f"process {os.getpid()} is writing this file"):
            write_whole(target, "theirs")
    assert target.read_text() == "mine"
    (tmp_path / ".x.csv.claim").write_text(f"{DEAD} 5 {' '.join(owners.me().split()[2:])}")
    (tmp_path / f".x.csv.{DEAD}").touch()
    write_whole(target, "after a killed one")
    half = whole_file(target)
    half.__enter__().write_text("half")
    assert not half.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert target.read_text() == "after a killed one"
    write_whole(Path("/dev/null"), "x")
    with pytest.raises(UsageError, match="is a folder"):
        write_whole(tmp_path, "x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_whole(tmp_path / "none" / "x", "x")


def test_a_claim_made_while_a_leftover_is_taken_away_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = tmp_path / ".x.csv.claim"
    claim.write_text(f"{DEAD} 5 {' '.join(owners.me().split()[2:])}")
    real = os.rename

    def late(old: Any, new: Any) -> None:
        Path(old).write_text("7 7 pid:[1] elsewhere")  # another one's, in the very file that was looked at
        real(old, new)

    monkeypatch.setattr(os, "rename", late)
    with pytest.raises(UsageError, match="process 7 is writing this file"):
        write_whole(tmp_path / "x.csv", "mine")
    assert claim.read_text() == "7 7 pid:[1] elsewhere"
    assert [path.name for path in tmp_path.iterdir()] == [".x.csv.claim"]


def test_five_exports_to_one_file_leave_one_whole_file(
    tmp_path: Path, main: Callable[..., Any], write_lines: Callable[..., Path]
) -> None:
    lines = [{"id": f"s{n}", "prompt": "x", "reference": "no"} for n in range(3000)]
    task = write_lines(tmp_path / "t.jsonl", lines)
    main("run", "--model", "constant", "--model-arg", "text=no", "--task", task, "--out", tmp_path / "out")
    words = ["export", "--out", tmp_path / "out", "--per", "sample", "--format", "csv", "--to", tmp_path / "all.csv"]
    command = [sys.executable, "-m", "evalkit", *map(str, words)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(5)]
    told = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
    assert any(code == 0 for _, code in told)
    assert all(code == 0 or (code == 2 and "is writing this file" in err) for err, code in told), told
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 3001
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_terminal_that_goes_ends_a_run_as_ctrl_c_does(
    number: signal.Signals,
    tmp_path: Path,
    program: Any,
    start: Callable[..., subprocess.Popen[bytes]],
    write_lines: Callable[..., Path],
) -> None:
    lines = [{"id": "a", "prompt": "x", "reference": "X"}, {"id": "b", "prompt": "hang", "reference": ""}]
    task = write_lines(tmp_path / "t.jsonl", lines)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests under nohup pass on that it is ignored
    process = start("run", *program.words, "--task", task, "--out", tmp_path / "out")
    signal.signal(signal.SIGHUP, before)
    while "b" not in program.asked():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(timeout=30) == 130
    (record,) = (tmp_path / "out").glob("*/*/*/run.json")
    assert json.loads(record.read_bytes())["stretches"][-1]["interrupted"] == "KeyboardInterrupt"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-", "| true", "2>&1 | head -c 1"])
def test_closed_streams_change_no_exit_code(closed: str, tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    task = write_lines(tmp_path / "t.jsonl", [{"id": "a", "prompt": "x", "reference": "no"}])
    words = f"{sys.executable} -m evalkit run --model constant --model-arg text=no --task {task} --out {tmp_path}/out"
    done = subprocess.run(
        ["bash", "-c", f"{words} {closed}; exit ${{PIPESTATUS[0]}}"], capture_output=True, check=False
    )
    assert done.returncode == 0
    (journal,) = (tmp_path / "out").glob("*/*/*/samples.jsonl")
    assert [json.loads(line)["id"] for line in journal.read_text().splitlines()] == ["a"]
