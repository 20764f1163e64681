"""Similarity as the published program computes it: what it does with a reply of two channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.score import Score
from evalkit.core.scorer import Answered
from evalkit.metrics.measured import Similarity

LEFT_OUT = "stereo_left_out"


class OneChannel(Similarity):
    """Cosine of reply and prompt; the faithful value leaves replies of several channels out.

    The program takes the first sample of each channel of such a reply, not its first channel; no encoder can read so
    short a wave, and the program skips the pair. The strict value has the cosine of the channels' average.

    Args:
        role: of the listener that notes a vector of each recording.
        to: name of the recording in `Sample.media`.
    """

    def __init__(self, role: str, to: str) -> None:
        super().__init__(role, to, "")
        self.profile = f"{self.profile}-one-channel"

    def identity(self) -> Mapping[str, Any]:
        """What is compared with what, and that several channels are left out."""
        return {**super().identity(), "several_channels": "left out"}

    def score(self, answers: Sequence[Answered]) -> Iterator[Score]:
        """One cosine each; that of several channels counts in the strict value alone."""
        for answer, score in zip(answers, super().score(answers), strict=True):
            if score.status == "scored" and _channels(answer) > 1:
                yield Score("scored", {}, score.faithful, flags=(LEFT_OUT,), detail=score.detail)
            else:
                yield score


def _channels(answer: Answered) -> int:
    from evalkit.media.audio import info

    assert answer.response.audio is not None, "a listener has noted its voice"
    return info(answer.response.audio).channels
