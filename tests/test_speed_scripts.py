"""The benchmark scripts of calls, judging and leaderboards run, at a size that shows only that they do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


def run(script: str, *words: object) -> str:
    command = [sys.executable, str(FOLDER / script), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.campaign
def test_calls() -> None:
    pytest.importorskip("openai")
    shown = run("api_speed.py", "--calls", 128, "--requests", 20, "--memory", 40)
    parts = re.findall(
        r"128 calls .*? (\d+) answers, (\d+) failed; the server answered (\d+) of (\d+) .* (\d+) twice", shown
    )
    assert [part[:3] + part[4:] for part in parts] == [("128", "0", "128", "0")] * 2
    assert int(parts[1][3]) > 128, "some fail once"
    assert re.search(r"evalkit again .* 0 requests", shown)


@pytest.mark.campaign
def test_voicebench_rules() -> None:
    pytest.importorskip("langdetect")
    assert re.search(r"^all +5394 answers", run("voicebench_rules_speed.py", "--times", 1), re.MULTILINE)


@pytest.mark.campaign
def test_judging() -> None:
    pytest.importorskip("openai")
    shown = run("judging_speed.py", "--verdicts", 120, "--latency", 0.05, "--concurrency", 16)
    assert len(re.findall(r"^first, .* 120 questions, 0 answered twice$", shown, re.MULTILINE)) == 2
    asked = re.findall(r"server: (\d+) requests", shown)
    assert asked[0] == asked[1] == asked[2], "repeated, from the scores and from the cache: nothing is asked"
    assert re.search(r"repeated to the end .* 120 questions", shown)


def test_leaderboards() -> None:
    shown = run("leaderboard_speed.py", "--runs", 4, "--repeat", 1)
    assert re.findall(r"^(.*): [\d.]+ s \(CPU", shown, re.MULTILINE) == [
        "4 runs x 10 columns, ranked, JSON", "the same, HTML", "merge of 2 files with 20 rows each, ranked"
    ]  # fmt: skip


def test_comparisons() -> None:
    shown = run("compare_speed.py", 300)
    codes = re.findall(r"^(compare|baseline|gate).* (\d+)$", shown, re.MULTILINE)
    assert len(codes) == 8
    assert all(code == "0" or (command == "gate" and code == "1") for command, code in codes), shown
