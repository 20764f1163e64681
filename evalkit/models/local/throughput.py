"""What batches came to: rates, padding, and the share of time spent outside the model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.core.response import Response


@dataclass(slots=True)
class Throughput:
    """What the batches so far came to.

    Args:
        answered: requests answered.
        tokens: their tokens, those they might have generated included.
        padded: tokens of their batches, padding included.
        batches: batches run.
        generated: tokens written.
        device_seconds: time inside `answer`.
        out_of_memory: batches that did not fit.
        spoiled: batches that failed and were done again row by row.
        began: when the stream started, of `time.perf_counter`.
    """

    answered: int = 0
    tokens: int = 0
    padded: int = 0
    batches: int = 0
    generated: float = 0.0
    device_seconds: float = 0.0
    out_of_memory: int = 0
    spoiled: int = 0
    began: float = 0.0

    def count(self, tokens: Sequence[int], responses: Sequence[Response], seconds: float) -> None:
        """Add one batch: the tokens of its rows, the responses, and the time it took in seconds."""
        self.answered += sum(response.failure is None for response in responses)
        self.tokens += sum(tokens)
        self.padded += len(tokens) * max(tokens)
        self.batches += 1
        self.generated += sum((response.usage or {}).get("output_tokens", 0.0) for response in responses)
        self.device_seconds += seconds

    @property
    def mean_tokens(self) -> int:
        """Mean length of a row, 0 before the first batch."""
        return self.tokens // self.answered if self.answered else 0

    @property
    def padding_share(self) -> float:
        """Share of the device's tokens that were padding, 0 to 1."""
        return 1.0 - self.tokens / self.padded if self.padded else 0.0

    @property
    def harness_share(self) -> float:
        """Share of the time spent outside the model, 0 to 1."""
        passed = time.perf_counter() - self.began
        return max(0.0, 1.0 - self.device_seconds / passed) if passed > 0 else 0.0

    def line(self, memory: int | None) -> str:
        """One line for people; device memory in bytes, None where unknown."""
        passed = max(time.perf_counter() - self.began, 1e-9)
        words = [
            f"{self.answered / passed:.1f} samples/s",
            f"{self.generated / passed:.0f} tokens/s",
            f"{100 * self.padding_share:.0f} % padding",
        ]
        if memory is not None:
            words.append(f"{memory / 2**30:.1f} GiB")
        if self.spoiled:
            words.append(f"{self.spoiled} batches failed and were done row by row")
        return ", ".join(words)
