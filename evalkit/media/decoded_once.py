"""What is costly to decode, made once for those who want it one after another or at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Value = TypeVar("Value")
_ENTRIES = 2  # the video that is asked about, and the next one
_BYTES = 1 << 29  # what is larger is not kept


class DecodedOnce(Generic[Value]):
    """Keeps the last few values; threads that want one in the making wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Future[Value]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """The value of a key.

        Args:
            key: what it is made of.
            make: makes it; what it raises is raised to all who wait, and tried again by the next.
            size: bytes that it holds.
        """
        with self._lock:
            known = self._kept.get(key)
            if known is None:
                mine: Future[Value] = Future()
                self._kept[key] = mine
                while len(self._kept) > _ENTRIES:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
        if known is not None:
            return known.result()
        try:
            made = make()
        except BaseException as error:
            self._drop(key, mine)
            mine.set_exception(error)
            raise
        if size(made) > _BYTES:
            self._drop(key, mine)
        mine.set_result(made)
        return made

    def _drop(self, key: Hashable, value: Future[Value]) -> None:
        with self._lock:
            if self._kept.get(key) is value:
                del self._kept[key]
