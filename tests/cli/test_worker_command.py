"""`evalkit worker`, and runs of a worker model from the command line, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STANDINS = Path(__file__).resolve().parents[1] / "models" / "isolated" / "standins"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter without evalkit, with the stand-in of Kimi-Audio."""
    root = tmp_path_factory.mktemp("kimi")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    (packages,) = root.glob("lib/python*/site-packages")
    (packages / "standins.pth").write_text(f"{STANDINS}\n{STANDINS / 'kimi'}\n")
    return root / "bin" / "python"


@pytest.fixture
def words(python: Path, tmp_path: Path) -> list[object]:
    (tmp_path / "repo").mkdir()
    return ["--worker-python", python, "--model-arg", f"repo={tmp_path / 'repo'}", "--trust-remote-code"]


def test_check_tells_what_happened(evalkit: Callable[..., Any], words: list[object]) -> None:
    done = evalkit("worker", "kimi-audio", *words, "--check")
    assert done.code == 0, done.err
    assert "hello: kimi-audio, takes audio+text, gives speech+text" in done.out
    assert "in 16000 Hz, out 24000 Hz" in done.out
    assert "ping: answered" in done.out
    assert "Say the word yes." in done.out


def test_check_of_an_environment_that_lacks_the_package(evalkit: Callable[..., Any], words: list[object]) -> None:
    done = evalkit("worker", "kimi-audio", *[sys.executable if word == words[1] else word for word in words], "--check")
    assert done.code == 2
    assert "No module named 'kimia_infer'" in done.err
    assert "git clone --recurse-submodules https://github.com/MoonshotAI/Kimi-Audio" in done.err


def test_by_hand_it_speaks_on_this_terminal(words: list[object]) -> None:
    lines = '{"type": "ping"}\n{"id": "a", "messages": [{"role": "user", "content": []}], "settings": {"speech": false, "temperature": 0}}\n'
    command = [sys.executable, "-m", "evalkit", "worker", "kimi-audio", *map(str, words)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found[0]["type"] == "hello"
    assert {line["type"] for line in found[1:]} == {"pong", "result"}
    assert "while it is imported" in done.stderr


def test_print_script(evalkit: Callable[..., Any]) -> None:
    done = evalkit("worker", "kimi-audio", "--print-script")
    template, family = map(Path, done.out.split())
    assert (done.code, template.name, family.name, family.parent.name) == (
        0,
        "worker_main.py",
        "worker.py",
        "kimi_audio",
    )
    assert template.is_file() and family.is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("worker", "kimi-audioo", "--check"), "kimi-audio"),
        (("worker", "pocketsphinx", "--check"), "has no worker with an environment of its own; these have:"),
        (("worker", "kimi-audio", "--check"), "--worker-python PATH"),
        (("worker", "kimi-audio", "--check", "--worker-python", "/nowhere/python"), "no interpreter /nowhere/python"),
        (("worker", "kimi-audio", "--check", "--worker-python", sys.executable), "repo=FOLDER"),
        (("worker", "midashenglm-7b", "--check", "--worker-python", sys.executable), "--trust-remote-code"),
        (("run", "--model", "kimi-audio", "--task", "asr_demo"), "--worker-python PATH"),
        (("run", "--model", "hello-chat", "--task", "asr_demo"), "no code, licence or description"),
        (("run", "--model", "freeze-omni", "--task", "mmmb_twin"), "has no"),
        (("run", "--model", "kimi-audio", "--model-arg", "devices=0;", "--task", "asr_demo"), "semicolons"),
    ],
)
def test_wrong_usage_ends_with_one_message(evalkit: Callable[..., Any], words: tuple[str, ...], message: str) -> None:
    done = evalkit(*words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_hello_chat_says_why_there_is_no_adapter(evalkit: Callable[..., Any]) -> None:
    done = evalkit("show", "model", "hello-chat")
    assert done.code == 0
    assert "There is no adapter" in done.out


def test_a_run_with_its_worker_killed_and_itself_interrupted_loses_nothing(
    evalkit: Callable[..., Any], start: Callable[..., Any], words: list[object], write_lines: Any, run_of: Any,
    lines_of: Any, tmp_path: Path, wav_file: Path,
) -> None:  # fmt: skip
    """Kill -9 of the worker, then Ctrl-C of the run, then the same command again."""
    rows = [{"id": f"q{i}", "prompt": f"question {i}", "audio": str(wav_file), "reference": "x"} for i in range(400)]
    task = write_lines(tmp_path / "quiz.jsonl", rows)
    command = ["run", "--model", "kimi-audio", *words, "--task", task, "--out", tmp_path / "out"]
    process = start(*command)
    journal = wait_for(lambda: next((tmp_path / "out").glob("*/*/*/samples.jsonl"), None))
    wait_for(lambda: journal.read_bytes().count(b"\n") >= 20)
    worker = child_of(process.pid)
    os.kill(worker, signal.SIGKILL)
    seen = journal.read_bytes().count(b"\n")
    wait_for(lambda: journal.read_bytes().count(b"\n") >= min(390, seen + 20) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (130, 0, 1)
    done = evalkit(*command)
    assert done.code in (0, 1), done.err
    lines = lines_of(run_of(tmp_path / "out") / "samples.jsonl")
    assert sorted(line["id"] for line in lines) == sorted(row["id"] for row in rows), "each answered once"
    assert not any("failure" in line for line in lines)
    got = json.loads(lines[0]["text"])["chats"]
    assert [chat["message_type"] for chat in got][-2:] == ["audio", "text"] or len(got) == 2
    record = json.loads((run_of(tmp_path / "out") / "run.json").read_text())
    assert record["versions"]["worker.python"] == sys.version.split()[0]


@pytest.fixture
def wav_file(tmp_path: Path) -> Path:
    import wave

    path = tmp_path / "q.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(3200))
    return path


def wait_for(found: Callable[[], Any], seconds: float = 30.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("it did not happen")


def child_of(parent: int) -> int:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            return int(path.parent.name)
    raise AssertionError("no child")
