"""Models behind an API: one attempt is theirs to write, everything around it is done here once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from evalkit.core.errors import UsageError
from evalkit.core.limits import CallLimits
from evalkit.core.message import Message
from evalkit.core.model import Answer, Model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.models.api.call_stream import CallStream
from evalkit.models.api.catalogue import Price
from evalkit.models.api.content import check_modalities
from evalkit.models.api.estimates import Estimate, MediaTokens, estimate, request_tokens
from evalkit.models.api.traffic import Traffic

_lasts = False  # what a client brought has been taken out of the collector's sight


@contextlib.contextmanager
def _lasting() -> Iterator[None]:
    """Spare the collector what is made here the first time: the classes of a client, which stay to the end.

    An official client is some hundred thousand objects. Looking through them while they are made, and again and again
    while calls come and go, costs a tenth of the time of a command.
    """
    global _lasts
    if _lasts or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
        _lasts = True
    finally:
        gc.enable()


class CallModel(Model):
    """A model that answers each request by a call over the network.

    A subclass writes `call`, one attempt, and `connect` and `disconnect` for its client. Parallel calls, rates,
    retries, timeouts, costs and the end of money or patience are the business of `evalkit.models.api.call_stream`.
    Calls run in a thread of their own with an event loop, so a slow reader of the answers holds up no call, and it
    works in notebooks, where a loop is running already.

    Attributes:
        price: what its tokens cost; None when unknown.
        media_tokens: how its provider counts media, roughly.
        breaker_limit: requests given up in a row, without an answer between them, that end the run.
        display_name: the name it goes by at its provider; results are filed under it.
    """

    limits: CallLimits = CallLimits()
    price: Price | None = None
    media_tokens: MediaTokens = MediaTokens()
    breaker_limit: int = 8
    display_name: str = ""

    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _traffic: Traffic | None = None

    @abstractmethod
    async def call(self, request: Request) -> Response:
        """Ask once.

        The call layer fills in `seconds` and `cost`, and cancels an attempt that takes too long.

        Raises:
            RetryableCallError: the same call may work later.
            FinalCallError: this request will never work.
            FatalCallError: no request will work.
            DataError: a file of the sample is missing, broken or in a format that cannot be sent.
        """

    async def connect(self) -> None:
        """Make the client; called in the thread of the calls, once."""

    async def disconnect(self) -> None:
        """Close the client."""

    @property
    def label(self) -> str:
        """What messages call it, for example "openai:gpt-4o-mini"."""
        return f"{self.name}:{self.display_name}" if self.display_name else self.name

    def secrets(self) -> Sequence[str]:
        """Keys in use; they are taken out of every message and answer."""
        return ()

    def check(self) -> None:
        """Find out, without a call, whether calls can be made.

        Raises:
            UsageError: a key is missing, or a budget is set that an unknown price makes useless.
            MissingExtraError: a package is missing.
        """
        budget = self.limits.budget
        if budget is not None and budget.maximum is not None and self.price is None:
            raise UsageError(
                f"the price of {self.label} is unknown, so --max-cost cannot be kept. Give its arguments "
                "price_input=... and price_output=... (US dollars per million tokens; 0 for your own server) by "
                "--model-arg, or by --judge-arg where it judges, or leave --max-cost out"
            )

    def check_media(self, messages: Sequence[Message]) -> None:
        """Refuse a conversation with parts this model cannot take; for what can be told before the start.

        Raises:
            UsageError: naming the modality.
        """
        check_modalities(messages, self.takes, f"model '{self.label}'")

    def units(self, request: Request) -> Mapping[str, float]:
        """Roughly what a call will use, under the names of `Response.usage`."""
        return request_tokens(request, self.media_tokens)

    def estimate(self, request: Request) -> Estimate:
        """Roughly what a call will use and cost; see `evalkit.models.api.estimates` for the rules."""
        units = self.units(request)
        return estimate(units, self.price.cost(units) if self.price is not None else None)

    def start(self) -> None:
        """Check the settings and open the client."""
        self.check()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"calls of {self.name}", daemon=True)
        self._thread.start()
        self._traffic = Traffic(self, self.limits)
        try:
            with _lasting():
                asyncio.run_coroutine_threadsafe(self.connect(), self._loop).result()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the client and end the thread."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._loop = self._thread = None
        if self._traffic is not None:
            self._traffic.closed = True
        try:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(timeout=30)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=30)
            if not thread.is_alive():
                loop.close()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Answers as they come, in any order; may be used again, one stream after the other.

        Raises:
            BudgetError: the money is spent; what was under way has been answered.
            FatalCallError: no further call can work; what was under way has been answered.
        """
        assert self._loop is not None and self._traffic is not None, "stream before start"
        return CallStream(self._traffic, self._loop).answers(requests)

    async def _end(self) -> None:
        try:
            await self.disconnect()
        finally:
            loop = asyncio.get_running_loop()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await loop.shutdown_asyncgens()
            await loop.shutdown_default_executor()
