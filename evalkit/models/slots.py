"""Room for so many calls at once, held by whoever asks."""

from __future__ import annotations

import asyncio
import collections


class Slots:
    """Slots of an event loop; only `free` may be looked at from another thread.

    Args:
        count: how many.

    Attributes:
        free: slots that nobody holds.
    """

    def __init__(self, count: int) -> None:
        self.free = count
        self._waiting: collections.deque[asyncio.Future[None]] = collections.deque()

    def seize(self) -> None:
        """Take a slot that is free."""
        assert self.free > 0, "no slot is free"
        self.free -= 1

    async def take(self) -> None:
        """Take a slot, and wait for it in turn."""
        if self.free:
            self.seize()
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Give a slot back; who has waited longest has it next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1
