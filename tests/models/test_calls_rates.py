"""Rate limits: waited out for everybody, as long as a minute at least, and long waits are told."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from scripted_calls import Scripted, at_once, ran, requests

from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api import retrying, waiting
from evalkit.models.api.call_errors import RetryableCallError
from evalkit.models.api.retrying import RateLimit, duration_seconds, retry_after_seconds
from evalkit.models.api.waiting import seconds_text

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "1700000030000", "x-ratelimit-remaining": "0"}, 30.0),  # OpenRouter: milliseconds
        ({"x-ratelimit-reset": "1700000030"}, 30.0),
        ({"ratelimit-reset": "50", "ratelimit-remaining": "0"}, 50.0),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, 360.0),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "7"}, None),
        ({"x-ratelimit-reset-tokens": "120ms", "x-ratelimit-remaining-tokens": "0"}, 0.12),
        ({"x-ratelimit-reset": "2023-11-14T22:14:20Z"}, 60.0),
        ({"x-ratelimit-reset": "Tue, 14 Nov 2023 22:14:20 GMT"}, 60.0),
        ({"retry-after": "2", "x-ratelimit-reset": "50"}, 2.0),
        ({"retry-after": "Tue Nov 14 22:13:50 2023"}, 30.0),  # the third form of RFC 9110, in universal time
        ({"x-ratelimit-reset": "9" * 200}, None),
        ({"x-ratelimit-reset": "-5"}, None),
        ({"x-ratelimit-reset": "1600000000"}, None),  # long past: a clock that is wrong
    ],
)
def test_when_a_limit_is_reset(headers: dict[str, str], seconds: float | None) -> None:
    found = retry_after_seconds(headers, NOW)
    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7m12.5s", 432.5), ("1h", 3600.0), ("120ms", 0.12), ("1m500ms", 60.5), ("", None), ("soon", None), ("5", None)],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration_seconds(text) == (None if seconds is None else pytest.approx(seconds))


def test_pauses_grow_until_one_is_let_through() -> None:
    clock = [100.0]
    limit = RateLimit(lambda: clock[0])
    waits = []
    for _ in range(8):
        limit.hit(clock[0], None)
        limit.hit(clock[0] - 1.0, None)  # was under way with it
        waits.append(limit.resume_at - clock[0])
        clock[0] = limit.resume_at + 0.01
    assert waits == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60])
    assert sum(waits[:6]) > 60, "seven attempts last longer than a minute"
    limit.passed(0.0)
    assert limit.pauses == 8, "a call from before says nothing"
    limit.passed(clock[0])
    assert limit.pauses == 0


def test_a_request_is_given_up_only_when_a_minute_has_passed() -> None:
    clock = [100.0]
    limit = RateLimit(lambda: clock[0])
    for retries in (1, 6):
        limit.pauses = retries + 1
        assert not limit.borne(clock[0] - 59.0, retries)
        assert limit.borne(clock[0] - 61.0, retries)
    limit.pauses = 1
    assert not limit.borne(clock[0] - 600.0, 6), "others are let through meanwhile"
    assert limit.borne(clock[0] - 1000.0, 6)
    assert limit.borne(clock[0], 0)


def window(per_window: int, seconds: float) -> Scripted:
    """Lets so many calls through per window, and says nothing of it."""
    began = time.monotonic()
    used: dict[int, int] = {}

    async def behave(request: Request, attempt: int) -> Response:
        now = int((time.monotonic() - began) // seconds)
        used[now] = used.get(now, 0) + 1
        if used[now] > per_window:
            raise RetryableCallError("Rate limit exceeded", everyone=True)
        await asyncio.sleep(0)
        return Response(text="x")

    return Scripted(behave, concurrency=16)


def test_a_window_that_nobody_announces_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.02)
    model = window(10, 1.5)
    found = ran(model, requests(30))
    assert all(response.failure is None for response in found.values())
    assert len(found) == 30
    assert sum(model.attempts.values()) < 30 + 16 + 16, "one at a time finds out, not all"


def test_the_advice_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "BASE", 0.001)
    monkeypatch.setattr(retrying, "WINDOW", 0.05)

    async def behave(request: Request, attempt: int) -> Response:
        if request.id == "1":
            raise RetryableCallError("429", everyone=True)
        return Response(text="x")

    found = ran(Scripted(behave, concurrency=1, retries=2), requests(2))
    assert found["0"].failure is None
    assert found["1"].failure is not None
    assert "--rpm" in found["1"].failure.message


def test_long_waits_are_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.1)

    async def behave(request: Request, attempt: int) -> Response:
        await asyncio.sleep(0.5 if request.id == "1" else 0.0)
        return Response(text="x")

    with caplog.at_level(logging.WARNING):
        ran(Scripted(behave, timeout=60.0), requests(3))
    told = [record.getMessage() for record in caplog.records if "no answer for" in record.getMessage()]
    assert 1 <= len(told) <= 3, "after 0.1, 0.2 and 0.4 seconds at the most"
    assert "1 calls under way, that of sample '1'" in told[0]
    assert "--timeout" in told[0]
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        ran(Scripted(at_once), requests(50))
    assert not caplog.records


def test_seconds_as_people_say_them() -> None:
    assert [seconds_text(value) for value in (0.4, 59, 60, 125, 3600, 3780)] == [
        *("0 s", "59 s", "1 min", "2 min 5 s", "1 h", "1 h 3 min")
    ]
