"""EMOVA's dialogue: Parquet files as the hub has them, replies in JSON whole and broken, a judge with faults."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from spoken_stand_ins import say

from evalkit import plugins
from evalkit.core.task import Task
from evalkit.models.api import retrying
from evalkit.published import numbers as published
from evalkit.tasks.emova_dialogue.reply import read
from evalkit.tasks.emova_dialogue.task import CONFIGS, SETS, recognised

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

STAND_INS = Path(__file__).parent / "spoken_stand_ins.py"
QUESTIONS = {"en": ("Who wrote the book?", "Ann wrote it."), "zh": ("谁写的书？", "安写的。")}


def reply(question: str, response: str, emotion: str = "surprised", **changes: Any) -> str:
    told = {
        "user question text": question, "user question emotion": "neutral", "user question pitch": "normal",
        "assistant response text": response, "assistant response emotion": emotion, "assistant response pitch": "high",
        "assistant response speech": "<|speech_9|>",
    }  # fmt: skip
    return json.dumps({key: one for key, one in {**told, **changes}.items() if one is not None}, ensure_ascii=False)


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8), 90).save(file, "PNG")
    return file.getvalue()


def write_copy(root: Path) -> None:
    """CONFIG/test-00000-of-00001.parquet, four rows each; recordings of the units beside it."""
    for name, config in CONFIGS.items():
        question, response = QUESTIONS[name[-2:]]
        rows = []
        for at in range(4):
            asked = ("<image>\n" if "image" in name else "") + f"Answer in JSON.\n<|speech_{at}|><|speech_7|>"
            turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": reply(question, response)}]
            row: dict[str, Any] = {"id": f"q{at}", "conversations": turns}
            rows.append(row | ({"image": {"bytes": picture(), "path": None}} if "image" in name else {}))
            wav = root / "emova_dialogue" / config / "audio" / f"q{at}.wav"
            wav.parent.mkdir(parents=True, exist_ok=True)
            wav.write_bytes(say("a question"))
        pq.write_table(pa.Table.from_pylist(rows), root / "emova_dialogue" / config / "test-00000-of-00001.parquet")


def replies() -> dict[str, Any]:
    """Whole; misheard and said otherwise than written; broken; without its units, which a speaker need not give."""
    made: dict[str, Any] = {}
    for name in SETS:
        question, response = QUESTIONS[name[-2:]]
        wrong = {"en": "who wrote a book", "zh": "谁写的诗？"}[name[-2:]]
        said = {"en": "Ann wrote", "zh": "安写"}[name[-2:]]
        made[f"{name}/q0"] = [reply(question, response), response, 1000.0]
        made[f"{name}/q1"] = [reply(wrong, response, "sad"), said, 1000.0]
        made[f"{name}/q2"] = ["Sure! " + reply(question, response), response, 1000.0]
        made[f"{name}/q3"] = [reply(question, response, **{"assistant response speech": None}), response, 1000.0]
    return made


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """8 for what is written, 6 for what is heard; emotions suit where they are happy. A third fails at first."""
    pytest.importorskip("openai")
    monkeypatch.setattr(retrying, "BASE", 0.01)
    seen: Counter[bytes] = Counter()

    def answer(asked: Asked) -> Reply:
        seen[asked.body] += 1
        if len(seen) % 3 == 1 and seen[asked.body] == 1:
            return openai_wire.refuse(503, "overloaded")
        text = openai_wire.prompt(asked)
        if "emotion_score" in text:
            suits = int("happy" in text.partition("Emotion label")[2])
            told: Mapping[str, Any] = {
                "emotion_analysis": "x",
                "emotion_score": suits,
                "pitch_analysis": "x",
                "pitch_score": 1,
            }
        else:
            told = {"reason": "x", "score": 6 if "transcri" in text else 8}
        return openai_wire.say(asked, json.dumps(told))

    with Loopback(answer) as server:
        yield server


def words(tmp_path: Path, judge: Loopback, task: str) -> list[Any]:
    return ["run", "--task", task, "--data", tmp_path, "--out", tmp_path / "out", "--model", f"{STAND_INS}:scripted",
            "--model-arg", f"file={tmp_path / 'answers.json'}", "--model-arg", f"log={tmp_path / 'log'}", "--judge",
            "openai-compatible", "--judge-arg", f"base_url={judge.url}/v1", "--judge-arg", "model=m", "--json"]  # fmt: skip


def test_all_columns_by_the_command_line(tmp_path: Path, judge: Loopback, main: Callable[..., Any]) -> None:
    write_copy(tmp_path)
    (tmp_path / "answers.json").write_text(json.dumps(replies()))
    done = main(*words(tmp_path, judge, "emova_dialogue"), "--transcriber", f"en={STAND_INS}:ear,zh={STAND_INS}:ear")
    assert done.code == 1, done.err  # broken replies
    (summary,) = json.loads(done.out)
    found = {name: column["value"] for name, column in summary["columns"].items()}
    for name in SETS:
        own = {key.removeprefix(f"emova_dialogue.{name}."): value for key, value in found.items() if f".{name}." in key}
        # recognised: of three whole replies one has one wrong token of four words or characters
        assert own["unit_in"] == 8.0
        assert own["end_to_end"] == 6.0
        assert own["emotion_acc"] == pytest.approx(100 * 2 / 3), "surprised is folded to happy, sad is not"
        assert own["pitch_acc"] == 100.0
        assert own["json_success"] == 75.0
        assert own["recognition.error_rate"] == pytest.approx(100 * 1 / 12)
        assert own["synthesis.error_rate"] == pytest.approx(100 * 1 / 9), "a word, or a character, is not said"
        assert summary["columns"][f"emova_dialogue.{name}.unit_in"]["n"] == 3
    assert found["emova_dialogue.speech_text_en.unit_in"] == 8.0
    strict = summary["columns"]["emova_dialogue.speech_text_en.unit_in"]["strict"]
    assert strict == pytest.approx(8 * 3 / 4)
    asked = {
        json.loads(line)["id"]: json.loads(line)["messages"] for line in (tmp_path / "log").read_text().splitlines()
    }
    assert asked["speech_image_en/q0"] == [["user", "Answer in JSON."]], "units and the image's mark are not read out"


def test_the_questions_as_text(tmp_path: Path, judge: Loopback, main: Callable[..., Any]) -> None:
    write_copy(tmp_path)
    (tmp_path / "answers.json").write_text(json.dumps({key: ["Ann did.", None, 0] for key in replies()}))
    done = main(*words(tmp_path, judge, "emova_dialogue_text_in"))
    assert done.code == 0, done.err
    (summary,) = json.loads(done.out)
    assert {key: one["value"] for key, one in summary["columns"].items()} == {
        f"emova_dialogue.{name}.text_in": 8.0 for name in SETS
    }
    asked = [json.loads(line)["messages"] for line in (tmp_path / "log").read_text().splitlines()]
    assert ["user", QUESTIONS["zh"][0]] in [message for messages in asked for message in messages]


def test_every_published_column_has_its_task() -> None:
    made: set[str] = set()
    for name in ("emova_dialogue", "emova_dialogue_text_in"):
        task = plugins.load_task(name)
        assert isinstance(task, Task)
        made |= set(task.columns)
    assert {name for name in published.columns() if name.startswith("emova_dialogue.")} <= made


@pytest.mark.parametrize(
    ("text", "spoken", "whole"),
    [
        (reply("q", "r"), False, True),
        (reply("q", "r", **{"assistant response speech": None}), False, False),
        (reply("q", "r", **{"assistant response speech": None}), True, True),
        (reply("q", "r", **{"user question pitch": None}), True, False),
        (f"```json\n{reply('q', 'r')}\n```", True, False),  # the program parses the whole reply
        (reply("q", "r", **{"assistant response text": 3}), True, False),
        ("[" * 100_000, True, False),
        ("null", True, False),
        ("", True, False),
        (None, True, False),
    ],
)
def test_what_counts_as_a_reply(text: str | None, spoken: bool, whole: bool) -> None:
    assert (read(text, spoken) is not None) is whole


def test_recognised_questions_are_cleaned_as_the_program_does() -> None:
    from evalkit.core.response import Response
    from evalkit.core.scorer import Answered

    cases = [
        ("en", "Don't stop, Mr. X!", "dont stop mr x", (0.0, 4.0)),
        ("en", "Twenty-one men", "twenty one men", (2.0, 2.0)),  # the hyphen goes and nothing takes its place
        ("zh", "现在 几点？", "现在几点？", (0.0, 4.0)),
    ]
    for language, truth, said, expected in cases:
        answer = Answered("a", "s", truth, Response(text=said), meta={"language": language})
        (score,) = recognised().score([answer])
        assert score.faithful["error_rate"][:2] == expected, (language, truth)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"conversations": [{"from": "human", "value": "no units"}, {"from": "gpt", "value": reply("q", "r")}]},
            "no speech units",
        ),
        (
            {"conversations": [{"from": "human", "value": "<|speech_1|>"}, {"from": "gpt", "value": "{}"}]},
            "user question text",
        ),
        ({"conversations": [{"from": "human", "value": "<|speech_1|>"}]}, "IndexError"),
    ],
)
def test_broken_rows_are_refused(
    changes: Mapping[str, Any], told: str, tmp_path: Path, main: Callable[..., Any]
) -> None:
    folder = tmp_path / "emova_dialogue" / CONFIGS["speech_text_en"]
    folder.mkdir(parents=True)
    (folder / "test.jsonl").write_text(json.dumps({"id": "q", **changes}) + "\n")
    done = main("data", "export", "emova_dialogue_text_in:speech_text_en", "--data", tmp_path, "--to", tmp_path / "q")
    assert done.code == 2
    assert told in done.err


def test_answers_made_elsewhere_are_scored_without_the_recordings(
    tmp_path: Path, judge: Loopback, main: Callable[..., Any]
) -> None:
    write_copy(tmp_path)
    chosen = "emova_dialogue:speech_text_en"
    done = main("data", "export", chosen, "--data", tmp_path, "--to", tmp_path / "questions")
    assert done.code == 0, done.err
    ids = [json.loads(line)["id"] for line in (tmp_path / "questions/questions.jsonl").read_text().splitlines()]
    assert ids == [f"speech_text_en/q{at}" for at in range(4)]
    for path in tmp_path.glob("emova_dialogue/**/*.wav"):
        path.unlink()
    made = replies()
    lines = []
    for at, key in enumerate(ids):
        text, said, tone = made[key]
        (tmp_path / f"{at}.wav").write_bytes(say(said, tone))
        lines.append(json.dumps({"id": key, "text": text, "audio": f"{at}.wav"}))
    (tmp_path / "answers.jsonl").write_text("\n".join(lines) + "\n")
    done = main("score", "--task", chosen, "--data", tmp_path, "--responses", tmp_path / "answers.jsonl", "--out",
                tmp_path / "scored", "--transcriber", f"{STAND_INS}:ear", "--judge", "openai-compatible", "--judge-arg",
                f"base_url={judge.url}/v1", "--judge-arg", "model=m", "--json")  # fmt: skip
    assert done.code == 1, done.err
    (summary,) = json.loads(done.out)
    assert summary["columns"]["emova_dialogue.speech_text_en.end_to_end"]["value"] == 6.0
    assert summary["columns"]["emova_dialogue.speech_text_en.json_success"]["value"] == 75.0
