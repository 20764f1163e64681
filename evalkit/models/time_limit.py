"""An end to waiting."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of work that is cancelled when it takes longer.

    Raises:
        asyncio.TimeoutError: it did.
    """
    if sys.version_info >= (3, 11):
        async with asyncio.timeout(seconds):  # `wait_for` makes a task of its own for this before Python 3.12
            return await work
    return await asyncio.wait_for(work, seconds)
