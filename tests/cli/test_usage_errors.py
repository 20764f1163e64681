"""Wrong words on the command line: exit code 2, a message that helps, no traceback, nothing run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

QUIZ = [{"id": "a", "prompt": "one", "reference": "ONE"}]


@pytest.fixture
def quiz(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    return write_lines(tmp_path / "quiz.jsonl", QUIZ)


RUN = ["run", "--model", "constant", "--task", "{quiz}", "--out", "{out}"]
MODEL = ["run", "--task", "{quiz}", "--out", "{out}", "--model"]
WRONG: dict[str, tuple[list[str], list[str]]] = {
    "unknown task": (["run", "--model", "constant", "--task", "asr_dmo", "--out", "{out}"], ["asr_dmo", "asr_demo"]),
    "unknown second task": (["run", "--model", "constant", "--task", "{quiz},asr_dmo", "--out", "{out}"], ["asr_demo"]),
    "unknown model": ([*MODEL, "constnat"], ["constnat", "Did you mean constant"]),
    "unknown split": (["run", "--model", "constant", "--task", "asr_demo:clen", "--out", "{out}"], ["clen", "clean"]),
    "unknown scorer": ([*RUN, "--scorer", "exact_mach"], ["exact_match"]),
    "unknown profile": ([*RUN, "--scorer", "error_rate:kmi"], ["kmi", "kimi"]),
    "unknown exact_match profile": ([*RUN, "--scorer", "exact_match:stripp"], ["stripp", "strip"]),
    "unknown scorer argument": ([*RUN, "--scorer", "error_rate", "--scorer-arg", "langage=en"], ["langage", "language"]),
    "scorer argument 'name'": ([*RUN, "--scorer", "error_rate", "--scorer-arg", "name=x"], ["name"]),
    "scorer argument 'self'": ([*RUN, "--scorer", "error_rate", "--scorer-arg", "self=x"], ["self"]),
    "scorer argument without =": ([*RUN, "--scorer", "error_rate", "--scorer-arg", "language"], ["KEY=VALUE"]),
    "scorer argument twice": (
        [*RUN, "--scorer", "error_rate", "--scorer-arg", "language=en", "--scorer-arg", "language=zh"], ["twice"]),
    "heard=banana": (
        [*RUN, "--scorer", "error_rate", "--scorer-arg", "language=en", "--scorer-arg", "heard=banana"],
        ["heard", "true or false"]),
    "scorer argument for a task's own scorer": (
        ["run", "--model", "pocketsphinx", "--task", "asr_demo", "--limit", "1", "--out", "{out}", "--scorer-arg",
         "language=en"], ["--scorer-arg", "--scorer"]),
    "unknown language": ([*RUN, "--scorer", "error_rate", "--scorer-arg", "language=xx"], ["xx"]),
    "language the profile lacks": ([*RUN, "--scorer", "error_rate:seedtts", "--scorer-arg", "language=fr"], ["seedtts", "fr"]),
    "unknown model argument": ([*MODEL, "constant", "--model-arg", "txt=x"], ["txt", "text"]),
    "missing model argument": ([*MODEL, "command"], ["--model-arg cmd="]),
    "no such program": ([*MODEL, "command", "--model-arg", "cmd=no-such-program -x"], ["no-such-program"]),
    "program that is no program": ([*MODEL, "command", "--model-arg", "cmd={quiz}"], ["quiz.jsonl"]),
    "empty command": ([*MODEL, "command", "--model-arg", "cmd="], ["cmd"]),
    "open quote": ([*MODEL, "command", "--model-arg", "cmd=python 'x"], ["cmd", "quot"]),
    "workers=0": ([*MODEL, "command", "--model-arg", "cmd=cat", "--model-arg", "workers=0"], ["workers"]),
    "workers=many": ([*MODEL, "command", "--model-arg", "cmd=cat", "--model-arg", "workers=many"], ["workers=many"]),
    "timeout=nan": ([*MODEL, "command", "--model-arg", "cmd=cat", "--model-arg", "timeout=nan"], ["timeout"]),
    "limit 0": ([*RUN, "--limit", "0"], ["--limit 0", "at least 1"]),
    "limit -1": ([*RUN, "--limit", "-1"], ["--limit -1", "at least 1"]),
    "limit many": ([*RUN, "--limit", "many"], ["--limit", "many"]),
    "tokens 0": ([*RUN, "--max-new-tokens", "0"], ["--max-new-tokens 0"]),
    "no such data folder": ([*RUN, "--data", "/nowhere"], ["--data /nowhere"]),
    "unknown transcriber": (
        [*RUN, "--scorer", "error_rate", "--scorer-arg", "language=en", "--scorer-arg", "heard=true", "--transcriber",
         "poketsphinx"], ["pocketsphinx"]),
    "no transcriber": (
        [*RUN, "--scorer", "error_rate", "--scorer-arg", "language=en", "--scorer-arg", "heard=true"], ["--transcriber"]),
    "a model that cannot speak": (
        [*RUN, "--scorer", "error_rate", "--scorer-arg", "language=en", "--scorer-arg", "heard=true", "--transcriber",
         "pocketsphinx"], ["constant", "speech"]),
    "a transcriber that needs arguments": (
        ["run", "--model", "command", "--model-arg", "cmd=cat", "--task", "{quiz}", "--out", "{out}", "--scorer",
         "error_rate", "--scorer-arg", "language=en", "--scorer-arg", "heard=true", "--transcriber", "command"], ["cmd"]),
    "no command": ([], ["COMMAND"]),
    "unknown command": (["rnu"], ["rnu"]),
    "unknown option": ([*RUN, "--tsak", "x"], ["--tsak"]),
    "unknown stage": ([*RUN, "--stage", "scor"], ["scor"]),
    "unknown list": (["list", "taks"], ["taks"]),
    "unknown card": (["show", "model", "constnat"], ["Did you mean constant"]),
    "unknown schema": (["schema", "sumary"], ["sumary"]),
    "leaderboard of nothing": (["leaderboard", "--out", "{out}"], ["no such folder"]),
    "leaderboard of an unknown task": (["leaderboard", "--task", "asr_dmo", "--out", "{out}"], ["asr_demo"]),
    "metric of an unknown profile": (["metric", "error_rate", "--profile", "kmi", "--input", "{pairs}"], ["kimi"]),
    "metric of lines without hypothesis": (["metric", "error_rate", "--input", "{quiz}"], ["line 1", "hypothesis"]),
    "metric of no file": (["metric", "exact_match", "--input", "/nowhere.jsonl"], ["/nowhere.jsonl"]),
    "unknown normaliser": (["metric", "normalize", "--profile", "whisper_englsh", "--input", "{quiz}"], ["whisper_english"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_words_end_with_2_and_a_message_that_helps(
    kind: str, tmp_path: Path, quiz: Path, main: Callable[..., Any]
) -> None:
    words, expected = WRONG[kind]
    out, pairs = tmp_path / "out", tmp_path / "pairs.jsonl"
    pairs.write_text('{"reference": "a", "hypothesis": "b"}\n')
    done = main(*(word.format(quiz=quiz, out=out, pairs=pairs) for word in words))
    assert done.code == 2
    assert all(word in done.err for word in expected), done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not list(tmp_path.glob("out/**/samples.jsonl")), "nothing was asked"
