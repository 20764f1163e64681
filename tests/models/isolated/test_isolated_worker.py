"""The isolated worker: real processes of another interpreter that die, hang, print and refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.message import Audio, user
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.models.processes import spool
from evalkit.models.processes.isolated_model import TEMPLATE, IsolatedModel, installation
from evalkit.models.processes.workers import Handshake, WorkerPool


@model("tested", takes=("text", "audio"), gives=("text", "speech"))
class Scripted(IsolatedModel):
    """A model whose family file the test writes."""

    weights = "none"


Answers = Callable[..., dict[str, Response]]


def asked_in(log: Path) -> list[str]:
    return log.read_text().split() if log.exists() else []


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def answers(environment: Any, family: Any, tmp_path: Path) -> Answers:
    """Answers of a worker whose `answer` has the given body; its log of ids is tmp_path/log."""

    def run(body: str, *requests: Request, opening: str = "", **arguments: Any) -> dict[str, Response]:
        Scripted.worker_file = family(
            f"open({str(tmp_path / 'log')!r}, 'a').write(request['id'] + '\\n')\n{body}", opening
        )
        made = Scripted(worker_python=str(environment()), **{"timeout": 20.0, "start_timeout": 20.0, **arguments})
        found: dict[str, Response] = {}
        with made:
            for key, response in made.stream(iter(requests)):
                assert key not in found, "answered twice"
                found[key] = response
        assert set(found) == {request.id for request in requests}, "a sample was lost"
        found["versions"] = made.versions()  # type: ignore[assignment]
        return found

    return run


def ask_for(key: str, text: str = "hello", **settings: Any) -> Request:
    return Request(key, (user(text),), Generation(**settings))


def many(count: int) -> list[Request]:
    return [ask_for(f"s{i}") for i in range(count)]


ECHO = 'return {"text": text.upper()}'


def test_answers_come_and_the_environment_is_told(answers: Answers) -> None:
    found = answers(ECHO, *many(5))
    assert [found[f"s{i}"].text for i in range(5)] == ["HELLO"] * 5
    assert found["versions"] == {"worker.python": sys.version.split()[0]}
    assert all(found[f"s{i}"].seconds is not None for i in range(5))


def test_the_worker_runs_without_evalkit_and_without_this_processs_settings(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    body = """
try:
    import evalkit
    found = "evalkit"
except ImportError:
    found = "nothing"
kept = [key for key in ("PYTHONPATH", "OPENAI_API_KEY", "VIRTUAL_ENV") if key in os.environ]
return {"text": f"{found} {kept} {os.environ.get('CUDA_VISIBLE_DEVICES')} {sys.path[0]}"}
"""
    text = answers(body, ask_for("a"), devices="3,5")["a"].text
    assert text is not None
    assert text.startswith("nothing [] 3,5 ")
    assert str(TEMPLATE.parent) not in text


def test_each_worker_has_devices_of_its_own(answers: Answers) -> None:
    body = 'time.sleep(0.3)\nreturn {"text": os.environ["CUDA_VISIBLE_DEVICES"]}'
    found = answers(body, *many(6), devices="0;1")
    assert {found[f"s{i}"].text for i in range(6)} == {"0", "1"}


@pytest.mark.parametrize(
    "noise",
    [
        'print("on sys.stdout", flush=True)',
        'os.write(1, b"on file descriptor 1\\n" * 50)',
        'ctypes.CDLL(None).puts(b"from C"); ctypes.CDLL(None).fflush(None)',
        'os.system("echo from a child")',
        'input_read = sys.stdin.read(); assert input_read == ""',
        'os.write(1, b\'{"id": "s1", "text": "forged"}\\n\')',
    ],
)
def test_what_the_models_code_prints_or_reads_never_touches_the_protocol(answers: Answers, noise: str) -> None:
    found = answers(f"{noise}\n{ECHO}", *many(4), opening='os.write(1, b"at import\\n"); print("at import")')
    assert [found[f"s{i}"].text for i in range(4)] == ["HELLO"] * 4


def test_kill_9_in_the_middle_loses_and_repeats_nothing(answers: Answers, tmp_path: Path) -> None:
    """Two deaths: the request in flight is asked again, everything else once."""
    body = f"""
flag = {str(tmp_path / "died")!r} + request["id"]
if request["id"] in ("s3", "s7") and not os.path.exists(flag):
    open(flag, "w").close()
    os.kill(os.getpid(), 9)
{ECHO}
"""
    found = answers(body, *many(12))
    assert all(found[f"s{i}"].text == "HELLO" for i in range(12))
    asked = asked_in(tmp_path / "log")
    assert {key: asked.count(key) for key in set(asked)} == {f"s{i}": 1 + (i in (3, 7)) for i in range(12)}


def test_a_sample_that_kills_every_time_fails_and_the_others_go_on(answers: Answers) -> None:
    body = f'if request["id"] == "s2": print("its last words", file=sys.stderr); os.kill(os.getpid(), 9)\n{ECHO}'
    found = answers(body, *many(5))
    failure = found["s2"].failure
    assert failure is not None
    assert failure.kind == "model"
    assert "SIGKILL" in failure.message and "its last words" in failure.message and "2 times" in failure.message
    assert [found[f"s{i}"].text for i in (0, 1, 3, 4)] == ["HELLO"] * 4


def test_deaths_in_a_row_end_the_run(answers: Answers, tmp_path: Path) -> None:
    body = f'if request["id"] != "s0": os._exit(7)\n{ECHO}'
    with pytest.raises(EvalkitError, match=r"times in a row.*exit code 7.*kept"):
        answers(body, *many(200))
    assert len(asked_in(tmp_path / "log")) <= 13


def test_a_hang_ends_at_the_timeout_and_the_message_says_that_it_still_listens(answers: Answers) -> None:
    found = answers(f'if request["id"] == "s1": time.sleep(60)\n{ECHO}', *many(3), timeout=1.0, retries=0)
    failure = found["s1"].failure
    assert failure is not None
    assert (failure.kind, found["s0"].text, found["s2"].text) == ("timeout", "HELLO", "HELLO")
    assert "still listens" in failure.message


def test_a_stopped_worker_does_not_listen(answers: Answers) -> None:
    found = answers(
        f'if request["id"] == "s1": os.kill(os.getpid(), {int(signal.SIGSTOP)})\n{ECHO}',
        *many(3),
        timeout=1.0,
        retries=0,
    )
    failure = found["s1"].failure
    assert failure is not None
    assert failure.kind == "timeout"
    assert "does not listen" in failure.message
    assert found["s2"].text == "HELLO"


def test_a_death_at_the_start_shows_the_last_lines_and_the_installation(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "evalkit.models.processes.isolated_model.installation", lambda name: "pip install the-missing-package"
    )
    with pytest.raises(EvalkitError) as told:
        answers(ECHO, *many(3), opening="import the_missing_package")
    message = str(told.value)
    assert "does not start" in message and "exit code 1" in message
    assert "ModuleNotFoundError: No module named 'the_missing_package'" in message
    assert message.endswith("pip install the-missing-package")


def test_a_start_that_takes_too_long(answers: Answers) -> None:
    with pytest.raises(EvalkitError, match=r"not ready within 0.5 s \(start_timeout\)"):
        answers(ECHO, ask_for("a"), opening="time.sleep(30)", start_timeout=0.5)


@pytest.mark.parametrize("python", ["/nowhere/bin/python", ""])
def test_a_missing_interpreter(python: str) -> None:
    Scripted.worker_file = TEMPLATE
    with pytest.raises(UsageError, match=r"--worker-python|no interpreter /nowhere/bin/python") as told:
        Scripted(worker_python=python).start()
    assert "evalkit show model tested" in str(told.value)


def test_what_is_refused_is_not_asked_again_and_what_is_retryable_is(answers: Answers, tmp_path: Path) -> None:
    body = f"""
if request["id"] == "s0": raise kit.RefusedError("too long for this model")
if request["id"] == "s1": raise kit.BadInputError("a broken file")
if request["id"] == "s2" and open({str(tmp_path / "log")!r}).read().count("s2") == 1: raise kit.RetryableError("busy")
if request["id"] == "s3": raise ValueError("a bug in the model")
{ECHO}
"""
    found = answers(body, *many(5))
    failures = {key: found[key].failure for key in ("s0", "s1", "s3")}
    assert {key: failure and failure.kind for key, failure in failures.items()} == {
        "s0": "limit", "s1": "input", "s3": "model",
    }  # fmt: skip
    assert failures["s0"] is not None and failures["s0"].message == "too long for this model"
    assert failures["s3"] is not None and "ValueError: a bug in the model" in failures["s3"].message
    assert (found["s2"].text, found["s4"].text) == ("HELLO", "HELLO")
    asked = asked_in(tmp_path / "log")
    assert {key: asked.count(key) for key in asked} == {"s0": 1, "s1": 1, "s2": 2, "s3": 1, "s4": 1}


def test_out_of_memory_gets_a_new_process_and_then_counts_as_too_much(answers: Answers) -> None:
    body = """
if request["id"] == "s1": raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")
return {"text": str(os.getpid())}
"""
    found = answers(body, *many(3))
    failure = found["s1"].failure
    assert failure is not None
    assert (failure.kind, "Tried to allocate 20 GiB" in failure.message) == ("limit", True)
    assert found["s0"].text != found["s2"].text, "the process with scattered memory was replaced"


def test_a_broken_device_gets_a_new_process(answers: Answers, tmp_path: Path) -> None:
    body = f"""
if open({str(tmp_path / "log")!r}).read().count("s1") == 1 and request["id"] == "s1":
    raise RuntimeError("CUDA error: device-side assert triggered")
return {{"text": str(os.getpid())}}
"""
    found = answers(body, *many(3))
    assert found["s1"].failure is None
    assert found["s0"].text != found["s1"].text


def test_speech_comes_back_and_its_file_goes(answers: Answers) -> None:
    body = """
assert not os.path.exists(request["audio_out"])
return {"text": os.path.dirname(request["audio_out"]), "speech": ([0.0, 0.5, 2.0, -2.0] * 2000, 8000)}
"""
    found = answers(body, ask_for("a", speech=True))["a"]
    assert found.audio is not None and found.audio.opener is not None
    data = found.audio.opener()
    assert data[:4] == b"RIFF" and len(data) == 44 + 2 * 8000
    assert data[44:52] == b"\x00\x00\x00\x40\xff\x7f\x00\x80", "0, a half, and two samples that are clipped"
    assert found.usage == {"speech_seconds": 1.0}
    assert not Path(str(found.text)).exists(), "the folder is gone with the worker"


def test_speech_that_is_promised_and_not_there_is_a_failure(answers: Answers) -> None:
    found = answers('return {"text": "x", "audio": request["audio_out"]}', ask_for("a", speech=True), ask_for("b"))
    assert found["a"].failure is not None
    assert "speech" in found["a"].failure.message


def test_media_become_wav_where_they_are_not_and_stay_where_they_are(
    answers: Answers, wav: Any, tmp_path: Path
) -> None:
    import soundfile as sf

    plain = wav(frames=1234, rate=44100)
    samples, rate = sf.read(plain, dtype="int16")
    sf.write(tmp_path / "a.flac", samples, rate)
    body = """
import wave
paths = kit.media_of(request["messages"][0], "audio")
found = []
for path in paths:
    with wave.open(path) as file:
        found.append([file.getnframes(), file.getframerate(), hash(file.readframes(10**9))])
return {"text": json.dumps([found, paths])}
"""
    data = (tmp_path / "a.flac").read_bytes()
    asked = Request(
        "a", (user(Audio(str(plain)), Audio(str(tmp_path / "a.flac")), Audio(opener=lambda: data, name="b.flac")),)
    )
    found, paths = json.loads(str(answers(body, asked)["a"].text))
    assert [entry[:2] for entry in found] == [[1234, 44100]] * 3
    assert len({entry[2] for entry in found}) == 1, "sample for sample"
    assert paths[0] == str(plain)
    assert not any(Path(path).exists() for path in paths[1:])


def test_a_broken_audio_fails_that_sample_and_is_not_sent(answers: Answers, tmp_path: Path) -> None:
    (tmp_path / "bad.flac").write_bytes(b"not audio at all")
    bad = Request("bad", (user(Audio(str(tmp_path / "bad.flac"))),))
    found = answers(ECHO, ask_for("a"), bad, ask_for("b"))
    assert found["bad"].failure is not None
    assert found["bad"].failure.kind == "input"
    assert asked_in(tmp_path / "log") == ["a", "b"]


def test_seeds_depend_on_the_sample_alone(answers: Answers) -> None:
    body = 'import random\nreturn {"text": str(random.random())}'
    forth = answers(body, *many(6))
    back = answers(body, *reversed(many(6)), workers=2)
    assert {key: forth[key].text for key in ("s0", "s5")} == {key: back[key].text for key in ("s0", "s5")}
    assert len({forth[f"s{i}"].text for i in range(6)}) == 6


def test_text_is_cut_at_stop_strings_and_odd_text_arrives(answers: Answers) -> None:
    found = answers('return {"text": "one\\nSTOP two"}', ask_for("a", stop=("STOP",)))
    assert found["a"].text == "one\n"
    odd = answers('return {"text": "half a pair \\ud83d, \\u2028, \\x00"}', ask_for("a"))["a"].text
    assert odd is not None and odd.startswith("half a pair ")


HELLO = {"type": "hello", "protocol": 1, "model": "m", "takes": [], "gives": [], "sample_rate": {}, "versions": {}}
PROGRAM = """
import json, sys, time
print({hello!r}, flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "ping":
        print(json.dumps({{"type": "pong"}}), flush=True)
    elif message["type"] == "answer":
        for number in range({noise}):
            print("progress", number, flush=True)
        print(json.dumps({{"type": "result", "id": message["id"], "text": message["id"]}}), flush=True)
"""


@pytest.fixture
def pool() -> Iterator[Callable[..., WorkerPool]]:
    made: list[WorkerPool] = []

    def start(hello: dict[str, Any] = HELLO, noise: int = 0, **terms: Any) -> WorkerPool:
        program = PROGRAM.format(hello=json.dumps(hello), noise=noise)
        handshake = Handshake("m", 20.0, **terms)
        made.append(WorkerPool([sys.executable, "-c", program], handshake=handshake, timeout=20, retries=0))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_stray_lines_are_let_pass_up_to_a_bound(pool: Any, caplog: pytest.LogCaptureFixture) -> None:
    found = dict(pool(noise=2, stray_lines=6).stream(iter(many(3))))
    assert [found[f"s{i}"].text for i in range(3)] == ["s0", "s1", "s2"]
    assert "progress 0" in caplog.text


def test_more_stray_lines_kill_and_are_counted(pool: Any) -> None:
    found = dict(pool(noise=2, stray_lines=3).stream(iter(many(3))))
    failures = [response.failure for response in found.values() if response.failure]
    assert len(found) == 3
    assert failures and all(
        "4 lines on stdout" in failure.message and "progress" in failure.message for failure in failures
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"protocol": 2}, "version 2 of the worker protocol"),
        ({"protocol": None}, "version None"),
        ({"model": "other"}, "worker of 'other', not of 'm'"),
        ({"takes": None}, "hello is not complete"),
    ],
)
def test_a_hello_that_does_not_fit_ends_the_run(pool: Any, change: dict[str, Any], why: str) -> None:
    with pytest.raises(EvalkitError, match=why):
        list(pool({**HELLO, **change}).stream(iter(many(2))))


def test_the_folder_of_a_killed_owner_is_cleared_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    program = "from evalkit.models.processes.spool import Spool; import time; s = Spool(); print(s.folder, flush=True); time.sleep(60)"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    owners = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=env) for _ in range(2)]
    folders = [Path(owner.stdout.readline().decode().strip()) for owner in owners if owner.stdout is not None]
    try:
        assert all(folder.is_dir() for folder in folders), "one does not clear the other's"
        owners[0].kill()
        owners[0].wait()
        assert folders[0].is_dir(), "kill -9 leaves it"
        (tmp_path / f"{spool.PREFIX}young").mkdir()
        saved, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
        try:
            spool.clear_leftovers()
        finally:
            tempfile.tempdir = saved
        assert (folders[0].exists(), folders[1].exists()) == (False, True)
        assert (tmp_path / f"{spool.PREFIX}young").exists(), "perhaps being made just now"
    finally:
        for owner in owners:
            owner.kill()
            owner.communicate()


def test_a_worker_ends_when_its_parent_is_killed(environment: Any, family: Any, tmp_path: Path) -> None:
    path = family(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)")
    parent = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([{str(environment())!r}, {str(TEMPLATE)!r}, {str(path)!r}, '--model', 'm'], stdin=subprocess.PIPE)\n"
        'p.stdin.write(b\'{"type":"answer","id":"a","messages":[],"settings":{}}\\n\'); p.stdin.flush(); time.sleep(60)'
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.DEVNULL)
    for _ in range(200):
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            break
        time.sleep(0.05)
    worker = int((tmp_path / "pid").read_text())
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    orphaned = alive(worker)
    if orphaned:
        os.kill(worker, signal.SIGKILL)
    assert not orphaned, "the worker goes on without its parent"


def test_the_installation_section_of_a_card_is_found() -> None:
    assert "git clone --recurse-submodules https://github.com/MoonshotAI/Kimi-Audio" in installation("kimi-audio")
    assert "evalkit show model nobody" in installation("nobody")
