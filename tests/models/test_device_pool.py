"""`--devices N` with real processes: shared out, nothing lost, nothing twice, the same answers as one process."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit import plugins
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.message import Audio, user
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.media.audio import encode_wav
from evalkit.models.processes import device_list
from evalkit.models.processes.device_pool import DevicePool

HERE = Path(__file__).parent


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The model `planned`, installed for this process and those it starts."""
    folder = tmp_path / "installed"
    info = folder / "planned-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planned\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[evalkit.models]\nplanned = planned_plugin:Planned\n")
    (folder / "planned_plugin.py").write_text((HERE / "planned_plugin.py").read_text())
    monkeypatch.syspath_prepend(folder)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setattr(device_list, "visible_devices", lambda: [])
    plugins.plugins.cache_clear()
    yield path
    plugins.plugins.cache_clear()


def requests(count: int, **special: str) -> list[Request]:
    """Prompts "prompt N", or what `special` says for the id "qN"."""
    return [Request(f"q{n}", (user(special.get(f"q{n}", f"prompt {n}")),)) for n in range(count)]


def answered(pool: DevicePool, asked: list[Request], during: Callable[[int], None] = lambda n: None) -> dict[str, Any]:
    found: dict[str, Response] = {}
    for number, (key, response) in enumerate(pool.stream(iter(asked))):
        assert key not in found, "answered twice"
        found[key] = response
        during(number)
    assert found.keys() == {request.id for request in asked}
    return found


def facts(found: dict[str, Any]) -> dict[str, Any]:
    return {key: (response.text, response.usage, response.failure) for key, response in found.items()}


def test_answers_are_those_of_one_process_and_all_take_part(planned: str, tmp_path: Path) -> None:
    asked = requests(400)
    data = b"x" * 100_000  # more than a pipe holds
    asked += [Request(f"a{n}", (user(Audio(opener=lambda: data), f"clip {n}"),)) for n in range(20)]
    with plugins.load_model("planned") as model:
        alone = facts(dict(model.stream(iter(asked))))
    log = tmp_path / "log"
    with DevicePool("planned", {"pause": "0.04", "log": str(log)}, 3) as pool:
        assert facts(answered(pool, asked)) == alone
        shares = Counter(line.split()[0] for line in log.read_text().splitlines())
        assert len(shares) == 3
        assert min(shares.values()) >= 420 / 3 / 2, "shared out evenly"
        assert "samples/s" in pool.status() and "3 processes" in pool.status()
        assert facts(answered(pool, asked[:5])) == {key: alone[key] for key in list(alone)[:5]}, "a second stream"
        assert answered(pool, []) == {}


def test_what_is_remarkable_about_media_comes_back(planned: str, tmp_path: Path) -> None:
    whole = encode_wav(np.full(8000, 0.2, dtype=np.float32), 8000)
    silent = encode_wav(np.zeros(8000, dtype=np.float32), 8000)
    (tmp_path / "cut.wav").write_bytes(whole[:4000])
    parts = {
        "whole": Audio(opener=lambda: whole),
        "silent": Audio(opener=lambda: silent),
        "cut": Audio(str(tmp_path / "cut.wav")),
    }
    asked = [Request(key, (user(part, "hear"),)) for key, part in parts.items()]
    with DevicePool("planned", {}, 2) as pool:
        found = answered(pool, asked)
    assert {key for key, response in found.items() if response.failure} == {"cut"}
    assert {key: part.remarks.get("flags") for key, part in parts.items()} == {
        "whole": None,
        "silent": ["silent_input"],
        "cut": ["truncated_input"],
    }


def test_a_killed_process_loses_nothing(planned: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = requests(300)
    log = tmp_path / "log"
    with DevicePool("planned", {"pause": "0.02", "log": str(log)}, 2) as pool:
        first = pool.pids()[0]

        def kill(number: int) -> None:
            if number == 30:
                os.kill(first, signal.SIGKILL)

        found = answered(pool, asked, kill)
        assert {response.text for response in found.values()} == {f"PROMPT {n}" for n in range(300)}
        assert first not in pool.pids() and len(pool.pids()) == 2, "it was started anew"
    assert "exit code -9" in caplog.text
    assert "shared out again" in caplog.text
    extra = len(log.read_text().splitlines()) - 300
    assert extra <= 16, "asked again is what one batch had, at the most"


def test_a_sample_that_kills_is_found_out(planned: str) -> None:
    with DevicePool("planned", {}, 2) as pool:
        found = answered(pool, requests(200, q57="die"))
    failed = {key: response.failure for key, response in found.items() if response.failure is not None}
    assert list(failed) == ["q57"]
    assert failed["q57"].kind == "model"
    assert "died 3 times" in failed["q57"].message
    assert "exit code -9" in failed["q57"].message
    assert "the device is on fire" in failed["q57"].message


def test_a_device_that_is_lost_ends_its_process_and_not_the_other_samples(planned: str) -> None:
    """After some errors of CUDA everything fails; that is not the fault of the samples that come later."""
    asked = requests(120, q57="lose")
    with plugins.load_model("planned") as model:
        got: list[Any] = []
        with pytest.raises(EvalkitError, match=r"the device stopped working on .*'q57'.*illegal memory access"):
            got.extend(response.failure for _, response in model.stream(iter(asked)))
    assert got.count(None) == len(got) < 119, "nobody is made to pay for it"
    with DevicePool("planned", {}, 1) as pool:
        found = answered(pool, asked)
    failed = {key: response.failure for key, response in found.items() if response.failure is not None}
    assert list(failed) == ["q57"]
    assert "illegal memory access" in failed["q57"].message


def test_a_model_that_always_dies_ends_the_run(planned: str) -> None:
    with (
        DevicePool("planned", {}, 2) as pool,
        pytest.raises(EvalkitError, match=r"(?s)died again and again.*the device is on fire"),
    ):
        answered(pool, [Request(str(n), (user("die"),)) for n in range(200)])


def test_what_the_model_says_at_its_start_ends_the_run(planned: str) -> None:
    with DevicePool("planned", {"broken": "true"}, 2) as pool, pytest.raises(EvalkitError, match="weights do not fit"):
        answered(pool, requests(10))


def test_broken_files_and_rows_are_that_samples_failure(planned: str) -> None:
    def unreadable() -> bytes:
        raise OSError("bad sector")

    asked = [
        *requests(20, q3="raise"),
        Request("gone", (user(Audio(path="/nowhere/a.wav")),)),
        Request("torn", (user(Audio(opener=unreadable, name="b.wav")),)),
    ]
    with DevicePool("planned", {}, 2) as pool:
        found = answered(pool, asked)
    kinds = {key: response.failure.kind for key, response in found.items() if response.failure is not None}
    assert kinds == {"q3": "model", "gone": "input", "torn": "model"}
    with plugins.load_model("planned") as model:
        assert facts(dict(model.stream(iter(asked)))) == facts(found), "as one process tells it"


def test_the_stream_is_not_read_far_ahead(planned: str) -> None:
    taken = 0

    def endless() -> Iterator[Request]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield Request(str(number), (user("x"),))

    with DevicePool("planned", {}, 2) as pool:
        stream = pool.stream(endless())
        for count, _ in enumerate(itertools.islice(stream, 1000), start=1):
            # Each process: a window, two ahead of it, and two portions; and what the pool looks ahead.
            assert taken - count <= 2 * (80 * 3 + 80 * 2) + 2 * 3 * 80
        stream.close()


def test_it_hears_and_reads_as_its_model_does(planned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not DevicePool("planned", {}, 2).hears_itself
    cls = plugins.model_class("planned")
    monkeypatch.setattr(cls, "hears_itself", True)
    monkeypatch.setattr(cls, "opens_media", False)
    monkeypatch.setattr(cls, "can", frozenset({"answer", "likelihood"}))
    pool = DevicePool("planned", {}, 2)
    assert (pool.hears_itself, pool.opens_media) == (True, False)
    assert pool.can == {"answer", "likelihood"}


def test_closing_ends_all_processes(planned: str) -> None:
    pool = DevicePool("planned", {"pause": "30"}, 2)
    pool.start()
    stream = pool.stream(iter(requests(20)))
    pids = pool.pids()
    time.sleep(1.0)
    began = time.monotonic()
    pool.close()
    stream.close()
    assert time.monotonic() - began < 5
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_each_process_gets_a_device_of_its_own(planned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_list, "visible_devices", lambda: ["2", "5"])
    with pytest.raises(UsageError, match="--devices 3: 2 devices are visible here"):
        DevicePool("planned", {}, 3)
    with DevicePool("planned", {"show": "CUDA_VISIBLE_DEVICES", "pause": "0.01"}, 2) as pool:
        found = answered(pool, requests(200))
    assert {response.text.split()[-1] for response in found.values() if response.text} == {"2", "5"}


def test_a_run_on_two_devices_with_a_kill_is_complete_and_files_as_one(
    planned: str,
    tmp_path: Path,
    start: Callable[..., subprocess.Popen[bytes]],
    evalkit: Callable[..., Any],
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    lines = [{"id": f"q{n}", "prompt": f"question {n}", "reference": f"QUESTION {n}"} for n in range(200)]
    task, log = write_lines(tmp_path / "quiz.jsonl", lines), tmp_path / "log"
    words = ["run", "--model", "planned", "--task", task, "--model-arg", f"log={log}"]
    env = {"PYTHONPATH": planned}
    shared = start(
        *words, "--model-arg", "pause=0.05", "--devices", 2, "--batch-size", 4, "--out", tmp_path / "two", env=env
    )
    while not log.exists() or len(log.read_text().splitlines()) < 40:
        assert shared.poll() is None, shared.communicate()
        time.sleep(0.01)
    os.kill(int(log.read_text().split()[0]), signal.SIGKILL)
    _, err = shared.communicate(timeout=30)
    assert shared.returncode == 0, err.decode()
    assert b"exit code -9" in err
    alone = evalkit(*words, "--out", tmp_path / "one", env=env)
    assert alone.code == 0, alone.err
    one, two = run_of(tmp_path / "one"), run_of(tmp_path / "two")
    assert one.name == two.name, "devices and batch size do not change the run's identity"
    assert (one / "summary.json").read_bytes() == (two / "summary.json").read_bytes()
    answers = [{line["id"]: line["text"] for line in lines_of(run / "samples.jsonl")} for run in (one, two)]
    assert answers[0] == answers[1]
    assert len(lines_of(two / "samples.jsonl")) == 200, "none twice"
    settings = json.loads((two / "run.json").read_text())["stretches"][-1]["settings"]
    assert (settings["devices"], settings["batch_size"]) == (2, "4")


@pytest.mark.parametrize("devices", [1, 2])
def test_ctrl_c_ends_all_processes_and_the_next_command_goes_on(
    devices: int,
    planned: str,
    tmp_path: Path,
    start: Callable[..., subprocess.Popen[bytes]],
    evalkit: Callable[..., Any],
    write_lines: Callable[..., Path],
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    lines = [{"id": f"q{n}", "prompt": f"question {n}", "reference": f"QUESTION {n}"} for n in range(120)]
    task, log = write_lines(tmp_path / "quiz.jsonl", lines), tmp_path / "log"
    words = ["run", "--model", "planned", "--task", task, "--devices", devices, "--out", tmp_path / "out"]
    words += ["--batch-size", 4, "--model-arg", f"log={log}", "--model-arg"]
    env = {"PYTHONPATH": planned}
    process = start(*words, "pause=0.2", env=env)
    while not log.exists() or len(log.read_text().splitlines()) < 12:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    workers = {int(line.split()[0]) for line in log.read_text().splitlines()}
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"interrupted; repeat the command" in err and b"Traceback" not in err
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    kept = len(lines_of(run_of(tmp_path / "out") / "samples.jsonl"))
    assert 0 < kept < 120
    again = evalkit(*words, "pause=0", env=env)
    assert again.code == 0, again.err
    found = Counter(line["id"] for line in lines_of(run_of(tmp_path / "out") / "samples.jsonl"))
    assert found == Counter(line["id"] for line in lines)


def test_a_sample_without_room_is_counted_with_advice(
    planned: str,
    tmp_path: Path,
    evalkit: Callable[..., Any],
    write_lines: Callable[..., Path],
) -> None:
    lines = [{"id": f"q{n}", "prompt": "huge" if n == 3 else f"question {n}", "reference": "x"} for n in range(9)]
    words = [
        "run",
        "--model",
        "planned",
        "--task",
        write_lines(tmp_path / "quiz.jsonl", lines),
        "--devices",
        2,
        "--json",
    ]
    done = evalkit(*words, env={"PYTHONPATH": planned})
    assert done.code == 1, done.err
    assert (done.json[0]["counts"]["n_total"], done.json[0]["counts"]["n_model_failed"]) == (9, 1)
    assert "q3: out of memory with this sample alone (10 tokens): tried to allocate 20 GiB" in done.err
    assert "--dtype bfloat16" in done.err
