"""Keys, escape sequences and formulas in names and answers."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.core.shown import clipped, printable, redact, redacted
from evalkit.report.csv_safe import inert
from evalkit.report.render_markdown import escape
from evalkit.report.xml_text import legal

Main = Callable[..., Any]
KEY = "k3y/with+odd=characters-0123456789"


@pytest.mark.parametrize(
    "value", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "-cmd|calc", "=", "-"]
)
def test_formulas_are_inert(value: str) -> None:
    assert inert(value) == "'" + value


@pytest.mark.parametrize("value", ["-1.5", "+3", "-1e-05", "1", "", "a=b", "5 - 3", "-12%", "-.5", -1.5, None, 3])
def test_numbers_and_texts_stay(value: Any) -> None:
    assert inert(value) == value


def test_exports_are_inert_unless_told_otherwise(tmp_path: Path, main: Main, write_lines: Callable[..., Path]) -> None:
    task = write_lines(tmp_path / "t.jsonl", [{"id": '=HYPERLINK("http://x")', "prompt": "x", "reference": "no"}])
    out = tmp_path / "out"
    main("run", "--model", "constant", "--model-arg", "text==cmd|calc", "--task", task, "--out", out, "--name", "@you")
    for option, mark in ((None, "'"), ("--no-csv-safe", "")):
        more = [option] if option else []
        done = main("export", "--out", out, "--per", "sample", "--format", "csv", "--to", tmp_path / "x.csv", *more)
        assert done.code == 0, done.err
        (row,) = csv.DictReader((tmp_path / "x.csv").open(newline=""))
        assert (row["id"][: len(mark) + 1], row["text"]) == (f"{mark}=", f"{mark}=cmd|calc")
        assert row["statistics.exact_match"] == "[0, 1]"


def test_escape_sequences_are_shown_in_every_text(tmp_path: Path, main: Main, write_lines: Callable[..., Path]) -> None:
    odd = "ev\x1b]52;c;cHdu\x07\x9b2J\u202eil"
    task = write_lines(tmp_path / f"{odd}.jsonl", [{"id": odd, "prompt": "x", "reference": "no", "cluster": odd}])
    out = tmp_path / "out"
    words = ["run", "--model", "constant", "--model-arg", f"text={odd}", "--task", task, "--out", out, "--name", odd]
    shown = [main(*words), main(*words, "--json"), main(*words, "--dry-run")]
    shown += [main("leaderboard", "--out", out, "--format", form) for form in ("text", "md", "html")]
    shown += [main("run", "--model", odd, "--task", task), main("run", "--model", "constant", "--task", odd)]
    for done in shown:
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.out + done.err), (done.out, done.err)


def test_keys_are_neither_stored_nor_printed(
    tmp_path: Path, main: Main, write_lines: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program whose command holds a key writes it on stderr and fails; another answers with it, which is its answer."""
    monkeypatch.setenv("SOME_SERVICE_TOKEN", KEY)
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\nfor line in sys.stdin:\n    asked = json.loads(line)['id']\n    key = sys.argv[1]\n"
        "    if asked == 'a':\n        print(json.dumps({'id': asked, 'text': key}), flush=True)\n"
        "    elif asked == 'b':\n        print(json.dumps({'id': asked, 'error': 'no: ' + key}), flush=True)\n"
        "    else:\n        sys.exit(key)\n"
    )
    task = write_lines(tmp_path / "t.jsonl", [{"id": key, "prompt": "x", "reference": "y"} for key in "abc"])
    cmd = f"python3 {program} {KEY}"
    words = ["run", "--model", "command", "--model-arg", f"cmd={cmd}", "--model-arg", "retries=0", "--task", task]
    done = main(*words, "--out", tmp_path / "out")
    done_json = main(*words, "--out", tmp_path / "out", "--json")
    assert KEY not in done.out + done.err + done_json.out + done_json.err
    stored = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.json*")}
    holding = [path.name for path, content in stored.items() if KEY.encode() in content]
    assert holding == ["samples.jsonl"], "an answer is left as it is"
    (samples,) = (path for path in stored if path.name == "samples.jsonl")
    lines = {line["id"]: line for line in map(json.loads, stored[samples].splitlines())}
    assert lines["a"]["text"] == KEY
    assert all(KEY not in lines[key]["failure"]["message"] for key in "bc")
    assert "$SOME_SERVICE_TOKEN" in lines["b"]["failure"]["message"]


def test_what_is_taken_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"A_KEY": "short", "DB_PASSWORD": "hunter2hunter2", "HF_TOKEN_PATH": "/home/me/token"}.items():
        monkeypatch.setenv(name, value)
    assert redact("short hunter2hunter2 /home/me/token") == "short $DB_PASSWORD /home/me/token"
    assert redact("http://me:pass@host/x http://host:80/y@z") == "http://***@host/x http://host:80/y@z"
    given = {"extra_body": '{"api_key": "abcdefgh12"}', "hf_token": "abcdefgh12", "max_new_tokens": 12345678901}
    assert redacted(given) == {"extra_body": '{"api_key": "***"}', "hf_token": "***", "max_new_tokens": 12345678901}


def test_texts_for_pages_and_people() -> None:
    assert escape("@you | b") == "@&#8288;you \\| b"
    ElementTree.fromstring(f"<a>{legal('x' + chr(27) + chr(0xFFFE) + chr(0))}</a>")
    assert printable("a\x1b[2Jb\nc") == "a\\x1b[2Jb\nc"
    assert len(clipped("x" * 1000, 100)) <= 100
