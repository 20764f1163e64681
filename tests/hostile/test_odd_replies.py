"""One odd reply of a program or an adapter is one sample's failure; nothing is waited for, and nothing ends the run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import orjson
import pytest

from evalkit.core.message import Audio
from evalkit.core.model import Model
from evalkit.core.response import Failure, Response, without_thought
from evalkit.core.sample import Sample, Turn
from evalkit.core.task import Task
from evalkit.models.processes.worker_lines import hello
from evalkit.run import usable as usable_module
from evalkit.run.usable import usable

Main = Callable[..., Any]
DEEP = '{"a":' * 3000 + "1" + "}" * 3000
REPLIES = {
    "deep-meta": '{"text": "x", "meta": %s}' % ('{"a":' * 300 + "1" + "}" * 300),
    "very-deep-meta": f'{{"text": "x", "meta": {DEEP}}}',
    "deep-usage": '{"text": "x", "usage": {"a": %s}}' % ("[" * 500 + "]" * 500),
    "deep-error": '{"error": %s}' % ("[" * 900 + "]" * 900),
    "deep-text": '{"text": %s}' % ("[" * 900 + "]" * 900),
    "half-usage-key": '{"text": "x", "usage": {"\\ud800": 1}}',
    "half-error": '{"error": "\\udfff"}',
    "error-kind-list": '{"error": "x", "error_kind": ["retryable"]}',
    "many-units": '{{"text": "x", "usage": {{{}}}}}'.format(",".join(f'"u{n}": 1' for n in range(500))),
    "hello": '{"type": "hello", "text": 5}',
    "zero": '{"text": "x", "audio": "/dev/zero"}',
    "passwd": '{"text": "x", "audio": "/etc/passwd"}',
    "nul": '{"text": "x", "audio": "/tmp/\\u0000"}',
    "long-path": '{"text": "x", "audio": "/tmp/%s"}' % ("a" * 5000),
    "kmsg": '{"text": "x", "audio": "/proc/kmsg"}',
    "huge-number": '{"text": "x", "cost": 1%s}' % ("0" * 400),
}


def test_odd_replies_fail_alone(tmp_path: Path, main: Main, program: Any, write_lines: Callable[..., Path]) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "link.wav").symlink_to("/etc/passwd")
    replies = {**REPLIES, **{name: f'{{"text": "x", "audio": "{tmp_path}/{name}.wav"}}' for name in ("pipe", "link")}}
    lines = [{"id": name, "prompt": f"reply {reply}", "reference": ""} for name, reply in replies.items()]
    lines.append({"id": "good", "prompt": "fine", "reference": "FINE"})
    task = write_lines(tmp_path / "t.jsonl", lines)
    words = ["run", *program.words, "--model-arg", "retries=0", "--task", task, "--out", tmp_path / "out"]
    done = main(*words)
    assert done.code == 1, done.err
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    records = {record["id"]: record for record in map(json.loads, (run / "samples.jsonl").read_text().splitlines())}
    assert records["good"]["text"] == "FINE"
    assert [name for name in replies if "failure" not in records[name]] == []
    assert max(len(record["failure"]["message"]) for record in records.values() if "failure" in record) < 5000
    assert not list(run.glob("media/*"))
    assert main(*words).code == 1, "a repeat gets past them, too"


@pytest.mark.parametrize(
    "odd",
    [
        None, 5, SimpleNamespace(text="x"), Response(text=5), Response(text="x", usage={"\ud800": 1.0}),  # type: ignore[arg-type]
        Response(text="x", usage={5: 1.0}), Response(text="x", usage=[1]), Response(text="x", cost=float("nan")),  # type: ignore[arg-type,dict-item]
        Response(text="x", seconds=-1.0), Response(text="x", audio="a.wav"), Response(text="x", meta=[1]),  # type: ignore[arg-type]
        Response(text="x", thought=["y"]), Response(text="x", cost=10**400),  # type: ignore[arg-type]
        Response(text="<think>", usage=5), Response(text="<think>", thought=5),  # type: ignore[arg-type]
        Response(), Response(failure=Failure("odd", 5)), Response(text="x", usage={"a": float("inf")}),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_an_adapter_must_not_give(odd: Any) -> None:
    found = usable(without_thought(odd))
    assert found.failure is not None
    assert found.failure.kind == "model"
    assert isinstance(found.failure.message, str)


def test_what_is_kept() -> None:
    good = Response(
        text="x", usage={"a": 1.0}, cost=0.5, seconds=1.0, meta={"model": "m", "b": [1]}, audio=Audio(path="a")
    )
    assert usable(good) == good
    nested: dict[str, Any] = {}
    for _ in range(500):
        nested = {"a": nested}
    assert usable(Response(text="x", meta={"deep": nested})).meta == {"unstorable": "nested more than 100 deep"}
    assert usable(Response(text="x", meta={"model": "\ud800"})).meta == {"model": "?"}
    paid = usable(Response(text=5, cost=0.25, usage={"a": 1.0}))  # type: ignore[arg-type]
    assert (paid.cost, paid.usage) == (0.25, {"a": 1.0})


def test_numbers_of_numpy_are_numbers() -> None:
    counted = usable(
        Response(text="x", usage={"a": np.int64(3), "b": np.float32(0.5)}, cost=np.float64(2), seconds=np.float32(1.5))  # type: ignore[arg-type]
    )
    assert counted.failure is None
    assert orjson.dumps([counted.usage, counted.cost, counted.seconds]) == b'[{"a":3,"b":0.5},2.0,1.5]'


def test_a_sample_no_journal_can_hold_is_told_before_anything_is_asked() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for meta in ({"a": object()}, {"a": circle}, {"a": "\ud800"}):
        with pytest.raises(Exception, match="sample 'a' cannot be kept as JSON"):
            usable_module.check_kept(Sample("a", (), meta=meta), "somewhere")
        with pytest.raises(Exception, match="sample 'a' cannot be kept as JSON"):
            usable_module.check_kept(Sample("a", (), turns=(Turn("x"), Turn(meta=meta))), "somewhere")


@pytest.mark.parametrize("key", ["takes", "gives", "sample_rate", "versions", "model"])
@pytest.mark.parametrize("value", [None, 5, [[]], {"a": []}, {"a": 1e400}, "\ud800", ["\ud800"] * 1000])
def test_a_hello_is_read_or_refused(key: str, value: Any) -> None:
    good = {"protocol": 1, "model": "m", "takes": ["text"], "gives": ["text"], "sample_rate": {}, "versions": {}}
    try:
        found = hello({**good, key: value})
    except ValueError as error:
        assert str(error).isprintable(), "said to a person"
        return
    assert isinstance(found.model, str)
    kept = json.dumps([found.model, sorted(found.takes), dict(found.versions)], ensure_ascii=False)
    assert "\ud800" not in kept, "it can be written to a journal"


class Odd(Model):
    """Gives whatever it was made with."""

    name, takes = "odd", frozenset({"text"})

    def __init__(self, given: Any) -> None:
        self.given = given

    def stream(self, requests: Iterator[Any]) -> Iterator[Any]:
        for request in requests:
            yield request.id, self.given if request.id == "a" else Response(text="y")


def test_an_adapter_in_this_process_fails_alone(tmp_path: Path, write_lines: Callable[..., Path]) -> None:
    from evalkit.data.custom import custom_task
    from evalkit.run.options import Options
    from evalkit.run.pipeline import run

    lines = [{"id": key, "prompt": "x", "reference": "y"} for key in "ab"]
    task = custom_task(write_lines(tmp_path / "t.jsonl", lines), None, {})
    assert isinstance(task, Task)
    outcome = run(Odd({"text": "y"}), task, Options(out=tmp_path / "out"))
    assert outcome.summary is not None
    assert (outcome.summary.counts.n_scored, outcome.summary.counts.n_model_failed) == (1, 1)
