"""docs/metrics.md says what the command does."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.metrics import kinds
from evalkit.metrics.choice.scorer import Choice

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_example(main: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"`(\S+)`:\n\n```jsonl\n(.+?)```\n\n    \$ evalkit (.+?)\n\n```json\n(.+?)```", TEXT, re.DOTALL)
    assert found
    monkeypatch.chdir(tmp_path)
    Path(found[1]).write_text(found[2], encoding="utf-8")
    done = main(*shlex.split(found[3]))
    assert done.code == 1, done.err
    assert done.json == json.loads(found[4])
    read = [json.loads(line) for line in Path("read.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line.get("parsed") for line in read] == ["B", "C", None, None]


def test_the_python_example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("evaluate")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    block = re.search(r"```python\n(.+?)```", TEXT, re.DOTALL)
    assert block
    *lines, last = block[1].strip().splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    expression, _, value = last.partition("  # ")
    assert eval(expression, names) == float(value)


def test_every_kind_and_profile_is_described() -> None:
    assert [name for name in (*kinds.KINDS, *Choice.PROFILES) if f"`{name}`" not in TEXT] == []
