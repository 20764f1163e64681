"""The call layer: every request answered once, within its limits, over faults."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from scripted_calls import DOLLAR, Scripted, after, at_once, ran, requests

from evalkit.core.errors import DataError, UsageError
from evalkit.core.message import Audio, Image, user
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.models.api import retrying
from evalkit.models.api.call_errors import FinalCallError, RetryableCallError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.01)


def test_every_request_gets_its_own_answer() -> None:
    found = ran(Scripted(at_once), requests(500))
    assert {key: response.text for key, response in found.items()} == {str(n): f"answer {n}" for n in range(500)}


def test_calls_run_side_by_side_up_to_the_limit() -> None:
    model = Scripted(after(0.05), concurrency=10)
    began = time.monotonic()
    assert len(ran(model, requests(40))) == 40
    assert model.peak == 10
    assert time.monotonic() - began < 0.6  # one after the other they take 2 s


def test_requests_are_pulled_lazily() -> None:
    pulled = itertools.count()
    model = Scripted(after(0.01), concurrency=8)

    def endless() -> Iterator[Request]:
        for number in itertools.count():
            next(pulled)
            yield Request(str(number), (user("q"),))

    with model:
        stream = model.stream(endless())
        for answered in range(1, 50):
            next(stream)
            assert next(pulled) - 1 <= answered + 8 + 1 + answered  # `pulled` counts these looks too
        stream.close()


def test_a_slow_reader_holds_up_no_call() -> None:
    """Calls go on while the reader of the answers is busy: eight of them take one round, not eight."""
    model = Scripted(after(0.1), concurrency=8)
    began = time.monotonic()
    with model:
        stream = model.stream(requests(16))
        next(stream)
        time.sleep(0.3)  # the reader is busy; the calls under way end meanwhile
        rest = list(stream)
    assert len(rest) == 15
    assert time.monotonic() - began < 0.6


def test_a_slot_is_free_while_a_request_waits_to_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.6)
    monkeypatch.setattr(retrying.random, "uniform", lambda low, high: high)

    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "0" and attempt == 1:
            raise RetryableCallError("overloaded")
        return await after(0.01)(request, attempt)

    model = Scripted(behave, concurrency=1)
    with model:
        order = [key for key, _ in model.stream(requests(5))]
    assert order == ["1", "2", "3", "4", "0"]
    assert model.peak == 1


def test_a_tenth_failing_once_loses_and_repeats_nothing() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        await asyncio.sleep(0.001)
        if int(request.id) % 10 == 0 and attempt == 1:
            raise RetryableCallError("503")
        return Response(text="x", usage={"input_tokens": 1, "output_tokens": 1})

    model = Scripted(behave, concurrency=32)
    found = ran(model, requests(1000))
    assert len(found) == 1000
    assert all(response.failure is None for response in found.values())
    assert Counter(model.attempts.values()) == {1: 900, 2: 100}


def test_a_request_is_given_up_after_its_retries() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "1":
            raise RetryableCallError("the server is down")
        return Response(text="x")

    model = Scripted(behave, retries=2)
    found = ran(model, requests(3))
    assert model.attempts["1"] == 3
    assert found["1"].failure == Failure("model", "the server is down; asked 3 times")
    assert found["0"].failure is None
    assert found["2"].failure is None


def test_a_refused_request_is_not_asked_again() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "1":
            raise FinalCallError("longer than the context", kind="limit")
        return Response(text="x")

    model = Scripted(behave)
    found = ran(model, requests(3))
    assert model.attempts["1"] == 1
    assert found["1"].failure == Failure("limit", "longer than the context")


def test_broken_media_is_the_samples_failure() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "1":
            raise DataError("a.wav", "the file is empty (0 bytes)")
        return Response(text="x")

    found = ran(Scripted(behave), requests(2))
    assert found["1"].failure == Failure("input", "a.wav: the file is empty (0 bytes)")


def test_retry_after_is_kept_by_everyone() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "0" and attempt == 1:
            raise RetryableCallError("slow down", retry_after=0.5, everyone=True)
        await asyncio.sleep(0.02)
        return Response(text="x")

    model = Scripted(behave, concurrency=2)
    began = time.monotonic()
    assert len(ran(model, requests(10))) == 10
    starts = sorted(start - began for start in model.starts)
    assert sum(start < 0.45 for start in starts) <= 3  # what was under way when the provider asked to wait
    assert 0.45 < starts[3] < 1.0


def test_an_attempt_that_takes_too_long_is_cancelled_and_repeated() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        await asyncio.sleep(30 if attempt == 1 or request.id == "1" else 0)
        return Response(text="late")

    model = Scripted(behave, timeout=0.1, retries=1)
    found = ran(model, requests(2))
    assert found["0"].text == "late"
    assert found["1"].failure == Failure("timeout", "no answer within 0.1 s; asked 2 times")
    assert model.cancelled == 3


def test_requests_per_minute_are_kept() -> None:
    model = Scripted(at_once, requests_per_minute=1200.0, concurrency=50)  # 20 a second
    began = time.monotonic()
    ran(model, requests(40))
    assert time.monotonic() - began == pytest.approx(1.0, abs=0.25)  # 20 at once, 20 over a second
    for start in model.starts:
        assert sum(start <= other < start + 0.5 for other in model.starts) <= 31


def test_tokens_per_minute_are_kept_by_what_is_really_used() -> None:
    """Answers that use less than was reserved give the rest back."""

    async def small(request: Request, attempt: int) -> Response:
        return Response(text="x", usage={"input_tokens": 100.0, "output_tokens": 100.0})

    model = Scripted(small, tokens_per_minute=60_000.0, concurrency=1)  # 1000 a second; each reserves about 260
    began = time.monotonic()
    ran(model, requests(10))
    assert time.monotonic() - began == pytest.approx(1.1, abs=0.4)


def test_streams_follow_one_another() -> None:
    model = Scripted(at_once)
    with model:
        assert [len(list(model.stream(requests(n)))) for n in (5, 0, 3)] == [5, 0, 3]


def test_it_works_where_a_loop_is_running() -> None:
    async def notebook() -> int:
        return len(ran(Scripted(at_once), requests(20)))

    assert asyncio.run(notebook()) == 20


def test_seconds_are_those_of_the_answer() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if attempt == 1:
            await asyncio.sleep(0.3)
            raise RetryableCallError("no")
        await asyncio.sleep(0.1)
        return Response(text="x")

    found = ran(Scripted(behave), requests(1))
    assert found["0"].seconds == pytest.approx(0.1, abs=0.08)


def test_estimates_and_modalities() -> None:
    model = Scripted(at_once, DOLLAR)
    guess = model.estimate(Request("1", (user("four letters a token"),)))
    assert guess.input_tokens == 9  # 20 letters in 5 tokens, 4 of the turn
    assert guess.output_tokens == 256
    assert guess.cost == pytest.approx(9.0)
    model.price = None
    assert model.estimate(Request("1", (user("x"),))).cost is None
    model.takes = frozenset({"text", "image"})
    model.check_media([user("x", Image("a.png"))])
    with pytest.raises(UsageError, match="takes image, text, no audio"):
        model.check_media([user(Audio("a.wav"))])
