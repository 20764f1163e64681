"""Full-size shapes on a GPU: one by one, fixed batches in arrival order, and the planner.

    python benchmarks/gpu_batching.py [--shapes composite thinker] [--requests 256] [--alone 16] [--rows 16]
    python benchmarks/gpu_batching.py --tiny          the same code on the CPU, in less than a minute

Weights are random bf16 of the released models' shapes (see gpu_shapes.py), requests a realistic mix: 10-30 s of audio,
1-12 tiles, up to 15 turns of history, answers of 16-512 tokens. One by one is measured on `--alone` of the requests
and told as a rate. Fixed batches have `--rows` rows, prepared ahead like the planner's: the most that are sure to fit.

The share of the roofline is what the device had to do at least, over what it did in that time: while prompts are read,
operations without padding against the measured rate of a large product of matrices; while answers are written, the
weights once a step and the keys and values of rows still at work, against the measured rate of a large copy.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import torch
from gpu_shapes import TINY_MIX, Composite, Mix, Shapes, draw
from gpu_thinker import Thinker

from evalkit.models.budgets import token_budget

SHAPES: dict[str, type[Shapes]] = {"composite": Composite, "thinker": Thinker}


@dataclass
class Measured:
    """One way of running.

    Args:
        way: how.
        samples, tokens: a second.
        reading, writing: shares of the roofline, 0 to 1.
        outside: share of the time not spent in batches, 0 to 1.
        padding: share of the prompts' tokens that was padding, 0 to 1.
        memory_gib: peak on the device, None on a CPU.
    """

    way: str
    samples: float
    tokens: float
    reading: float
    writing: float
    outside: float
    padding: float
    memory_gib: float | None


def peaks(device: torch.device, tiny: bool) -> tuple[float, float]:
    """Operations a second of a large product of matrices, and bytes a second of a large copy, both best of five."""
    size, dtype = (512, torch.float32) if tiny else (8192, torch.bfloat16)
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    block = torch.empty((64 if tiny else 4096) << 20, dtype=torch.uint8, device=device)
    target = torch.empty_like(block)

    def best(work: object, repeat: int) -> float:
        times = []
        for _ in range(5):
            _wait(device)
            began = time.perf_counter()
            for _ in range(repeat):
                work()  # type: ignore[operator]
            _wait(device)
            times.append((time.perf_counter() - began) / repeat)
        return min(times)

    operations = 2 * size**3 / best(lambda: left @ right, 10)
    return operations, 2 * block.numel() / best(lambda: target.copy_(block), 4)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measured(way: str, model: Shapes, work: Iterator[object], rates: tuple[float, float]) -> Measured:
    """Run to the end and tell what it came to."""
    model.read_seconds = model.write_seconds = model.read_flops = model.moved = model.written = 0.0
    model.read_tokens = model.padded = 0.0
    if model.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(model.device)
    began = model.clock()
    count = sum(1 for _ in work)
    passed = model.clock() - began
    inside = model.read_seconds + model.write_seconds
    memory = model.device_memory()
    return Measured(
        way, count / passed, model.written / passed, model.read_flops / model.read_seconds / rates[0],
        model.moved / max(model.write_seconds, 1e-9) / rates[1], max(0.0, 1 - inside / passed),
        1 - model.read_tokens / model.padded, memory / 2**30 if memory else None,
    )  # fmt: skip


def fixed_batches(model: Shapes, rows: int) -> Iterator[object]:
    """Batches in arrival order, prepared ahead in as many threads as the planner has."""
    with ThreadPoolExecutor(model.threads, initializer=model.begin_thread) as pool:
        ahead = [pool.submit(model.prepare, request) for request in model.requests()[: 2 * rows]]
        further = iter(model.requests()[2 * rows :])
        while ahead:
            batch = [future.result() for future in ahead[:rows]]
            ahead = ahead[rows:] + [pool.submit(model.prepare, request) for request in itertools.islice(further, rows)]
            yield from model.answer(batch)


def run(name: str, chosen: argparse.Namespace, device: torch.device) -> dict[str, object]:
    """All three ways with one model."""
    asks = draw(chosen.requests, TINY_MIX if chosen.tiny else Mix())
    most = (TINY_MIX if chosen.tiny else Mix()).new[1]
    model = SHAPES[name](asks, device, chosen.tiny, most)
    model.threads = chosen.threads
    config = model.language_config.to_dict()
    model.token_budget = chosen.token_budget or token_budget(model.language, config, device)
    rates = peaks(device, chosen.tiny)
    for request in model.requests()[:2]:
        model.answer([model.prepare(request)])  # kernels are chosen and caches filled
    alone = model.requests()[: chosen.alone]
    found = [
        measured("one by one", model, (model.answer([model.prepare(request)]) for request in alone), rates),
        measured(f"fixed batches of {chosen.rows}", model, fixed_batches(model, chosen.rows), rates),
        measured("planner", model, model.stream(iter(model.requests())), rates),
    ]
    shown = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"{model.name}{' (tiny)' if chosen.tiny else ''} on {shown}, {len(asks)} requests, {model.dtype}")
    print(f"measured peak {rates[0] / 1e12:.1f} TFLOP/s, {rates[1] / 1e12:.2f} TB/s; token budget {model.token_budget}")
    print(f"{'':24}{'samples/s':>10}{'tokens/s':>10}{'reading':>9}{'writing':>9}{'outside':>9}{'padding':>9}{'x':>7}")
    for row in found:
        shares = "".join(f"{100 * share:8.1f}%" for share in (row.reading, row.writing, row.outside, row.padding))
        print(f"{row.way:24}{row.samples:10.2f}{row.tokens:10.0f}{shares}{row.samples / found[0].samples:7.1f}")
    return {"model": model.name, "device": shown, "requests": len(asks), "ways": [asdict(row) for row in found]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", choices=sorted(SHAPES), default=sorted(SHAPES))
    parser.add_argument("--requests", type=int, default=256)
    parser.add_argument("--alone", type=int, default=16, help="requests of the one-by-one part")
    parser.add_argument("--rows", type=int, default=16, help="rows of fixed batches")
    parser.add_argument("--threads", type=int, default=4, help="threads that prepare")
    parser.add_argument("--token-budget", type=int, default=0, help="padded tokens of a batch; 0 takes it from memory")
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--tiny", action="store_true", help="shapes a CPU runs")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    chosen = parser.parse_args()
    if chosen.tiny:
        chosen.requests, chosen.alone, chosen.rows = min(chosen.requests, 32), min(chosen.alone, 8), min(chosen.rows, 8)
        chosen.token_budget = chosen.token_budget or 4096
    elif chosen.device == "cpu":
        parser.error("no CUDA device here; --tiny runs the same code on the CPU")
    found = [run(name, chosen, torch.device(chosen.device)) for name in chosen.shapes]
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
