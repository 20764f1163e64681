"""The speech tables of a paper as one command: each task gets the listeners that it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import test_seedtts
from judged_by_wire import STAND_INS, write_rows

RATER = Path(__file__).parent / "spoken_stand_ins.py"
VOICE, PEOPLE = ("--listener", f"voice={STAND_INS}:encoder"), ("--listener", f"people={RATER}:natural")


@pytest.fixture
def suite(main: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    replies = test_seedtts.copy_of(tmp_path)
    write_rows(tmp_path / "hello_chat_mos" / "sentences.jsonl", [{"id": "a", "text": "嗯，好呀。"}])
    (tmp_path / "a.json").write_text(json.dumps({**replies, "a": ["嗯好呀", 1000]}))
    return lambda *words: main(
        "run", "--suite", "hello-chat:speech", "--data", tmp_path, "--out", tmp_path / "out", "--model",
        f"{STAND_INS}:scripted", "--model-arg", f"file={tmp_path / 'a.json'}", "--model-arg",
        f"log={tmp_path / 'log'}", "--transcriber", f"{STAND_INS}:ear", "--json", *words,
    )  # fmt: skip


def test_a_table_of_two_tasks_with_different_listeners(suite: Callable[..., Any]) -> None:
    foreseen = suite(*VOICE, *PEOPLE, "--dry-run")
    assert foreseen.code == 0, foreseen.err
    done = suite(*VOICE, *PEOPLE)
    assert done.code == 0, done.err
    found = {name: one["value"] for made in json.loads(done.out) for name, one in made["columns"].items()}
    assert found["hello_chat.conversational_mos"] == 4.0
    assert found["seedtts.test_zh.wer"] == pytest.approx(100 / 3)
    assert found["seedtts.test_zh.sim"] == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(("words", "problem"), [
    ((*VOICE, *PEOPLE, "--listener", "voise=x"), "--listener voise=...: nothing of"),
    (VOICE, "needs a listener of role 'people'"),
])  # fmt: skip
def test_a_role_that_nothing_needs_or_that_is_not_named_is_refused(
    suite: Callable[..., Any], words: tuple[str, ...], problem: str
) -> None:
    done = suite(*words)
    assert done.code == 2
    assert problem in done.err
