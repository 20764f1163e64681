"""The call layer: every request answered once, within its limits, over faults, and stopped cleanly."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.limits import Budget, BudgetError, CallLimits
from evalkit.core.message import Audio, Image, user
from evalkit.core.response import Failure, Response
from evalkit.core.sample import Request
from evalkit.models import retrying
from evalkit.models.call_errors import FatalCallError, FinalCallError, RetryableCallError
from evalkit.models.calling import CallModel
from evalkit.models.catalogue import FREE, Price, Tier

Behaviour = Callable[[Request, int], Awaitable[Response]]
DOLLAR = Price(Tier(1_000_000.0, 0.0))  # a dollar per token of the prompt


class Scripted(CallModel):
    """Does what a function of the request and the number of the attempt says, and watches the traffic."""

    name = "scripted"

    def __init__(self, behaviour: Behaviour, price: Price | None = FREE, **limits: Any) -> None:
        self.behaviour, self.price = behaviour, price
        self.limits = CallLimits(**{"concurrency": 4, **limits})
        self.attempts: Counter[str] = Counter()
        self.under_way = self.peak = 0
        self.starts: list[float] = []
        self.cancelled = 0

    async def call(self, request: Request) -> Response:
        self.attempts[request.id] += 1
        self.starts.append(time.monotonic())
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        try:
            return await self.behaviour(request, self.attempts[request.id])
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1


def requests(n: int) -> Iterator[Request]:
    return (Request(str(number), (user(f"question {number}"),)) for number in range(n))


def until(error: type[Exception], match: str, model: CallModel, asked: Iterator[Request]) -> dict[str, Response]:
    """The answers given before the stream ended with an error."""
    found: dict[str, Response] = {}

    def read() -> None:
        for key, response in model.stream(asked):
            found[key] = response

    with model, pytest.raises(error, match=match):
        read()
    return found


def ran(model: CallModel, asked: Iterator[Request]) -> dict[str, Response]:
    found: dict[str, Response] = {}
    with model:
        for key, response in model.stream(asked):
            assert key not in found, f"{key} answered twice"
            found[key] = response
    return found


async def at_once(request: Request, attempt: int) -> Response:
    return Response(text=f"answer {request.id}")


def after(seconds: float) -> Behaviour:
    async def behave(request: Request, attempt: int) -> Response:
        await asyncio.sleep(seconds)
        return Response(text=f"answer {request.id}")

    return behave


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


def test_a_wait_of_an_hour_ends_the_run() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        raise RetryableCallError("come back tomorrow", retry_after=3600.0, everyone=True)

    with pytest.raises(FatalCallError, match=r"asks to wait 3600 s: come back tomorrow\. .*repeat the command"):
        ran(Scripted(behave), requests(10))


def test_an_attempt_that_takes_too_long_is_cancelled_and_repeated() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        await asyncio.sleep(30 if attempt == 1 or request.id == "1" else 0)
        return Response(text="late")

    model = Scripted(behave, timeout=0.1, retries=1)
    found = ran(model, requests(2))
    assert found["0"].text == "late"
    assert found["1"].failure == Failure("timeout", "no answer within 0.1 s; asked 2 times")
    assert model.cancelled == 3


def test_a_fatal_error_ends_the_run_after_what_is_under_way() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "2":
            await asyncio.sleep(0.05)
            raise FatalCallError("wrong key")
        await asyncio.sleep(0.2 if int(request.id) < 4 else 0.01)
        return Response(text="x")

    model = Scripted(behave, concurrency=4)
    found = until(FatalCallError, "wrong key", model, requests(1000))
    assert sorted(found) == ["0", "1", "3"]
    assert len(model.attempts) <= 5


def test_requests_in_a_row_without_an_answer_end_the_run() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        raise RetryableCallError("connection refused")

    model = Scripted(behave, retries=1, concurrency=2)
    found = until(FatalCallError, "8 requests in a row .* connection refused", model, requests(1000))
    assert all(response.failure is not None for response in found.values())
    assert 8 <= len(found) <= 10


def test_failures_among_answers_do_not_end_the_run() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if int(request.id) % 4:
            raise RetryableCallError("no")
        return Response(text="x")

    assert len(ran(Scripted(behave, retries=0, concurrency=1), requests(100))) == 100


def test_a_service_that_refuses_everything_ends_the_run_but_single_refusals_do_not() -> None:
    async def refuse(request: Request, attempt: int) -> Response:
        raise FinalCallError("unknown parameter")

    with pytest.raises(FatalCallError, match="unknown parameter"):
        ran(Scripted(refuse), requests(1000))

    async def once(request: Request, attempt: int) -> Response:
        if request.id != "0":
            raise FinalCallError("refused")
        return Response(text="x")

    assert len(ran(Scripted(once, concurrency=1), requests(50))) == 50


def test_samples_too_large_never_end_a_run() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        raise FinalCallError("21 MB", kind="limit")

    assert len(ran(Scripted(behave), requests(50))) == 50


async def ten_tokens(request: Request, attempt: int) -> Response:
    await asyncio.sleep(0.005)
    return Response(text="x", usage={"input_tokens": 10, "output_tokens": 0})


@pytest.mark.parametrize("concurrency", [1, 8])
def test_the_budget_is_kept_to_the_call(concurrency: int) -> None:
    budget = Budget(95.0)  # of ten dollars each: nine fit, the tenth goes over
    model = Scripted(ten_tokens, DOLLAR, concurrency=concurrency, budget=budget)
    found = until(BudgetError, "of at most 95 US dollars are spent.*repeat the command", model, requests(1000))
    assert len(found) == sum(model.attempts.values()) == 10
    assert budget.spent == pytest.approx(100.0)
    assert all(response.cost == 10.0 for response in found.values())


def test_a_budget_that_suffices_is_not_mentioned() -> None:
    budget = Budget(100.0)
    assert len(ran(Scripted(ten_tokens, DOLLAR, budget=budget), requests(10))) == 10
    assert budget.spent == pytest.approx(100.0)


def test_a_spent_budget_allows_no_call() -> None:
    budget = Budget(1.0)
    budget.charge(1.0)
    model = Scripted(ten_tokens, DOLLAR, budget=budget)
    with pytest.raises(BudgetError):
        ran(model, requests(3))
    assert not model.attempts


def test_an_unknown_price_with_a_budget_is_refused_at_the_start() -> None:
    with pytest.raises(UsageError, match=r"price of scripted is unknown.*price_input"):
        Scripted(ten_tokens, None, budget=Budget(1.0)).start()
    assert ran(Scripted(ten_tokens, None, budget=Budget(None)), requests(1))["0"].cost is None


def test_attempts_that_were_paid_for_nothing_are_counted() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        if attempt == 1:
            raise RetryableCallError("cut off", usage={"input_tokens": 7.0, "output_tokens": 2.0})
        return Response(text="x", usage={"input_tokens": 10.0, "output_tokens": 1.0})

    found = ran(Scripted(behave, DOLLAR, budget=(budget := Budget(1000.0))), requests(1))
    assert found["0"].usage == {"input_tokens": 17.0, "output_tokens": 3.0}
    assert found["0"].cost == budget.spent == 17.0


def test_money_that_cannot_be_told_is_charged_at_its_estimate() -> None:
    async def uncounted(request: Request, attempt: int) -> Response:
        return Response(text="x")

    budget = Budget(10_000.0)
    found = ran(Scripted(uncounted, DOLLAR, budget=budget), requests(1))
    assert found["0"].cost is None
    assert 4.0 < budget.spent < 20.0  # "question 0" and its turn


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


def test_broken_data_is_raised_after_what_is_under_way_was_answered() -> None:
    def broken() -> Iterator[Request]:
        yield from requests(3)
        time.sleep(0.02)
        raise DataError("data.jsonl", "not JSON", 4)

    found = until(DataError, "data.jsonl, line 4", Scripted(after(0.05)), broken())
    assert sorted(found) == ["0", "1", "2"]


def test_a_bug_in_an_adapter_ends_the_run_with_its_own_error() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        ran(Scripted(behave), requests(3))


def test_leaving_early_cancels_what_is_under_way() -> None:
    model = Scripted(after(0.2), concurrency=4)
    with model:
        stream = model.stream(itertools.chain(requests(1), requests(100)))
        model.behaviour = at_once
        next(stream)
        model.behaviour = after(30.0)
        began = time.monotonic()
        stream.close()
    assert time.monotonic() - began < 5
    assert model.under_way == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "calls of scripted"]


def test_a_model_can_be_closed_with_calls_under_way() -> None:
    model = Scripted(after(30.0))
    model.start()
    stream = model.stream(requests(10))
    thread = threading.Thread(target=lambda: next(stream, None), daemon=True)
    thread.start()
    time.sleep(0.1)
    began = time.monotonic()
    model.close()
    assert time.monotonic() - began < 5
    assert model.under_way == 0
    assert model.cancelled == 4


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


def test_errors_are_errors_of_evalkit() -> None:
    assert issubclass(FatalCallError, EvalkitError)
    assert issubclass(BudgetError, EvalkitError)
