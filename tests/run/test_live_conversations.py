"""Conversations played live: each turn is asked after the model's own replies to the turns before it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf
from in_memory import Says, run, task, values

from evalkit.authoring import Audio, Cell, Failure, Response, Sample, Text, Turn, assistant, exact_match, system, user
from evalkit.core.errors import UsageError
from evalkit.run.unfold import earlier_turns


def talk(row: Any, split: str) -> Sample:
    """Three user turns with the data's replies between them."""
    key = row["id"]
    return Sample(
        key,
        (
            system("Be brief."),
            user(f"{key} one?"),
            assistant("told one"),
            user(f"{key} two?"),
            assistant("told two"),
            user(f"{key} three?"),
        ),
        turns=tuple(Turn(f"{key} {n}", {"part": n}) for n in ("one", "two", "three")),
        meta={"topic": "x"},
    )


DATA = {"a": [{"id": f"t{n}"} for n in range(4)]}
COLUMNS = {f"turn.{n}": Cell(group=("turn", str(n))) for n in (1, 2, 3)}


def live(history: str | None = "own", **more: Any) -> Any:
    return task(DATA, [exact_match()], COLUMNS, sample=talk, history=history, breakdowns=("turn",), **more)


def last_words(request: Any) -> str:
    return str(request.messages[-1].text.rstrip("?"))


def told(request: Any) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in request.messages]


@pytest.mark.parametrize("batch", [1, 2, 3, 64])
def test_the_history_holds_the_models_own_replies(tmp_path: Path, batch: int) -> None:
    model = Says(lambda request: f"I say {last_words(request)}", batch)
    outcome = run(model, live(), tmp_path)
    asked = {request.id: told(request) for request in model.asked}
    assert set(asked) == {f"t{n}#{turn}" for n in range(4) for turn in (1, 2, 3)}
    assert asked["t2#3"] == [
        ("system", "Be brief."),
        ("user", "t2 one?"),
        ("assistant", "I say t2 one"),
        ("user", "t2 two?"),
        ("assistant", "I say t2 two"),
        ("user", "t2 three?"),
    ]
    lines = [json.loads(line) for line in (outcome.directory / "samples.jsonl").read_text().splitlines()]
    assert len(lines) == 12, "one line for each turn"
    assert {line["cluster"] for line in lines} == {"t0", "t1", "t2", "t3"}
    (line,) = [line for line in lines if line["id"] == "t1#2"]
    assert [turn["content"][0]["text"] for turn in line["messages"]][2] == "I say t1 one"
    assert line["meta"] == {"topic": "x", "part": "two", "turn": "2", "turns": "3"}
    assert line["reference"] == "t1 two"


def test_turns_are_batched_over_conversations(tmp_path: Path) -> None:
    model = Says(last_words, batch=4)
    run(model, live(), tmp_path)
    assert [request.id[-1] for request in model.asked] == ["1"] * 4 + ["2"] * 4 + ["3"] * 4


def test_given_histories_hold_the_replies_of_the_data_and_are_another_run(tmp_path: Path) -> None:
    model = Says(last_words)
    own = run(model, live("own"), tmp_path)
    given_model = Says(last_words)
    given = run(given_model, live("own"), tmp_path, history="given")
    assert given.directory != own.directory
    asked = {request.id: told(request) for request in given_model.asked}
    assert asked["t0#2"] == [
        ("system", "Be brief."), ("user", "t0 one?"), ("assistant", "told one"), ("user", "t0 two?"),
    ]  # fmt: skip
    assert values(given) == values(own) == {f"turn.{n}": (100.0, 4) for n in (1, 2, 3)}
    with pytest.raises(UsageError, match="no conversations that are played"):
        run(Says(), task({"a": [{"id": "q", "reference": "x"}]}), tmp_path, history="own")


def test_a_run_goes_on_inside_a_conversation(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    first = Says(lambda request: f"first {last_words(request)}")
    count = 0

    def until_six(request: Any) -> str:
        nonlocal count
        count += 1
        if count == 6:
            raise StopError
        return f"first {last_words(request)}"

    with pytest.raises(StopError):
        run(Says(until_six), live(), tmp_path)
    second = Says(lambda request: f"second {last_words(request)}")
    outcome = run(second, live(), tmp_path)
    assert len(second.asked) == 12 - 5
    lines = {}
    for line in (outcome.directory / "samples.jsonl").read_text().splitlines():
        record = json.loads(line)
        assert record["id"] not in lines
        lines[record["id"]] = record
    for key, record in lines.items():
        name, _, turn = key.partition("#")
        replies = [m["content"][0]["text"] for m in record["messages"] if m["role"] == "assistant"]
        assert replies == [lines[f"{name}#{earlier}"]["text"] for earlier in range(1, int(turn))], key
    assert first.asked == []


def test_turns_after_a_failed_one_are_counted_and_asked_again_with_it(tmp_path: Path) -> None:
    lost = Says(
        lambda request: Response(failure=Failure("model", "lost")) if request.id == "t1#1" else last_words(request)
    )
    outcome = run(lost, live(), tmp_path)
    assert outcome.summary is not None
    assert (outcome.summary.counts.n_model_failed, outcome.summary.counts.n_scored) == (3, 9)
    assert not outcome.complete
    again = Says(last_words)
    outcome = run(again, live(), tmp_path)
    assert [request.id for request in again.asked] == ["t1#1", "t1#2", "t1#3"]
    assert outcome.complete
    assert values(outcome)["turn.3"] == (100.0, 4)


@pytest.mark.parametrize("batch", [1, 64])
def test_turns_of_a_conversation_that_fails_at_the_end_are_failures_too(tmp_path: Path, batch: int) -> None:
    lost = Says(lambda request: Response(failure=Failure("model", "lost")) if request.id == "t3#1" else "x", batch)
    outcome = run(lost, live(), tmp_path)
    assert outcome.summary is not None
    assert (outcome.summary.counts.n_model_failed, outcome.summary.counts.n_pending) == (3, 0)
    assert outcome.summary.results[0].counts.n_model_failed == 3


def test_any_number_of_turns_can_be_lost_at_once(tmp_path: Path) -> None:
    turns = 1500
    asks = tuple(user("?") for _ in range(turns))
    made = task(
        {"a": [{"id": "long"}]},
        sample=lambda row, split: Sample(row["id"], asks, turns=(Turn("x"),) * turns),
        history="own",
    )
    outcome = run(Says(lambda request: Response(failure=Failure("model", "lost"))), made, tmp_path)
    assert outcome.summary is not None
    assert outcome.summary.counts.n_model_failed == turns


def tone() -> bytes:
    buffer = io.BytesIO()
    sf.write(buffer, [0.1, -0.1] * 800, 8000, format="WAV")
    return buffer.getvalue()


class Speaks(Says):
    name = "speaks"
    gives = frozenset({"text", "speech"})


@pytest.mark.parametrize("hears_itself", [True, False])
def test_what_was_said_stands_in_the_history_of_a_model_that_takes_it(tmp_path: Path, hears_itself: bool) -> None:
    model = Speaks(lambda request: Response(text=last_words(request), audio=Audio(opener=tone, name="t.wav")))
    model.hears_itself = hears_itself
    run(model, live(), tmp_path)
    (request,) = [request for request in model.asked if request.id == "t0#2"]
    (reply,) = [message for message in request.messages if message.role == "assistant"]
    assert reply.content[0] == Text("t0 one")
    assert len(reply.content) == (2 if hears_itself else 1)
    if hears_itself:
        speech = reply.content[1]
        assert isinstance(speech, Audio)
        assert speech.transcript == "t0 one"
        assert speech.path is not None
        assert Path(speech.path).is_file()


def test_repeats_play_each_conversation_anew(tmp_path: Path) -> None:
    model = Says(lambda request: f"{request.id} {last_words(request)}")
    run(model, live(), tmp_path, repeats=2)
    asked = {request.id: told(request) for request in model.asked}
    assert len(asked) == 24
    assert asked["t0#2~2"][2] == ("assistant", "t0#1~2 t0 one")
    assert asked["t0#2"][2] == ("assistant", "t0#1 t0 one")


def test_a_part_of_the_samples_is_a_part_of_the_conversations(tmp_path: Path) -> None:
    model = Says(last_words)
    outcome = run(model, live(), tmp_path, limit=2)
    assert {request.id for request in model.asked} == {f"t{n}#{turn}" for n in (0, 1) for turn in (1, 2, 3)}
    assert outcome.summary is not None
    assert outcome.summary.counts.n_total == 6
    named = Says(last_words)
    run(named, live(), tmp_path / "ids", ids=["t3#2"])
    assert {request.id for request in named.asked} == {"t3#1", "t3#2", "t3#3"}, "a turn needs those before it"


@pytest.mark.parametrize(
    ("key", "turn", "before"),
    [
        ("c#1", "1", []),
        ("c#3", "3", ["c#1", "c#2"]),
        ("c#3~2", "3", ["c#1~2", "c#2~2"]),
        ("a#b~1#2", "2", ["a#b~1#1"]),
        ("question", None, []),
        ("issue #x", None, []),
        ("track #2", None, []),
    ],
)
def test_the_turns_before_a_turn_are_known_by_its_id(key: str, turn: str | None, before: list[str]) -> None:
    assert earlier_turns(key, {"turn": turn} if turn else None) == before
