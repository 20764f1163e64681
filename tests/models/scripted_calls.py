"""A model whose calls do what a test says, and what tests do with it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from evalkit.core.limits import CallLimits
from evalkit.core.message import user
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api.calling import CallModel
from evalkit.models.api.catalogue import FREE, Price, Tier

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
