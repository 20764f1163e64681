"""Rubrics written on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judging_kit import BODY, rubric_text

from evalkit.judging.rubric import Rubric
from evalkit.judging.rubric_file import read_rubric


@pytest.fixture
def write_rubric(tmp_path: Path) -> Callable[..., Path]:
    """Writes a rubric file; keywords change its header, None takes a key out."""

    def write(body: str = BODY, name: str = "rubric.md", **changes: Any) -> Path:
        path = tmp_path / name
        path.write_text(rubric_text(body, **changes), encoding="utf-8")
        return path

    return write


@pytest.fixture
def rubric(write_rubric: Callable[..., Path]) -> Callable[..., Rubric]:
    """Reads a rubric written on the spot."""

    def make(body: str = BODY, **changes: Any) -> Rubric:
        return read_rubric(write_rubric(body, **changes))

    return make
