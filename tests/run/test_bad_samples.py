"""A user's own file with something wrong in it: the command ends before any model is asked, and says where and what."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOOD = '{"id": "a", "prompt": "hello", "reference": "HELLO"}'
OTHER = '{"id": "b", "prompt": "world", "reference": "WORLD"}'

# name -> (content of the file, words the message must hold)
BROKEN: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "broken line": (f'{GOOD}\n{{"id": "b", "prompt"\n'.encode(), ("line 2", "JSON")),
    "not an object": (f"{GOOD}\n\n[1, 2]\n".encode(), ("line 3", "object")),
    "not UTF-8": (f"{GOOD}\n".encode() + '{"id": "b", "prompt": "caf\u00e9", "reference": ""}\n'.encode("latin-1"),
                  ("line 2", "UTF-8")),
    "UTF-16": (f"{GOOD}\n".encode("utf-16"), ("line 1", "UTF-8")),
    "lone surrogate": (b'{"id": "a", "prompt": "\\ud800", "reference": ""}\n', ("line 1", "surrogate")),
    "duplicate id": (f"{GOOD}\n{OTHER}\n{GOOD}\n".encode(), ("'a'", "unique")),
    "5 and '5'": (b'{"id": 5, "prompt": "x", "reference": ""}\n{"id": "5", "prompt": "x", "reference": ""}\n',
                  ("'5'", "unique")),
    "missing id": (f'{GOOD}\n{{"prompt": "x", "reference": ""}}\n'.encode(), ("line 2", '"id"')),
    "null id": (b'{"id": null, "prompt": "x", "reference": ""}\n', ("line 1", '"id"')),
    "empty id": (b'{"id": "", "prompt": "x", "reference": ""}\n', ("line 1", '"id"')),
    "id is a list": (b'{"id": ["a"], "prompt": "x", "reference": ""}\n', ("line 1", '"id"')),
    "missing reference": (b'{"id": "a", "prompt": "x"}\n', ("line 1", "'a'", '"reference"')),
    "nothing to ask": (b'{"id": "a", "reference": "x"}\n', ("line 1", "'a'", '"prompt"')),
    "prompt is a number": (b'{"id": "a", "prompt": 5, "reference": "x"}\n', ("line 1", '"prompt"')),
    "audio is a number": (b'{"id": "a", "audio": 5, "reference": "x"}\n', ("line 1", '"audio"')),
    "audio is a list": (b'{"id": "a", "audio": ["a.wav"], "reference": "x"}\n', ("line 1", '"audio"')),
    "messages is a number": (b'{"id": "a", "messages": 5, "reference": "x"}\n', ("line 1", '"messages"')),
    "messages is a text": (b'{"id": "a", "messages": "x", "reference": "x"}\n', ("line 1", '"messages"')),
    "messages is empty": (b'{"id": "a", "messages": [], "reference": "x"}\n', ("line 1", "last message")),
    "model speaks last": (b'{"id": "a", "messages": [{"role": "assistant", "content": "x"}], "reference": ""}\n',
                          ("line 1", "last message")),
    "unknown role": (b'{"id": "a", "messages": [{"role": "bot", "content": "x"}], "reference": ""}\n',
                     ("line 1", '"role"', "assistant")),
    "role is a list": (b'{"id": "a", "messages": [{"role": ["user"], "content": "x"}], "reference": ""}\n',
                       ("line 1", '"role"')),
    "turn is a text": (b'{"id": "a", "messages": ["x"], "reference": ""}\n', ("line 1", '"role"')),
    "turn without content": (b'{"id": "a", "messages": [{"role": "user"}], "reference": ""}\n', ("line 1", '"content"')),
    "unknown part": (b'{"id": "a", "messages": [{"role": "user", "content": [{"type": "smell", "path": "x"}]}], "reference": ""}\n',
                     ("line 1", '"audio"')),
    "type is a list": (b'{"id": "a", "messages": [{"role": "user", "content": [{"type": ["audio"], "path": "x"}]}], "reference": ""}\n',
                       ("line 1", '"type"')),
    "meta is a text": (b'{"id": "a", "prompt": "x", "meta": "y", "reference": ""}\n', ("line 1", '"meta"')),
    "empty file": (b"", ("no sample",)),
    "blank lines": (b"\n \n", ("no sample",)),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_ends_the_command_before_the_model_is_asked(
    kind: str, tmp_path: Path, main: Callable[..., Any], program: Any
) -> None:
    content, words = BROKEN[kind]
    task = tmp_path / "broken.jsonl"
    task.write_bytes(content)
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out")
    assert done.code == 2
    assert "broken.jsonl" in done.err
    assert all(word in done.err for word in words), done.err
    assert not program.asked()
    assert not list(tmp_path.glob("out/**/samples.jsonl"))


@pytest.mark.parametrize(
    "content",
    [
        f"{GOOD}\r\n{OTHER}\r\n".encode(),
        f"\ufeff{GOOD}\n{OTHER}\n".encode(),
        f"{GOOD}\n\n   \n{OTHER}".encode(),
        f"  {GOOD}  \n\t{OTHER}\n".encode(),
    ],
    ids=["CRLF", "byte order mark", "blank lines and no last newline", "spaces"],
)
def test_harmless_differences_are_taken(content: bytes, tmp_path: Path, main: Callable[..., Any], program: Any) -> None:
    task = tmp_path / "fine.jsonl"
    task.write_bytes(content)
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert program.asked() == ["a", "b"]


def test_no_such_file(tmp_path: Path, main: Callable[..., Any]) -> None:
    done = main("run", "--model", "constant", "--task", tmp_path / "none.jsonl", "--out", tmp_path / "out")
    assert done.code == 2
    assert "none.jsonl" in done.err
    assert "no such file" in done.err


@pytest.mark.parametrize(
    ("reference", "scorer", "words"),
    [
        (None, ["exact_match"], ["'b'", "reference"]),
        (5, ["exact_match"], ["'b'", "reference"]),
        ({"text": "x"}, ["exact_match"], ["'b'", "reference"]),
        (None, ["error_rate", "--scorer-arg", "language=en"], ["'b'", "reference"]),
        (["x"], ["error_rate", "--scorer-arg", "language=en"], ["'b'", "reference"]),
        ("x", ["error_rate"], ["language", "--scorer-arg language=CODE"]),
    ],
    ids=["null", "number", "object", "null error rate", "list error rate", "no language"],
)
def test_what_the_scorer_cannot_use_is_found_before_the_model_is_asked(
    reference: Any,
    scorer: list[str],
    words: list[str],
    tmp_path: Path,
    main: Callable[..., Any],
    program: Any,
    write_lines: Callable[..., Path],
) -> None:
    lines = [GOOD, {"id": "b", "prompt": "world", "reference": reference}]
    task = write_lines(tmp_path / "quiz.jsonl", lines)
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", "--scorer", *scorer)
    assert done.code == 2
    assert all(word in done.err for word in words), done.err
    assert not program.asked(), "hours of answers must not be spent on a run that cannot be scored"


@pytest.mark.parametrize(
    "profile", ["plain", "kimi", "qwen2audio", "wenet", "auharness", "lmms_wenetspeech", "seedtts"]
)
@pytest.mark.parametrize("answer", ["", "two words"])
def test_empty_references_are_scored_and_counted(
    profile: str, answer: str, tmp_path: Path, main: Callable[..., Any], write_lines: Callable[..., Path]
) -> None:
    lines = [{"id": "full", "prompt": "?", "reference": "two words"}, {"id": "empty", "prompt": "?", "reference": ""}]
    task = write_lines(tmp_path / "quiz.jsonl", lines)
    done = main(
        "run", "--model", "constant", "--model-arg", f"text={answer}", "--task", task, "--out", tmp_path / "out",
        "--scorer", f"error_rate:{profile}", "--scorer-arg", "language=en", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    (result,) = done.json[0]["results"]
    assert result["flags"] == {"empty_reference": 1, **({} if answer else {"empty_answer": 2})}
    assert result["counts"]["n_scored"] == 2
    assert result["n_dropped"] == 0
    # two words against nothing: an error for each, where the rule has no other idea; nothing against nothing: none
    insertions = 0 if answer == "" else 2
    deletions = 2 if answer == "" else 0
    assert result["sums"]["insertions"] == insertions
    assert result["sums"]["deletions"] == deletions
    assert result["sums"]["tokens"] == 2
    expected = {"auharness": 100 * 2 / 3, "lmms_wenetspeech": 50.0}.get(profile, 100.0)
    if profile == "seedtts" and answer:
        expected = 0.0  # a mean of utterances' rates, those without reference tokens left out
    assert result["value"] == pytest.approx(expected)


def test_nothing_but_empty_references_has_no_value(
    tmp_path: Path, main: Callable[..., Any], write_lines: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", [{"id": "a", "prompt": "?", "reference": ""}])
    done = main(
        "run", "--model", "constant", "--model-arg", "text=word", "--task", task, "--out", tmp_path / "out",
        "--scorer", "error_rate", "--scorer-arg", "language=en", "--json",
    )  # fmt: skip
    (result,) = done.json[0]["results"]
    assert result["value"] is None
    assert json.loads(done.out)[0]["counts"]["n_scored"] == 1
