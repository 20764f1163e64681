"""Speed of models behind an API, against a loopback server that takes a fixed time for every answer.

    python benchmarks/api_speed.py [--calls N] [--peers DIR]

1. The call layer: 5,000 calls of 200 ms, 64 at once, through the official client; then with 10 % failing once.
2. The whole command: 1,000 requests of 50 ms, 32 at once, with start-up, journal and summary; then once more, with
   nothing left to ask. With --peers DIR, peers found there (one virtual environment each: DIR/evalscope, DIR/inspect,
   DIR/lm_eval) do the same in the same session.
3. Memory: the same command with 1,000 and with 20,000 requests that take no time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Used, measure

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "models" / "servers" / "openai_server.py"


@contextmanager
def serving(latency: float, failing: int = 0) -> Iterator[str]:
    """A server process; gives its address."""
    words = [sys.executable, str(SERVER), "0", str(latency), str(failing)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split()[1]
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def stats(address: str) -> dict[str, int]:
    with urllib.request.urlopen(address + "/stats") as reply:
        found: dict[str, int] = json.load(reply)
    return found


def call_layer(calls: int, failing: int) -> None:
    from evalkit import plugins
    from evalkit.core.limits import CallLimits
    from evalkit.core.message import user
    from evalkit.core.sample import Request

    concurrency, latency = 64, 0.2
    ideal = calls * latency / concurrency
    with serving(latency, failing) as address:
        model = plugins.load_model("openai-compatible", {"base_url": address, "model": "fake"})
        model.limits = CallLimits(concurrency=concurrency)
        text = "Does the answer agree with the reference? " * 20
        requests = (Request(str(i), (user(f"{i}: {text}"),)) for i in range(calls))
        with model:
            began, cpu = time.perf_counter(), time.process_time()
            found = [response for _, response in model.stream(requests)]
            wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        seen = stats(address)
    failed = sum(response.failure is not None for response in found)
    print(
        f"{calls} calls of 200 ms, 64 at once, {failing} % failing once: {wall:.2f} s = {wall / ideal:.3f} x ideal "
        f"({ideal:.2f} s); {1000 * cpu / calls:.2f} ms CPU each; {len(found)} answers, {failed} failed; the server "
        f"answered {seen['answers']} of {seen['requests']} requests, {seen['twice']} twice, {seen['peak']} at once"
    )


def write_data(folder: Path, n: int) -> Path:
    path = folder / f"n{n}.jsonl"
    rows = (
        {"id": i, "prompt": f"Sample {i}: repeat the fixed phrase used by the null model.", "reference": "lol"}
        for i in range(n)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(folder: Path, data: Path, address: str, out: str, concurrency: int = 32) -> Used:
    words = [
        sys.executable, "-m", "evalkit", "run", "--model", "openai-compatible", "--model-arg", f"base_url={address}",
        "--model-arg", "model=fake", "--task", str(data), "--out", out, "--concurrency", str(concurrency),
    ]  # fmt: skip
    used = measure(words, folder, folder / "log.txt")
    if used.code:
        sys.exit(f"evalkit ended with exit code {used.code}:\n{(folder / 'log.txt').read_text()[-2000:]}")
    return used


def show(name: str, used: Used, address: str, before: int = 0) -> int:
    seen = stats(address)
    print(
        f"{name:<28} {used.wall:6.2f} s wall {used.cpu:6.2f} s CPU {used.peak_mb:5.0f} MB "
        f"{seen['requests'] - before:6d} requests, {seen['peak']} at once"
    )
    return seen["requests"]


def whole_command(folder: Path, peers: Path | None) -> None:
    print("\n1,000 requests of 50 ms, 32 at once (ideal 1.56 s), whole process")
    data = write_data(folder, 1000)
    with serving(0.05) as address:
        best = min((run(folder, data, address, f"out{i}") for i in range(3)), key=lambda used: used.wall)
        count = show("evalkit, best of 3", best, address)
        show("evalkit again", run(folder, data, address, "out0"), address, count)
    if peers is None:
        return
    from peers_api import COMMANDS

    for name, command in COMMANDS.items():
        if (peers / name).is_dir():
            with serving(0.05) as address:
                environment = {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": address, "HF_HUB_OFFLINE": "1"}
                show(name, measure(command(peers / name, folder, address), folder, folder / "log.txt", environment), address)


def memory(folder: Path) -> None:
    print("\nmemory, requests that take no time, 64 at once")
    for n in (1000, 20_000):
        with serving(0.0) as address:
            show(f"evalkit, {n}", run(folder, write_data(folder, n), address, f"memory{n}", 64), address)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=5000, help="calls of the first part (default: 5000)")
    parser.add_argument("--peers", type=Path, help="folder with the peers' virtual environments")
    arguments = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    call_layer(arguments.calls, 0)
    call_layer(arguments.calls, 10)
    with tempfile.TemporaryDirectory() as name:
        whole_command(Path(name), arguments.peers and arguments.peers.resolve())
        memory(Path(name))


if __name__ == "__main__":
    main()
