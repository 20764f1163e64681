"""Memory of the look-ahead: 10,000 requests of one minute of audio, decoded ahead of a cheap model.

    python benchmarks/audio_memory.py [--requests 10000] [--megabytes 256]

Every request is a WAV file of its own name that is decoded to 3.84 MB of samples, as a local model's would be; the
model only counts them. Decoded at once they would take 38 GB. Printed are the clips alive at the most, and the peak
resident memory above that of the same process after 50 requests.
"""

from __future__ import annotations

import argparse
import resource
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from evalkit.core.message import Audio, user
from evalkit.core.response import Response
from evalkit.core.sample import Request
from evalkit.media.audio import from_samples
from evalkit.media.source import read_bytes
from evalkit.models.local.batching import PlannedModel, Prepared
from evalkit.models.local.chat_inputs import MediaRules, decode_conversation

RATE, SECONDS = 16000, 60
PAUSE = 0.06  # seconds of a batch: slower than the threads, so that the look-ahead fills


class Listener(PlannedModel[Any]):
    """Decodes as families do, and answers with the loudness."""

    name = "listener"
    token_budget = 16 * 25 * SECONDS  # 16 rows at 25 tokens a second

    def __init__(self, bytes_ahead: int) -> None:
        self.bytes_ahead = bytes_ahead
        self.alive = self.most = 0
        self._lock = threading.Lock()

    def prepare(self, request: Request) -> Prepared[Any]:
        samples = decode_conversation(request.messages, MediaRules(sample_rate=RATE)).audios[0]
        weakref.finalize(samples, self._count, -1)
        self._count(1)
        return Prepared(request, samples, 25 * SECONDS, bytes=samples.nbytes)

    def answer(self, batch: Sequence[Prepared[Any]]) -> list[Response]:
        time.sleep(PAUSE)
        return [Response(text=f"{float(np.abs(item.work[::1000]).mean()):.3f}") for item in batch]

    def _count(self, change: int) -> None:
        with self._lock:
            self.alive += change
            self.most = max(self.most, self.alive)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=256, help="bound of what is held ahead")
    chosen = parser.parse_args()
    noise = np.random.RandomState(0).uniform(-0.5, 0.5, RATE * SECONDS).astype(np.float32)
    data = read_bytes(from_samples(noise, RATE))
    model = Listener(chosen.megabytes << 20)

    def requests(count: int) -> Any:
        for number in range(count):
            yield Request(str(number), (user(Audio(opener=lambda: data, name=f"{number}.wav")),))

    def run(count: int) -> float:
        began = time.perf_counter()
        answered = sum(response.failure is None for _, response in model.stream(requests(count)))
        assert answered == count
        return time.perf_counter() - began

    window = model.bytes_ahead // noise.nbytes
    model.bytes_ahead //= 100
    run(50)
    before, model.most, model.bytes_ahead = peak_mb(), 0, chosen.megabytes << 20
    seconds = run(chosen.requests)
    print(f"{chosen.requests} requests of {SECONDS} s: {chosen.requests / seconds:.0f} a second, {seconds:.1f} s")
    print(f"clips alive at the most: {model.most}; the look-ahead of {chosen.megabytes} MB holds {window}")
    print(f"peak memory: {peak_mb():.0f} MB, {peak_mb() - before:.0f} MB above 50 requests one after the other")


if __name__ == "__main__":
    main()
