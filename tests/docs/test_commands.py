"""Every command that README, docs and cards show is one that the program takes, of things that are there."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from written import ROOT, Written, alternatives, commands

from evalkit import plugins
from evalkit.cli.main import COMMANDS, parser
from evalkit.published import numbers as published

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHOWN = commands()
_MADE_UP = {"mine", "brevity"}  # names that the text around them calls one's own
_NO_NUMBER = re.compile(r"argument --[\w-]+: .*invalid .* value: '([A-Z%]+)'")
_NO_CHOICE = re.compile(r"argument [\w-]+: invalid choice: '([A-Z]+|brevity)' \(choose from '?([\w-]+)")


def of(*programs: str) -> list[Written]:
    return [one for one in SHOWN if re.search(rf"(?:^|/|\s)(?:{'|'.join(programs)})$", one.text.split(" ")[0])]


EVALKIT = [one for one in SHOWN if "evalkit" in one.text.split()[:1] or one.text.startswith(".venv/bin/evalkit")]


@pytest.fixture
def parsed(capsys: pytest.CaptureFixture[str]) -> Callable[..., argparse.Namespace | None]:
    """What the program makes of a command's words, with a number or a choice in the place of placeholders.

    None for --help, and for the name of a command alone where a sentence has it.
    """

    def call(given: list[str], inline: bool = False) -> argparse.Namespace | None:
        for _ in range(4):
            capsys.readouterr()
            try:
                return parser(next((word for word in given if not word.startswith("-")), None)).parse_args(given)
            except SystemExit as error:
                said = capsys.readouterr()
                if error.code == 0 or (inline and "arguments are required" in said.err):
                    return None
                number, choice = _NO_NUMBER.search(said.err), _NO_CHOICE.search(said.err)
                assert number or choice, said.err.strip().splitlines()[-1]
                old, new = (number[1], "3") if number else (choice[1], choice[2]) if choice else ("", "")
                given = [new if word == old else word for word in given]
        raise AssertionError(given)

    return call


def test_commands_are_found() -> None:
    assert len(EVALKIT) > 150
    assert {one.file for one in EVALKIT} > {"README.md", "docs/judging.md", "CONTRIBUTING.md", "tasks/mmmb/card.md"}
    assert {one.text.split()[1] for one in EVALKIT if " " in one.text} >= COMMANDS.keys() - {"schema"}


@pytest.mark.parametrize("shown", EVALKIT, ids=str)
def test_the_program_takes_it(shown: Written, parsed: Callable[..., argparse.Namespace | None]) -> None:
    for words in alternatives(shown.text):
        if len(words) == 1 or words[1].isupper():
            continue
        found = parsed(words[1:], shown.inline)
        unknown = unknown_names(found) if found is not None else []
        assert not unknown, f"{shown}: {unknown}"


def unknown_names(found: argparse.Namespace) -> list[str]:
    """Names in a command that nothing has."""
    asked: list[tuple[str, str]] = []
    held: dict[str, Any] = vars(found)
    for kind in ("task", "model"):
        given = held.get(kind) or []
        names = [given] if isinstance(given, str) else [one for one in given if isinstance(one, str)]
        if held.get("command") not in ("leaderboard", "plot", "table", "export", "reproduce"):
            asked += [(kind, part) for name in names for part in name.split(",") if "=" not in part]
    if held.get("command") == "show" and isinstance(held.get("kind"), str):
        asked.append((held["kind"], str(held.get("name"))))
    if isinstance(held.get("rubric"), str):
        asked.append(("judge", held["rubric"]))
    wrong = []
    for kind, name in asked:
        name = name.partition(":")[0]
        if not re.fullmatch(r"[a-z][a-z0-9_.\-]*", name) or name in _MADE_UP or name.endswith((".py", ".md", ".jsonl")):
            continue
        if name not in plugins.plugins(kind):
            wrong.append(f"{kind} {name}")
    paper = held.get("paper")
    if isinstance(paper, str) and re.fullmatch(r"[a-z\-]+", paper) and paper not in published.papers():
        wrong.append(f"paper {paper}")
    return wrong


def test_a_wrong_command_would_be_found(parsed: Callable[..., Any]) -> None:
    with pytest.raises(AssertionError, match="unrecognized arguments"):
        parsed(["run", "--model", "constant", "--task", "asr_demo", "--no-such-option", "1"])
    assert unknown_names(parsed(["run", "--model", "constnt", "--task", "asr_demoo"])) == [
        "task asr_demoo",
        "model constnt",
    ]
    assert unknown_names(parsed(["show", "task", "mmmb2"])) == ["task mmmb2"]
    assert parsed(["run", "--model", "constant", "--task", "asr_demo", "--limit", "N"]).limit is not None


@pytest.mark.parametrize(
    "shown", [one for one in SHOWN if re.match(r"(?:[A-Z_]+=\S+ )*python3? \S+\.py", one.text)], ids=str
)
def test_a_script_is_there_and_knows_its_options(shown: Written) -> None:
    _, name, *words = re.sub(r"^(?:[A-Z_]+=\S+ )*", "", shown.text).split()
    path = ROOT / name
    assert path.is_file()
    text = path.read_text(encoding="utf-8")
    assert [word for word in words if word.startswith("--") and f'"{word}"' not in text] == []


@pytest.mark.parametrize("shown", of("make"), ids=str)
def test_a_target_is_there(shown: Written) -> None:
    target = shown.text.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_extras_are_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    told = {
        name
        for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("model_adapters/*.md"))
        for names in re.findall(r"'\.\[([\w,]+)\]'", path.read_text(encoding="utf-8"))
        for name in names.split(",")
    }
    assert len(told) > 10
    assert told <= extras.keys()
