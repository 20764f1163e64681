"""The progress bar: what a terminal shows of a model at work, and silence elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from evalkit.run.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, status: str, failed: int = 0) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("LINES", "40")
    with Progress(True, "generate", 5, status=lambda: status) as tick:
        for number in range(5):
            tick(number < failed)
    return stderr.getvalue().split("\r")[-1]


def test_a_terminal_shows_what_the_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    line = shown(monkeypatch, Terminal(), "9.6 samples/s, 296 tokens/s, 20 % padding, 1.2 GiB", failed=2)
    assert "generate: 100%" in line
    assert line.rstrip().endswith("2 failed, 9.6 samples/s, 296 tokens/s, 20 % padding, 1.2 GiB]")
    assert "sample/s" not in line, "one rate, not two"


def test_models_without_a_status_have_the_bars_own_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    line = shown(monkeypatch, Terminal(), "")
    assert "5/5" in line and "sample/s" in line


def test_pipes_and_files_get_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO(), "9.6 samples/s") == ""
