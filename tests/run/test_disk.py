"""A disk that is full, read-only or no disk at all: the command says so, keeps what was answered, and can go on."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

SAMPLES = 60
# Long references fill the journal, and stay out of the program's log, which the limit of the process bounds as well.
QUIZ = [
    {"id": f"q{i}", "prompt": f"question {i}", "reference": f"QUESTION {i % 50} " + "x" * 900} for i in range(SAMPLES)
]
SPACE = ("File too large", "No space left")
Limited = Callable[..., Any]


@pytest.fixture
def limited(tmp_path: Path) -> Limited:
    """Runs `python -m evalkit WORDS` in a process whose files can grow to so many bytes only."""
    code = "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); " \
        "os.execv(sys.executable, [sys.executable, '-B', '-m', 'evalkit', *sys.argv[2:]])"  # fmt: skip

    def run(size: int, *words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, str(size), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)

    return run


@pytest.fixture
def mounted(tmp_path: Path) -> Callable[..., Any]:
    """Runs evalkit with a file system of its own at DISK (in a namespace of its own); returns what it left there."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        probe = subprocess.run([*namespace, f"mount -t tmpfs tmpfs {disk}"], capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no program 'unshare'")
    if probe.returncode != 0:
        pytest.skip("this machine lets nobody mount")

    def run(options: str, first: str, words: Sequence[object]) -> tuple[subprocess.CompletedProcess[str], Path]:
        shutil.rmtree(kept, ignore_errors=True)
        evalkit = shlex.join([sys.executable, "-B", "-m", "evalkit", *map(str, words)])
        steps = (f"mount -t tmpfs -o {options} tmpfs {disk} || exit 99", first, f"{evalkit}", "code=$?")
        script = "; ".join([*steps, f"cp -a {disk} {kept}", "exit $code"])
        done = subprocess.run(
            [*namespace, script], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
        )
        return done, kept

    return run


def words_of(program: Any, task: Path, out: Path) -> list[object]:
    return ["run", *program.words, "--task", task, "--out", out]


def assert_finished(run: Path, whole: Path, lines_of: Callable[..., list[dict[str, Any]]]) -> None:
    """Every sample answered and scored once, and the bytes of a run that nothing disturbed."""
    (scores,) = (run / "scores").glob("*.jsonl")
    expected = Counter(line["id"] for line in QUIZ)
    assert Counter(line["id"] for line in lines_of(run / "samples.jsonl")) == expected
    assert Counter(line["id"] for line in lines_of(scores)) == expected
    assert (run / "summary.json").read_bytes() == (whole / "summary.json").read_bytes()
    assert not [path for path in run.rglob("*") if path.name.startswith(".") and path.name != ".lock"]


def test_a_full_disk_between_two_answers(
    tmp_path: Path,
    limited: Limited,
    main: Callable[..., Any],
    program: Any,
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = words_of(program, task, tmp_path / "out")
    kept = 0
    for size in (20_000, 45_000):
        done = limited(size, *words)
        assert done.returncode == 2, done.stderr
        assert "samples.jsonl" in done.stderr
        assert any(reason in done.stderr for reason in SPACE)
        assert "repeat the command" in done.stderr
        assert "Traceback" not in done.stderr
        run = run_of(tmp_path / "out")
        answers = lines_of(run / "samples.jsonl")  # fails on a torn line
        assert kept < len(answers) < SAMPLES
        assert [line["text"] for line in answers] == [f"QUESTION {i}" for i in range(len(answers))]
        kept = len(answers)
        stretch = json.loads((run / "run.json").read_text())["stretches"][-1]
        assert stretch["interrupted"]
    assert main(*words).code == 0
    assert len(program.asked()) <= SAMPLES + 2, "only what was in flight is asked again"
    program.log.unlink()
    assert main(*words[:-1], tmp_path / "whole").code == 0
    assert_finished(run, run_of(tmp_path / "whole"), lines_of)


def test_a_full_disk_between_two_scores(
    tmp_path: Path,
    limited: Limited,
    main: Callable[..., Any],
    program: Any,
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    rule = ["--scorer", "error_rate:plain", "--scorer-arg", "language=en"]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main(*words_of(program, task, whole), *rule).code == 0
    (scores,) = (run_of(whole) / "scores").glob("*.jsonl")
    words = [*words_of(program, task, parts), *rule]
    assert main(*words, "--stage", "generate").code == 0
    done = limited(scores.stat().st_size * 2 // 3, *words)
    assert done.returncode == 2
    assert scores.name in done.stderr
    assert "repeat the command" in done.stderr
    run = run_of(parts)
    assert 0 < len(lines_of(run / "scores" / scores.name)) < SAMPLES
    assert not (run / "summary.json").exists()
    asked = len(program.asked())
    assert main(*words).code == 0
    assert len(program.asked()) == asked
    assert_finished(run, run_of(whole), lines_of)


def test_a_summary_that_cannot_be_written_leaves_the_earlier_one(
    tmp_path: Path, limited: Limited, main: Callable[..., Any], run_of: Callable[..., Path]
) -> None:
    words = ["run", "--model", "constant", "--model-arg", "text=the", "--task", "asr_demo", "--out", tmp_path / "out"]
    assert main(*words).code == 0
    run = run_of(tmp_path / "out")
    before = (run / "summary.json").read_bytes()
    done = limited(len(before) - 200, *words, "--stage", "summarize")
    assert done.returncode == 2
    assert "summary.json" in done.stderr
    assert any(reason in done.stderr for reason in SPACE)
    assert (run / "summary.json").read_bytes() == before
    record = json.loads((run / "run.json").read_text())
    assert record["stretches"][-1]["interrupted"]
    assert {path.name for path in run.iterdir()} == {".lock", "run.json", "samples.jsonl", "scores", "summary.json"}


def test_no_room_for_anything_asks_nothing(
    tmp_path: Path, limited: Limited, program: Any, write_lines: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    done = limited(100, *words_of(program, task, tmp_path / "out"))
    assert done.returncode == 2
    assert "run.json" in done.stderr
    assert any(reason in done.stderr for reason in SPACE)
    assert "Traceback" not in done.stderr
    assert not program.asked()


def test_a_file_system_that_fills_up(
    tmp_path: Path,
    mounted: Callable[..., Any],
    main: Callable[..., Any],
    program: Any,
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    done, kept = mounted("size=48k", ":", words_of(program, task, tmp_path / "disk" / "out"))
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    run = run_of(kept / "out")
    assert 5 < len(lines_of(run / "samples.jsonl")) < SAMPLES
    assert json.loads((run / "run.json").read_text())["id"] == run.name
    assert main(*words_of(program, task, kept / "out")).code == 0, "the folder goes on wherever it lies"
    assert len(program.asked()) <= SAMPLES + 1
    assert main(*words_of(program, task, tmp_path / "whole")).code == 0
    assert_finished(run, run_of(tmp_path / "whole"), lines_of)


def test_a_file_system_that_is_full_already_is_named(
    tmp_path: Path, mounted: Callable[..., Any], program: Any, write_lines: Callable[..., Path]
) -> None:
    task, disk = write_lines(tmp_path / "quiz.jsonl", QUIZ), tmp_path / "disk"
    fill = f"cat /dev/zero > {disk}/other 2>/dev/null || true"
    done, _ = mounted("size=16k", fill, words_of(program, task, disk / "out"))
    assert done.returncode == 2, done.stderr
    assert "No space left on device" in done.stderr
    assert str(disk / "out") in done.stderr, "which of the disks?"
    assert "Traceback" not in done.stderr
    assert not program.asked()


def test_a_file_system_that_is_read_only(
    tmp_path: Path, mounted: Callable[..., Any], program: Any, write_lines: Callable[..., Path]
) -> None:
    task, disk = write_lines(tmp_path / "quiz.jsonl", QUIZ), tmp_path / "disk"
    done, _ = mounted("ro", ":", words_of(program, task, disk / "out"))
    assert done.returncode == 2, done.stderr
    assert str(disk / "out") in done.stderr
    assert "Read-only file system" in done.stderr
    assert "another --out" in done.stderr
    assert not program.asked()


@pytest.mark.parametrize("place", ["a file", "below a file", "/proc", "a name too long", "a link to nowhere"])
def test_an_output_folder_that_cannot_be(
    place: str, tmp_path: Path, main: Callable[..., Any], program: Any, write_lines: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to("/proc/nowhere")
    out = {"a file": file, "below a file": file / "out", "/proc": Path("/proc/evalkit"), "a link to nowhere": link,
           "a name too long": tmp_path / ("x" * 300)}[place]  # fmt: skip
    done = main(*words_of(program, task, out))
    assert done.code == 2
    assert str(out) in done.err
    assert "another --out" in done.err
    assert not program.asked(), "answers that cannot be kept are not asked for"
    assert file.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(
    tmp_path: Path, main: Callable[..., Any], program: Any, write_lines: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    out = tmp_path / "theirs"
    out.mkdir(mode=0o555)
    done = main(*words_of(program, task, out))
    assert done.code == 2
    assert str(out) in done.err
    assert not program.asked()
