"""`evalkit score`: any form of file, from anywhere, without the media of the data."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Main = Callable[..., Any]
QUESTIONS = [{"id": key, "prompt": "?", "audio": f"{key}.wav", "reference": key} for key in ("a", "b", "c", "d")]
ANSWERS = {"a": "a", "b": "wrong", "c": None, "d": "d"}


def _lines(key: str) -> bytes:
    return b"".join(json.dumps({"id": name, key: said}).encode() + b"\n" for name, said in ANSWERS.items())


FORMS = {
    **{
        f"lines of {key}": _lines(key) for key in ("text", "response", "model_output", "model_prediction", "prediction")
    },
    "lines, CRLF and byte order mark": b"\xef\xbb\xbf" + _lines("text").replace(b"\n", b"\r\n"),
    "lines, blank ones between, no last line end": _lines("text").replace(b"\n", b"\n \n").rstrip(),
    "lines, UTF-16": _lines("text").decode().encode("utf-16"),
    "lines, gzip": gzip.compress(_lines("text")),
    "list": json.dumps([{"id": name, "text": said} for name, said in ANSWERS.items()]).encode(),
    "list, two equal fields": json.dumps(
        [{"id": name, "model_output": said, "model_prediction": said} for name, said in ANSWERS.items()], indent=1
    ).encode(),
    "object": json.dumps(ANSWERS).encode(),
    "object over lines": json.dumps(ANSWERS, indent=2).encode(),
    "object of objects": json.dumps({name: {"response": said} for name, said in ANSWERS.items()}).encode(),
    "object, gzip": gzip.compress(json.dumps(ANSWERS, indent=2).encode()),
}


@pytest.fixture
def quiz(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    return write_lines(tmp_path / "quiz.jsonl", QUESTIONS)


def counted(done: Any) -> tuple[float, int, int]:
    assert done.code == 1, done.err
    (summary,) = done.json
    return summary["results"][0]["strict"], summary["counts"]["n_scored"], summary["counts"]["n_model_failed"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_scores_alike(form: str, quiz: Path, tmp_path: Path, main: Main) -> None:
    file = tmp_path / "said.any"
    file.write_bytes(FORMS[form])
    done = main("score", "--task", quiz, "--responses", file, "--out", tmp_path / "out", "--json")
    assert counted(done) == (50.0, 3, 1)


@pytest.mark.parametrize("form", ["lines of text", "object over lines", "lines, gzip"])
def test_standard_input_and_pipes(
    form: str, quiz: Path, tmp_path: Path, main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalkit.data import responses

    responses._once.cache_clear()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FORMS[form])))
    done = main("score", "--task", quiz, "--responses", "-", "--out", tmp_path / "out", "--json")
    assert counted(done) == (50.0, 3, 1)
    reader, writer = os.pipe()
    os.write(writer, FORMS[form])
    os.close(writer)
    again = main("score", "--task", quiz, "--responses", f"/dev/fd/{reader}", "--out", tmp_path / "out", "--json")
    os.close(reader)
    responses._once.cache_clear()
    assert counted(again) == (50.0, 3, 1)
    assert again.json[0]["directory"] == done.json[0]["directory"], "the run is that of the content"


def test_the_key_is_named_where_two_differ(quiz: Path, tmp_path: Path, main: Main, write_lines: Any) -> None:
    file = write_lines(tmp_path / "said.jsonl", [{"id": key, "model_output": "x", "own": key} for key in "abcd"])
    values = {}
    for key in ("model_output", "own"):
        done = main("score", "--task", quiz, "--responses", file, "--response-key", key, "--out", tmp_path, "--json")
        assert done.code == 0, done.err
        values[key] = done.json[0]["results"][0]["value"]
    assert values == {"model_output": 0.0, "own": 100.0}


def test_half_a_surrogate_pair_costs_its_sample_alone(quiz: Path, tmp_path: Path, main: Main) -> None:
    file = tmp_path / "said.jsonl"
    file.write_bytes(_lines("text").replace(b'"wrong"', b'"\\ud83d"'))
    done = main("score", "--task", quiz, "--responses", file, "--out", tmp_path / "out", "--json")
    assert counted(done) == (50.0, 2, 2)
    assert "surrogate" in done.err


def test_missing_samples_are_told_before_scoring(quiz: Path, tmp_path: Path, main: Main, write_lines: Any) -> None:
    file = write_lines(tmp_path / "said.jsonl", [{"id": "a", "text": "a"}])
    done = main("score", "--task", quiz, "--responses", file, "--out", tmp_path / "out", "--json")
    assert done.code == 1
    assert "3 of 4 samples have no answer in the file: 'b', 'c', 'd'" in done.err
    limited = main("score", "--task", quiz, "--responses", file, "--limit", 1, "--out", tmp_path / "out", "--json")
    assert limited.code == 0
    assert "no answer" not in limited.err


def test_an_answer_outside_of_a_limit_is_not_unknown(quiz: Path, tmp_path: Path, main: Main) -> None:
    file = tmp_path / "said.json"
    file.write_text(json.dumps({**ANSWERS, "c": "c"}))
    done = main("score", "--task", quiz, "--responses", file, "--ids", "d", "--out", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    assert done.json[0]["counts"]["n_total"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]', ("entry 2", "'a'", "entry 1")),
        (b'{"a": "x", "b": "y",\n "a": "z"}', ("'a'", "twice")),
        (b'[{"id": "a", "text": "x"}, 5]', ("entry 2", "object")),
        (b'{"a": ["x"]}', ("'a'", "string or null")),
        (b'[{"id": "a", "text": "x"}', ("not JSON",)),
        (gzip.compress(b'{"id": "a", "text": "x"}')[:-6], ("gzip",)),
    ],
    ids=["list twice", "object twice", "no object", "list of texts", "cut", "cut gzip"],
)
def test_what_cannot_be_read_is_named(
    content: bytes, words: tuple[str, ...], quiz: Path, tmp_path: Path, main: Main
) -> None:
    file = tmp_path / "said.json"
    file.write_bytes(content)
    done = main("score", "--task", quiz, "--responses", file, "--out", tmp_path / "out")
    assert done.code == 2
    assert all(word in done.err for word in words), done.err
    assert not (tmp_path / "out").exists()


def test_a_folder_is_no_file(quiz: Path, tmp_path: Path, main: Main) -> None:
    done = main("score", "--task", quiz, "--responses", tmp_path, "--out", tmp_path / "out")
    assert done.code == 2
    assert "folder" in done.err
