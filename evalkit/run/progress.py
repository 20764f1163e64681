"""A progress bar on stderr, with rate, time left and what the model says of itself; silent away from a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

_WITHOUT_RATE = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
_PAUSE = 0.2  # seconds between two looks at the model's status


class Progress:
    """Context manager that gives the function to call after each sample.

    Args:
        wanted: False keeps silent even at a terminal.
        stage: what the bar is called.
        total: samples in all, or None when unknown.
        done: samples finished by an earlier command.
        status: what the model says of its rates and memory; asked a few times a second at the most.
    """

    def __init__(
        self, wanted: bool, stage: str, total: int | None, done: int = 0, status: Callable[[], str] | None = None
    ) -> None:
        self._show = wanted and sys.stderr.isatty()
        self._stage, self._total, self._done = stage, total, done
        self._bar: Any = None
        self._failed = 0
        self._status, self._asked = status, 0.0

    def __enter__(self) -> Callable[[bool], None]:
        if not self._show:
            return _silent
        from tqdm import tqdm

        self._bar = tqdm(desc=self._stage, total=self._total, initial=self._done, unit="sample", file=sys.stderr)
        return self._tick

    def _tick(self, failed: bool) -> None:
        self._failed += failed
        now = time.monotonic()
        if failed or now - self._asked >= _PAUSE:
            self._asked = now
            self._show_status()
        self._bar.update()

    def _show_status(self) -> None:
        words = [f"{self._failed} failed"] if self._failed else []
        if self._status is not None and (said := self._status()):
            words.append(said)
            self._bar.bar_format = _WITHOUT_RATE  # the model's own leaves the time of loading out
        self._bar.set_postfix_str(", ".join(words), refresh=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._show_status()
            self._bar.refresh()
            self._bar.close()


def _silent(failed: bool) -> None:
    return None
