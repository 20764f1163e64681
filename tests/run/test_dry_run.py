"""`--dry-run` and what is found out before anything is made: counts, estimates, and configurations that cannot work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit import plugins
from evalkit.core.errors import UsageError
from evalkit.core.installation import install_command
from evalkit.core.message import Audio
from evalkit.core.model import Model, model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.core.source import Row, Rows, Source
from evalkit.core.task import Task
from evalkit.data.jsonl import JsonLines
from evalkit.data.jsonl import sample as jsonl_sample
from evalkit.judging.judge import judged
from evalkit.models.api.content import wav_of_pcm
from evalkit.run.options import Options
from evalkit.run.pipeline import run

Main = Callable[..., Any]
Write = Callable[..., Path]
OPENAI = ["--model", "openai", "--model-arg", "model=gpt-x", "--model-arg", "base_url=http://127.0.0.1:1/v1"]
PRICED = ["--model-arg", "price_input=10", "--model-arg", "price_output=20"]
JUDGE = ["--judge", "openai:judge-x", "--judge-arg", "base_url=http://127.0.0.1:1/v1"]
RUBRIC = """---
id: kindness
version: 1
title: How kind an answer is
inputs: [question, response]
output: {score: 1..5}
scale: 1..5
judge: openai:judge-x
parse: number
on_failure: drop
max_tokens: 100
---
{question}

{response}
"""


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def quiz(tmp_path: Path, write_lines: Write) -> Path:
    rows = [{"id": f"q{n}", "prompt": "x" * 400 + str(n), "reference": "x"} for n in range(10)]
    return write_lines(tmp_path / "quiz.jsonl", rows)


@pytest.fixture
def kindness(tmp_path: Path) -> Path:
    path = tmp_path / "kindness.md"
    path.write_text(RUBRIC)
    return path


def test_calls_tokens_and_money_are_told_before_any_call(main: Main, quiz: Path, tmp_path: Path) -> None:
    pytest.importorskip("openai")
    words = ["run", *OPENAI, *PRICED, "--task", quiz, "--out", tmp_path / "out", "--max-new-tokens", 50, "--dry-run"]
    done = main(*words, "--json")
    assert done.code == 0, done.err
    (found,) = done.json
    assert (found["task"], found["model"], found["samples"], found["answered"]) == ("quiz", "gpt-x", 10, 0)
    calls = found["generation"]
    assert (calls["calls"], calls["output_tokens"]) == (10, 500)
    assert 1000 < calls["input_tokens"] < 1100, "400 letters are 100 tokens; a few more for the turn"
    assert calls["cost"] == pytest.approx((calls["input_tokens"] * 10 + 500 * 20) / 1e6, rel=0.01)
    assert found["cost"] == calls["cost"]
    shown = main(*words)
    assert "10 samples, 0 answered already" in shown.out
    assert f"about ${calls['cost']:.4f}" in shown.out
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_an_unknown_price_is_unknown_and_never_nothing(main: Main, quiz: Path, kindness: Path, tmp_path: Path) -> None:
    pytest.importorskip("openai")
    judge = [*JUDGE, "--scorer", f"judge:{kindness}"]
    words = ["run", *OPENAI, *PRICED, "--task", quiz, "--out", tmp_path / "out", *judge, "--votes", 3, "--dry-run"]
    done = main(*words, "--json")
    assert done.code == 0, done.err
    (found,) = done.json
    assert found["generation"]["cost"] > 0
    assert found["cost"] is None, "a part that is unknown makes the sum unknown"
    ((protocol, judging),) = found["judging"].items()
    assert protocol.endswith("/openai:judge-x*3"), "where it is served is no part of its name"
    assert (judging["answers"], judging["verdicts"], judging["calls"], judging["cost"]) == (10, 30, 30, None)
    assert judging["output_tokens"] == 30 * 100
    assert judging["input_tokens"] > 30 * (100 + 256), "question, and an answer as long as it may be"
    priced = main(*words, "--json", "--judge-arg", "price_input=1", "--judge-arg", "price_output=2").json[0]
    cost = priced["judging"][next(iter(priced["judging"]))]["cost"]
    assert cost == pytest.approx((judging["input_tokens"] + 2 * judging["output_tokens"]) / 1e6, rel=0.01)
    assert priced["cost"] == pytest.approx(cost + priced["generation"]["cost"])
    assert "cost unknown" in main(*words).out


def test_what_is_done_is_not_counted_again(
    main: Main, quiz: Path, kindness: Path, tmp_path: Path, write_lines: Write
) -> None:
    """Of ten answers six are there; of their verdicts all, and of those three from another run."""
    answers = write_lines(tmp_path / "a.jsonl", [{"id": f"q{n}", "text": f"Well, {n}."} for n in range(6)])
    words = ["run", "--model", "replay", "--model-arg", f"file={answers}", "--task", quiz, "--out", tmp_path / "out"]
    words += ["--scorer", f"judge:{kindness}", "--judge", "constant", "--judge-arg", "text=4"]
    before = main(*words, "--dry-run", "--json").json[0]
    ((_, judging),) = before["judging"].items()
    assert (before["generation"]["calls"], before["generation"]["cost"], judging["calls"]) == (10, 0.0, 10)
    assert main(*words).code == 1
    kept = contents(tmp_path / "out")
    ((_, judging),) = main(*words, "--dry-run", "--json").json[0]["judging"].items()
    assert (judging["answers"], judging["calls"]) == (4, 4), "the four without an answer"
    (run,) = (tmp_path / "out").glob("*/*/*/run.json")
    shutil.rmtree(run.parent / "scores")
    found = main(*words, "--dry-run", "--json").json[0]
    ((_, judging),) = found["judging"].items()
    assert (found["samples"], found["answered"], found["generation"]["calls"]) == (10, 6, 4)
    assert (judging["answers"], judging["verdicts"], judging["calls"]) == (10, 10, 4), "six are in the cache"
    assert "6 of them known" in main(*words, "--dry-run").out
    assert {**contents(tmp_path / "out"), **kept} == kept, "nothing is written"
    fresh = main(*words, "--dry-run", "--json", "--fresh").json[0]
    assert fresh["generation"]["calls"] == 10


def test_several_tasks_and_a_suite_are_summed(main: Main, quiz: Path, tmp_path: Path) -> None:
    pytest.importorskip("openai")
    words = ["run", "--model", "constant", "--model-arg", "text=a", "--out", tmp_path / "out", "--dry-run"]
    done = main(*words, "--task", f"{quiz},asr_demo", "--limit", 3)
    assert done.code == 0, done.err
    assert "in all: 6 calls, cost nothing" in done.out


def test_what_would_keep_the_command_from_running_is_told(
    main: Main, quiz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    words = ["run", *OPENAI, "--task", quiz, "--out", tmp_path / "out"]
    done = main(*words, "--dry-run")
    assert (done.code, "10 samples" in done.out) == (0, True)
    assert "would keep the command from running" in done.err
    assert "set the environment variable OPENAI_API_KEY" in done.err
    assert main(*words).code == 2


class Costly(Source):
    """Data whose making a test wants to see prevented."""

    splits = ("all",)

    def __init__(self, path: Path) -> None:
        self.path, self.made = path, 0

    def locate(self, data: Path | None, revision: str | None = None) -> Rows:
        self.made += 1
        return JsonLines(self.path).locate(data, revision)


def task_of(source: Source, scorers: list[Any]) -> Task:
    def made(row: Row, split: str) -> Any:
        return jsonl_sample(source.path, row)  # type: ignore[attr-defined]

    return Task(source=source, sample=made, scorers=scorers, name="costly")


@pytest.mark.parametrize("who", ["candidate", "judge"])
def test_a_missing_key_ends_the_run_before_data_are_made(
    who: str, quiz: Path, kindness: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    source = Costly(quiz)
    given = {"model": "gpt-x"} if who == "candidate" else {"text": "a"}
    name = "openai" if who == "candidate" else "constant"
    with pytest.raises(UsageError, match="set the environment variable OPENAI_API_KEY"):
        evalkit.evaluate(
            name, task_of(source, [judged(kindness)]), model_arguments=given, out=tmp_path / "out", progress=False
        )
    assert source.made == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("package", "extra"), [("openai", "openai"), ("google.genai", "gemini")])
def test_a_missing_package_ends_the_run_with_the_command_that_installs_it(
    package: str, extra: str, main: Main, quiz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else real(name, *rest))
    name = {"openai": "openai", "google.genai": "gemini"}[package]
    model_words = ["--model", name, "--model-arg", "model=m"]
    judge_words = ["--model", "constant", "--model-arg", "text=a", "--judge", f"{name}:m", "--rubric", "mmmb_answer"]
    own = ["--scorer", "judge:mmmb_answer"]
    for words in (model_words, [*judge_words, *own]):
        done = main("run", *words, "--task", quiz, "--out", tmp_path / "out")
        assert done.code == 2
        assert install_command(extra) in done.err
        assert not (tmp_path / "out").exists()


def test_a_finished_run_is_repeated_without_its_key(quiz: Path, tmp_path: Path) -> None:
    """What is answered and judged needs nobody; what is missing asks for the key then."""

    class Locked(Model):
        name, takes = "locked", frozenset({"text"})
        open = True

        def check(self) -> None:
            if not self.open:
                raise UsageError("the key is gone")

        def stream(self, requests: Any) -> Any:
            for request in requests:
                yield request.id, Response(text="fine")

    one = Locked()
    first = evalkit.evaluate(one, quiz, out=tmp_path / "out", limit=4, progress=False)
    Locked.open = False
    again = evalkit.evaluate(one, quiz, out=tmp_path / "out", limit=4, progress=False)
    assert again[0].summary == first[0].summary
    with pytest.raises(UsageError, match="the key is gone"):
        evalkit.evaluate(one, quiz, out=tmp_path / "out", progress=False)


@model("mute", takes=("text",))
class Mute(Model):
    def stream(self, requests: Any) -> Any:
        for request in requests:
            yield request.id, pytest.fail("asked")


def test_a_judge_that_listens_needs_a_model_that_speaks(quiz: Path, kindness: Path, tmp_path: Path) -> None:
    kindness.write_text(RUBRIC.replace("[question, response]", "[question, audio]").replace("{response}", "{audio}"))
    source = Costly(quiz)
    listening = judged(kindness)
    assert listening.listens
    with pytest.raises(UsageError, match=r"model 'mute' has no spoken output, to which judge:kindness#\S+ listens"):
        evalkit.evaluate(Mute(), task_of(source, [listening]), out=tmp_path / "out", progress=False)
    assert source.made == 0
    with pytest.raises(UsageError, match="takes no audio, and rubric 'kindness' gives it audio"):
        listening.configure("openai:gpt-x", {"takes": "text"})


def test_a_listening_judge_makes_the_model_speak(quiz: Path, kindness: Path, tmp_path: Path) -> None:
    kindness.write_text(RUBRIC.replace("[question, response]", "[question, audio]").replace("{response}", "{audio}"))
    asked: list[Request] = []
    wav = wav_of_pcm(b"\1\0" * 4000, {"rate": "8000"})

    @model("talker", takes=("text",), gives=("text", "speech"))
    class Talker(Model):
        def stream(self, requests: Any) -> Any:
            for request in requests:
                asked.append(request)
                yield request.id, Response(text="hm", audio=Audio(opener=lambda: wav, name="a.wav"))

    options = Options(out=tmp_path / "out")
    options.judging.judge, options.judging.judge_arguments = "constant", {"text": "5"}
    outcome = run(Talker(), task_of(Costly(quiz), [judged(kindness)]), options)
    assert outcome.summary is not None
    assert outcome.summary.results[0].value == 5.0
    assert all(request.settings.speech for request in asked)


def test_the_summary_by_an_earlier_judge_is_kept(quiz: Path, kindness: Path, tmp_path: Path) -> None:
    """`run` by one judge, then by another: the run's summary is the later one, and the earlier is not lost."""
    source = Costly(quiz)
    for text in ("5", "2"):
        options = Options(out=tmp_path / "out")
        options.judging.judge, options.judging.judge_arguments = "constant", {"text": text}
        outcome = run(plugins.load_model("constant", {"text": "a"}), task_of(source, [judged(kindness)]), options)
    files = {path.name: json.loads(path.read_text()) for path in outcome.directory.glob("summary*.json")}
    assert files["summary.json"]["results"][0]["value"] == 2.0
    (kept,) = [found for name, found in files.items() if name != "summary.json"]
    assert kept["results"][0]["value"] == 5.0
    assert sorted(evalkit.load_results(tmp_path / "out")["value"]) == [2.0, 5.0]


def test_ones_own_data_by_a_judge_are_the_runs_own_summary(
    main: Main, quiz: Path, kindness: Path, tmp_path: Path
) -> None:
    """Also where the rubric's default judge cannot be made; it is not asked for."""
    kindness.write_text(RUBRIC.replace("judge: openai:judge-x", "judge: openai-compatible"))
    words = ["run", "--model", "constant", "--model-arg", "text=a", "--task", quiz, "--out", tmp_path / "out"]
    words += ["--scorer", f"judge:{kindness}"]
    done = main(*words, "--judge", "constant", "--judge-arg", "text=4")
    assert done.code == 0, done.err
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    assert [path.name for path in run.glob("summary*.json")] == ["summary.json"]
    refused = main(*words)
    assert refused.code == 2
    assert "base_url" in refused.err
