"""MSIB: runs on a copy in the documented layout, judged by what is heard; without one it ends before a model is loaded."""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from msib_speakers import Speaks, silence

import evalkit
from evalkit import plugins
from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio
from evalkit.core.model import model
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.core.task import Task
from evalkit.data.dialogue.spoken_dialogues import DIMENSIONS
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.options import JudgeOptions
from evalkit.media.audio import from_samples
from evalkit.media.espeak import SAMPLE_RATE, synthesize
from evalkit.models.api import retrying
from evalkit.published import numbers as published
from evalkit.run.options import Options
from evalkit.run.pipeline import Outcome, run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "models"))
from servers import openai_wire
from servers.loopback import Asked, Loopback, Reply

WAVE = synthesize("My train leaves at ten past nine.", "en-us")


def spoken(
    place: int, text: str | None = "My train leaves at ten past nine.", path: str = "audio/a.wav"
) -> dict[str, Any]:
    part = {"type": "audio", "path": path}
    return {"role": "user", "content": [{**part, "transcript": f"{text} ({place})"} if text else part]}


def line(key: str, dimension: str = "rate_control", turns: int = 2, **changes: Any) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for place in range(1, turns + 1):
        messages.append(spoken(place))
        if place < turns:
            messages.append({"role": "assistant", "content": f"Reply {place}."})
    made = {
        "id": key, "language": "en", "dimension": dimension, "messages": messages, "reference": "Ten past nine.",
        "attribute": "clearly slower", "expect": {"words": [["nine"]]},
    }  # fmt: skip
    return {**made, **changes}


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Sequence[dict[str, Any]]], Path]:
    def make(lines: Sequence[dict[str, Any]]) -> Path:
        folder = tmp_path / "data/msib"
        (folder / "audio").mkdir(parents=True)
        sf.write(folder / "audio/a.wav", WAVE, SAMPLE_RATE)
        sf.write(folder / "audio/silent.wav", np.zeros(8000), 16000)
        (folder / "audio/broken.wav").write_text("404 not found")
        (folder / "dialogues.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in lines))
        return tmp_path / "data"

    return make


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A judge that hears: content 4, speech 3; a third of the questions fail the first time, one is never read."""
    pytest.importorskip("openai")
    monkeypatch.setattr(retrying, "BASE", 0.01)
    seen: Counter[bytes] = Counter()

    def answer(asked: Asked) -> Reply:
        seen[asked.body] += 1
        if len(seen) % 3 == 1 and seen[asked.body] == 1:
            return openai_wire.refuse(503, "overloaded")
        if b"unreadable" in asked.body:  # asked again, too
            return openai_wire.say(asked, "I would rather not.")
        verdict = {
            "transcript": "ten past nine", "speech_quality_score": 3, "speech_score_reasoning": "flat",
            "content_quality_score": 4, "content_score_reasoning": "right",
        }  # fmt: skip
        return openai_wire.say(asked, json.dumps(verdict))

    with Loopback(answer) as server:
        yield server


def judged(asked: Speaks, out: Path, data: Path, server: Loopback) -> Outcome:
    """A run of msib with that judge."""
    arguments = {"model": "hears", "base_url": f"{server.url}/v1", "takes": "text,audio"}
    judging = JudgeOptions(judge="openai-compatible", judge_arguments=arguments)
    task = plugins.load_task("msib")
    assert isinstance(task, Task)
    return run(asked, task, Options(out=out, data=data, judging=judging))


def test_the_card_names_the_published_columns_and_the_default_judge() -> None:
    task = plugins.load_task("msib")
    assert isinstance(task, Task)
    header = plugins.plugin("task", "msib").header
    wanted = {column for column in published.columns() if column.startswith("msib.")}
    assert set(header["columns"]) == set(task.columns) == wanted
    (scorer,) = task.scorers
    assert isinstance(scorer, JudgeScorer)
    assert (scorer.rubric.id, scorer.rubric.judge) == ("msib_speech_content", "gemini:gemini-2.5-pro")
    assert scorer.listens
    assert header["size"]["dialogues"] == sum(header["size"][name] for name in DIMENSIONS) == 244


def test_the_example_of_the_card_passes_the_check(tmp_path: Path, main: Callable[..., Any]) -> None:
    card = plugins.plugin("task", "msib").text()
    example = json.loads(card.split("```json\n")[1].split("```")[0])
    (tmp_path / "audio").mkdir()
    for message in example["messages"]:
        for part in message["content"] if message["role"] == "user" else []:
            sf.write(tmp_path / part["path"], WAVE, SAMPLE_RATE)
    (tmp_path / "dialogues.jsonl").write_text(json.dumps(example) + "\n")
    done = main("data", "check", "msib", tmp_path)
    assert done.code == 0, done.out
    assert "no problem found" in done.out


def test_without_data_it_ends_before_a_model_is_loaded_with_what_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        evalkit.evaluate(Speaks(), "msib", out=tmp_path, scorer="spoken_rules")
    assert "--data DIR" in str(refused.value)
    assert "--task msib_twin" in str(refused.value)


def test_a_twin_does_not_pass_for_the_original(copy_of: Any) -> None:
    data = copy_of([line("a")])
    (data / "msib/build.json").write_text('{"generator": "msib_twin"}')
    with pytest.raises(DataError, match="run --task msib_twin"):
        plugins.load_task("msib").source.locate(data)  # type: ignore[union-attr]


def test_a_model_that_does_not_speak_is_refused(tmp_path: Path, copy_of: Any) -> None:
    @model("writes", takes=("text", "audio"))
    class Writes(Speaks):
        pass

    with pytest.raises(UsageError, match="spoken output"):
        evalkit.evaluate(Writes(), "msib", out=tmp_path / "out", data=copy_of([line("a")]), scorer="spoken_rules")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"dimension": "humour"}, r'"dimension" must be basic_conversation, .*; it is .humour.'),
        ({"messages": [spoken(1), {"role": "assistant", "content": "Hm."}]}, "the last message must be the user's"),
        ({"messages": [spoken(1), spoken(2)]}, "user and assistant must speak in turn"),
        ({"messages": [spoken(1)]}, "1 turns; expected 2 to 10"),
        (line("a", turns=11), "11 turns; expected 2 to 10"),
        ({"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hi."}, spoken(2)]},
         "message 1: the user's turns are spoken"),
        ({"messages": [spoken(1), {"role": "assistant", "content": "Hm."}, spoken(2, path="audio/silent.wav")]}, "is silence"),
        ({"messages": [spoken(1), {"role": "assistant", "content": "Hm."}, spoken(2, path="audio/broken.wav")]}, "decoded"),
        ({"messages": [spoken(1), {"role": "assistant", "content": "Hm."}, spoken(2, path="audio/gone.wav")]}, "gone.wav"),
        ({"language": "klingon"}, "language code"), ({"reference": ""}, '"reference" must be a text'),
        ({"attribute": 3}, '"attribute" must be a text'), ({"expect": {"rate": "quick"}}, '"rate" must be slow or'),
        ({"expect": {"tempo": "slow"}}, "unknown key 'tempo'"),
    ],
)  # fmt: skip
def test_the_check_finds_it(changes: dict[str, Any], problem: str, copy_of: Any, main: Callable[..., Any]) -> None:
    data = copy_of([line("good"), {**line("bad"), **changes, "id": "bad"}])
    done = main("data", "check", "msib", data / "msib")
    assert done.code == 1
    assert "line 2, 'bad'" in done.out
    import re

    assert re.search(problem, done.out), done.out


def test_judged_by_ear_end_to_end_with_faults(tmp_path: Path, copy_of: Any, judge: Loopback) -> None:
    lines = [line(f"d{number}", dimension) for number, dimension in enumerate(DIMENSIONS)]
    lines += [line("mute"), line("silent", reference="Nine, and unreadable."), line("lost")]
    asked = Speaks()
    wave = from_samples(WAVE, SAMPLE_RATE)
    asked.replies = {entry["id"]: Response(text="Ten past nine.", audio=wave) for entry in lines}
    asked.replies |= {"mute": Response(text="Ten past nine."), "silent": Response(text="Nine.", audio=silence())}
    asked.replies["lost"] = Response(failure=Failure("model", "out of memory"))
    outcome = judged(asked, tmp_path / "out", copy_of(lines), judge)
    assert outcome.summary is not None
    counts = outcome.summary.counts
    assert (counts.n_total, counts.n_scored, counts.n_model_failed) == (9, 6, 2)
    assert counts.n_unparsed + counts.n_judge_failed == 1
    columns = outcome.summary.columns
    assert columns["msib.content.basic_conversation"].value == 4.0
    assert columns["msib.speech.basic_conversation"].value == 3.0
    assert columns["msib.average.basic_conversation"].value == 3.5
    assert columns["msib.content.overall"].value == pytest.approx(
        (6 * 4 + 3 * 1) / 9
    )  # three count as the lowest grade
    assert columns["msib.content.rate_control"].value == pytest.approx((4 + 3 * 1) / 4)
    assert columns["msib.average.overall"].low is not None
    assert all(request.settings.speech for request in asked.asked.values())

    # what the judge was given: the history by its transcripts, the reference with the manner, and the speech itself
    body = next(entry for entry in judge.asked if "unreadable" not in openai_wire.prompt(entry))
    prompt = openai_wire.prompt(body)
    assert "User: [audio] My train leaves at ten past nine. (1)" in prompt
    assert "Assistant: Reply 1." in prompt
    assert "Manner of speaking: clearly slower" in prompt
    (heard,) = [part for part in body.json["messages"][-1]["content"] if part["type"] == "input_audio"]
    data, rate = sf.read(_file(base64.b64decode(heard["input_audio"]["data"])))
    assert len(data) / rate == pytest.approx(len(WAVE) / SAMPLE_RATE, abs=0.01)

    # a model hears the whole history and reads no transcript as text
    request = asked.asked["d0"]
    assert [message.role for message in request.messages] == ["user", "assistant", "user"]
    assert all(isinstance(part, Audio) for message in request.messages[::2] for part in message.content)


def test_more_turns_than_the_model_takes_are_counted_with_the_limit(tmp_path: Path, copy_of: Any) -> None:
    lines = [line("short", turns=3), line("long", turns=8)]
    reply = Response(text="Ten past nine.", audio=from_samples(WAVE, SAMPLE_RATE))
    asked = Speaks()

    def at_most_five(request: Request) -> Response:
        turns = sum(message.role == "user" for message in request.messages)
        return reply if turns <= 5 else Response(failure=Failure("limit", f"{turns} turns; this model takes 5"))

    asked.replies = dict.fromkeys(("short", "long"), at_most_five)
    (outcome,) = evalkit.evaluate(asked, "msib", out=tmp_path / "out", data=copy_of(lines), scorer="spoken_rules")
    assert outcome.summary is not None
    assert (outcome.summary.counts.n_scored, outcome.summary.counts.n_model_failed) == (1, 1)
    records = [json.loads(entry) for entry in (outcome.directory / "samples.jsonl").read_text().splitlines()]
    failures = {entry["id"]: entry.get("failure") for entry in records}
    assert failures == {"short": None, "long": {"kind": "limit", "message": "8 turns; this model takes 5"}}
    transcripts = [part["transcript"] for part in records[0]["messages"][0]["content"]]
    assert transcripts == ["My train leaves at ten past nine. (1)"]


def test_a_history_without_transcripts_is_shown_as_audio(tmp_path: Path, copy_of: Any, judge: Loopback) -> None:
    entry = line("a")
    entry["messages"] = [spoken(1, None), entry["messages"][1], spoken(2, None)]
    asked = Speaks()
    asked.replies = {"a": Response(text="Nine.", audio=from_samples(WAVE, SAMPLE_RATE))}
    judged(asked, tmp_path / "out", copy_of([entry]), judge)
    assert "User: [audio]\n\nAssistant: Reply 1.\n\nUser: [audio]" in openai_wire.prompt(judge.asked[-1])


def _file(data: bytes) -> Any:
    import io

    return io.BytesIO(data)
