"""`evalkit data export`: what any program needs to answer, and nothing it must not see."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

Main = Callable[..., Any]
PLUGIN = """
from evalkit.authoring import Audio, Sample, Task, Turn, assistant, task, user
from evalkit.data.jsonl import JsonLines
from pathlib import Path

def sample(row, split):
    audio = Audio(path=str(Path(__file__).parent / "a.wav"), transcript="THE SECRET WORDS")
    return Sample(row["id"], (user(audio), assistant("reply"), user("and?")), turns=(Turn("r1"), Turn("r2")),
                  meta={"answer": "THE SECRET META"})

def made(history):
    from evalkit.metrics.scorers import scorer
    return Task(source=JsonLines(Path(__file__).parent / "rows.jsonl"), sample=sample, history=history,
                scorers=[scorer("exact_match")], takes={"text", "audio"})

@task("talk")
def talk():
    return made("given")

@task("talk_own")
def talk_own():
    return made("own")
"""


def sound(path: Path, value: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(value.to_bytes(2, "little") * 800)
    return path


@pytest.fixture
def quiz(tmp_path: Path, write_lines: Callable[..., Path]) -> Path:
    for name, value in (("a", 1), ("b", 2), ("same", 1)):
        sound(tmp_path / f"{name}.wav", value)
    rows = [
        {
            "id": "1",
            "prompt": "what?",
            "audio": "a.wav",
            "reference": "THE SECRET REFERENCE",
            "level": "THE SECRET META",
        },
        {"id": "2", "prompt": "naïve 世界?", "audio": "b.wav", "reference": "THE SECRET REFERENCE"},
        {"id": "3", "audio": "same.wav", "reference": None},
    ]
    return write_lines(tmp_path / "quiz.jsonl", rows)


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_questions_media_and_back(quiz: Path, tmp_path: Path, main: Main) -> None:
    """The round trip: what is exported is answered by a program that knows the folder alone, and scored."""
    to = tmp_path / "ex"
    assert main("data", "export", quiz, "--to", to).code == 0
    text = (to / "questions.jsonl").read_text(encoding="utf-8")
    assert "SECRET" not in text + (to / "export.json").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["id"] for line in lines] == ["1", "2", "3"]
    assert [line["messages"][0]["content"][-1].get("text") for line in lines] == ["what?", "naïve 世界?", None]
    sounds = [line["messages"][0]["content"][0]["path"] for line in lines]
    assert [(to / path).read_bytes() for path in sounds] == [
        (tmp_path / name).read_bytes() for name in ("a.wav", "b.wav", "same.wav")
    ]
    assert sounds[0] == sounds[2], "one content, one file"
    assert len(list((to / "media").iterdir())) == 2
    said = tmp_path / "said.jsonl"
    said.write_text("".join(json.dumps({"id": line["id"], "response": "x"}) + "\n" for line in lines))
    words = ("score", "--task", quiz, "--responses", said, "--out", tmp_path / "out")
    assert main(*words).code == 2, "the third has no reference: it can be exported, not scored"
    assert main(*words, "--ids", "1,2").code == 0


def test_it_is_the_same_whenever_and_wherever(quiz: Path, tmp_path: Path, main: Main) -> None:
    for name in ("one", "two"):
        assert main("data", "export", quiz, "--to", tmp_path / name).code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    again = main("data", "export", quiz, "--to", tmp_path / "one")
    assert "exported before" in again.err
    (tmp_path / "one" / "answers.jsonl").write_text("mine")
    next((tmp_path / "one" / "media").iterdir()).unlink()
    assert "exported before" not in main("data", "export", quiz, "--to", tmp_path / "one").err
    assert tree(tmp_path / "one") == {**tree(tmp_path / "two"), "answers.jsonl": hashlib.sha256(b"mine").hexdigest()}


@pytest.mark.parametrize("torn", [False, True], ids=["whole line", "torn line"])
def test_a_broken_off_export_is_not_there_and_goes_on(torn: bool, quiz: Path, tmp_path: Path, main: Main) -> None:
    assert main("data", "export", quiz, "--to", tmp_path / "whole").code == 0
    sound_2 = (tmp_path / "b.wav").read_bytes()
    (tmp_path / "b.wav").write_bytes(b"")  # the second question cannot be written
    to = tmp_path / "ex"
    done = main("data", "export", quiz, "--to", to)
    assert done.code == 2
    assert "empty" in done.err
    assert not (to / "questions.jsonl").exists()
    (tmp_path / "b.wav").write_bytes(sound_2)
    if torn:
        with (to / "questions.jsonl.part").open("ab") as file:
            file.write(b'{"id":"2","mess')
    assert main("data", "export", quiz, "--to", to).code == 0
    assert tree(to) == tree(tmp_path / "whole")


def test_another_selection_takes_its_place(quiz: Path, tmp_path: Path, main: Main) -> None:
    to = tmp_path / "ex"
    assert main("data", "export", quiz, "--to", to).code == 0
    assert main("data", "export", quiz, "--to", to, "--ids", "2").code == 0
    assert [json.loads(line)["id"] for line in (to / "questions.jsonl").read_text().splitlines()] == ["2"]
    assert len(list((to / "media").iterdir())) == 1


def test_other_folders_are_left_alone(quiz: Path, tmp_path: Path, main: Main, write_lines: Any) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "questions.jsonl").write_text("precious")
    done = main("data", "export", quiz, "--to", mine)
    assert done.code == 2
    assert "not empty" in done.err
    assert tree(mine) == {"questions.jsonl": hashlib.sha256(b"precious").hexdigest()}
    assert main("data", "export", quiz, "--to", tmp_path / "ex").code == 0
    other = write_lines(tmp_path / "other.jsonl", [{"id": "z", "prompt": "?", "reference": ""}])
    before = tree(tmp_path / "ex")
    done = main("data", "export", other, "--to", tmp_path / "ex")
    assert done.code == 2
    assert "task 'quiz'" in done.err
    assert tree(tmp_path / "ex") == before
    assert main("data", "export", quiz, "--to", tmp_path / "a.wav").code == 2


def test_conversations(tmp_path: Path, main: Main, write_lines: Any) -> None:
    """Turns stand behind the data's replies; replies of the model's own cannot be in a file; transcripts never are."""
    sound(tmp_path / "a.wav", 5)
    write_lines(tmp_path / "rows.jsonl", [{"id": "d", "prompt": "unused", "reference": ""}])
    (tmp_path / "talks.py").write_text(PLUGIN)
    to = tmp_path / "ex"
    done = main("data", "export", f"{tmp_path / 'talks.py'}:talk", "--to", to)
    assert done.code == 0, done.err
    text = (to / "questions.jsonl").read_text()
    assert "SECRET" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["id"] for line in lines] == ["d#1", "d#2"]
    assert [[message["role"] for message in line["messages"]] for line in lines] == [
        ["user"], ["user", "assistant", "user"]
    ]  # fmt: skip
    own = main("data", "export", f"{tmp_path / 'talks.py'}:talk_own", "--to", tmp_path / "own")
    assert own.code == 2
    assert "--history given" in own.err
    assert not (tmp_path / "own").exists()
    assert (
        main("data", "export", f"{tmp_path / 'talks.py'}:talk_own", "--to", tmp_path / "own", "--history", "given").code
        == 0
    )


def test_requests_of_the_batch_api_and_their_answers(quiz: Path, tmp_path: Path, main: Main) -> None:
    to = tmp_path / "ex"
    assert main("data", "export", quiz, "--to", to, "--format", "openai").code == 2
    assert main("data", "export", quiz, "--to", to, "--format", "openai", "--model", "m").code == 0
    lines = [json.loads(line) for line in (to / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["url"] for line in lines} == {"/v1/chat/completions"}
    sent = lines[1]["body"]["messages"][0]["content"]
    assert base64.b64decode(sent[0]["input_audio"]["data"]) == (tmp_path / "b.wav").read_bytes()
    assert sent[0]["input_audio"]["format"] == "wav"
    body = {"choices": [{"message": {"role": "assistant", "content": "x"}}]}
    answers = [
        {
            "id": f"batch_req_{at}",
            "custom_id": line["custom_id"],
            "response": {"status_code": 200, "body": body},
            "error": None,
        }
        for at, line in enumerate(lines)
    ]
    answers[2] |= {"response": None, "error": {"code": "batch_expired", "message": "too late"}}
    said = tmp_path / "said.jsonl"
    said.write_text("".join(json.dumps(line) + "\n" for line in answers))
    from evalkit.data.responses import read_responses

    found = read_responses(str(said))
    assert {key: one.text for key, one in found.items()} == {"1": "x", "2": "x", "3": None}
    assert "too late" in str(found["3"].failure)


@pytest.mark.parametrize(
    ("message", "ended", "text", "usage"),
    [
        ({"content": None, "refusal": "I cannot."}, "stop", "I cannot.", {"refused": 1.0}),
        ({"content": "half an", "refusal": None}, "length", "half an", {"truncated": 1.0}),
        ({"content": None}, "content_filter", "", {"blocked": 1.0}),
        ({"content": None, "audio": {"data": "AAAA", "transcript": "said"}}, "stop", "said", None),
    ],
)
def test_answers_of_a_batch_count_as_those_of_a_model_that_is_asked(
    message: dict[str, Any], ended: str, text: str, usage: dict[str, float] | None, write_lines: Any, tmp_path: Path
) -> None:
    from evalkit.data.responses import read_responses
    from evalkit.models.api import chat_completions

    body = {"choices": [{"message": message, "finish_reason": ended}]}
    line = {"id": "b", "custom_id": "1", "response": {"status_code": 200, "body": body}, "error": None}
    (found,) = read_responses(str(write_lines(tmp_path / "said.jsonl", [line]))).values()
    asked = chat_completions.response(body)
    assert (found.text, found.usage, found.failure) == (text, usage, None) == (asked.text, asked.usage, None)


def test_suites_name_their_tasks(tmp_path: Path, main: Main) -> None:
    done = main("data", "export", "covo_asr_suite", "--to", tmp_path / "ex")
    assert done.code == 2
    assert "librispeech" in done.err
    assert not (tmp_path / "ex").exists()


def test_requests_hold_the_wave_that_evalkit_reads(tmp_path: Path, main: Main, write_lines: Any) -> None:
    """Floats, which some readers take for noise, become whole numbers; what is cut is sent to nobody."""
    samples = np.linspace(-0.5, 0.5, 8000, dtype=np.float32)
    sf.write(tmp_path / "a.wav", samples, 8000, subtype="FLOAT")
    asked = write_lines(tmp_path / "quiz.jsonl", [{"id": "1", "audio": "a.wav", "reference": "x"}])
    export = ("data", "export", asked, "--format", "openai", "--model", "m", "--to")
    assert main(*export, tmp_path / "whole").code == 0
    (line,) = (tmp_path / "whole/questions.jsonl").read_text(encoding="utf-8").splitlines()
    (part,) = json.loads(line)["body"]["messages"][0]["content"]
    sent, rate = sf.read(io.BytesIO(base64.b64decode(part["input_audio"]["data"])), dtype="int16")
    assert (rate, part["input_audio"]["format"]) == (8000, "wav")
    assert np.abs(sent / 32768 - samples).max() <= 1 / 65536
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(whole[: len(whole) // 2])
    refused = main(*export, tmp_path / "cut")
    assert refused.code == 2 and "truncated" in refused.err
