"""Figures of README and docs: each is what a run gives, or stands in the output that benchmarks/README.md keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from written import ROOT, files

README = (ROOT / "README.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
BASELINE = json.loads((ROOT / "leaderboards" / "baselines" / "asr_demo.json").read_text(encoding="utf-8"))
_NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-]|\.\d)")
_DATE = re.compile(r"20\d\d-\d\d-\d\d")
# Figures that depend on the machine, in docs and cards. Rates and sizes that a rule sets are no figures of this kind.
_TIMED = re.compile(
    r"(?:\b(?:takes?|took|in|after|needs?|[\d.]+ times)|#) (?:about |some |nearly |under |at least |less than )?"
    r"\d[\d.,]*(?: to \d[\d.,]*)? (?:ms|s|seconds|minutes|hours|times as fast|times faster)\b"
)


def numbers(text: str) -> list[str]:
    return [word.replace(",", "") for word in _NUMBER.findall(_DATE.sub(" ", text))]


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_speed_is_quoted_from_what_the_benchmarks_printed() -> None:
    known = {Decimal(word) for word in numbers(MEASURED)}
    versions = r"\| (?:evalkit|evalscope|lm_eval|inspect_ai) [\d.]+ \|"
    told = numbers(re.sub(rf"`[^`]*`|{versions}", " ", section("Speed")))
    assert len(told) > 40

    def quoted(word: str) -> bool:
        last = Decimal(1).scaleb(-len(word.partition(".")[2]))
        return any(one.quantize(last, ROUND_HALF_UP) == Decimal(word) for one in known)

    assert [word for word in told if not quoted(word)] == []


@pytest.mark.parametrize("split", ["clean", "noise_10db", "telephone"])
def test_the_demos_values_are_those_of_the_baseline(split: str) -> None:
    kept = BASELINE["columns"][f"asr_demo.{split}.wer"]
    value, interval = f"{kept['value']:.2f}", f"[{kept['low']:.2f}, {kept['high']:.2f}]"
    rows = [line for line in README.splitlines() if re.match(rf"(asr_demo\.)?{split}(\.wer)? ", line)]
    assert len(rows) == 2
    assert all(row.split()[1] == value and interval in row for row in rows)
    tables = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert f"{value} <sub>\\{interval[:-1]}\\]</sub>" in tables


@pytest.mark.campaign
def test_the_demo_prints_what_readme_shows(main: Callable[..., Any]) -> None:
    done = main("run", "--model", "pocketsphinx", "--task", "asr_demo")
    assert done.code == 0, done.err
    (block,) = (
        block for block in re.findall(r"^```\n(.*?)^```", README, re.DOTALL | re.MULTILINE) if "asr_demo v1" in block
    )
    shown = [line for line in block.splitlines() if not re.search(r"\btime \d|asked now", line)]
    printed = [line for line in done.out.splitlines() if not re.search(r"\btime \d|asked now", line)]
    assert [line.rstrip() for line in printed if line.strip()] == [line.rstrip() for line in shown if line.strip()]


@pytest.mark.campaign
def test_the_twins_row_is_what_a_run_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PIL")
    from evalkit import evaluate

    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    (outcome,) = evaluate("cascade", "mmmb_twin", out=tmp_path / "out")
    columns = outcome.summary.columns
    cells = []
    for kind in ("text_memory", "image_memory", "mixed_memory", "average"):
        column = columns[f"mmmb_twin.{kind}"]
        low, high = column.low, column.high
        alike = low is None or high is None or low == high  # no interval where all dialogues end alike
        cells.append(f"{column.value:.2f}" + ("" if alike else f" [{low:.2f}, {high:.2f}]"))
    row = next(line for line in README.splitlines() if line.startswith("| mmmb_twin, own run"))
    assert [cell.strip() for cell in row.split("|")[3:-1]] == cells
    assert f"| `mmmb_twin` | text memory | {cells[0]} | 90 |" in (ROOT / "model_adapters" / "cascade.md").read_text()


@pytest.mark.parametrize(
    "path", [path for path in files() if path.parts[-2] != "benchmarks"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_figure_of_a_machine_says_when_it_was_measured(path: Path) -> None:
    """In its paragraph or the one before; README's Speed is held above."""
    text = path.read_text(encoding="utf-8")
    if path.name == "README.md" and path.parent == ROOT:
        text = text.replace(section("Speed"), "")
    undated = []
    before = ""
    for paragraph in re.split(r"\n\s*\n", text):
        told = [match[0] for match in _TIMED.finditer(" ".join(paragraph.split()))]
        if told and not _DATE.search(before + paragraph):
            undated += told
        before = paragraph
    assert undated == [], "say when it was measured, or take it from benchmarks/README.md"
