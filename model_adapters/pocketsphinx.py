"""The embedded speech recogniser: CMU Sphinx with the English model that its package carries."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from evalkit.core.errors import UsageError
from evalkit.core.model import Answer, Model, model
from evalkit.core.own_process import module_command
from evalkit.core.sample import Request
from evalkit.models.processes.workers import Handshake, WorkerPool


@model("pocketsphinx", takes=("text", "audio"))
class PocketSphinx(Model):
    """English speech recognition on the CPU, one process per core.

    Utterances are decoded independently of each other (cepstral means per utterance), so results depend neither
    on order nor on the number of processes.

    Args:
        workers: processes; 0 means one per usable core.
        timeout: seconds for one utterance.
    """

    incidental = frozenset({"workers", "timeout"})

    def __init__(self, workers: int = 0, timeout: float = 600.0) -> None:
        if workers < 0 or not timeout > 0:
            raise UsageError("model 'pocketsphinx': workers >= 0 and timeout > 0 are needed")
        self._workers = workers or len(os.sched_getaffinity(0))
        self._timeout = timeout
        self._pool: WorkerPool | None = None

    def versions(self) -> Mapping[str, str]:
        """Version of the package, and so of its model."""
        return {"pocketsphinx": version("pocketsphinx")}

    def start(self) -> None:
        """Prepare the processes."""
        self._pool = WorkerPool(
            module_command("evalkit.model_adapters.pocketsphinx_worker"),
            workers=self._workers,
            timeout=self._timeout,
            environment={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            handshake=Handshake(self.name, start_timeout=max(60.0, self._timeout)),
        )

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.close()

    def stream(self, requests: Iterator[Request]) -> Iterator[Answer]:
        """Transcripts in lower case, in the order the processes give them."""
        assert self._pool is not None
        return self._pool.stream(requests)
