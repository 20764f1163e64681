"""How a run of calls ends early: a key, a quota, a service that is down, the money, broken data, the user."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator

import pytest
from scripted_calls import DOLLAR, Scripted, after, at_once, ran, requests, until

from evalkit.core.errors import DataError, EvalkitError, UsageError
from evalkit.core.limits import Budget, BudgetError
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import retrying
from evalkit.models.api.call_errors import FatalCallError, FinalCallError, RetryableCallError
from evalkit.models.api.traffic import Traffic


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.01)


def test_a_wait_of_an_hour_ends_the_run() -> None:
    async def behave(request: Request, attempt: int) -> Response:
        raise RetryableCallError("come back tomorrow", retry_after=3600.0, everyone=True)

    with pytest.raises(FatalCallError, match=r"asks to wait 3600 s: come back tomorrow\. .*repeat the command"):
        ran(Scripted(behave), requests(10))


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


def test_attempts_that_cost_nothing_do_not_make_calls_look_cheap() -> None:
    async def room() -> tuple[bool, bool]:
        model = Scripted(ten_tokens, DOLLAR, budget=Budget(95.0))
        traffic = Traffic(model, model.limits)
        traffic.settle(0.0, {"input_tokens": 10.0, "output_tokens": 0.0}, 10.0)
        for _ in range(9):
            traffic.settle(0.0, None, 0.0)  # overloaded: nothing was paid
        return traffic.affordable(7), traffic.affordable(8)

    assert asyncio.run(room()) == (True, False)


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


def test_errors_are_errors_of_evalkit() -> None:
    assert issubclass(FatalCallError, EvalkitError)
    assert issubclass(BudgetError, EvalkitError)
