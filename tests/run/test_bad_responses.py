"""`evalkit score` with a responses file that has something wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Main = Callable[..., Any]


@pytest.fixture
def score(tmp_path: Path, main: Main, write_lines: Callable[..., Path]) -> Main:
    task = write_lines(
        tmp_path / "quiz.jsonl", [{"id": key, "prompt": "?", "reference": key.upper()} for key in ("a", "b", "5")]
    )

    def run(*lines: Any, more: tuple[str, ...] = ()) -> Any:
        responses = write_lines(tmp_path / "answers.jsonl", lines)
        return main("score", "--task", task, "--responses", responses, "--out", tmp_path / "out", "--json", *more)

    return run


A, B, FIVE = {"id": "a", "text": "A"}, {"id": "b", "text": "x"}, {"id": 5, "text": "5"}


def test_complete_answers_score(score: Main) -> None:
    done = score(A, B, FIVE)
    assert done.code == 0, done.err
    assert done.json[0]["results"][0]["value"] == pytest.approx(100 * 2 / 3)
    assert done.json[0]["complete"] is True


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", ("line 3", "JSON")),
        ('{"id": "5", "text": "x", "text": "y"}', ("line 3", "'text'", "twice")),
        ('{"id": 5.0, "text": "x"}', ("line 3", "5.0", "whole number")),
        ('{"id": true, "text": "x"}', ("line 3", "whole number")),
        ('{"id": "\\ud800", "text": "x"}', ("line 3", "surrogate")),
        ('{"id": "5", "text": "x", "response": "y"}', ("line 3", "'5'", "text and response", "--response-key")),
        ('{"id": "5", "model_output": null, "model_prediction": "y"}', ("line 3", "'5'", "--response-key")),
        ('{"id": "5", "answer": "y"}', ("line 3", "'5'", "answer", "--response-key")),
        ("[]", ("line 3", "object")),
        ('{"text": "no id"}', ("line 3", '"id"')),
        ('{"id": "a", "text": "again"}', ("line 3", "'a'", "line 1")),
        ('{"id": "5"}', ("line 3", "'5'", '"text"')),
        ('{"id": "5", "text": 5}', ("line 3", "'5'", "string")),
        ('{"id": "5", "text": "x", "audio": 5}', ("line 3", "'5'", "string")),
        (b'{"id": "5", "text": "caf\xe9"}', ("line 3", "UTF-8")),
    ],
    ids=[
        "broken",
        "field twice",
        "fraction id",
        "bool id",
        "half a pair",
        "two fields",
        "null and text",
        "other field",
        "not an object",
        "no id",
        "answered twice",
        "no answer",
        "number",
        "audio number",
        "not UTF-8",
    ],
)
def test_a_bad_line_ends_the_command_before_anything_is_scored(
    line: str | bytes, words: tuple[str, ...], score: Main, tmp_path: Path
) -> None:
    done = score(A, B, line)
    assert done.code == 2
    assert "answers.jsonl" in done.err
    assert all(word in done.err for word in words), done.err
    assert not (tmp_path / "out").exists()


def test_a_sample_without_an_answer_counts_as_failed_and_is_named(score: Main) -> None:
    done = score(A, B)
    assert done.code == 1
    assert "5" in done.err
    assert "no answer in" in done.err
    summary = done.json[0]
    assert summary["counts"]["n_model_failed"] == 1
    assert summary["complete"] is False
    (result,) = summary["results"]
    assert result["strict"] == pytest.approx(100 / 3)


def test_an_answer_to_an_unknown_sample_is_refused_or_reported(score: Main, tmp_path: Path) -> None:
    done = score(A, B, FIVE, {"id": "zebra", "text": "?"})
    assert done.code == 2
    assert "'zebra'" in done.err
    assert "--allow-unknown" in done.err
    assert not (tmp_path / "out").exists()
    done = score(A, B, FIVE, {"id": "zebra", "text": "?"}, more=("--allow-unknown",))
    assert done.code == 0
    assert "'zebra'" in done.err
    assert "1 answers have ids that the task does not have, 'zebra' among them" in done.json[0]["notices"]


def test_a_recorded_error_counts_as_failed(score: Main) -> None:
    done = score(A, B, {"id": "5", "error": "out of memory"})
    assert done.code == 1
    assert "out of memory" in done.err


@pytest.mark.parametrize("line", ['{"id": "5", "error": ""}', '{"id": "5", "error": null}'])
def test_an_error_without_words_is_no_answer(line: str, score: Main) -> None:
    done = score(A, B, line)
    assert done.code in (1, 2), "an empty text would be scored as if the model had said it"
    if done.code == 1:
        assert done.json[0]["counts"]["n_model_failed"] == 1


def test_an_empty_text_is_an_answer(score: Main) -> None:
    done = score(A, B, {"id": "5", "text": ""})
    assert done.code == 0
    assert done.json[0]["counts"]["n_scored"] == 3


def test_a_responses_file_with_a_byte_order_mark(score: Main) -> None:
    assert score('\ufeff{"id": "a", "text": "A"}', B, FIVE).code == 0


def test_the_same_answers_from_another_file_are_the_same_run(
    score: Main, tmp_path: Path, main: Main, write_lines: Callable[..., Path]
) -> None:
    first = score(A, B, FIVE)
    elsewhere = write_lines(tmp_path / "elsewhere" / "copy.jsonl", [A, B, FIVE])
    second = main(
        "score", "--task", tmp_path / "quiz.jsonl", "--responses", elsewhere, "--out", tmp_path / "out", "--json"
    )
    assert second.json[0]["directory"] == first.json[0]["directory"]
    third = score(A, B, {"id": 5, "text": "6"})
    assert third.json[0]["directory"] != first.json[0]["directory"]


def test_no_such_responses_file(tmp_path: Path, main: Main, score: Main) -> None:
    done = main(
        "score", "--task", tmp_path / "quiz.jsonl", "--responses", tmp_path / "none.jsonl", "--out", tmp_path / "out"
    )
    assert done.code == 2
    assert "none.jsonl" in done.err


def test_what_a_model_tells_beside_its_answer_is_journalled(main: Main, tmp_path: Path) -> None:
    """Any value: what JSON cannot hold becomes its text, and costs no answer."""
    import evalkit
    from evalkit.core.model import Model, model
    from evalkit.core.response import Response

    @model("talkative")
    class Talkative(Model):
        def stream(self, requests):  # type: ignore[no-untyped-def]
            for request in requests:
                told = {"model": "v2", "odd": {1}, "half": "\ud800", "nan": float("nan"), "heard": ["a"]}
                yield request.id, Response(text="A", meta=told)

    (tmp_path / "q.jsonl").write_text('{"id": "a", "prompt": "?", "reference": "A"}\n', encoding="utf-8")
    (outcome,) = evalkit.evaluate(Talkative(), tmp_path / "q.jsonl", out=tmp_path / "out", progress=False)
    (line,) = (outcome.directory / "samples.jsonl").read_text("utf-8").splitlines()
    record = json.loads(line)
    assert record["served"] == "v2"
    assert record["detail"] == {"odd": "{1}", "half": "?", "nan": "NaN", "heard": ["a"]}
    assert outcome.complete
