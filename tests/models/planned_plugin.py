"""A planned model without weights: it answers by its prompt, slowly, and does what samples tell it.

"die" kills its process, "raise" fails the row, "huge" finds no memory, after "lose" the device does nothing more;
anything else is answered in capitals, with the value of the environment variable `show` behind it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

from evalkit.core.errors import UsageError
from evalkit.core.message import Audio, Media
from evalkit.core.model import model
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.media.audio import decode
from evalkit.media.source import read_bytes
from evalkit.models.local.batching import OutOfMemoryError, PlannedModel, Prepared


@model("planned", takes=("text", "audio"))
class Planned(PlannedModel[str]):
    incidental = frozenset({"pause", "log", "show", "device", "batch_size"})
    measures = False

    def __init__(
        self,
        pause: float = 0.0,
        log: str = "",
        show: str = "",
        broken: bool = False,
        device: str = "auto",
        batch_size: str = "auto",
    ) -> None:
        self._pause, self._log, self._broken = pause, log, broken
        self._show = show
        self.token_budget = 80
        self._dead = False
        self.batch_size = None if batch_size == "auto" else int(batch_size)

    def start(self) -> None:
        if self._broken:
            raise UsageError("the weights do not fit")
        print("a library that prints on stdout")

    def device_works(self) -> bool:
        return not self._dead

    def prepare(self, request: Request) -> Prepared[str]:
        if request.messages[-1].text == "hear":
            seconds = [
                len(decode(part, 8000)) / 8000 for part in request.messages[-1].content if isinstance(part, Audio)
            ]
            return Prepared(request, f"{seconds}", 10)
        heard = [len(read_bytes(part)) for turn in request.messages for part in turn.content if isinstance(part, Media)]
        return Prepared(request, request.messages[-1].text + "".join(f" {count} bytes" for count in heard), 10)

    def answer(self, batch: Sequence[Prepared[str]]) -> Sequence[Response]:
        for item in batch:
            if item.work == "die":
                print("the device is on fire", file=sys.stderr, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            self._dead = self._dead or item.work == "lose"
            if self._dead:
                raise RuntimeError("CUDA error: an illegal memory access was encountered")
            if item.work == "raise":
                raise RuntimeError("shapes do not match")
            if item.work == "huge":
                raise OutOfMemoryError("tried to allocate 20 GiB")
        time.sleep(self._pause)
        if self._log:
            with open(self._log, "a") as file:
                file.writelines(f"{os.getpid()} {item.request.id}\n" for item in batch)
        shown = f" {os.environ[self._show]}" if self._show else ""
        return [
            Response(
                text=item.work.upper() + shown,
                usage={"output_tokens": 3.0, "seed": float(item.request.seed)},
            )
            for item in batch
        ]
