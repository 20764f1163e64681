"""Which directory a command works in: the same settings find it again, any other setting gets another."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit import plugins
from evalkit.media.audio import from_samples
from evalkit.run.directory import RunDirectory, safe_name
from evalkit.run.identity import digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
Write = Callable[..., Path]
QUIZ = [{"id": "a", "prompt": "one", "reference": "ONE"}, {"id": "b", "prompt": "two", "reference": "no"}]


def shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: shuffled(value[key], rng) for key in keys}
    return [shuffled(entry, rng) for entry in value] if isinstance(value, list) else value


@given(JSON, st.randoms())
def test_the_hash_does_not_see_the_order_of_keys(value: Any, rng: random.Random) -> None:
    assert digest(value) == digest(shuffled(value, rng))


def test_the_hash_sees_everything_else() -> None:
    values = [{}, [], None, 0, "", "0", {"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1}, [1, 2], [2, 1], {"a": {"b": 1}}, True]
    assert len({digest(value) for value in values}) == len(values)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("qwen2.5-omni_7b", "qwen2.5-omni_7b"), ("org/model", "org_model"), ("../../etc", "etc"), ("..", "_"), ("", "_"),
     ("a b\n", "a_b"), ("模型", "模型")],
)  # fmt: skip
def test_names_become_folders_that_stay_inside(name: str, folder: str) -> None:
    assert safe_name(name) == folder


def directory(main: Callable[..., Any], *words: object) -> Path:
    done = main("run", "--json", *words)
    assert done.code == 0, done.err
    return Path(done.json[0]["directory"])


def test_the_same_command_finds_its_directory_and_every_setting_counts(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    base = ["--model", "constant", "--task", task, "--out", tmp_path / "out"]
    first = directory(main, *base)
    assert directory(main, *base) == first
    assert directory(main, *base, "--limit", 1) == first, "a limit selects answers, it does not change them"
    assert directory(main, *base, "--scorer", "exact_match:exact") == first, "scoring has an identity of its own"
    assert len(list((first / "scores").iterdir())) == 2
    others = {
        directory(main, *base, "--seed", 1),
        directory(main, *base, "--model-arg", "text=ONE"),
        directory(main, *base, "--max-new-tokens", 9),
        directory(main, *base, "--name", "mine"),
    }
    write_lines(task, [*QUIZ, {"id": "c", "prompt": "three", "reference": ""}])
    others.add(directory(main, *base))
    assert len(others | {first}) == 6


def test_what_cannot_change_answers_does_not_change_the_directory(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    base = [*program.words, "--task", task, "--out", tmp_path / "out"]
    first = directory(main, *base)
    assert (
        directory(main, *base, "--model-arg", "workers=2", "--model-arg", "timeout=9", "--model-arg", "retries=3")
        == first
    )
    moved = tmp_path / "elsewhere" / "quiz.jsonl"
    moved.parent.mkdir()
    shutil.move(task, moved)
    assert directory(main, *program.words, "--task", moved, "--out", tmp_path / "out") == first
    assert len(program.asked()) == 2


def test_other_media_under_the_same_names_are_other_data(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any
) -> None:
    """Two folders with the same questions.jsonl beside different recordings must not share answers."""
    seen = []
    for name in ("monday", "tuesday"):
        task = write_lines(tmp_path / name / "quiz.jsonl", [{"id": "a", "audio": "a.wav", "reference": ""}])
        speech = from_samples(np.full(1600, len(name) / 20, dtype=np.float32), 16_000)
        assert speech.opener is not None
        (tmp_path / name / "a.wav").write_bytes(speech.opener())
        seen.append(directory(main, *program.words, "--task", task, "--out", tmp_path / "out"))
    assert len(program.asked()) == 2, "tuesday was scored with monday's answers"
    assert seen[0] != seen[1]


def test_model_objects_with_other_arguments_are_other_models(tmp_path: Path, write_lines: Write) -> None:
    task = str(write_lines(tmp_path / "quiz.jsonl", QUIZ))
    constant: Any = plugins.model_class("constant")
    (one,) = evalkit.evaluate(constant(text="ONE"), task, out=tmp_path / "out")
    (two,) = evalkit.evaluate(constant(text="nothing"), task, out=tmp_path / "out")
    assert one.summary is not None
    assert two.summary is not None
    assert (one.summary.results[0].value, two.summary.results[0].value) == (50.0, 0.0)
    assert one.directory != two.directory
    (named,) = evalkit.evaluate("constant", task, model_arguments={"text": "ONE"}, out=tmp_path / "out")
    assert named.directory == one.directory
    assert named.asked == 0


def test_fresh_moves_old_results_aside_and_keeps_them(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, program: Any
) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    words = [*program.words, "--task", task, "--out", tmp_path / "out"]
    run = directory(main, *words)
    old = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file() and path.name != ".lock"}
    for number in (1, 2):
        assert directory(main, *words, "--fresh") == run
        assert len(program.asked()) == 2 * (number + 1)
        assert run.with_name(f"{run.name}.old{number}").is_dir()
    kept = run.with_name(f"{run.name}.old1")
    assert {path.name: path.read_bytes() for path in kept.iterdir() if path.is_file()} == old
    assert (kept / "scores").is_dir()
    assert (run / "summary.json").read_bytes() == old["summary.json"]
    assert len(evalkit.load_results(tmp_path / "out")) == 1, "what was set aside is no result"


def test_fresh_on_nothing_is_a_first_run(tmp_path: Path, main: Callable[..., Any], write_lines: Write) -> None:
    task = write_lines(tmp_path / "quiz.jsonl", QUIZ)
    run = directory(main, "--model", "constant", "--task", task, "--out", tmp_path / "out", "--fresh")
    assert [path.name for path in run.parent.iterdir()] == [run.name]


def test_a_directory_is_locked_for_one(tmp_path: Path) -> None:
    from evalkit.core.errors import ResultsError

    with RunDirectory(tmp_path / "run"), pytest.raises(ResultsError, match=r"process \d+ is working in this run"):
        RunDirectory(tmp_path / "run").__enter__()
    with RunDirectory(tmp_path / "run"):
        pass
