"""docs/tables.md: its commands parse, its spec is a spec, its figures are those of the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli.main import parser
from evalkit.report.paper_tables import listed
from evalkit.report.spec import read_spec

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.M | re.S)
COMMANDS = [line for kind, text in BLOCKS if not kind for line in text.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_parses(command: str) -> None:
    program, *words = shlex.split(command)
    assert program == "evalkit"
    parser(words[0]).parse_args(words)


def test_the_spec_is_read(tmp_path: Path) -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "toml"]
    path = tmp_path / "asr_demo.toml"
    path.write_text(text, encoding="utf-8")
    spec = read_spec(path)
    assert [column.key for column in spec.columns][-1] == "WER"
    assert spec.sort == "WER"


def test_options_named_in_the_text_exist(main: Callable[..., Any]) -> None:
    pages = [main(name, "--help").out for name in ("table", "leaderboard", "export")]
    known = set(re.findall(r"--[a-z-]+", "\n".join(pages)))
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) <= known


def test_counts_of_arrangements() -> None:
    kinds = [item.layout for item in listed()]
    assert f"for {kinds.count('paper')} tables" in TEXT
    assert f"for {kinds.count('inferred')} (" in TEXT
