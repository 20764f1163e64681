"""Requests that are denied: the run's fault where nothing was answered, their own where others were."""

from __future__ import annotations

import asyncio

import pytest
from scripted_calls import Scripted, ran, requests, until

from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import retrying
from evalkit.models.api.call_errors import DeniedCallError, FatalCallError, FinalCallError, RetryableCallError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.01)


def denying(*denied: str, account: bool = False) -> Scripted:
    async def behave(request: Request, attempt: int) -> Response:
        if request.id in denied:
            raise DeniedCallError("no right to this video", account=account)
        await asyncio.sleep(0.02)
        return Response(text="x")

    return Scripted(behave)


@pytest.mark.parametrize("concurrency", [1, 4, 16])
@pytest.mark.parametrize("denied", [("0",), ("3",), ("0", "1"), ("11",), ("4", "5", "6", "7", "8", "9", "10", "11")])
def test_a_denied_request_among_answers_is_its_own(concurrency: int, denied: tuple[str, ...]) -> None:
    model = denying(*denied)
    model.limits.concurrency = concurrency
    found = ran(model, requests(12))
    assert {key for key, response in found.items() if response.failure is not None} == set(denied)
    assert all(model.attempts[key] == 1 for key in denied)


@pytest.mark.parametrize(("concurrency", "most"), [(1, retrying.PROBES), (4, 4), (16, 16)])
def test_where_nothing_is_answered_a_few_calls_end_the_run(concurrency: int, most: int) -> None:
    model = denying(*map(str, range(100)))
    model.limits.concurrency = concurrency
    found = until(FatalCallError, "no right to this video.*repeat the command", model, requests(100))
    assert not found, "nothing is recorded: the next command asks again"
    assert sum(model.attempts.values()) <= most


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_run_of_few_samples_ends_too(count: int) -> None:
    model = denying("0", "1", "2")
    assert until(FatalCallError, "no right", model, requests(count)) == {}, "nothing is recorded"
    assert set(model.attempts) == {str(number) for number in range(count)}


def test_a_repeated_command_gets_past_what_was_denied() -> None:
    model = denying("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    model.answered_before = True
    found = ran(model, requests(10))
    assert all(response.failure is not None for response in found.values())
    assert len(found) == 10


def test_refusals_of_all_that_is_left_end_no_run_that_had_answers() -> None:
    async def refuse(request: Request, attempt: int) -> Response:
        raise FinalCallError("unknown parameter")

    model = Scripted(refuse)
    model.answered_before = True
    assert len(ran(model, requests(40))) == 40


def test_a_key_that_is_taken_away_ends_a_run() -> None:
    model = denying(*map(str, range(5, 1000)), account=True)
    found = until(FatalCallError, "32 requests in a row", model, requests(1000))
    assert sum(response.failure is None for response in found.values()) == 5


def test_a_server_that_is_alive_may_fail_many_samples_in_a_row() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if 1 <= int(request.id) <= 20:
            raise RetryableCallError("it answers 500 to these")
        return Response(text="x")

    assert len(ran(Scripted(behave, retries=0, concurrency=1), requests(30))) == 30


def test_a_server_that_is_gone_ends_the_run_soon() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if int(request.id) >= 1:
            raise RetryableCallError("connection refused", unreached=True)
        return Response(text="x")

    found = until(FatalCallError, "8 requests in a row", Scripted(behave, retries=0, concurrency=1), requests(100))
    assert len(found) <= 10


def test_denied_and_passing_faults_together_are_told_apart() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        number = int(request.id)
        if number % 3 == 0:
            raise DeniedCallError("denied")
        if attempt == 1:
            raise RetryableCallError("overloaded")
        return Response(text="x")

    found = ran(Scripted(behave, concurrency=4), requests(30))
    assert {key for key, response in found.items() if response.failure} == {str(n) for n in range(0, 30, 3)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("\ud83d\ude00!", "\U0001f600!"), ("caf\u00e9 \ud83d", None), ("\ude00", None), ("\ufffd fine", "\ufffd fine")],
)
def test_halves_of_a_pair_are_joined_or_fail_their_sample_alone(text: str, expected: str | None) -> None:
    async def behave(request: Request, attempt: int) -> Response:
        return Response(text=text if request.id == "0" else "x", meta={"model": "m\ud83d"})

    found = ran(Scripted(behave), requests(3))
    first = found["0"]
    assert (first.failure is None) == (expected is not None)
    assert expected is None or first.text == expected
    assert found["1"].text == "x"
    assert all(str(response.meta).encode() for response in found.values()), "what is kept can be written"
