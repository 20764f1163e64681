"""Conversations: histories with given replies, and turns to be played."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Image, Text
from evalkit.core.sample import Turn
from evalkit.data.conversing import Shape, conversation, turns_of
from evalkit.data.corpora.columns import Placed

A, B, PICTURE = Audio("a.wav"), Audio("b.wav"), Image("p.png")


def row(turns: Any, **more: Any) -> Any:
    return Placed({"id": "c1", "turns": turns, **more}, "file, line 1")


ROLES = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "1"},
    {"role": "user", "content": "Two?"},
    {"role": "assistant", "content": "2"},
]
ROUNDS = [{"audio": A, "text": "One?", "reply": "1"}, {"audio": B, "text": "Two?", "reply": "2"}]
SHARED = [{"from": "human", "value": "One?"}, {"from": "gpt", "value": "1"}, {"from": "human", "value": "Two?"}]


@pytest.mark.parametrize(
    ("turns", "arguments", "roles", "reference"),
    [
        (ROLES, {}, ["system", "user", "assistant", "user"], "2"),
        (ROUNDS, {}, ["user", "assistant", "user"], "2"),
        (SHARED, {"role": "from"}, ["user", "assistant", "user"], "given"),
        ([{"who": "Q", "text": "One?"}], {"role": "who", "roles": {"Q": "user"}}, ["user"], "given"),
        (["One?"], {}, ["user"], "given"),
        ((A,), {}, ["user"], "given"),
    ],
)
def test_the_last_turn_is_asked(turns: Any, arguments: dict[str, Any], roles: list[str], reference: str) -> None:
    sample = conversation(**arguments)(row(turns, reference="given"), "dev")
    assert [message.role for message in sample.messages] == roles
    assert sample.reference == reference


def test_a_spoken_turn_is_its_recording_and_keeps_its_transcript() -> None:
    sample = conversation()(row(ROUNDS), "dev")
    assert sample.messages[0].content == (Audio("a.wav", transcript="One?"),)
    assert conversation(silent=False)(row(ROUNDS), "dev").messages[2].content == (B, Text("Two?"))
    seen = conversation()(row([{"image": PICTURE, "text": "What?"}]), "dev")
    assert seen.messages[0].content == (PICTURE, Text("What?"))


def test_every_turn_is_asked() -> None:
    sample = conversation(ask="every", system="Be brief.")(row(ROUNDS), "dev")
    assert [message.role for message in sample.messages] == ["system", "user", "assistant", "user"]
    assert sample.reference == ["1", "2"]
    open_ended = conversation(ask="every")(row(["One?", "Two?"]), "dev")
    assert [message.text for message in open_ended.messages] == ["One?", "Two?"]
    assert open_ended.reference == [None, None]


def test_the_seam_gives_messages_and_turns() -> None:
    marked = [{**one, "skill": f"s{n}", "other": 1} for n, one in enumerate(ROUNDS)]
    messages, turns = turns_of(row(marked), "turns", "every", Shape(meta=("skill",)))
    assert len(messages) == 3
    assert turns == (Turn("1", {"skill": "s0"}), Turn("2", {"skill": "s1"}))
    messages, turns = turns_of(row(marked), "turns", "last", Shape(meta=("skill",)))
    assert (len(messages), turns) == (3, (Turn("2", {"skill": "s1"}),))
    assert conversation(turn_meta=("skill",))(row(marked), "dev").meta == {"skill": "s1"}


@pytest.mark.parametrize(
    ("turns", "problem"),
    [
        (None, r"sample 'c1' \(file, line 1\): the field 'turns' must be a list of turns, not None"),
        ([], "must be a list of turns"),
        (["One?", "Two?"], "message 1 of 'turns' has no reply; ask='every'"),
        ([{"role": "assistant", "content": "hi"}], "the field 'turns' has no turn of the user"),
        ([{"role": "usr", "content": "hi"}], r"turns\[0\]: unknown role 'usr'; .*did you mean 'user'"),
        ([{"other": 1}], r"turns\[0\]: a turn without text or media; it has other"),
        ([{"audio": "a.wav"}], "'audio' holds no media but 'a.wav'; declare the turns with each"),
        ([{"text": 3}], "what is said must be text, not 3"),
        ([{"text": "a", "reply": 4}], "a reply must be text, not 4"),
        ([3], "a turn is a text, a recording or an object, not 3"),
    ],
)
def test_turns_that_cannot_be_read(turns: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        conversation()(row(turns), "dev")


def test_a_spoken_reply_keeps_its_text_which_is_the_reference() -> None:
    """Only a user's turn is its recording alone."""
    turns = [
        {"role": "user", "audio": A, "text": "One?"},
        {"role": "assistant", "audio": B, "text": "1"},
        {"role": "user", "audio": A, "text": "Two?"},
        {"role": "assistant", "audio": B, "text": "2"},
    ]
    sample = conversation()(row(turns), "dev")
    assert sample.reference == "2" and sample.messages[1].content == (B, Text("1"))
    assert conversation(ask="every")(row(turns), "dev").reference == ["1", "2"]
    turns[-1] = {"role": "assistant", "audio": B}
    assert conversation()(row(turns, reference="given"), "dev").reference == "given"
    assert conversation(ask="every")(row(turns), "dev").reference == ["1", None]
