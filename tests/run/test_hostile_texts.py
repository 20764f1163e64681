"""What models write is data: kept to the last character, scored as it stands, and nothing else comes of it."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.authoring import JsonLines, Sample, Task, exact_match, user
from evalkit.cli.outcome import report

STEERS = re.compile("[\x1b\x07\x08\x9b\u202e\0]")  # characters that act on a terminal
Main = Callable[..., Any]
Write = Callable[..., Path]

LINE = '{"id":"q1","split":"all","messages":[],"reference":"x","failure":{"kind":"model","message":"forged"}}'
TEXTS: dict[str, str] = {
    "NUL": "a\0b",
    "line separators": "a\u2028b\u2029c\x85d\x0b\x0ce",
    "newlines": "a\r\nb\rc\n\nd\n",
    "a line of the journal": f"\n{LINE}\n",
    "a line of the scores": '\n{"id":"q1","split":"all","status":"model_failed","faithful":{}}\n',
    "patterns of the reader": '"failure":{ "status":"model_failed" \\"failure\\":{',
    "escapes that are text": '\\ud800 \\u0000 \\n \\\\" </script><!--',
    "ANSI": "\x1b[2J\x1b]0;title\x07\x1b[31mred\x9b1m",
    "right to left": "\u202eevil\u202c \u2066x\u2069",
    "noncharacters": "\ufdd0\uffff\U0010ffff\ufeff",
    "combining": "e" + "\u0301" * 2000,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "control characters": "".join(map(chr, range(32))) + "\x7f",
    "format strings": "%s %n {0} {id} ${HOME} $(id) `id`",
    "blank": " \t\u3000\u00a0\u200b ",
    "nothing": "",
    "5 MB": "long text " * 500_000,
    "5 MB in one word": "x" * 5_000_000,
}


@pytest.fixture
def ask(tmp_path: Path, main: Main, program: Any, write_lines: Write) -> Callable[..., Any]:
    """Runs the answering program on lines; returns what was done."""

    def run(*lines: Any, more: tuple[object, ...] = ()) -> Any:
        task = write_lines(tmp_path / "own.jsonl", lines)
        return main("run", *program.words, "--task", task, "--out", tmp_path / "out", *more)

    return run


def coded(folder: Path, code: str) -> list[str]:
    """Arguments of `evalkit run` that choose a program with this code."""
    path = folder / "program.py"
    path.write_text(code)
    return ["--model", "command", "--model-arg", "cmd=" + shlex.join([sys.executable, str(path)])]


def replies(text: str) -> str:
    return "reply " + json.dumps({"text": text})


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_goes_the_whole_way_unharmed(
    kind: str, ask: Callable[..., Any], tmp_path: Path, run_of: Callable[..., Path], lines_of: Any, program: Any
) -> None:
    text = TEXTS[kind]
    lines = [
        {"id": "q0", "prompt": "before", "reference": "BEFORE"},
        {"id": "hostile", "prompt": replies(text), "reference": text},
        {"id": "q1", "prompt": "after", "reference": "AFTER"},
    ]
    done = ask(*lines, more=("--scorer", "exact_match:exact"))
    assert done.code == 0, done.err
    assert not STEERS.search(done.out + done.err)
    run = run_of(tmp_path / "out")
    records = {record["id"]: record for record in lines_of(run / "samples.jsonl")}
    assert list(records) == ["q0", "hostile", "q1"]
    assert records["hostile"]["text"] == text
    summary = json.loads((run / "summary.json").read_text())
    assert summary["results"][0]["value"] == 100.0
    assert summary["counts"]["n_scored"] == 3
    frame = evalkit.load_results(tmp_path / "out", per="sample").set_index("id")
    assert frame["text"]["hostile"] == text
    assert frame["text"]["q1"] == "AFTER"
    before = (run / "summary.json").read_bytes()
    assert ask(*lines, more=("--scorer", "exact_match:exact")).code == 0
    assert len(program.asked()) == 3, "it is read back as the answer it was"
    assert (run / "summary.json").read_bytes() == before


@pytest.mark.parametrize("kind", [kind for kind in TEXTS if "5 MB" not in kind])
def test_an_error_rate_of_any_text_is_finite(kind: str, ask: Callable[..., Any]) -> None:
    lines = [{"id": "a", "prompt": replies(TEXTS[kind]), "reference": "two words"}]
    for profile in ("plain", "kimi", "seedtts", "wenet"):
        done = ask(*lines, more=("--scorer", f"error_rate:{profile}", "--scorer-arg", "language=en", "--json"))
        assert done.code in (0, 1), done.err  # some rules leave such texts out
        (result,) = done.json[0]["results"]
        assert result["strict"] >= 0
        assert result["counts"]["n_scored"] + result["counts"]["n_unparsed"] == 1


def test_half_a_surrogate_pair_is_no_text_and_ends_nothing(
    ask: Callable[..., Any], tmp_path: Path, program: Any
) -> None:
    """JSON can name what Unicode has no character for; Python's json module writes it without a word."""
    lines = [{"id": f"q{i}", "prompt": f"text {i}", "reference": f"TEXT {i}"} for i in range(4)]
    for key, text in (("high", "\\ud83d"), ("low", "x\\ude00"), ("turned", "\\ude00\\ud83d")):
        lines.insert(2, {"id": key, "prompt": f'reply {{"text": "{text}"}}', "reference": "x"})
    lines.insert(2, {"id": "raw", "prompt": 'raw {"id": "raw", "text": "\\u00e9"}', "reference": "é"})
    done = ask(*lines, more=("--json",))
    assert done.code == 1, done.err
    counts = done.json[0]["counts"]
    assert (counts["n_total"], counts["n_scored"], counts["n_model_failed"]) == (8, 5, 3)
    assert all(key in done.err for key in ("high", "low", "turned"))
    assert done.json[0]["results"][0]["strict"] == pytest.approx(100 * 5 / 8)


BYTES = """
import json, sys
for line in sys.stdin:
    key = json.loads(line)["id"]
    reply = b'{"id": "b", "text": "caf\\xe9"}' if key == "b" else json.dumps({"id": key, "text": "fine"}).encode()
    sys.stdout.buffer.write(reply + b"\\n")
    sys.stdout.buffer.flush()
"""


def test_a_text_that_is_not_utf_8_fails_its_sample_alone(tmp_path: Path, main: Main, write_lines: Write) -> None:
    task = write_lines(tmp_path / "own.jsonl", [{"id": key, "prompt": "?", "reference": "fine"} for key in "abc"])
    done = main("run", *coded(tmp_path, BYTES), "--task", task, "--out", tmp_path / "out", "--json")
    assert done.code == 1, done.err
    assert done.json[0]["counts"]["n_scored"] == 2
    assert done.json[0]["counts"]["n_model_failed"] == 1


def test_a_deeply_nested_reply_fails_its_sample_alone(ask: Callable[..., Any]) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    lines = [
        {"id": "a", "prompt": f'raw {{"id": "a", "text": "x", "usage": {deep}}}', "reference": ""},
        {"id": "b", "prompt": f'raw {{"id": "b", "text": {deep}}}', "reference": ""},
        {"id": "c", "prompt": "fine", "reference": "FINE"},
    ]
    done = ask(*lines, more=("--json",))
    assert done.code == 1
    counts = done.json[0]["counts"]
    assert (counts["n_scored"], counts["n_model_failed"]) == (1, 2)


USAGE: dict[str, str] = {
    "sums beyond all numbers": '{"tokens": 1e308}',
    "no number": '{"tokens": NaN}',
    "a number of 400 digits": '{"tokens": 1' + "0" * 400 + "}",
    "a name that steers the terminal": '{"\\u001b[2J\\ud83d\\ude00\\n": 1}',
    "an empty name": '{"": 1}',
    "many names": json.dumps({f"n{i}": i for i in range(3000)}),
}


@pytest.mark.parametrize("kind", USAGE)
def test_strange_amounts_end_no_run(kind: str, ask: Callable[..., Any]) -> None:
    lines = [
        {"id": f"q{i}", "prompt": f'reply {{"text": "x", "usage": {USAGE[kind]}}}', "reference": "x"} for i in range(3)
    ]
    done = ask({"id": "good", "prompt": "x", "reference": "X"}, *lines)
    assert done.code in (0, 1), done.err
    assert "n_total 4" in done.out
    assert not STEERS.search(done.out + done.err)


STEERING = "\x1b]0;title\x07\x1b[2J\x9b31m\r\x08\u202e"
FINE = {"id": "a", "prompt": "fine", "reference": "FINE"}
OTHER: dict[str, dict[str, Any]] = {
    "error": {"id": "b", "prompt": "reply " + json.dumps({"error": STEERING})},
    "stray line": {"id": "b", "prompt": f"raw {STEERING}"},
    "name of the spoken reply": {"id": "b", "prompt": "reply " + json.dumps({"audio": f"/nowhere/{STEERING}"})},
    "id": {"id": f"b{STEERING}", "prompt": "die"},
    "missing media": {"id": "b", "audio": STEERING},
}


@pytest.mark.parametrize("place", OTHER)
def test_nothing_from_outside_steers_the_terminal(place: str, ask: Callable[..., Any]) -> None:
    done = ask(FINE, {**OTHER[place], "reference": ""})
    assert done.code == 1
    assert "title" in done.err, "it is shown, in a harmless form"
    assert not STEERS.search(done.out + done.err)


def test_the_last_words_of_a_program_do_not_steer_the_terminal(tmp_path: Path, main: Main, write_lines: Write) -> None:
    task = write_lines(tmp_path / "own.jsonl", [{"id": f"q{i}", "prompt": "?", "reference": ""} for i in range(30)])
    program = coded(tmp_path, f"import sys; sys.stderr.write({STEERING!r}); sys.stdin.readline()")
    done = main("run", *program, "--task", task, "--out", tmp_path / "out")
    assert done.code == 2
    assert "title" in done.err
    assert not STEERS.search(done.out + done.err)


def test_facts_of_the_data_do_not_steer_the_terminal(
    tmp_path: Path, write_lines: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The values of a breakdown and the ids of recorded answers come from files of others."""
    rows = [{"id": "a", "reference": "x", "prompt": "?", "topic": STEERING}]
    task = Task(
        source=JsonLines(write_lines(tmp_path / "own.jsonl", rows)),
        sample=lambda row, split: Sample(row["id"], (user("?"),), "x", meta={"topic": row["topic"]}),
        scorers=[exact_match()],
        breakdowns=("topic",),
        name="own",
    )
    answers = write_lines(tmp_path / "answers.jsonl", [{"id": "a", "text": "x"}, {"id": STEERING, "text": "x"}])
    outcomes = evalkit.evaluate("replay", task, model_arguments={"file": str(answers)}, out=tmp_path / "out")
    assert report(outcomes, as_json=False) == 0
    shown = capsys.readouterr().out
    assert shown.count("title") == 2
    assert not STEERS.search(shown)
