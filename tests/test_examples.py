"""The examples of docs/examples: complete tasks that CONTRIBUTING.md shows as they are, run by the command line."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from PIL import Image

from evalkit import evaluate

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
SHOWN = ("picture_quiz", "spoken_questions", "read_aloud", "listening_suite")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
DEMO = ROOT / "tasks" / "asr_demo" / "data"


@pytest.mark.parametrize("name", [*SHOWN, "pauses"])
def test_contributing_shows_the_examples_as_they_are(name: str) -> None:
    assert (EXAMPLES / f"{name}.py").read_text().strip() in CONTRIBUTING
    assert f"docs/examples/{name}.py" in CONTRIBUTING


@pytest.mark.parametrize("name", SHOWN)
def test_a_task_needs_the_authors_module_alone(name: str) -> None:
    tree = ast.parse((EXAMPLES / f"{name}.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {"__future__", "evalkit.authoring"}


@pytest.fixture
def run(main: Callable[..., Any], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The summary of the last task of a run without failures."""

    def call(name: str, *words: object) -> dict[str, Any]:
        done = main("run", "--task", EXAMPLES / f"{name}.py", "--data", tmp_path, "--json", *words)
        assert done.code == 0, done.err
        summary: dict[str, Any] = json.loads(done.out)[-1]
        return summary

    return call


def values(summary: dict[str, Any]) -> dict[str, float]:
    return {name: column["value"] for name, column in summary["columns"].items()}


@pytest.fixture
def replay(write_lines: Callable[..., Path], tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    def words(**replies: str) -> tuple[str, ...]:
        file = write_lines(tmp_path / "replies.jsonl", [{"id": key, "text": text} for key, text in replies.items()])
        return "--model", "replay", "--model-arg", f"file={file}"

    return words


def test_the_quiz_on_pictures(run: Any, replay: Any, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    picture = base64.b64encode(file.getvalue()).decode()
    names = ("index", "question", "A", "B", "C", "D", "answer", "category", "image")
    rows = [("q1", "Which?", "rose", "oak", "elm", "fir", "A", "plants", picture),
            ("q2", "Which?", "rose", "oak", "", "", "B", "plants", picture),
            ("q3", '"Red?"', "yes", "no", "", "", "B", "colours", picture)]  # fmt: skip
    folder = tmp_path / "picture_quiz"
    folder.mkdir()
    for split in ("dev", "test"):
        lines = ["\t".join(names), *("\t".join(row).replace("q", split, 1) for row in rows)]
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n")
    replies = {"test1": "A", "test2": "B.", "test3": "A", "dev1": "B", "dev2": "B", "dev3": "B"}
    found = run("picture_quiz", *replay(**replies))
    assert values(found) == pytest.approx({"picture_quiz.test": 200 / 3, "picture_quiz.test.plants": 100.0})


def noise(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.random.default_rng(0).normal(0, 0.1, 8000), 16000)


def test_spoken_questions_and_a_judge(run: Any, replay: Any, tmp_path: Path, write_lines: Any) -> None:
    folder = tmp_path / "spoken_questions"
    noise(folder / "a.wav")
    asked = {"wav": "a.wav", "text": "Which city?", "accent": "irl"}
    write_lines(
        folder / "facts.jsonl", [{"key": "f1", **asked, "answer": "Oslo"}, {"key": "f2", **asked, "answer": "Bonn"}]
    )
    write_lines(folder / "chat.jsonl", [{"key": "c1", **asked}])
    judge = tmp_path / "judge.py"
    judge.write_text(
        '''
from evalkit.authoring import BatchModel, Response, model

@model("strict")
class Strict(BatchModel):
    """Says Yes where the reply holds the reference, and a grade of 4 to everything else."""

    def answer(self, batch):
        return [Response(text=self.verdict(request.messages[-1].text)) for request in batch]

    def verdict(self, text):
        return "4" if "from 1 to 5" in text else "Yes" if text.count("Oslo") == 2 else "No"
'''
    )
    words = replay(f1="It is Oslo.", f2="It is Rome.", c1="Hello!")
    found = run("spoken_questions", *words, "--judge", judge)
    assert values(found) == {
        "spoken_questions.facts": 50.0,
        "spoken_questions.chat": 80.0,
        "spoken_questions.mean": 65.0,
    }


def test_reading_aloud_is_heard_by_a_recogniser(run: Any, tmp_path: Path, write_lines: Any) -> None:
    """Recordings that begin with half their length of silence, heard by pocketsphinx."""
    folder = tmp_path / "read_aloud"
    folder.mkdir()
    manifest = [json.loads(line) for line in (DEMO / "manifest.jsonl").read_text().splitlines()]
    clean = [row for row in manifest if row["condition"] == "clean"][:2]
    replies = []
    for split, row in zip(("short", "long"), clean, strict=True):
        (folder / f"{split}.lst").write_text(f"{row['id']}-{split}|{row['text']}\n")
        wave, rate = sf.read(DEMO / row["audio"])
        sf.write(tmp_path / f"{split}.wav", np.concatenate([np.zeros(len(wave)), wave]), rate)
        replies.append({"id": f"{row['id']}-{split}", "text": row["text"], "audio": f"{split}.wav"})
    file = write_lines(tmp_path / "said.jsonl", replies)
    words = ("--model", "replay", "--model-arg", f"file={file}", "--listener", f"pauses={EXAMPLES / 'pauses.py'}")
    found = values(run("read_aloud", *words))
    assert 50 <= found["read_aloud.short.silence"] < 100
    assert 0 <= found["read_aloud.short.wer"] < 100
    assert len(found) == 4


def test_a_suite_averages_as_the_paper_does(main: Any, replay: Any, tmp_path: Path) -> None:
    folder = tmp_path / "mmau"
    noise(folder / "test-mini-audios" / "a.wav")
    outcomes = {"sound": "11", "music": "10", "speech": "1000"}
    rows, replies = [], {}
    for kind, marks in outcomes.items():
        for at, mark in enumerate(marks):
            key = f"{kind}{at}"
            rows.append({"id": key, "audio_id": "./test-mini-audios/a.wav", "question": "Who?", "task": kind,
                         "choices": ["Man", "Woman"], "answer": "Man"})  # fmt: skip
            replies[key] = "(a) Man" if mark == "1" else "Woman"
    (folder / "mmau-test-mini.json").write_text(json.dumps(rows))
    suite = f"{EXAMPLES / 'listening_suite.py'}:listening_suite"
    done = main("run", "--task", suite, "--data", tmp_path, "--json", *replay(**replies))
    assert done.code == 0, done.err
    *members, found = json.loads(done.out)
    assert [member["task"] for member in members] == ["mmau_sound", "mmau_music", "mmau_speech"]
    assert values(found) == pytest.approx({"mmau.original.test_mini.avg": (100 + 50 + 25) / 3})


def test_the_metric_of_contributing(tmp_path: Path) -> None:
    (example,) = [block.split("```")[0] for block in CONTRIBUTING.split("```python\n") if "class Brevity" in block]
    file = tmp_path / "brief.py"
    task = """
from evalkit.authoring import Cell, Dataset, layouts, question, task, Task

@task("brief")
def brief():
    lines = layouts.JsonLines("{split}.jsonl", fields={"question": "q"})
    return Task(Dataset("brief", ("a",), [lines]), question(), [brevity()], {"b": Cell("a")})
"""
    file.write_text(example + task)
    (tmp_path / "brief").mkdir()
    (tmp_path / "brief" / "a.jsonl").write_text('{"id": 1, "q": "one"}\n{"id": 2, "q": "a b c d e f g h i j k"}\n')
    shouting = tmp_path / "echo.py"
    shouting.write_text(
        "from evalkit.authoring import BatchModel, Response, model\n"
        "@model('echo')\nclass Echo(BatchModel):\n    def answer(self, batch):\n"
        "        return [Response(text=one.messages[-1].text) for one in batch]\n"
    )
    (outcome,) = evaluate(str(shouting), str(file), out=tmp_path / "out", data=tmp_path)
    assert outcome.summary.columns["b"].value == 50.0


def test_the_words_of_contributing_name_files_that_are_there() -> None:
    for name in re.findall(r"\]\((docs/[^)#]+)\)", CONTRIBUTING):
        assert (ROOT / name).exists(), name
