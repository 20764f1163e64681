"""Speed of models behind an API, against a loopback server that takes a fixed time for every answer.

    python benchmarks/api_speed.py [--calls N] [--requests N] [--memory N] [--peers DIR]

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Used, measure
from overhead import OFFLINE, write_data

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


Peer = Callable[[Path, str], list[str]]  # folder with the data, address -> command


def peers(root: Path | None) -> dict[str, Peer]:
    """Commands of the peers that are installed, for 1,000 requests, 32 at once."""
    if root is None:
        return {}

    def evalscope(folder: Path, address: str) -> list[str]:
        data = json.dumps({"general_mcq": {"local_path": str(folder / "mcq1000"), "subset_list": ["trivial"]}})
        return [str(root / "evalscope/bin/evalscope"), "eval", "--model", "fake", "--api-url", address,
                "--api-key", "x", "--eval-type", "openai_api", "--datasets", "general_mcq", "--eval-batch-size", "32",
                "--work-dir", str(folder / "evalscope"), "--dataset-args", data]  # fmt: skip

    def inspect(folder: Path, address: str) -> list[str]:
        script = str(HERE / "peers/inspect_endpoint.py")
        place = str(folder / "inspect")
        return [str(root / "inspect/bin/python"), script, str(folder / "qa1000.jsonl"), place, "32"]

    def lm_eval(folder: Path, address: str) -> list[str]:
        template = (HERE / "peers/lm_eval_trivial.yaml.in").read_text()
        place = folder / "lm_eval"
        place.mkdir(exist_ok=True)
        (place / "trivial.yaml").write_text(template.replace("@DATA@", str(folder / "qa1000.jsonl")))
        model = f"model=fake,base_url={address}/chat/completions,num_concurrent=32"
        return [str(root / "lm_eval/bin/lm_eval"), "run", "--model", "local-chat-completions", "--model_args", model,
                "--apply_chat_template", "--tasks", "trivial", "--include_path", str(place),
                "--output_path", str(place / "out"), "--log_samples", "--use_cache", str(place / "cache")]  # fmt: skip

    made: dict[str, Peer] = {"evalscope": evalscope, "inspect": inspect, "lm_eval": lm_eval}
    return {name: command for name, command in made.items() if (root / name / "bin").is_dir()}


def run(folder: Path, n: int, address: str, out: str, concurrency: int = 32) -> Used:
    words = [
        sys.executable, "-m", "evalkit", "run", "--model", "openai-compatible", "--model-arg", f"base_url={address}",
        "--model-arg", "model=fake", "--task", f"n{n}.jsonl", "--out", out, "--concurrency", str(concurrency),
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
        + (f", exit {used.code}" if used.code else "")
    )
    return seen["requests"]


def whole_command(folder: Path, count: int, root: Path | None) -> None:
    print(f"\n{count:,} requests of 50 ms, 32 at once (ideal {count * 0.05 / 32:.2f} s), whole process")
    write_data(folder, count)
    write_data(folder, 1000)  # the peers' size
    with serving(0.05) as address:
        best = min((run(folder, count, address, f"out{i}") for i in range(3)), key=lambda used: used.wall)
        before = show("evalkit, best of 3", best, address)
        show("evalkit again", run(folder, count, address, "out0"), address, before)
    for name, command in peers(root).items():
        with serving(0.05) as address:
            keys = {"OPENAI_API_KEY": "x", "FAKE_API_KEY": "x", "FAKE_BASE_URL": address}
            show(name, measure(command(folder, address), folder, folder / "log.txt", {**OFFLINE, **keys}), address)


def memory(folder: Path, count: int) -> None:
    print("\nmemory, requests that take no time, 64 at once")
    for n in (max(1, count // 20), count):
        with serving(0.0) as address:
            write_data(folder, n)
            show(f"evalkit, {n}", run(folder, n, address, f"memory{n}", 64), address)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=5000, help="calls of the first part (default: 5000)")
    parser.add_argument("--requests", type=int, default=1000, help="requests of the second part (default: 1000)")
    parser.add_argument("--memory", type=int, default=20_000, help="requests of the third part (default: 20000)")
    parser.add_argument("--peers", type=Path, help="folder with the peers' virtual environments")
    arguments = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    call_layer(arguments.calls, 0)
    call_layer(arguments.calls, 10)
    with tempfile.TemporaryDirectory() as name:
        whole_command(Path(name), arguments.requests, arguments.peers and arguments.peers.resolve())
        memory(Path(name), arguments.memory)


if __name__ == "__main__":
    main()
