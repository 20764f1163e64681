"""URO-Bench: forty sets on one screen, run from a copy in the published layout against a judge on loopback with faults."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from spoken_stand_ins import say
from uro_bench_copy import uro_bench as write_copy

from evalkit import plugins
from evalkit.core.message import Audio
from evalkit.core.task import Task
from evalkit.media.audio import decode
from evalkit.models.api import retrying
from evalkit.published import numbers as published
from evalkit.statistics.averages import recompute

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "uro_bench"
STAND_INS = Path(__file__).parent / "spoken_stand_ins.py"
VERSIONS = ("uro_bench", "uro_bench_before_2025_08", "uro_bench_mini")
TASKS: dict[str, Task] = {}


def task(name: str = "uro_bench") -> Task:
    made = TASKS.setdefault(name, plugins.load_task(name))  # type: ignore[arg-type]
    return made


def sets(name: str = "uro_bench") -> list[Mapping[str, str]]:
    module = sys.modules[plugins.plugin("task", name).module] if task(name) else None
    assert module is not None
    table: Any = module.OLD if name.endswith("08") else module.SETS
    return list(table.rows)


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Says what the transcript tells it ("verdict=4"), 3 of what it hears; a third of its replies fail at first."""
    pytest.importorskip("openai")
    monkeypatch.setattr(retrying, "BASE", 0.01)
    seen: Counter[bytes] = Counter()

    def answer(asked: Asked) -> Reply:
        seen[asked.body] += 1
        if len(seen) % 3 == 1 and seen[asked.body] == 1:
            return openai_wire.refuse(503, "overloaded")
        found = re.search(r"verdict=(\w+)", openai_wire.prompt(asked))
        return openai_wire.say(asked, found[1] if found else "3")

    with Loopback(answer) as server:
        yield server


class Bench:
    """Runs a version on its small copy."""

    def __init__(self, main: Callable[..., Any], folder: Path, judge: Loopback) -> None:
        self.main, self.folder, self.judge = main, folder, judge
        self.log = folder / "asked.jsonl"

    def run(self, name: str, replies: Mapping[str, Any], *words: str) -> tuple[int, Any]:
        """Exit code, and the summary."""
        answers = self.folder / "answers.json"
        answers.write_text(json.dumps(replies))
        self.log.write_text("")
        done = self.main(
            "run", "--task", name, "--data", self.folder, "--out", self.folder / "out",
            "--model", f"{STAND_INS}:scripted", "--model-arg", f"file={answers}", "--model-arg", f"log={self.log}",
            "--judge", "openai-compatible", "--judge-arg", f"base_url={self.judge.url}/v1", "--judge-arg", "model=m",
            "--judge-arg", "takes=text,audio", "--transcriber",
            f"en={STAND_INS}:ear,zh={STAND_INS}:ear", "--json", *words,
        )  # fmt: skip
        assert done.code in (0, 1), done.err
        (summary,) = json.loads(done.out)
        return done.code, summary

    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def bench(main: Callable[..., Any], tmp_path: Path, judge: Loopback) -> Bench:
    return Bench(main, tmp_path, judge)


def values(summary: Any) -> dict[str, float]:
    return {name: column["value"] for name, column in summary["columns"].items()}


def test_all_sets_by_the_command_line(bench: Bench) -> None:
    rows = sets()
    assert len(rows) == 40
    replies, own = write_copy(bench.folder, rows)
    own |= {"SRT-en": 60.0, "SRT-zh": 60.0}  # what the judge hears
    listeners = ("--listener", f"emotion={STAND_INS}:feeling", "--task-arg", "naturalness=true", "--listener",
                 f"naturalness={STAND_INS}:natural")  # fmt: skip
    code, summary = bench.run("uro_bench", replies, *listeners)
    assert code == 0
    expected: dict[str, list[float]] = {}
    for row in rows:
        value, language, level, ability = own[row["split"]], row["language"], row["level"], row["ability"]
        for name in (f"{language}_{level}.{row['name']}", f"{language}_{level}.{ability}", f"{level}.{ability}",
                     f"{language}.{ability}", ability, f"{language}_{level}", language, level, "final_score"):  # fmt: skip
            expected.setdefault(f"uro_bench.{name}", []).append(value)
    found = values(summary)
    assert {name: found.get(name) for name in expected} == pytest.approx(
        {name: sum(some) / len(some) for name, some in expected.items()}
    )
    repeated = {name: found[f"uro_bench.{name}_basic.repeat.strict"] for name in ("en", "zh")}
    assert repeated == pytest.approx({"en": (75 + 0 + 100) / 3, "zh": (75 + 0 + 100) / 3})
    assert found["uro_bench.en_pro.genemotion.strict"] == pytest.approx(30.0)
    assert {name for name in published.columns() if name.startswith("uro_bench.")} <= set(found)
    assert found["uro_bench.en_pro.utmos"] == 4.0
    column = summary["columns"]["uro_bench.en_basic.repeat"]
    assert (column["n"], column["low"] < column["value"] < column["high"]) == (3, True)
    assert summary["counts"]["n_model_failed"] == summary["counts"]["n_judge_failed"] == 0

    # rounds are played: the model's own replies stand in the history, and the judge reads what was heard of them
    asked = {line["id"]: line["messages"] for line in bench.asked()}
    assert [text for role, text in asked["SpeakerAware-en_0#3"] if role == "assistant"] == ["written 1", "written 2"]
    bodies = [body for one in bench.judge.asked if "Ann again." in (body := openai_wire.prompt(one))]
    assert len(bodies) >= 2 * 3, "three votes on each of two conversations, some asked twice"
    for body in bodies:
        assert "spoken 1" in body
        assert "spoken 2" in body
        assert "written" not in body
    # error rate of rounds: a mean over the rounds of each conversation first
    first, last = 100 * 1 / 2, 100 * 5 / 5
    assert found["uro_bench.en_pro.mtbench.asr_error_rate"] == pytest.approx((first + last) / 2)
    assert "uro_bench.en_pro.multilingual.asr_error_rate" not in found

    calls = len(bench.judge.asked)
    _, again = bench.run("uro_bench", {}, *listeners)
    assert bench.asked() == []
    assert len(bench.judge.asked) == calls
    assert again["columns"] == summary["columns"]


def test_replies_that_are_missing_silent_or_in_another_language(bench: Bench) -> None:
    rows = [row for row in sets() if row["split"] in ("AlpacaEval", "MtBenchEval-en", "Repeat")]
    replies, _ = write_copy(bench.folder, rows)
    replies["AlpacaEval_0"] = ["words", "", 1000.0]  # it says nothing
    replies["MtBenchEval-en_0#1"] = None  # and the conversation ends
    replies["Repeat_1"] = ["words", None, 1000.0]
    replies["Repeat_2"] = ["他坐下了", "他坐下了", 1000.0]
    code, summary = bench.run("uro_bench:AlpacaEval+MtBenchEval-en+Repeat", replies)
    assert code == 1
    found = summary["columns"]
    assert found["uro_bench.en_basic.alpacaeval"]["value"] == 0.0
    assert found["uro_bench.en_basic.repeat"]["value"] == pytest.approx((100 * (1 - 1 / 3) + 0 + 0) / 3)
    assert found["uro_bench.en_pro.mtbench"]["value"] is None, "no conversation came to its end"
    assert summary["counts"]["n_model_failed"] == 2 + 1
    assert "uro_bench.en_basic" not in found, "a mean of sets that are not all there"


@pytest.mark.parametrize("name", VERSIONS[1:])
def test_versions_have_columns_of_their_own(name: str) -> None:
    assert all(column.split(".")[0] == name for column in task(name).columns)
    assert len(task(name).source.splits) == (36 if name.endswith("08") else 40)


def test_a_copy_of_the_other_version_is_refused(tmp_path: Path, main: Callable[..., Any]) -> None:
    for name, count in (("uro_bench", 200), ("uro_bench_before_2025_08", 147)):
        folder = tmp_path / name / "basic/AlpacaEval-zh"
        folder.mkdir(parents=True)
        (folder / "q.wav").write_bytes(say("q"))
        line = json.dumps({"source_wav": "q.wav", "source_text": "?"}) + "\n"
        (folder / "test.jsonl").write_text(line * count)
        done = main("run", "--task", name, "--data", tmp_path, "--model", f"{STAND_INS}:scripted", "--model-arg", "file=x",
                    "--model-arg", "log=x", "--transcriber", f"{STAND_INS}:ear", "--listener",
                    f"emotion={STAND_INS}:feeling", "--dry-run")  # fmt: skip
        assert done.code == 2
        assert f"its {count} items are those of the version of task" in done.err


LINES = {
    "null": ({"source_wav": "q.wav", "source_text": "?", "target_text": None}, "target_text must be a text"),
    "silent row": ({"source_text": "?", "target_text": "x"}, "neither media nor text"),
    "round missing": (
        {"num_round": 3, "dialogue": [{"source_wav": "q.wav", "source_text": "?", "target_text": "x"}]},
        "num_round is 3, and it has 1 rounds",
    ),
    "no recording": ({"source_wav": "gone.wav", "source_text": "?", "target_text": "x"}, "gone.wav"),
}


@pytest.mark.parametrize("case", LINES)
def test_broken_rows_are_refused_before_anything_is_asked(case: str, tmp_path: Path, main: Callable[..., Any]) -> None:
    line, told = LINES[case]
    folder = tmp_path / "uro_bench/pro/MtBenchEval-en"
    folder.mkdir(parents=True)
    (folder / "q.wav").write_bytes(say("q"))
    (folder / "test.jsonl").write_text(json.dumps(line) + "\n")
    done = main("run", "--task", "uro_bench:MtBenchEval-en", "--data", tmp_path, "--out", tmp_path / "out", "--judge",
                "openai-compatible", "--judge-arg", "base_url=http://127.0.0.1:9/v1", "--judge-arg", "model=m", "--model", f"{STAND_INS}:scripted", "--model-arg", "file=x", "--model-arg", "log=x",
                "--transcriber", f"{STAND_INS}:ear")  # fmt: skip
    assert done.code == 2
    assert told in done.err
    assert not list(tmp_path.glob("out/**/samples.jsonl"))


def test_an_unknown_set_is_answered_with_the_nearest(tmp_path: Path, main: Callable[..., Any]) -> None:
    done = main("run", "--task", "uro_bench:AlpacaEvalzh", "--data", tmp_path, "--model", "constant", "--dry-run")
    assert done.code == 2
    assert "AlpacaEval-zh" in done.err


def test_the_printed_overall_values_are_means_of_ten_sets() -> None:
    """README of URO-Bench: GLM-4-Voice 69.09 in English, 66.90 in Chinese."""
    known = {}
    for number, overall in (("5b", 69.09), ("5a", 66.90)):
        table = published.load_paper("covo-audio").tables[number]
        row = next(one for one in table.rows if one.model_id == "glm-4-voice")
        known |= row.values
        language = "en" if number == "5b" else "zh"
        rule: Any = task().columns[f"uro_bench.{language}_basic"]
        names = [
            f"uro_bench.{language}_basic.{one['name']}"
            for one in sets()
            if (one["language"], one["level"]) == (language, "basic")
        ]
        assert [task().columns[name] for name in names] == list(rule.of)
        from evalkit.core.columns import Mean

        assert round(float(recompute(Mean(*names), known).value), 2) == overall


def test_questions_can_be_exported_and_scored_without_their_recordings(
    tmp_path: Path, main: Callable[..., Any]
) -> None:
    rows = [row for row in sets() if row["split"] == "Repeat"]
    write_copy(tmp_path, rows)
    done = main("data", "export", "uro_bench:Repeat", "--data", tmp_path, "--to", tmp_path / "questions")
    assert done.code == 0, done.err
    for path in tmp_path.glob("uro_bench/**/*.wav"):
        path.unlink()
    said = ("the cat sat", "a dog sat up", "the cat sat down")
    for n, words in enumerate(said):
        (tmp_path / f"{n}.wav").write_bytes(say(words))
    lines = [json.dumps({"id": f"Repeat_{n}", "text": "x", "audio": f"{n}.wav"}) for n in range(3)]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n")
    done = main("score", "--task", "uro_bench:Repeat", "--data", tmp_path, "--responses", tmp_path / "answers.jsonl",
                "--out", tmp_path / "scored", "--transcriber", f"{STAND_INS}:ear", "--judge", "openai-compatible",
                "--judge-arg", "base_url=http://127.0.0.1:9/v1", "--judge-arg", "model=m", "--json")  # fmt: skip
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert values(summary)["uro_bench.en_basic.repeat"] == pytest.approx((100 * (1 - 1 / 3) + 0 + 100) / 3)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the repository's example files are not here")
def test_the_repositorys_own_rows_and_recordings_are_read(tmp_path: Path, main: Callable[..., Any]) -> None:
    """Its example rows, and a recording of its examples: 32-bit float WAV at 22.05 kHz, which the wave module refuses."""
    folder = tmp_path / "uro_bench/basic/AlpacaEval"
    folder.mkdir(parents=True)
    lines_ = (SHARED / "slam_omni_demo.jsonl").read_bytes().splitlines()
    rows = [json.loads(line) for line in lines_[:-1]]  # the last one is cut off in the repository
    (folder / "test.jsonl").write_text("".join(json.dumps({**row, "source_wav": "w.wav"}) + "\n" for row in rows))
    (folder / "w.wav").write_bytes((SHARED / "helpful_base_1.wav").read_bytes())
    done = main("data", "export", "uro_bench:AlpacaEval", "--data", tmp_path, "--to", tmp_path / "questions")
    assert done.code == 0, done.err
    lines = (tmp_path / "questions/questions.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"AlpacaEval_{at}" for at in range(len(rows))]
    (folder / "test.jsonl").write_bytes(b"\n".join(lines_))
    done = main("data", "export", "uro_bench:AlpacaEval", "--data", tmp_path, "--to", tmp_path / "broken")
    assert (done.code, "line 6" in done.err) == (2, True)
    (folder / "test.jsonl").write_text(json.dumps({**rows[0], "source_wav": "w.wav"}) + "\n")
    located = task().source.locate(tmp_path)
    sample = task().sample(next(iter(located.read("AlpacaEval"))), "AlpacaEval")
    assert not isinstance(sample, Sequence)
    (part,) = sample.messages[-1].content
    assert isinstance(part, Audio)
    assert decode(part, 16000).shape[0] > 16000
    assert (sample.reference, (sample.meta or {})["question"]) == (rows[0]["target_text"], rows[0]["source_text"])
