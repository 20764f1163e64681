"""Formats by name and by the ending of a file, lists as wide as the terminal, and what may not be replaced."""

from __future__ import annotations

import csv
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli.text import broken, columns_of_text, interval, number, width

Main = Callable[..., Any]
TABLE = ("table", "--paper", "interactive-omni", "--table", "10")
BOARD = ("leaderboard", "--columns", "mmmb.*", "--out", "nothing")


def begins(text: str) -> str:
    for start, kind in (("<!DOCTYPE html", "html"), ("% Needs", "latex"), ("{", "json"), ("**", "md")):
        if text.startswith(start):
            return kind
    return "csv" if text.startswith("model,") else "text"


@pytest.mark.parametrize("command", [TABLE, BOARD], ids=["table", "leaderboard"])
@pytest.mark.parametrize(
    ("ending", "kind"),
    [(".html", "html"), (".tex", "latex"), (".csv", "csv"), (".md", "md"), (".markdown", "md"), (".json", "json"), (".HTML", "html")],
)  # fmt: skip
def test_a_file_is_what_its_ending_says(
    main: Main, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], ending: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    done = main(*command, "--to", f"x{ending}")
    assert done.code == 0, done.err
    text = (tmp_path / f"x{ending}").read_text(encoding="utf-8")
    assert begins(text) == kind
    if kind == "json":
        assert json.loads(text)["rows"]
    if kind == "csv":
        assert list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("command", [TABLE, BOARD], ids=["table", "leaderboard"])
def test_md_and_markdown_are_one_format(
    main: Main, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nothing").mkdir()
    one, other = (main(*command, "--format", word) for word in ("md", "markdown"))
    assert one.code == other.code == 0
    assert one.out == other.out
    assert main(*command, "--format", "html", "--to", "x.txt").code == 0, "a format that is named comes first"
    assert begins((tmp_path / "x.txt").read_text()) == "html"


def test_an_ending_that_a_command_does_not_write_is_refused(main: Main, tmp_path: Path) -> None:
    done = main(*TABLE, "--to", tmp_path / "x.parquet")
    assert done.code == 2
    assert "does not write parquet; it writes text, csv, json" in done.err
    assert not list(tmp_path.glob("*x*"))
    assert "--format parquet, csv, hf-model-index" in main("export", "--out", tmp_path).err


def test_a_link_or_pipe_is_written_to_and_not_replaced(main: Main, tmp_path: Path) -> None:
    target, link = tmp_path / "real.md", tmp_path / "link.md"
    target.write_text("old")
    link.symlink_to(target)
    assert main(*TABLE, "--to", link).code == 0
    assert link.is_symlink()
    assert target.read_text().startswith("**")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "evalkit", *TABLE, "--to", str(pipe)]
    with subprocess.Popen(command) as process:
        assert pipe.read_text().startswith("model,")
        assert process.wait() == 0
    assert pipe.is_fifo()


def in_terminal(words: list[str], columns: int) -> str:
    """Output of a command whose standard output is a terminal of that width."""
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    environment["COLUMNS"] = str(columns)
    found = b""
    with subprocess.Popen([sys.executable, "-m", "evalkit", *words], stdout=follower, env=environment) as process:
        os.close(follower)
        try:
            while piece := os.read(leader, 65536):
                found += piece
        except OSError:
            pass  # a terminal whose last writer left
        assert process.wait() == 0
    os.close(leader)
    return found.decode()


@pytest.mark.parametrize("words", [["list", "models"], ["list", "profiles"], ["list", "columns"], ["table", "--list"]])
def test_lists_keep_to_the_terminal_and_are_whole_in_a_pipe(words: list[str]) -> None:
    lines = in_terminal(words, 90).splitlines()
    assert max(map(width, lines)) <= 90
    piped = subprocess.run([sys.executable, "-m", "evalkit", *words], capture_output=True, text=True, check=True).stdout
    assert max(map(width, piped.splitlines())) > 90
    assert sorted("".join(lines).split()) != []
    kept, whole = ("".join("".join(text).split()) for text in (lines, piped))
    assert len(kept) >= 0.95 * len(whole.replace("-", "")), "texts are broken into lines, not cut"


def test_columns_narrow_the_widest_first() -> None:
    rows = [["name", "title"], ["a", "one two three four five six"], ["b", "短い文字列です"]]
    text = columns_of_text(rows, room=20)
    assert all(width(line) <= 20 for line in text.splitlines())
    assert text.splitlines()[0].split() == ["name", "title"]
    assert " ".join(text.split()).count("three") == 1
    assert broken("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert broken("短い文字", 4) == ["短い", "文字"]
    assert columns_of_text(rows) == columns_of_text(rows, room=200)


def test_numbers_of_the_terminal_round_as_everywhere() -> None:
    assert [number(x, 2) for x in (0.125, 2.675, -0.125, None)] == ["0.13", "2.68", "-0.13", "-"]
    assert number(0.129, 2, "cut") == "0.12"
    assert number(0.125, 2, signed=True) == "+0.13"
    assert interval(0.125, 0.375, 2) == "[0.13, 0.38]"
