"""Full-size shapes on a GPU: one by one, fixed batches in arrival order, and the planner.

    python benchmarks/gpu_batching.py [--shapes composite thinker] [--requests 256] [--alone 16] [--rows 16]
    python benchmarks/gpu_batching.py --tiny          the same code on the CPU, in less than a minute

Weights are random bf16 of the released models' shapes (see gpu_shapes.py), requests a realistic mix: 10-30 s of audio,
1-12 tiles, up to 15 turns of history, answers of 16-512 tokens. One by one is measured on `--alone` of the requests
and told as a rate. Fixed batches have `--rows` rows, prepared ahead like the planner's; where they do not fit, they are
halved and measured anew. The planner's own halvings stay in its time.

The share of the roofline is the least time the device could take, over the time it took: while prompts are read,
operations without padding at the measured rate of a large product of matrices; while answers are written, the longer of
two: the weights once a step and the keys and values of rows still at work at the measured rate of a large copy, and the
operations at the rate of a product. "Outside" is the time not spent in batches (waiting for prompts, handing answers
on); inside a batch the device may still wait for Python, which the roofline shows.

Figures are printed as Markdown, and written with `--json` after each way, so that a run cut short leaves some.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import transformers
from gpu_shapes import TINY_MIX, Composite, Done, Mix, Shapes, draw
from gpu_thinker import Thinker

from evalkit.core.sample import Request
from evalkit.models.local.batching import OutOfMemoryError
from evalkit.models.local.budgets import token_budget

SHAPES: dict[str, type[Shapes]] = {"composite": Composite, "thinker": Thinker}


@dataclass
class Measured:
    """One way of running.

    Args:
        way: how.
        count, failed: requests answered, and those with no room for them alone.
        seconds: from the first request to the last answer.
        samples, tokens: a second.
        reading, writing: shares of the roofline, 0 to 1.
        outside: share of the time not spent in batches, 0 to 1.
        padding: share of the prompts' tokens that was padding, 0 to 1.
        memory_gib: peak on the device, None on a CPU.
        out_of_memory: batches that did not fit.
    """

    way: str
    count: int
    failed: int
    seconds: float
    samples: float
    tokens: float
    reading: float
    writing: float
    outside: float
    padding: float
    memory_gib: float | None
    out_of_memory: int = 0


def peaks(device: torch.device, tiny: bool) -> tuple[float, float]:
    """Operations a second of a large product of matrices, and bytes a second of a large copy, both best of five."""
    size, dtype = (512, torch.float32) if tiny else (8192, torch.bfloat16)
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    block = torch.empty((64 if tiny else 4096) << 20, dtype=torch.uint8, device=device)
    target = torch.empty_like(block)

    def best(work: Callable[[], object], repeat: int) -> float:
        times = []
        for _ in range(5):
            _wait(device)
            began = time.perf_counter()
            for _ in range(repeat):
                work()
            _wait(device)
            times.append((time.perf_counter() - began) / repeat)
        return min(times)

    operations = 2 * size**3 / best(lambda: left @ right, 10)
    return operations, 2 * block.numel() / best(lambda: target.copy_(block), 4)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measured(way: str, model: Shapes, work: Iterator[bool], rates: tuple[float, float]) -> Measured:
    """Run to the end and tell what it came to.

    Args:
        way: its name.
        model: whose batches are counted.
        work: for each request, whether it was answered.
        rates: operations and bytes a second.
    """
    model.done = done = Done()
    if model.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(model.device)
    began = model.clock()
    answered = list(work)
    passed = model.clock() - began
    inside = done.read_seconds + done.write_seconds
    least = sum(max(moved / rates[1], flops / rates[0]) for moved, flops, _ in done.steps)
    memory = model.device_memory()
    return Measured(
        way, sum(answered), len(answered) - sum(answered), passed, sum(answered) / passed, done.written / passed,
        done.read_flops / rates[0] / max(done.read_seconds, 1e-9), least / max(done.write_seconds, 1e-9),
        max(0.0, 1 - inside / passed), 1 - done.read_tokens / max(done.padded, 1.0), memory / 2**30 if memory else None,
    )  # fmt: skip


def one_by_one(model: Shapes, requests: list[Request]) -> Iterator[bool]:
    """One call after the other, each prepared when the one before is done."""
    for request in requests:
        try:
            model.answer([model.prepare(request)])
        except OutOfMemoryError:
            yield False
        else:
            yield True


def fixed_batches(model: Shapes, rows: int) -> Iterator[bool]:
    """Batches in arrival order, prepared ahead in as many threads as the planner has.

    Raises:
        OutOfMemoryError: one does not fit.
    """
    with ThreadPoolExecutor(model.threads, initializer=model.begin_thread) as pool:
        ahead = [pool.submit(model.prepare, request) for request in model.requests()[: 2 * rows]]
        further = iter(model.requests()[2 * rows :])
        while ahead:
            batch = [future.result() for future in ahead[:rows]]
            ahead = ahead[rows:] + [pool.submit(model.prepare, request) for request in itertools.islice(further, rows)]
            yield from (True for _ in model.answer(batch))


def fitting_batches(model: Shapes, rows: int, rates: tuple[float, float]) -> Measured:
    """Fixed batches of `rows` rows, or of the next half of it that fits.

    Raises:
        OutOfMemoryError: not even one row does.
    """
    for halved in itertools.count():
        try:
            found = measured(f"fixed batches of {rows}", model, fixed_batches(model, rows), rates)
        except OutOfMemoryError:
            if rows == 1:
                raise
            rows //= 2
        else:
            found.out_of_memory = halved
            return found
    raise AssertionError


def planned(model: Shapes, rates: tuple[float, float]) -> Measured:
    """The planner's own stream."""
    stream = (response.failure is None for _, response in model.stream(iter(model.requests())))
    found = measured("planner", model, stream, rates)
    found.out_of_memory = model.throughput.out_of_memory
    return found


def run(name: str, chosen: argparse.Namespace, device: torch.device, figures: list[dict[str, object]]) -> None:
    """All three ways with one model; `figures` grow as they come."""
    mix = TINY_MIX if chosen.tiny else Mix()
    asks = draw(chosen.requests, mix)
    model = SHAPES[name](asks, device, chosen.tiny, mix.new[1])
    model.threads = chosen.threads
    config = model.language_config.to_dict()
    model.token_budget = chosen.token_budget or token_budget(model.language, config, device)
    rates = peaks(device, chosen.tiny)
    list(one_by_one(model, model.requests()[:4]))  # of every kind: kernels are chosen and caches filled
    shown = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    ways: list[dict[str, object]] = []
    figures.append(
        {"model": model.name, "tiny": chosen.tiny, "device": shown, "dtype": str(model.dtype), "versions": versions,
         "requests": len(asks), "token_budget": model.token_budget, "flops": rates[0], "bytes": rates[1], "ways": ways}
    )  # fmt: skip
    print(f"{model.name}{' (tiny)' if chosen.tiny else ''} on {shown}, {model.dtype}, {versions}.")
    print(f"{len(asks)} requests; measured peak {rates[0] / 1e12:.1f} TFLOP/s and {rates[1] / 1e12:.2f} TB/s; ", end="")
    print(f"token budget {model.token_budget}\n")
    print("| way | samples/s | times | tokens/s | reading | writing | outside | padding | peak GiB | no room |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    first = 0.0
    for way in (
        lambda: measured("one by one", model, one_by_one(model, model.requests()[: chosen.alone]), rates),
        lambda: fitting_batches(model, chosen.rows, rates),
        lambda: planned(model, rates),
    ):
        try:
            row = way()
        except OutOfMemoryError as error:
            print(f"no room for fixed batches of one row: {error}")
            continue
        first = first if ways else row.samples
        shares = " | ".join(f"{100 * share:.1f} %" for share in (row.reading, row.writing, row.outside, row.padding))
        memory = "" if row.memory_gib is None else f"{row.memory_gib:.1f}"
        times = f"{row.samples / first:.1f}" if first else ""
        missed = f"{row.failed} requests, {row.out_of_memory} batches"
        print(
            f"| {row.way} | {row.samples:.2f} | {times} | {row.tokens:.0f} | {shares} | {memory} | {missed} |",
            flush=True,
        )
        ways.append(asdict(row))
        if chosen.json:
            Path(chosen.json).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print()


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
    if min(chosen.requests, chosen.alone, chosen.rows, chosen.threads) < 1 or chosen.token_budget < 0:
        parser.error("--requests, --alone, --rows and --threads should be at least 1, --token-budget at least 0")
    if chosen.tiny:
        chosen.requests, chosen.alone, chosen.rows = min(chosen.requests, 32), min(chosen.alone, 8), min(chosen.rows, 8)
        chosen.token_budget = chosen.token_budget or 4096
    elif torch.device(chosen.device).type != "cuda":
        parser.error("no CUDA device here; --tiny runs the same code on the CPU")
    figures: list[dict[str, object]] = []
    for name in chosen.shapes:
        run(name, chosen, torch.device(chosen.device), figures)


if __name__ == "__main__":
    main()
