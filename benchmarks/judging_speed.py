"""How fast verdicts come: `evalkit judge` on 5,000 answers against a server on this machine with a fixed latency.

    python benchmarks/judging_speed.py [--verdicts 5000] [--latency 0.2] [--concurrency 64]

Prints, with the start of Python and everything else included, and for the verdicts alone (from the first question to
the last answer, by the server's clock): a first run, a first run where a tenth of the calls fails once, a second run of
each (which asks nothing), a run killed in the middle and repeated, and the peak memory of a run with a tenth of the
answers beside that of all of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import Used, measure

SERVER = Path(__file__).parents[1] / "tests" / "models" / "servers" / "openai_server.py"
RUBRIC = """---
id: laughter
version: 1
title: Is the answer funny?
inputs: [question, response]
output: {verdict: lol=1 | meh=0}
scale: 0..100
judge: openai-compatible
parse: choice
on_failure: drop
---
Judge whether this answer to the question below is funny. Reply with lol or meh.

{question}

{response}
"""


def made_run(folder: Path, count: int) -> Path:
    """A run directory with that many answers."""
    folder.mkdir()
    lines = [{"id": f"s{n}", "prompt": f"Question {n}: why?", "reference": "x"} for n in range(count)]
    answers = [{"id": f"s{n}", "text": f"Because of {n}. " * 20} for n in range(count)]
    for name, rows in (("talk.jsonl", lines), ("answers.jsonl", answers)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["score", "--task", "talk.jsonl", "--responses", "answers.jsonl"]
    subprocess.run([sys.executable, "-m", "evalkit", *words], cwd=folder, check=True, capture_output=True)
    (run,) = folder.glob("results/*/*/*/run.json")
    return run.parent


class Server:
    """The loopback server and its counts."""

    def __init__(self, latency: float, failing: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), "0", str(latency), str(failing)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[-1]}"

    def stats(self) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.url}/stats") as reply:
            counts: dict[str, float] = json.load(reply)
        return counts


def command(run: Path, server: Server, concurrency: int) -> list[str]:
    return [
        sys.executable, "-m", "evalkit", "judge", str(run), "--rubric", str(run.parents[3] / "laughter.md"),
        "--judge", "openai-compatible", "--judge-arg", f"base_url={server.url}/v1", "--judge-arg", "model=m",
        "--concurrency", str(concurrency), "--json",
    ]  # fmt: skip


def shown(name: str, used: Used, ideal: float | None, server: Server, log: Path) -> None:
    if used.code > 1:
        raise SystemExit(f"{name}: exit code {used.code}: {log.read_text()[-2000:]}")
    counts = server.stats()
    part = f"{used.wall / ideal:5.2f} x ideal, verdicts alone {counts['seconds'] / ideal:.3f}" if ideal else ""
    print(
        f"{name:<34}{used.wall:7.2f} s  {part:<35}{used.cpu:6.2f} s CPU  {used.peak_mb:6.1f} MB  exit {used.code}  "
        f"server: {counts['requests']} requests, {counts['distinct']} questions, {counts['twice']} answered twice",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=64)
    asked = parser.parse_args()
    ideal = asked.verdicts * asked.latency / asked.concurrency
    print(f"{asked.verdicts} verdicts, {asked.latency} s each, {asked.concurrency} at once: ideal {ideal:.2f} s")
    root = Path(tempfile.mkdtemp(prefix="judging-speed-"))
    servers = []
    try:
        for failing in (0, 10):
            server = Server(asked.latency, failing)
            servers.append(server)
            run = made_run(root / f"failing{failing}", asked.verdicts)
            (run.parents[3] / "laughter.md").write_text(RUBRIC)
            words = command(run, server, asked.concurrency)
            shown(f"first, {failing} % fail once", measure(words, root, root / "log"), ideal, server, root / "log")
            shown("  again", measure(words, root, root / "log"), None, server, root / "log")
            shutil.rmtree(run / "scores")
            shown("  again, all from the cache", measure(words, root, root / "log"), None, server, root / "log")
        server = Server(asked.latency, 10)
        servers.append(server)
        run = made_run(root / "killed", asked.verdicts)
        (run.parents[3] / "laughter.md").write_text(RUBRIC)
        words = command(run, server, asked.concurrency)
        for _ in range(3):
            process = subprocess.Popen(words, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(ideal / 4)
            process.kill()
            process.wait()
        time.sleep(2 * asked.latency)
        before = server.stats()
        lost = 3 * asked.concurrency * 9 // 8
        print(f"killed three times: {before['answers']} verdicts given, at most {lost} of them lost")
        shown("  repeated to the end", measure(words, root, root / "log"), None, server, root / "log")
        few = made_run(root / "few", asked.verdicts // 10)
        (few.parents[3] / "laughter.md").write_text(RUBRIC)
        server = Server(asked.latency, 0)
        servers.append(server)
        words = command(few, server, asked.concurrency)
        shown("a tenth of the answers (memory)", measure(words, root, root / "log"), ideal / 10, server, root / "log")
    finally:
        for server in servers:
            server.process.kill()
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
