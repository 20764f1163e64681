"""docs/tables.md: its commands parse, its spec is a spec, its figures are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_runs import make_run

from evalkit.cli.main import parser
from evalkit.report.paper_tables import listed
from evalkit.report.spec import read_spec

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "twin_beside_paper.toml"
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


def test_the_example_sets_a_twin_beside_the_paper(
    tmp_path: Path, main: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example file, on a run with the values that the text shows, gives the table in the text."""
    text = TEXT.partition("twin_beside_paper.toml")[2]
    shown = [line for line in text.splitlines() if line.startswith("|")]
    cells = re.findall(r"(\d+\.\d\d)(?: <sub>\\\[(\d+\.\d\d), (\d+\.\d\d)\\\]</sub>)? \|", shown[-1])
    assert [bool(low) for _, low, _ in cells] == [True, False, False, True], "none where no answer is right"
    names = [f"mmmb_twin.{kind}" for kind in ("text_memory", "image_memory", "mixed_memory", "average")]
    values = dict(zip(names, (float(value) for value, _, _ in cells), strict=True))
    run = make_run(tmp_path / "made", "cascade", values, task="mmmb_twin")
    summary = json.loads((run / "summary.json").read_text())
    for name, (_, low, high) in zip(names, cells, strict=True):
        summary["columns"][name] |= {"low": float(low) if low else None, "high": float(high) if high else None}
    (run / "summary.json").write_text(json.dumps(summary))
    results = tmp_path / "results/cascade"
    results.mkdir(parents=True)
    run.parent.rename(results / "mmmb_twin")
    monkeypatch.chdir(tmp_path)
    done = main("table", "--spec", EXAMPLE, "--intervals", "--format", "markdown")
    assert done.code == 0, done.err
    assert [line for line in done.out.splitlines() if line.startswith("|")] == shown
    assert "twin of mmmb, not the original" in done.out


def test_options_named_in_the_text_exist(main: Callable[..., Any]) -> None:
    pages = [main(name, "--help").out for name in ("table", "leaderboard", "export")]
    known = set(re.findall(r"--[a-z-]+", "\n".join(pages)))
    assert set(re.findall(r"`(--[a-z-]+)", TEXT)) <= known


def test_counts_of_arrangements() -> None:
    kinds = [item.layout for item in listed()]
    assert f"for {kinds.count('paper')} tables" in TEXT
    assert f"for {kinds.count('inferred')} (" in TEXT
