"""A listener of read_aloud.py: how much of a recording is silence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalkit.authoring import Audio, BatchModel, Request, Response, model
from evalkit.media.audio import decode


@model("pauses", takes=("audio",))
class Pauses(BatchModel):
    """Notes the share of silent stretches of 10 ms, %.

    Args:
        threshold: root mean square of a stretch below which it is silent; full scale is 1.
    """

    batch_size = 1

    def __init__(self, threshold: float = 0.01) -> None:
        self.threshold = threshold

    def answer(self, batch: Sequence[Request]) -> Sequence[Response]:
        """One note for each recording."""
        return [Response(note=self._silence(request)) for request in batch]

    def _silence(self, request: Request) -> float:
        (recording,) = [part for part in request.messages[-1].content if isinstance(part, Audio)]
        wave = np.asarray(decode(recording, 16000))
        stretches = wave[: len(wave) // 160 * 160].reshape(-1, 160)
        levels = np.sqrt((stretches**2).mean(axis=1))
        return round(100 * float((levels < self.threshold).mean()), 2)
