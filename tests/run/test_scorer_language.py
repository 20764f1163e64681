"""`--scorer` on a task that knows its language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Main = Callable[..., Any]


@pytest.mark.parametrize(
    ("words", "protocol"),
    [
        (("--scorer", "error_rate:wenet"), "error_rate:wenet/en"),
        (("--scorer", "error_rate:wenet", "--scorer-arg", "language=zh"), "error_rate:wenet/zh"),
        (("--scorer", "exact_match"), "exact_match:strip"),
    ],
)
def test_a_scorer_by_name_keeps_the_tasks_language(
    main: Main, tmp_path: Path, words: tuple[str, ...], protocol: str
) -> None:
    run = ("run", "--model", "constant", "--model-arg", "text=the", "--task", "asr_demo", "--limit", "3", "--out")
    done = main(*run, tmp_path, *words, "--json")
    assert done.code == 0, done.err
    (summary,) = done.json
    assert {result["protocol"] for result in summary["results"]} == {protocol}
