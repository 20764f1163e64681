"""Benchmarks as task files of at most eighty lines, run by the command line on small copies in their layouts."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import published_layouts as layouts
import pytest

HERE = Path(__file__).parent
FORMS = ("mmbench",)
STAND_INS = HERE / "stand_ins.py"


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_short_and_needs_the_authors_module_alone(name: str) -> None:
    text = (HERE / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 80
    modules = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "evalkit.authoring"}


class Bench:
    """Runs a form on its small copy."""

    def __init__(self, main: Callable[..., Any], folder: Path, name: str) -> None:
        self.main, self.folder, self.name = main, folder, name
        self.log = folder / "asked.log"
        self.chosen = ""

    def run(self, replies: Mapping[str, Any], *words: str) -> tuple[int, Any]:
        """Exit code, and the summary."""
        answers = self.folder / "answers.json"
        answers.write_text(json.dumps(replies))
        self.log.write_text("")
        done = self.main(
            "run", "--task", f"{HERE / self.name}.py{self.chosen}", "--data", self.folder, "--out", self.folder / "out",
            "--model", f"{STAND_INS}:scripted", "--model-arg", f"file={answers}", "--model-arg", f"log={self.log}",
            "--json", *words,
        )  # fmt: skip
        assert done.code in (0, 1), done.err
        (summary,) = json.loads(done.out)
        return done.code, summary

    def asked(self) -> list[str]:
        return self.log.read_text().split()


def columns(summary: Any) -> dict[str, Any]:
    return {name: column["value"] for name, column in summary["columns"].items()}


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path) -> Callable[[str], Bench]:
    return lambda name: Bench(main, tmp_path, name)


def test_mmbench(bench: Callable[[str], Bench]) -> None:
    form = bench("mmbench")
    replies = layouts.mmbench(form.folder)
    code, summary = form.run(replies)
    assert columns(summary) == pytest.approx(
        {
            "mmbench.overall": 100 * 2 / 4,
            "mmbench.dev_cn": 0.0,
            "mmbench.v1_1": 50.0,
            "mmbench.dev_en.plain": 100 * (4 + 1 + 2) / 14,
            "mmbench.dev_en.perception": 50.0,
        }
    )
    assert summary["columns"]["mmbench.overall"]["n"] == 4
    assert (code, summary["counts"]["n_unparsed"]) == (1, 4)
    assert len(form.asked()) == 14 + 4 + 5
    form.run({})
    assert form.asked() == []
