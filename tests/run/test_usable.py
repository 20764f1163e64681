"""What may be kept of a reply, at its bounds: nothing paid is lost, and no text or number that journals cannot hold."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from evalkit.core.errors import DataError
from evalkit.core.message import Audio, Text, user
from evalkit.core.response import Failure, FailureKind, Response
from evalkit.core.sample import Sample, Turn
from evalkit.run.usable import check_kept, usable


def failed(response: Any, **ways: Any) -> str | None:
    found = usable(response, **ways)
    return None if found.failure is None else found.failure.message


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (Response(text="x" * (1 << 25)), None),
        (Response(text="x" * ((1 << 25) + 1)), "its text has 33,554,433 characters, more than 33,554,432"),
        (Response(text=b"x"), "its text is bytes, expected a string"),  # type: ignore[arg-type]
        (Response(text=""), None),
        (Response(), "neither text nor speech"),
        (Response(audio=Audio("a.wav")), None),
        (Response(text="x", audio=b"RIFF"), "its speech is bytes, expected Audio"),  # type: ignore[arg-type]
        (Response(text="x", thought=5), "its thought is int, expected a string"),  # type: ignore[arg-type]
        (Response(text="x", thought="y"), None),
        (Response(text="x", meta=[]), "its meta is list, expected an object"),  # type: ignore[arg-type]
        (Response(text="x", cost="1"), "its cost is '1', expected a number from 0 on"),  # type: ignore[arg-type]
        (Response(text="x", cost=True), "its cost is True, expected a number from 0 on"),
        (Response(text="x", cost=-0.1), "its cost is -0.1, expected a number from 0 on"),
        (Response(text="x", cost=10**400), "its cost is too large a number, expected a number from 0 on"),
        (Response(text="x", cost=0), None),
        (Response(text="x", seconds=1e15), "its seconds is 1000000000000000.0, expected a number from 0 on"),
        (Response(text="x", seconds=9e14), None),
        (Response(text="x", seconds=[]), "its seconds is list, expected a number from 0 on"),  # type: ignore[arg-type]
        (Response(text="x", usage=[1]), "its usage is list, expected numbers by name"),  # type: ignore[arg-type]
        (Response(text="x", usage={str(n): 1 for n in range(100)}), None),
        (Response(text="x", usage={str(n): 1 for n in range(101)}), "its usage has 101 entries, more than 100"),
        (Response(text="x", usage={"n" * 300: 1}), None),
        (Response(text="x", usage={"n" * 301: 1}), "its usage has the name 'n"),
        (Response(text="x", usage={"\ud800": 1}), "its usage has the name '\\ud800'"),
        (Response(text="x", usage={5: 1}), "its usage has the name 5"),  # type: ignore[dict-item]
        (Response(text="x", usage={"a": None}), "its usage 'a' is NoneType, expected a number from 0 on"),  # type: ignore[dict-item]
        (Response(text="x", usage={"a": -(10**20)}), "its usage 'a' is too large a number"),
        (Response(text="x", usage={"a": 0}), None),
        (None, "its adapter gave NoneType instead of a response"),
        ({"text": "x"}, "its adapter gave dict instead of a response"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_what_can_be_kept(response: Any, problem: str | None) -> None:
    said = failed(response)
    if problem is None:
        assert said is None
    else:
        assert said is not None
        assert problem in said
        assert len(said) < 500


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (Response(note={"voice": [1.0]}), None),
        (Response(text="x"), None),
        (Response(), "neither a note nor text"),
    ],
)
def test_a_listeners_note_is_a_reply(response: Response, problem: str | None) -> None:
    said = failed(response, notes=True)
    assert (said is None) if problem is None else (said is not None and problem in said)
    assert failed(Response(note={"voice": [1.0]})) is not None, "of a candidate it is none"


def test_what_was_paid_stays_beside_a_failure() -> None:
    paid = usable(Response(text=5, usage={"a": 2}, cost=0.5, seconds=3))  # type: ignore[arg-type]
    assert (paid.text, paid.usage, paid.cost, paid.seconds) == (None, {"a": 2}, 0.5, 3)
    paid = usable(Response(text="x", usage={"a": "many"}, cost=0.5, seconds=-1))  # type: ignore[dict-item]
    assert (paid.usage, paid.cost, paid.seconds) == (None, 0.5, None)
    paid = usable(Response(failure=Failure("timeout", "late"), usage={"a": 2, "b": 0}, cost=0.5, seconds=2.5))
    assert paid == Response(failure=Failure("timeout", "late"), usage={"a": 2, "b": 0}, cost=0.5, seconds=2.5)
    paid = usable(Response(failure=Failure("limit", "long"), usage=[1], cost=None))  # type: ignore[arg-type]
    assert (paid.failure, paid.usage, paid.cost) == (Failure("limit", "long"), None, None)


def test_numbers_keep_their_kind() -> None:
    found = usable(Response(text="x", usage={"whole": 3, "part": 0.5}, cost=2, seconds=1.0))
    assert found.usage is not None
    assert [type(value) for value in (*found.usage.values(), found.cost, found.seconds)] == [int, float, int, float]


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_every_kind_of_failure_stays(kind: FailureKind) -> None:
    assert usable(Response(failure=Failure(kind, "why"))).failure == Failure(kind, "why")


@pytest.mark.parametrize(
    ("failure", "kept"),
    [
        (Failure("odd", "why"), Failure("model", "why")),  # type: ignore[arg-type]
        (Failure(["limit"], "why"), Failure("model", "why")),  # type: ignore[arg-type]
        (Failure("input", None), Failure("input", "no message (NoneType)")),  # type: ignore[arg-type]
        ("broken", Failure("model", "no message (NoneType)")),
    ],
)
def test_a_failure_of_another_form_is_still_one(failure: Any, kept: Failure) -> None:
    assert usable(Response(failure=failure)).failure == kept


def test_messages_are_cut_and_hold_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789abcdef")
    said = failed(Response(failure=Failure("model", "key sk-0123456789abcdef " + "x" * 10_000)))
    assert said is not None
    assert "0123456789" not in said
    assert 3900 < len(said) < 4100
    short = failed(Response(failure=Failure("model", "y" * 4000)))
    assert short == "y" * 4000


def test_what_a_model_tells_of_itself() -> None:
    assert usable(Response(text="x", meta={"model": "m" * 300, "a": 1})).meta == {"model": "m" * 300, "a": 1}
    long = usable(Response(text="x", meta={"model": "m" * 1000, "a": 1})).meta
    assert long is not None
    assert long["model"].startswith("m" * 100)
    assert len(long["model"]) < 350
    assert long["a"] == 1
    assert usable(Response(text="x", meta={"model": 5})).meta == {"model": 5}
    assert usable(Response(text="x", meta=None)).meta is None
    assert usable(Response(failure=Failure("model", "y"), meta=[5])).meta is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sample",
    [
        Sample("half\ud800", (user("x"),)),
        Sample("a", (user(Text("\ud800")),)),
        Sample("a", (user("x"),), cluster="\ud800"),
        Sample("a", (user("x"),), meta={"a": {1, 2}}),
        Sample("a", (user("x"),), reference=object()),
        Sample("a", (user("x"),), choices=("\ud800", "b")),
        Sample("a", (user("x"),), turns=(Turn(), Turn(meta={"a": object()}))),
        Sample("a", (user("x"),), turns=(Turn(reference=object()),)),
        Sample("a", (user("x"),), turns=(Turn(choices=("\ud800",)),)),
    ],
)
def test_a_sample_no_journal_can_hold_is_refused_by_name(sample: Sample) -> None:
    with pytest.raises(
        DataError, match=r"^data\.jsonl: sample '(a|half\\udc?d?800)' cannot be kept as JSON \("
    ) as caught:
        check_kept(sample, "data.jsonl")
    assert "nested at most 100 deep" in str(caught.value)


def test_a_sample_that_can_be_kept_is() -> None:
    turn = Turn(reference=["x"], meta={"a": [1]}, choices=("a", "b"))
    check_kept(Sample("a", (user("x", Audio("a.wav")),), {"a": None}, cluster="c", meta={}, turns=(turn,)), "x")
    with pytest.raises(DataError) as caught:
        check_kept(Sample("i" * 1000, (user("x"),), reference=object()), "x")
    assert len(str(caught.value)) < 600
