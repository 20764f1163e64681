"""`evalkit judge`: another judge for given answers, and nothing paid twice."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import evalkit
from evalkit.judging.rubric_file import read_rubric

JUDGE = Path(__file__).parent / "judging_program.py"
Write = Callable[..., Path]


@dataclass
class Judging:
    """A run with answers "1 ...", "2 ...", ... and a judge program that counts its questions."""

    directory: Path
    log: Path
    rubric: Path
    evalkit: Callable[..., Any]

    def words(self, *more: object, seconds: float = 0.0, reply: str | None = None, workers: int = 1) -> list[object]:
        program = [sys.executable, "-S", "-E", str(JUDGE), str(self.log), str(seconds), *([reply] if reply else [])]
        arg = ["--judge-arg", f"cmd={shlex.join(program)}", "--judge-arg", f"workers={workers}"]
        return ["judge", self.directory, "--judge", "command", *arg, "--rubric", self.rubric, *more]

    def __call__(self, *more: object, **settings: Any) -> Any:
        return self.evalkit(*self.words(*more, **settings))

    def asked(self) -> list[str]:
        return [json.loads(line)["id"] for line in self.log.read_text().splitlines()] if self.log.exists() else []

    @property
    def judged(self) -> list[Any]:
        """Results of the summaries that `evalkit judge` wrote."""
        files = sorted(self.directory.glob("summary.judge-*.json"))
        return [result for file in files for result in json.loads(file.read_text())["results"]]


@pytest.fixture
def judging(
    tmp_path: Path, main: Callable[..., Any], write_lines: Write, write_rubric: Write
) -> Callable[..., Judging]:
    def make(texts: Sequence[str]) -> Judging:
        lines = [{"id": f"s{n}", "prompt": f"Question {n}?", "reference": "x"} for n in range(len(texts))]
        data = write_lines(tmp_path / "talk.jsonl", lines)
        made = [{"id": f"s{n}", "text": text} for n, text in enumerate(texts)]
        answers = write_lines(tmp_path / "answers.jsonl", made)
        main("score", "--task", data, "--responses", answers, "--out", tmp_path / "out")
        (run,) = (tmp_path / "out").glob("*/*/*/run.json")
        return Judging(run.parent, tmp_path / "judge.log", write_rubric(), main)

    return make


def test_a_run_is_judged_beside_its_other_scores(judging: Callable[..., Judging]) -> None:
    run = judging(["3 a", "5 b", "1 c", "3 d"])
    answers = (run.directory / "samples.jsonl").read_bytes()
    before = (run.directory / "summary.json").read_bytes()
    done = run("--json")
    assert done.code == 0, done.err
    (found,) = done.json
    (result,) = found["results"]
    assert (result["value"], result["strict"], result["n"], found["calls"]) == (3.0, 3.0, 4, 4)
    assert result["protocol"].startswith("judge:politeness#")
    assert (run.directory / "summary.json").read_bytes() == before, "a later run would write it anew"
    assert run.judged == [result]
    assert (result["scoring"], Path(found["summary"]).name) == (
        Path(found["scores"]).stem, f"summary.{Path(found['scores']).stem}.json",
    )  # fmt: skip
    assert (run.directory / "samples.jsonl").read_bytes() == answers
    lines = [json.loads(line) for line in Path(found["scores"]).read_text().splitlines()]
    assert {line["id"]: line["detail"]["points"] for line in lines} == {
        "s0": {"score": 3}, "s1": {"score": 5}, "s2": {"score": 1}, "s3": {"score": 3},
    }  # fmt: skip
    assert lines[0]["detail"]["cost"] == 0.001
    assert (found["usage"], found["cost"]) == ({"output_tokens": 4}, pytest.approx(0.004))
    record = json.loads((run.directory / "run.json").read_text())
    assert record["scorings"][Path(found["scores"]).stem]["votes"] == 1
    again = run("--json")
    assert again.json[0]["calls"] == 0
    assert again.json[0]["results"] == found["results"]
    assert len(run.asked()) == 4


def test_another_judge_and_another_rubric_stand_beside(judging: Callable[..., Judging], write_rubric: Write) -> None:
    run = judging(["3 a", "5 b"])
    run()
    run(reply="2")
    run.rubric = write_rubric("Only {response}.", name="brevity.md", id="brevity", inputs="[response]", scale="20..100")
    done = run("--votes", 2)
    assert done.code == 0, done.err
    values = {result["protocol"].split("/")[0]: result["value"] for result in run.judged}
    judges = [result["value"] for result in run.judged if "politeness" in result["protocol"]]
    assert sorted(judges) == [2.0, 4.0]
    frame = evalkit.load_results(run.directory.parents[2])
    assert set(frame["scoring"]) >= {path.stem for path in (run.directory / "scores").glob("*.jsonl")}
    assert len(frame) == 4, "the run's own rule, two judges, another rubric"
    assert sum(evalkit.load_results(run.directory.parents[2], per="sample")["id"] == "s0") == 4
    assert [value for name, value in values.items() if "brevity" in name] == [80.0]
    assert len(list((run.directory / "scores").glob("judge-*.jsonl"))) == 3
    assert len(run.asked()) == 2 + 2 + 4


def test_scores_thrown_away_are_made_again_from_the_cache(judging: Callable[..., Judging]) -> None:
    run = judging([f"{n % 5 + 1} text {n}" for n in range(30)])
    run()
    scores = {path: path.read_bytes() for path in (run.directory / "scores").glob("judge-*.jsonl")}
    shutil.rmtree(run.directory / "scores")
    done = run("--json")
    assert done.json[0]["calls"] == 0
    assert {path: path.read_bytes() for path in scores} == scores
    assert len(run.asked()) == 30


def test_a_judge_that_dies_leaves_the_rest_scored(judging: Callable[..., Judging]) -> None:
    run = judging(["3 a", "die", "unsure", "5 b"])
    done = run("--judge-arg", "retries=0", "--json")
    assert done.code == 1
    counts = done.json[0]["results"][0]["counts"]
    assert (counts["n_scored"], counts["n_unparsed"], counts["n_judge_failed"]) == (2, 1, 1)
    assert "2 of 4 answers have no proper verdict" in done.err
    assert re.search(r"^  s1: .*(died|ended|exit)", done.err, re.MULTILINE)
    assert re.search(r"^  s2: .*score.*expected|^  s2: .*should be", done.err, re.MULTILINE)
    assert (done.json[0]["results"][0]["value"], done.json[0]["results"][0]["strict"]) == (4.0, 2.5)
    before = run.asked()
    assert before.count("s2#1") == 1
    assert before.count("s2#1.3") == 1
    run("--judge-arg", "retries=0", "--json")
    assert run.asked()[len(before) :] == ["s1#1"]


def test_killed_and_repeated_pays_for_no_verdict_twice(
    judging: Callable[..., Judging], start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """Kill -9 twice in the middle; every reply the judge gave is in the cache, and is asked for once."""
    run = judging([f"{n % 5 + 1} text {n}" for n in range(60)])
    for until in (10, 30):
        process = start(*run.words(seconds=0.02, workers=2))
        deadline = time.monotonic() + 30
        while len(run.asked()) < until:
            assert time.monotonic() < deadline, process.communicate()
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    killed = run.asked()
    with sqlite3.connect(run.directory.parents[2] / ".verdicts.sqlite") as cache:
        (kept,) = cache.execute("SELECT count(*) FROM verdicts").fetchone()
    in_flight = 2 * 2  # two workers, killed twice
    assert kept >= len(killed) - in_flight
    done = run("--json", seconds=0.02, workers=2)
    assert done.code == 0, done.err
    asked = run.asked()
    assert done.json[0]["calls"] == 60 - kept
    assert len(asked) - len(set(asked)) <= in_flight  # only what was under way when it was killed
    assert done.json[0]["results"][0]["value"] == 3.0


def test_two_processes_share_the_cache(
    judging: Callable[..., Judging], start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    run = judging([f"{n % 5 + 1} text {n}" for n in range(40)])
    copies = []
    for name in ("one", "two", "three"):
        shutil.copytree(run.directory, tmp_path / name)
        other = Judging(tmp_path / name, run.log, run.rubric, run.evalkit)
        copies.append(start(*other.words("--cache", tmp_path / "shared.sqlite", seconds=0.005)))
    for process in copies:
        assert process.wait(timeout=60) == 0, process.communicate()
    found = [sorted(path.read_text().splitlines()) for path in tmp_path.glob("*/scores/judge-*.jsonl")]
    assert len(found) == 3
    assert found[0] == found[1] == found[2]
    before = len(run.asked())
    assert run("--cache", tmp_path / "shared.sqlite", "--json", seconds=0.005).json[0]["calls"] == 0
    assert len(run.asked()) == before


def test_dry_run_counts_and_asks_nothing(judging: Callable[..., Judging]) -> None:
    run = judging(["3 a", "5 b", "4 c"])
    run("--votes", 1)
    shown = run("--votes", 3, "--dry-run")
    assert shown.code == 0
    assert "3 answers to judge, 9 verdicts, 3 of them known" in shown.out
    assert re.search(r"politeness#\S+ +6 .* unknown +unknown +unknown", shown.out)
    assert len(run.asked()) == 3
    files = {path: path.read_bytes() for path in run.directory.parents[2].rglob("*") if path.is_file()}
    assert run("--votes", 3, "--dry-run", "--json").json.popitem()[1]["calls"] == 6
    assert {path: path.read_bytes() for path in run.directory.parents[2].rglob("*") if path.is_file()} == files


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"body": "{answer}"}, "line 12: the placeholder {answer} is no input"),
        ({"output": "{score: five}"}, "line 6: output 'score: five' is no output type"),
        ({"inputs": "[question, response, emotion]"}, "line 5: the body has no placeholder {emotion}"),
    ],
)
def test_a_bad_rubric_is_refused_with_its_line(
    judging: Callable[..., Judging], write_rubric: Write, change: dict[str, Any], problem: str
) -> None:
    run = judging(["3 a"])
    run.rubric = write_rubric(name="bad.md", **change)
    done = run()
    assert done.code == 2
    assert f"bad.md, {problem}" in done.err
    assert run.asked() == []
    assert not (run.directory.parents[2] / ".verdicts.sqlite").exists()


def test_wrong_usage(judging: Callable[..., Judging], main: Callable[..., Any], tmp_path: Path) -> None:
    run = judging(["3 a"])
    for words, problem in [
        ([tmp_path / "none", "--judge", "constant"], "has no run.json"),
        ([run.directory, "--judge", "constant"], "has no judge of its own; name a rubric"),
        ([run.directory, "--rubric", run.rubric, "--judge", "constnt"], "Did you mean constant"),
        ([run.directory, "--rubric", "politness_x"], "unknown judge 'politness_x'"),
        ([run.directory, "--rubric", run.rubric, "--judge-arg", "text=3"], "--judge-arg goes with --judge"),
        ([run.directory, "--rubric", run.rubric, "--judge", "constant", "--votes", "0"], "at least 1"),
        ([run.directory, "--rubric", run.rubric, "--judge", "constant", "--max-cost", "-1"], "more than 0"),
        ([run.directory, "--rubric", run.rubric, "--judge", "constant", "--input", "reply=meta.x"], "input of rubric"),
    ]:  # fmt: skip
        done = main("judge", *words)
        assert (done.code, problem in done.err) == (2, True), (words, done.err)


def test_a_spoken_run_is_refused_by_a_judge_that_cannot_hear(
    judging: Callable[..., Judging], write_rubric: Write, main: Callable[..., Any]
) -> None:
    run = judging(["3 a"])
    voice = write_rubric("{audio}", name="voice.md", inputs="[audio]", id="voice")
    done = main("judge", run.directory, "--rubric", voice, "--judge", "rules:exact")
    assert done.code == 2
    hears = main("judge", run.directory, "--rubric", voice, "--judge", "constant", "--judge-arg", "text=3", "--json")
    assert hears.json[0]["results"][0]["counts"]["n_model_failed"] == 1


def test_answers_of_200_000_characters(judging: Callable[..., Judging]) -> None:
    run = judging(["3 " + "long " * 40_000, "4 short"])
    done = run("--json")
    assert done.code == 0, done.err
    (result,) = done.json[0]["results"]
    assert result["value"] == 3.5
    assert result["flags"] == {"judge_input_cut": 1}
    (scores,) = (run.directory / "scores").glob("judge-*.jsonl")
    first = json.loads(scores.read_text().splitlines()[0])
    assert first["detail"]["cut"] == {"response": 200_002}


def test_what_was_heard_is_judged(judging: Callable[..., Judging], write_lines: Write) -> None:
    run = judging(["1 written", "2 written", "3 written"])
    refused = run("--heard")
    assert (refused.code, "there are 0 that fit" in refused.err) == (2, True)
    lines = [json.loads(line) for line in (run.directory / "samples.jsonl").read_text().splitlines()]
    spoken = [{**line, "audio": f"media/{line['id']}.wav"} if line["id"] != "s2" else line for line in lines]
    write_lines(run.directory / "samples.jsonl", spoken)
    heard = [
        {"id": key, "audio": f"media/{key}.wav", "heard": text} for key, text in (("s0", "5 said"), ("s1", "4 said"))
    ]
    write_lines(run.directory / "transcripts" / "whisper-0a1b.jsonl", heard)
    done = run("--heard", "--json")
    counts = done.json[0]["results"][0]["counts"]
    assert (done.json[0]["results"][0]["value"], counts["n_model_failed"]) == (4.5, 1)
    write_lines(run.directory / "transcripts" / "other-0a1b.jsonl", heard[:1])
    assert "name one of other-0a1b, whisper-0a1b with --transcriber" in run("--heard").err
    assert run("--heard", "--transcriber", "other", "--json").json[0]["results"][0]["value"] == 5.0


def test_offline_rules_say_so(judging: Callable[..., Judging], write_rubric: Write, main: Callable[..., Any]) -> None:
    run = judging(["It is x.", "No."])
    right = write_rubric("{response} {reference}", name="right.md", id="right", inputs="[response, reference]",
                         output="{verdict: yes=1 | no=0}", parse="choice", scale="0..100")  # fmt: skip
    done = main("judge", run.directory, "--rubric", right, "--judge", "rules:contains", "--json")
    (result,) = done.json[0]["results"]
    assert (result["value"], result["protocol"].split("/")[1], done.json[0]["calls"]) == (50.0, "rules:contains", 0)


def test_a_rubric_of_ones_own_is_shown_as_an_installed_one(
    main: Callable[..., Any], write_rubric: Callable[..., Path]
) -> None:
    path = write_rubric(votes=3)
    done = main("show", "judge", path)
    assert done.code == 0, done.err
    assert read_rubric(path).hash in done.out
    assert "votes:        3, reduced by mean" in done.out
    path.write_text(path.read_text().replace("votes: 3", "votes: 0"))
    refused = main("show", "judge", path)
    assert (refused.code, "line " in refused.err, "at least 1" in refused.err) == (2, True, True)


def test_a_judges_summary_of_an_earlier_schema_says_how_to_be_rid_of_it(
    main: Callable[..., Any], write_rubric: Callable[..., Path], write_lines: Callable[..., Path], tmp_path: Path
) -> None:
    task = write_lines(tmp_path / "q.jsonl", [{"id": "a", "prompt": "?", "reference": "x"}])
    words = ["run", "--model", "constant", "--task", task, "--out", tmp_path / "out"]
    main(*words)
    (run,) = (path.parent for path in (tmp_path / "out").glob("*/*/*/run.json"))
    judge = ["judge", run, "--rubric", write_rubric(), "--judge", "constant", "--judge-arg", "text=3"]
    assert main(*judge).code == 0
    (kept,) = run.glob("summary.judge-*.json")
    new = kept.read_bytes()
    kept.write_bytes(new.replace(b"evalkit.summary/2", b"evalkit.summary/1"))
    refused = main("leaderboard", "--out", tmp_path / "out")
    assert refused.code == 2
    assert "Repeat the 'evalkit judge' command" in refused.err
    assert (run / "scores" / kept.name.removeprefix("summary.").replace(".json", ".jsonl")).name in refused.err
    assert main(*judge).code == 0
    assert kept.read_bytes() == new
    assert main("leaderboard", "--out", tmp_path / "out").code == 0
