"""Listeners: what they note of spoken answers, and of recordings that scorers compare them with."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from in_memory import Says, run, task, values

from evalkit import plugins
from evalkit.authoring import Audio, Cell, Failure, Metric, Model, Response, Sample, Score, Scorer, mean, user
from evalkit.core.errors import UsageError
from evalkit.core.model import Answer
from evalkit.records import journals
from evalkit.run.directory import RunDirectory
from evalkit.run.listen import Recording, listen
from evalkit.run.score import answered


def tone(pitch: float) -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, 0.3 * np.sin(2 * math.pi * pitch * np.arange(8000) / 8000), 8000, format="WAV")
    return buffer.getvalue()


class Pitch(Model):
    """Notes the pitch of a recording, Hz."""

    takes = frozenset({"text", "audio"})

    def __init__(self, name: str = "pitch", offset: float = 0.0) -> None:
        self.name, self.offset = name, offset
        self.arguments = {"offset": offset}
        self.heard: list[str] = []
        self.broken: set[str] = set()

    def stream(self, requests: Iterator[Any]) -> Iterator[Answer]:
        from evalkit.media.audio import decode

        for request in requests:
            self.heard.append(request.id)
            (part,) = request.messages[0].content
            if request.id in self.broken:
                yield request.id, Response(failure=Failure("model", "deaf"))
                continue
            wave = decode(part, 8000)
            note = float(np.argmax(np.abs(np.fft.rfft(wave)))) * 8000 / len(wave) + self.offset
            yield request.id, Response(note={"hz": round(note)})


class SamePitch(Scorer):
    """1 where the reply has the pitch of the voice it was given."""

    name, profile = "same_pitch", ""
    metrics = (Metric("same", "Same", ("sum", "n"), mean, unit="0..1"),)
    listeners: Mapping[str, tuple[str, ...]] = {"voice": ("prompt",)}

    def identity(self) -> Mapping[str, Any]:
        return {"rule": 1}

    def score(self, answers: Sequence[Any]) -> Iterator[Score]:
        for answer in answers:
            noted = answer.notes["voice"]
            yield Score("scored", {"same": (float(noted["answer"] == noted["prompt"]), 1.0)}, detail=dict(noted))

    def worst(self, answer: Any) -> Mapping[str, tuple[float, ...]]:
        return {"same": (0.0, 1.0)}


DATA = {"a": [{"id": "low", "hz": 200}, {"id": "high", "hz": 900}, {"id": "off", "hz": 500}]}


def spoken(row: Any, split: str) -> Sample:
    voice = Audio(opener=lambda: tone(row["hz"]), name=f"{row['id']}.wav")
    return Sample(row["id"], (user("Say it.", voice),), "it", media={"prompt": voice})


class Singer(Says):
    name = "singer"
    gives = frozenset({"text", "speech"})


def sing(request: Any) -> Response:
    pitch = {"low": 200, "high": 900, "off": 320}[request.id]
    return Response(text="it", audio=Audio(opener=lambda: tone(pitch), name="it.wav"))


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Pitch:
    made = Pitch()
    others = {"pitch": made, "pitch-b": Pitch("pitch-b", 1.0)}
    monkeypatch.setattr(plugins, "load_model", lambda name, arguments=None: others[name])
    return made


def voices(**more: Any) -> Any:
    return task(DATA, [SamePitch()], {"c": Cell()}, sample=spoken, takes={"text", "audio"}, **more)


def test_a_reply_is_compared_with_the_voice_it_was_given(tmp_path: Path, listener: Pitch) -> None:
    outcome = run(Singer(sing), voices(listeners={"voice": "pitch"}), tmp_path)
    assert values(outcome) == {"c": (pytest.approx(2 / 3), 3)}
    assert len(listener.heard) == 6, "each reply and each voice once"
    (path,) = (outcome.directory / "listened").glob("voice-pitch-*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["of"], line["note"]["hz"]) for line in lines if "off" in line["id"]] == [
        ("answer", 320),
        ("prompt", 500),
    ]
    again = run(Singer(sing), voices(listeners={"voice": "pitch"}), tmp_path)
    assert len(listener.heard) == 6
    assert values(again) == values(outcome)


def test_another_listener_is_another_scoring_of_the_same_answers(tmp_path: Path, listener: Pitch) -> None:
    first = run(Singer(sing), voices(listeners={"voice": "pitch"}), tmp_path)
    model = Singer(sing)
    second = run(model, voices(listeners={"voice": "pitch"}), tmp_path, listeners={"voice": "pitch-b"})
    assert model.asked == []
    assert second.directory == first.directory
    assert len(list((first.directory / "scores").glob("*.jsonl"))) == 2


def test_what_a_listener_cannot_note_is_its_failure_not_the_models(tmp_path: Path, listener: Pitch) -> None:
    listener.broken = {"low"}
    outcome = run(Singer(sing), voices(listeners={"voice": "pitch"}), tmp_path)
    assert outcome.summary is not None
    assert outcome.summary.counts.n_judge_failed == 1
    assert outcome.summary.columns["c"].value == 0.5
    assert outcome.summary.columns["c"].strict == pytest.approx(1 / 3)
    listener.broken = set()
    assert run(Singer(sing), voices(listeners={"voice": "pitch"}), tmp_path).complete


def test_a_reply_without_speech_is_the_models_failure(tmp_path: Path, listener: Pitch) -> None:
    mute = Singer(lambda request: sing(request) if request.id != "low" else Response(text="it"))
    outcome = run(mute, voices(listeners={"voice": "pitch"}), tmp_path)
    assert outcome.summary is not None
    assert outcome.summary.counts.n_model_failed == 1


def test_a_note_is_of_the_answer_that_stands(tmp_path: Path, listener: Pitch) -> None:
    first = run(Singer(sing), voices(listeners={"voice": "pitch"}), tmp_path)
    assert values(first)["c"] == (pytest.approx(2 / 3), 3)
    journal = first.directory / "samples.jsonl"
    lines = [line for line in journal.read_text().splitlines() if json.loads(line)["id"] != "low"]
    journal.write_text("".join(f"{line}\n" for line in lines))
    other = Singer(lambda request: Response(text="it", audio=Audio(opener=lambda: tone(700), name="it.wav")))
    again = run(other, voices(listeners={"voice": "pitch"}), tmp_path)
    assert [request.id for request in other.asked] == ["low"]
    assert values(again)["c"] == (pytest.approx(1 / 3), 3), "the new answer has another pitch"


def test_what_is_compared_is_listened_to_once_however_often_samples_are_asked(tmp_path: Path, listener: Pitch) -> None:
    def by_origin(request: Any) -> Response:
        pitch = {"low": 200, "high": 900, "off": 320}[request.id.partition("~")[0]]
        return Response(text="it", audio=Audio(opener=lambda: tone(pitch), name="it.wav"))

    outcome = run(Singer(by_origin), voices(listeners={"voice": "pitch"}), tmp_path, repeats=3)
    assert values(outcome)["c"] == (pytest.approx(2 / 3), 9)
    assert len(listener.heard) == 9 + 3


def test_a_transcriber_that_writes_nothing_has_failed(tmp_path: Path) -> None:
    class Speaks(Model):
        name, takes = "speaks", frozenset({"text", "audio"})

        def stream(self, requests: Iterator[Any]) -> Iterator[Answer]:
            for request in requests:
                yield request.id, Response(audio=Audio.from_bytes(tone(300), "a.wav"))

    directory = RunDirectory(tmp_path)
    recording = Recording("a", "answer", "media/a.wav", Audio.from_bytes(tone(300), "a.wav"))
    failed: list[bool] = []
    assert listen(directory, Speaks(), "speaks", [recording], failed.append) == 1
    assert failed == [True]
    (line,) = journals.read(directory.transcripts("speaks"), ())
    assert line["failure"]["kind"] == "model"


def test_speech_nobody_has_heard_yet_is_no_failure_of_the_model() -> None:
    line = {"id": "a", "split": "s", "messages": [], "reference": "x", "text": None, "audio": "media/new.wav"}
    earlier = {"a": {"audio": "media/old.wav", "heard": "x"}}
    for heard in ({}, earlier):
        found = answered(line, Path(), heard).response
        assert found.failure is not None
        assert (found.meta or {}).get("unheard")
        assert answered(line, Path(), heard, needed=False).response.failure is None
    mute = answered({**line, "audio": None, "text": "x"}, Path(), {}).response
    assert mute.meta == {"speech": {"missing": True}}


def test_listeners_are_settled_before_a_model_is_asked(tmp_path: Path, listener: Pitch) -> None:
    model = Singer(sing)
    with pytest.raises(UsageError, match="needs a listener of role 'voice'; name one with --listener voice=MODEL"):
        run(model, voices(), tmp_path)
    with pytest.raises(UsageError, match="nothing of 't' needs that role; needed: voice"):
        run(model, voices(listeners={"voice": "pitch"}), tmp_path, listeners={"mood": "pitch"})
    with pytest.raises(UsageError, match="gives no speech"):
        run(Says(), voices(listeners={"voice": "pitch"}), tmp_path)
    assert model.asked == []
