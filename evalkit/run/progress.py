"""A progress bar on stderr, with rate and time left; silent where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any


class Progress:
    """Context manager that gives the function to call after each sample.

    Args:
        wanted: False keeps silent even at a terminal.
        stage: what the bar is called.
        total: samples in all, or None when unknown.
        done: samples finished by an earlier command.
    """

    def __init__(self, wanted: bool, stage: str, total: int | None, done: int = 0) -> None:
        self._show = wanted and sys.stderr.isatty()
        self._stage, self._total, self._done = stage, total, done
        self._bar: Any = None
        self._failed = 0

    def __enter__(self) -> Callable[[bool], None]:
        if not self._show:
            return _silent
        from tqdm import tqdm

        self._bar = tqdm(desc=self._stage, total=self._total, initial=self._done, unit="sample", file=sys.stderr)
        return self._tick

    def _tick(self, failed: bool) -> None:
        if failed:
            self._failed += 1
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
        self._bar.update()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def _silent(failed: bool) -> None:
    return None
