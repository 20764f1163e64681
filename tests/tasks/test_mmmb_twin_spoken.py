"""Spoken last questions: the same dialogues, with the question to be heard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit import plugins
from evalkit.core.errors import DataError
from evalkit.core.message import Audio
from evalkit.data.dialogue.dialogues import FILE
from evalkit.media.audio import info
from evalkit.tasks.mmmb_twin.build import build

pytest.importorskip("espeakng_loader")


def test_only_the_last_question_becomes_speech(tmp_path: Path) -> None:
    build(tmp_path / "written", workers=1, first=12)
    build(tmp_path / "spoken", workers=1, first=12, tts=plugins.load_model("espeak-ng"))
    written, spoken = (
        [json.loads(line) for line in (tmp_path / name / FILE).read_text("utf-8").splitlines()]
        for name in ("written", "spoken")
    )
    for before, after in zip(written, spoken, strict=True):
        assert {**before, "messages": before["messages"][:-1]} == {**after, "messages": after["messages"][:-1]}
        asked, heard = before["messages"][-1]["content"], after["messages"][-1]["content"]
        texts = [asked] if isinstance(asked, str) else [part["text"] for part in asked if part["type"] == "text"]
        images = [] if isinstance(asked, str) else [part for part in asked if part["type"] == "image"]
        assert heard[:-1] == images and heard[-1]["transcript"] == " ".join(texts)
        assert info(Audio(str(tmp_path / "spoken" / heard[-1]["path"]))).seconds > 0.5


def test_a_copy_with_spoken_questions_runs(tmp_path: Path) -> None:
    """From the command line, heard by a program that is given the sound; checked by the task's own checker."""
    environment = {**os.environ, "EVALKIT_CACHE": str(tmp_path / "cache")}
    from evalkit.data.procedural import seal

    build(tmp_path / "data" / "mmmb_twin", workers=1, first=4, tts=plugins.load_model("espeak-ng"))
    seal(tmp_path / "data" / "mmmb_twin")
    words = ["run", "--model", "cascade", "--tts", "none", "--task", "mmmb_twin", "--data", "data", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "evalkit", *words], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    summary = json.loads(done.stdout)[0]
    assert summary["counts"]["n_scored"] == 4
    lines = (Path(tmp_path / summary["directory"]) / "samples.jsonl").read_text("utf-8").splitlines()
    assert all(len(json.loads(line)["detail"]["recognised"]) == 1 for line in lines)
    checked = subprocess.run(
        [sys.executable, "-m", "evalkit", "data", "check", "mmmb_twin", "data/mmmb_twin"],
        cwd=tmp_path, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()


def test_a_question_that_cannot_be_spoken_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be spoken"):
        build(tmp_path, workers=1, first=1, tts=plugins.load_model("command", {"cmd": "true", "retries": "0"}))
