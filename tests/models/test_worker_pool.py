"""The worker pool: every request answered once, by several processes, over deaths and silences."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.core.errors import EvalkitError
from evalkit.core.message import Audio, user
from evalkit.core.response import Response
from evalkit.core.sample import Generation, Request
from evalkit.media.audio import encode_wav
from evalkit.media.source import read_bytes
from evalkit.models.processes.workers import WorkerPool

Pool = Callable[..., WorkerPool]


def request(key: str, text: str = "hello") -> Request:
    return Request(key, (user(text),))


def answers(pool: WorkerPool, *requests: Request) -> dict[str, Response]:
    found: dict[str, Response] = {}
    for key, response in pool.stream(iter(requests)):
        assert key not in found, "answered twice"
        found[key] = response
    return found


@pytest.fixture
def pool(program: Any) -> Iterator[Pool]:
    pools: list[WorkerPool] = []

    def make(sleep: float = 0.0, command: list[str] | None = None, **settings: Any) -> WorkerPool:
        program.sleep = sleep
        pools.append(WorkerPool(command or shlex.split(program.cmd), **settings))
        return pools[-1]

    yield make
    for made in pools:
        made.close()


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_worker_is_asked_in_order(pool: Pool, program: Any) -> None:
    found = answers(pool(), *(request(f"s{i}", f"text {i}") for i in range(50)))
    assert [found[f"s{i}"].text for i in range(50)] == [f"TEXT {i}" for i in range(50)]
    assert program.asked() == [f"s{i}" for i in range(50)]


def test_several_workers_share_the_work_and_run_at_once(pool: Pool, program: Any) -> None:
    began = time.monotonic()
    found = answers(pool(sleep=0.1, workers=4), *(request(f"s{i}") for i in range(20)))
    assert len(found) == 20
    assert sorted(program.asked()) == sorted(found)
    assert time.monotonic() - began < 1.6, "20 requests of 0.1 s on one worker take 2 s"


def test_no_more_requests_are_taken_than_there_are_workers(pool: Pool) -> None:
    taken = 0

    def requests() -> Iterator[Request]:
        nonlocal taken
        for i in range(12):
            taken += 1
            yield request(f"s{i}")

    for answered, _ in enumerate(pool(workers=3).stream(requests()), 1):
        assert taken <= answered + 3


def test_what_a_worker_gets(pool: Pool, program: Any, tmp_path: Path) -> None:
    media = tmp_path / "a.wav"
    media.write_bytes(encode_wav(np.full(800, 0.1, dtype=np.float32), 16_000))
    data = media.read_bytes()
    asked = Request(
        "s1",
        (user(Audio(os.path.relpath(media))), user(Audio(opener=lambda: data, name="cell.flac"), "what?")),
        Generation(max_new_tokens=7, temperature=0.5, stop=("\n",)),
        run_seed=3,
    )
    found = answers(pool(), asked)
    assert found["s1"].text == "WHAT?"
    (seen,) = program.requests()
    spooled = Path(seen["messages"][1]["content"][0].pop("path"))
    assert spooled.is_absolute()
    assert spooled.suffix == ".flac"
    assert not spooled.exists(), "the copy is removed once the answer is there"
    assert seen == {
        "type": "answer",
        "id": "s1",
        "messages": [
            {"role": "user", "content": [{"type": "audio", "path": str(media)}]},
            {"role": "user", "content": [{"type": "audio"}, {"type": "text", "text": "what?"}]},
        ],
        "settings": {"max_new_tokens": 7, "temperature": 0.5, "top_p": 1.0, "stop": ["\n"], "speech": False},
        "seed": asked.seed,
    }


def test_missing_media_fail_that_request_and_are_not_sent(pool: Pool, program: Any) -> None:
    lost = Request("lost", (user(Audio("/nowhere/a.wav")),))
    found = answers(pool(), request("a"), lost, request("b"))
    failure = found["lost"].failure
    assert failure is not None
    assert failure.kind == "input"
    assert "/nowhere/a.wav" in failure.message
    assert program.asked() == ["a", "b"]


def test_a_death_is_followed_by_a_restart_and_a_second_try(pool: Pool, program: Any) -> None:
    found = answers(pool(), request("a"), request("b", "die once"), request("c"))
    assert found["b"].text == "alive"
    assert program.asked() == ["a", "b", "b", "c"] or program.asked() == ["a", "b", "c", "b"]


def test_a_request_that_kills_twice_is_given_up_with_the_programs_last_word(pool: Pool, program: Any) -> None:
    found = answers(pool(), request("a"), request("b", "die"), request("c"))
    failure = found["b"].failure
    assert failure is not None
    assert failure.kind == "model"
    assert "exit code 3" in failure.message
    assert "my last word" in failure.message
    assert "2 times" in failure.message
    assert (found["a"].text, found["c"].text) == ("HELLO", "HELLO")
    assert program.asked().count("b") == 2


@pytest.mark.parametrize("retries", [0, 3])
def test_retries_are_counted(pool: Pool, program: Any, retries: int) -> None:
    found = answers(pool(retries=retries), request("a"), request("b", "die"), request("c"))
    assert found["b"].failure is not None
    assert program.asked().count("b") == retries + 1


def test_silence_ends_at_the_timeout(pool: Pool, program: Any) -> None:
    began = time.monotonic()
    found = answers(pool(timeout=0.4, workers=2), request("a"), request("b", "hang"), request("c"))
    failure = found["b"].failure
    assert failure is not None
    assert failure.kind == "timeout"
    assert "0.4 s" in failure.message
    assert (found["a"].text, found["c"].text) == ("HELLO", "HELLO")
    assert 0.8 <= time.monotonic() - began < 4


def test_requests_that_kill_the_program_one_after_the_other_do_not_end_the_run(pool: Pool) -> None:
    """Samples of one bad file often stand together; the program answers before and after them."""
    asked = [request(f"s{i}", "die" if 5 <= i < 11 else "hello") for i in range(16)]
    found = answers(pool(), *asked)
    assert [key for key, response in found.items() if response.failure] == [f"s{i}" for i in range(5, 11)]


def test_a_program_that_only_dies_ends_the_run(pool: Pool, program: Any) -> None:
    with pytest.raises(EvalkitError, match=r"times in a row.*my last word"):
        answers(pool(), *(request(f"s{i}", "die") for i in range(1000)))
    assert len(program.asked()) < 100


def test_a_program_that_cannot_be_started(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(EvalkitError, match="no-such-program"):
        answers(pool(command=[str(tmp_path / "no-such-program")]), request("a"))


@pytest.mark.parametrize(
    "line",
    [
        "progress: 50%",
        '{"id": "other", "text": "x"}',
        '{"text": "no id"}',
        "[1, 2]",
        '"text"',
        "",
        '{"id": "b"',
        "\x00",
    ],
)
def test_a_line_that_is_no_reply_fails_the_request_and_quotes_it(pool: Pool, program: Any, line: str) -> None:
    found = answers(pool(), request("a"), request("b", f"raw {line}"), request("c"))
    failure = found["b"].failure
    assert failure is not None
    assert failure.kind == "model"
    assert '"id": "b"' in failure.message, "it says what was expected"
    assert (found["a"].text, found["c"].text) == ("HELLO", "HELLO")


@pytest.mark.parametrize(
    "reply",
    [
        '{"text": 5}', '{"text": ["a"]}', "{}", '{"usage": {"tokens": 3}}', '{"text": null}',
        '{"text": "x", "usage": "many"}', '{"text": "x", "usage": [1]}', '{"text": "x", "usage": {"tokens": "many"}}',
        '{"text": "x", "usage": {"tokens": null}}', '{"text": "x", "cost": "free"}', '{"text": "x", "seconds": "1 s"}',
        '{"text": "x", "audio": 5}', '{"audio": {"path": "a.wav"}}',
    ],
)  # fmt: skip
def test_a_reply_whose_fields_are_of_the_wrong_kind_fails_the_request(pool: Pool, reply: str) -> None:
    found = answers(pool(), request("a"), request("b", f"reply {reply}"))
    failure = found["b"].failure
    assert failure is not None
    assert failure.kind == "model"
    assert found["a"].text == "HELLO"


def test_an_error_the_program_reports_is_not_asked_again(pool: Pool, program: Any) -> None:
    found = answers(
        pool(),
        request("a", 'reply {"error": "out of memory"}'),
        request("b", 'reply {"error": "x", "error_kind": "input"}'),
    )
    assert found["a"].failure is not None
    assert (found["a"].failure.kind, found["a"].failure.message) == ("model", "out of memory")
    assert found["b"].failure is not None
    assert found["b"].failure.kind == "input"
    assert program.asked() == ["a", "b"]


def test_what_a_reply_carries_arrives(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF....WAVE")
    reply = (
        f'{{"text": "x", "audio": "{tmp_path}/a.wav", "usage": {{"output_tokens": 4}}, "cost": 0.25, "seconds": 1.5}}'
    )
    found = answers(pool(speech=str(tmp_path)), request("a", f"reply {reply}"))["a"]
    assert (found.text, found.usage, found.cost, found.seconds) == ("x", {"output_tokens": 4}, 0.25, 1.5)
    assert found.audio is not None
    assert read_bytes(found.audio) == b"RIFF....WAVE"


def test_requests_and_replies_larger_than_any_pipe(pool: Pool) -> None:
    text = "x" * 3_000_000
    found = answers(pool(workers=2), *(request(f"s{i}", text) for i in range(3)))
    assert all(response.text == text.upper() for response in found.values())


def test_a_chatty_program_is_believed_only_where_it_replies(pool: Pool) -> None:
    """A second line after every reply must never become the answer to the next request."""
    chatty = 'import sys, json\nfor line in sys.stdin:\n    key = json.loads(line)["id"]\n    print(json.dumps({"id": key, "text": key}), flush=True)\n    print("done", flush=True)'
    found = answers(pool(command=[sys.executable, "-c", chatty]), *(request(f"s{i}") for i in range(5)))
    assert {key: response.text for key, response in found.items()} == {f"s{i}": f"s{i}" for i in range(5)}


def test_close_ends_programs_and_what_they_started(pool: Pool, tmp_path: Path) -> None:
    """A wrapper script has a child of its own; a timeout must not leave it on the device."""
    note = tmp_path / "child"
    wrapper = f"sleep 3600 & echo $! > {note}; wait"
    made = pool(command=["bash", "-c", wrapper], timeout=0.5, retries=0)
    found = answers(made, request("a"))
    assert found["a"].failure is not None
    made.close()
    child = int(note.read_text())
    for _ in range(50):
        if not alive(child):
            break
        time.sleep(0.02)
    assert not alive(child), "the child of the program still runs"


def test_close_twice_and_without_any_request(pool: Pool, tmp_path: Path) -> None:
    started = tmp_path / "started"
    made = pool(command=["touch", str(started)])
    made.close()
    made.close()
    assert not started.exists(), "a program was started for nothing"
