"""Spoken answers: kept, heard by a transcriber, scored by what was heard, and never mixed up with what was written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import evalkit as package
from evalkit import plugins
from evalkit.media.audio import encode_wav
from evalkit.media.source import content_hash

AUDIO = plugins.folder("tasks") / "asr_demo" / "data" / "audio"
CITY, MUSIC = "The city council approved a new bridge on Tuesday.", "Could you turn the music down, please?"
Main = Callable[..., Any]
Write = Callable[..., Path]
HEARD = [
    "--scorer",
    "error_rate",
    "--scorer-arg",
    "language=en",
    "--scorer-arg",
    "heard=true",
    "--transcriber",
    "pocketsphinx",
]
QUICK = [*HEARD[:-1], "constant"]  # a transcriber that hears nothing, at once
WRITTEN = ["--scorer", "error_rate", "--scorer-arg", "language=en"]


def says(key: str, reference: str, **reply: Any) -> dict[str, Any]:
    return {"id": key, "prompt": "reply " + json.dumps(reply), "reference": reference}


@pytest.fixture
def lines(tmp_path: Path) -> list[dict[str, Any]]:
    """Answers of every kind, the files of the spoken ones in a folder of their own."""
    speech = tmp_path / "speech"
    speech.mkdir()
    shutil.copy(AUDIO / "s01_clean.flac", speech / "city.flac")
    shutil.copy(AUDIO / "s01_clean.flac", speech / "again.flac")
    shutil.copy(AUDIO / "s07_clean.flac", speech / "music.flac")
    sf.write(speech / "silent.wav", np.zeros(16000), 16000)
    sf.write(speech / "short.wav", np.zeros(3), 16000)
    (speech / "empty.wav").touch()
    (speech / "broken.wav").write_text("404 not found")
    (speech / "folder.wav").mkdir()
    return [
        says("spoken", CITY, audio=f"{speech}/city.flac"),
        says("both", CITY, text="something else", audio=f"{speech}/again.flac"),
        says("wrong", CITY, text=CITY, audio=f"{speech}/music.flac"),
        says("mute", MUSIC, text=MUSIC),
        says("silent", MUSIC, text=MUSIC, audio=f"{speech}/silent.wav"),
        says("short", MUSIC, text=MUSIC, audio=f"{speech}/short.wav"),
        says("empty", MUSIC, text=MUSIC, audio=f"{speech}/empty.wav"),
        says("broken", MUSIC, text=MUSIC, audio=f"{speech}/broken.wav"),
        says("folder", MUSIC, text=MUSIC, audio=f"{speech}/folder.wav"),
        says("lost", MUSIC, text=MUSIC, audio=f"{speech}/lost.wav"),
    ]


FAILED = {"mute", "empty", "broken", "folder", "lost"}


def test_the_whole_path(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    run_of: Callable[..., Path],
    lines_of: Callable[..., list[dict[str, Any]]],
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", lines)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    done = main(*words, *HEARD, "--json")
    assert done.code == 1, done.err
    run = run_of(tmp_path / "out")

    # what was written stands beside what was said, as it came
    records = {line["id"]: line for line in lines_of(run / "samples.jsonl")}
    texts = {line["id"]: json.loads(line["prompt"][6:]).get("text") for line in lines}
    assert {key: record["text"] for key, record in records.items()} == texts

    # the speech is kept under its content, once
    assert records["spoken"]["audio"] == records["both"]["audio"] != records["wrong"]["audio"]
    for key in ("spoken", "wrong", "silent", "short", "broken"):
        kept = run / records[key]["audio"]
        assert kept.parent == run / "media"
        assert kept.stem == content_hash(kept.read_bytes())
    assert (run / records["spoken"]["audio"]).read_bytes() == (AUDIO / "s01_clean.flac").read_bytes()
    assert len(list((run / "media").iterdir())) == 5
    assert all("audio" not in records[key] for key in ("mute", "empty", "folder", "lost"))

    # what was heard
    (path,) = (run / "transcripts").glob("*.jsonl")
    heard = {line["id"]: line for line in lines_of(path)}
    assert set(heard) == {"spoken", "both", "wrong", "silent", "short", "broken"}
    assert heard["spoken"]["heard"] == heard["both"]["heard"]
    assert "city council" in heard["both"]["heard"]
    assert "music" in heard["wrong"]["heard"]
    assert heard["broken"]["failure"]["kind"] == "input"
    assert heard["broken"]["heard"] is None
    assert heard["short"]["heard"] == ""

    # the score is of what was heard
    (path,) = (run / "scores").glob("*.jsonl")
    scores = {line["id"]: line for line in lines_of(path)}
    assert {key for key, score in scores.items() if score["status"] == "model_failed"} == FAILED
    assert all(scores[key]["status"] == "scored" for key in set(scores) - FAILED)
    errors = {key: score["faithful"]["error_rate"][0] for key, score in scores.items() if score["faithful"]}
    assert errors["spoken"] == errors["both"] < 3 < errors["wrong"]
    assert errors["short"] == 7, "nothing heard: every word is missing"
    counts = done.json[0]["counts"]
    assert (counts["n_total"], counts["n_scored"], counts["n_model_failed"]) == (10, 5, 5)
    assert all(scores[key]["detail"]["failure"] for key in FAILED)


def test_what_run_json_says_of_it(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    run_of: Callable[..., Path],
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", lines)
    main("run", *program.words, "--task", task, "--out", tmp_path / "out", *QUICK)
    record = json.loads((run_of(tmp_path / "out") / "run.json").read_text())
    (stretch,) = record["stretches"]
    assert (stretch["asked"], stretch["transcribed"], stretch["scored"]) == (10, 6, 10)
    assert stretch["failed"] == 3, "a speech that cannot be read is no answer, the journal says so too"
    ((name, scoring),) = record["scorings"].items()
    assert name.startswith("error_rate-plain-")
    assert scoring["transcriber"].startswith("constant-")


def test_samples_without_a_score_are_named_with_the_reason(
    tmp_path: Path, lines: list[dict[str, Any]], main: Main, program: Any, write_lines: Write
) -> None:
    chosen = [line for line in lines if line["id"] in ("spoken", "mute", "broken", "lost")]
    task = write_lines(tmp_path / "talk.jsonl", chosen)
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", *HEARD)
    assert done.code == 1
    assert "3 of 4 samples have no score" in done.err
    shown = {line.split(":")[0].strip(): line for line in done.err.splitlines() if line.startswith("  ")}
    assert set(shown) == {"mute", "broken", "lost"}
    assert "no speech" in shown["mute"]
    assert "cannot be decoded" in shown["broken"]
    assert "lost.wav" in shown["lost"]


def test_going_on_asks_and_transcribes_nothing_twice(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    run_of: Callable[..., Path],
) -> None:
    good = [line for line in lines if line["id"] in ("spoken", "both", "wrong", "short")]
    task = write_lines(tmp_path / "talk.jsonl", good)
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out"]
    assert main(*words, "--limit", 2, *QUICK).code == 0
    run = run_of(tmp_path / "out")
    (transcripts,) = (run / "transcripts").iterdir()
    half = transcripts.read_bytes()
    assert half.count(b"\n") == 2
    assert main(*words, *QUICK).code == 0
    assert transcripts.read_bytes()[: len(half)] == half
    assert transcripts.read_bytes().count(b"\n") == 4
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"}
    done = main(*words, *QUICK)
    assert done.code == 0
    assert "nothing asked" in done.out
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"} == before
    assert len(program.asked()) == 4

    # and the folder may be moved
    shutil.move(tmp_path / "out", tmp_path / "moved")
    assert main(*words[:-1], tmp_path / "moved", *QUICK).code == 0
    assert len(program.asked()) == 4
    assert {
        path.relative_to(tmp_path / "moved"): path.read_bytes() for path in (tmp_path / "moved").rglob("*.jsonl")
    } == {path.relative_to(tmp_path / "out"): data for path, data in before.items() if path.suffix == ".jsonl"}


def test_what_was_written_is_scored_where_nobody_listens(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    run_of: Callable[..., Path],
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", [line for line in lines if line["id"] in ("both", "wrong")])
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", *WRITTEN, "--json")
    assert done.code == 0, done.err
    (result,) = done.json[0]["results"]
    assert (result["sums"]["tokens"], result["sums"]["numerator"]) == (18, 9), "one wrote it, the other something else"
    assert not (run_of(tmp_path / "out") / "transcripts").exists()


def test_stages_apart_give_the_bytes_of_one_command(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    run_of: Callable[..., Path],
) -> None:
    chosen = [line for line in lines if line["id"] in ("spoken", "wrong", "mute", "broken")]
    task = write_lines(tmp_path / "talk.jsonl", chosen)
    words = ["run", *program.words, "--task", task, *QUICK, "--out"]
    assert main(*words, tmp_path / "whole").code == 1
    for stage in ("generate", "score", "transcribe", "score", "summarize"):  # scored too early, too
        main(*words, tmp_path / "parts", "--stage", stage)
    parts, whole = run_of(tmp_path / "parts"), run_of(tmp_path / "whole")
    assert (parts / "summary.json").read_bytes() == (whole / "summary.json").read_bytes()


def test_a_speech_that_was_lost_is_asked_for_again(
    tmp_path: Path, main: Main, program: Any, write_lines: Write
) -> None:
    speech = tmp_path / "late.flac"
    task = write_lines(tmp_path / "talk.jsonl", [says("late", CITY, text="hm", audio=str(speech))])
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out", *QUICK, "--json"]
    assert main(*words).json[0]["counts"]["n_model_failed"] == 1
    shutil.copy(AUDIO / "s01_clean.flac", speech)
    done = main(*words)
    assert done.code == 0, done.err
    assert done.json[0]["counts"]["n_scored"] == 1
    assert program.asked() == ["late", "late"]
    speech.unlink()
    assert main(*words).code == 0, "the run has its own copy"


def test_recorded_speech_is_found_beside_its_file(
    tmp_path: Path, main: Main, write_lines: Write, run_of: Callable[..., Path]
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", [{"id": "a", "prompt": "?", "reference": CITY}])
    (tmp_path / "answers" / "wav").mkdir(parents=True)
    shutil.copy(AUDIO / "s01_clean.flac", tmp_path / "answers" / "wav" / "a.flac")
    answers = write_lines(tmp_path / "answers" / "answers.jsonl", [{"id": "a", "audio": "wav/a.flac"}])
    relative = os.path.relpath(answers, tmp_path / "here")
    done = main("score", "--task", task, "--responses", relative, "--out", tmp_path / "out", *QUICK, "--json")
    assert done.code == 0, done.err
    (kept,) = (run_of(tmp_path / "out") / "media").iterdir()
    assert kept.read_bytes() == (AUDIO / "s01_clean.flac").read_bytes()


def test_who_is_scored_by_speech_is_asked_to_speak(
    tmp_path: Path, lines: list[dict[str, Any]], main: Main, program: Any, write_lines: Write
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", lines[:1])
    assert main("run", *program.words, "--task", task, "--out", tmp_path / "out", *QUICK).code == 0
    assert program.requests()[0]["settings"]["speech"] is True


TRANSCRIBERS = '''
"""Two transcribers that break the rules, and one that hears the name of the file."""
from pathlib import Path

from evalkit.core.model import Model, model
from evalkit.core.response import Response


class Listening(Model):
    def stream(self, requests):
        for number, request in enumerate(requests):
            yield from self.hear(number, request)


@model("leaves-out", takes=("audio",))
class LeavesOut(Listening):
    def hear(self, number, request):
        if number:
            yield request.id, Response(text="one")


@model("twice", takes=("audio",))
class Twice(Listening):
    def hear(self, number, request):
        yield request.id, Response(text="one")
        yield request.id, Response(text="two")


@model("hears-names", takes=("audio",))
class HearsNames(Listening):
    def hear(self, number, request):
        yield request.id, Response(text=Path(request.messages[0].content[0].path).stem)
'''


@pytest.fixture
def transcribers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed distribution with transcribers of its own."""
    info = tmp_path / "site" / "listening-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: listening\nVersion: 1.0\n")
    names = "".join(f"{name} = listening_models\n" for name in ("leaves-out", "twice", "hears-names"))
    (info / "entry_points.txt").write_text(f"[evalkit.models]\n{names}")
    (tmp_path / "site" / "listening_models.py").write_text(TRANSCRIBERS)
    monkeypatch.syspath_prepend(tmp_path / "site")
    plugins.plugins.cache_clear()
    yield
    plugins.plugins.cache_clear()


@pytest.mark.usefixtures("transcribers")
def test_another_speech_of_the_same_sample_is_heard_anew(
    tmp_path: Path, main: Main, program: Any, write_lines: Write, run_of: Callable[..., Path], lines_of: Any
) -> None:
    """Who removes a damaged line of the answers, as the message says, gets no transcript of a speech that is gone."""
    speech = tmp_path / "speech.wav"
    first, second = (encode_wav(np.sin(np.arange(8000) * pitch / 10).astype(np.float32) / 2, 16000) for pitch in (1, 2))
    speech.write_bytes(first)
    task = write_lines(tmp_path / "talk.jsonl", [says("a", content_hash(second), audio=str(speech))])
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out", *HEARD[:-1], "hears-names", "--json"]
    assert main(*words).json[0]["results"][0]["value"] > 0
    run = run_of(tmp_path / "out")
    (run / "samples.jsonl").write_bytes(b"")
    speech.write_bytes(second)
    done = main(*words)
    (record,) = lines_of(run / "samples.jsonl")
    assert record["audio"] == f"media/{content_hash(second)}.wav"
    assert done.json[0]["results"][0]["value"] == 0.0, "scored by what the first speech said"


@pytest.mark.usefixtures("transcribers")
@pytest.mark.parametrize("name", ["leaves-out", "twice"])
def test_a_transcriber_that_does_not_answer_is_not_blamed_on_the_model(
    name: str, tmp_path: Path, lines: list[dict[str, Any]], main: Main, program: Any, write_lines: Write
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", lines[:3])
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", *HEARD[:-1], name)
    assert done.code == 2, done.out
    assert name in done.err
    assert list(package.load_results(tmp_path / "out").get("n_model_failed", [])) == []


def test_a_transcriber_that_takes_no_audio_is_refused(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugins.model_class("constant"), "takes", frozenset({"text"}))
    task = write_lines(tmp_path / "talk.jsonl", lines)
    done = main("run", *program.words, "--task", task, "--out", tmp_path / "out", *QUICK)
    assert done.code == 2
    assert "takes no audio" in done.err
    assert not program.asked()


def test_transcripts_of_two_transcribers_stand_side_by_side(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    main: Main,
    program: Any,
    write_lines: Write,
    run_of: Callable[..., Path],
) -> None:
    task = write_lines(tmp_path / "talk.jsonl", lines[:2])
    words = ["run", *program.words, "--task", task, "--out", tmp_path / "out", "--json"]
    values = {
        name: main(*words, *HEARD[:-1], name).json[0]["results"][0]["value"] for name in ("constant", "pocketsphinx")
    }
    assert values["constant"] == 100.0, "it hears nothing"
    assert values["pocketsphinx"] < 30
    run = run_of(tmp_path / "out")
    assert len(list((run / "transcripts").iterdir())) == len(list((run / "scores").iterdir())) == 2
    assert len(program.asked()) == 2
