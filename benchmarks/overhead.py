"""Overhead of the harness: trivial samples, a model that costs nothing, every sample journalled and flushed.

    python benchmarks/overhead.py [--peers DIR] [--million]

With --peers DIR, peers found there (one virtual environment each: DIR/evalscope, DIR/inspect, DIR/lm_eval, made by
`benchmarks/peers/install.sh DIR`) run the same samples in the same session, each as its documentation says, and the
table gives their cost as a multiple of ours.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import Used, best_of, measure

HERE = Path(__file__).resolve().parent
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "NO_COLOR": "1",
}
Command = Callable[[Path, int], list[str]]


def write_data(folder: Path, n: int) -> None:
    """The same samples in every layout the harnesses want.

    Line by line: a child's peak memory, as the kernel counts it, begins with its parent's.
    """
    choices = folder / f"mcq{n}"
    choices.mkdir(exist_ok=True)
    with (
        (folder / f"n{n}.jsonl").open("w") as own,
        (folder / f"qa{n}.jsonl").open("w") as pairs,
        (choices / "trivial_val.jsonl").open("w") as letters,
    ):
        for i in range(n):
            question = f"Sample {i}: repeat the fixed phrase used by the null model."
            answer = "lol" if i % 2 == 0 else "something else"
            own.write(json.dumps({"id": i, "prompt": question, "reference": answer}) + "\n")
            pairs.write(json.dumps({"id": i, "question": question, "answer": answer}) + "\n")
            options = {"A": "lol", "B": "b", "C": "c", "D": "d", "answer": "A"}
            letters.write(json.dumps({"id": str(i), "question": question, **options}) + "\n")


def evalkit(folder: Path, n: int, out: str = "results") -> list[str]:
    """Our own command."""
    task = ["--task", str(folder / f"n{n}.jsonl"), "--out", str(folder / out)]
    return [sys.executable, "-m", "evalkit", "run", "--model", "constant", "--model-arg", "text=lol", *task]


def peers(root: Path | None) -> dict[str, Command]:
    """Commands of the peers that are installed."""
    if root is None:
        return {}

    def evalscope(folder: Path, n: int) -> list[str]:
        data = json.dumps({"general_mcq": {"local_path": str(folder / f"mcq{n}"), "subset_list": ["trivial"]}})
        return [str(root / "evalscope/bin/evalscope"), "eval", "--model", "mock", "--eval-type", "mock_llm",
                "--datasets", "general_mcq", "--work-dir", str(folder / "evalscope"),
                "--dataset-args", data]  # fmt: skip

    def inspect(folder: Path, n: int) -> list[str]:
        script = str(HERE / "peers/inspect_trivial.py")
        return [str(root / "inspect/bin/python"), script, str(folder / f"qa{n}.jsonl"), str(folder / "inspect")]

    def lm_eval(folder: Path, n: int) -> list[str]:
        template = (HERE / "peers/lm_eval_trivial.yaml.in").read_text()
        place = folder / f"lm_eval{n}"
        place.mkdir(exist_ok=True)
        (place / "trivial.yaml").write_text(template.replace("@DATA@", str(folder / f"qa{n}.jsonl")))
        return [str(root / "lm_eval/bin/lm_eval"), "run", "--model", "dummy", "--tasks", "trivial", "--include_path",
                str(place), "--output_path", str(place / "out"), "--log_samples"]  # fmt: skip

    made: dict[str, Command] = {"evalscope": evalscope, "inspect": inspect, "lm_eval": lm_eval}
    return {name: command for name, command in made.items() if (root / name / "bin").is_dir()}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder with one virtual environment per peer")
    parser.add_argument("--million", action="store_true", help="also a million samples (evalkit only)")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="evalkit-overhead-"))
    log = folder / "output.log"
    for n in (1_000, 10_000):
        write_data(folder, n)
    titles = ("1k wall", "1k cpu", "10k wall", "10k cpu", "ms/sample", "peak MB", "x ours")
    print(f"{'harness':12}" + "".join(f"{title:>10}" for title in titles))
    ours = row("evalkit", evalkit, folder, log, None)
    for name, command in peers(arguments.peers).items():
        row(name, command, folder, log, ours)
    again = measure(evalkit(folder, 10_000), folder, log)
    print(
        f"\nevalkit, finished run of 10,000 repeated: {again.wall:.2f} s wall, {again.cpu:.2f} s CPU, exit {again.code}"
    )
    base = measure(evalkit(folder, 10_000, "fresh"), folder, log)
    if arguments.million:
        write_data(folder, 1_000_000)
        million = measure(evalkit(folder, 1_000_000), folder, log)
        print(
            f"evalkit, 1,000,000 samples: {million.wall:.1f} s wall, {million.cpu:.1f} s CPU, "
            f"{million.peak_mb:.0f} MB, "
            f"{million.peak_mb - base.peak_mb:.0f} MB more than for 10,000, exit {million.code}"
        )
    for words in (["--help"], ["list", "tasks"]):
        used = best_of(5, [sys.executable, "-m", "evalkit", *words], folder, log)
        print(f"evalkit {' '.join(words)}: {used.wall:.3f} s wall, {used.cpu:.3f} s CPU, {used.peak_mb:.0f} MB")
    shutil.rmtree(folder)


def row(name: str, command: Command, folder: Path, log: Path, ours: float | None) -> float:
    """Measure one harness at two sizes and print its line; returns CPU ms per extra sample."""
    small: Used = measure(command(folder, 1_000), folder, log, OFFLINE if name != "evalkit" else None)
    large: Used = measure(command(folder, 10_000), folder, log, OFFLINE if name != "evalkit" else None)
    each = (large.cpu - small.cpu) / 9_000 * 1000
    failed = "" if small.code == large.code == 0 else f"  exit {small.code}, {large.code}: see its output"
    ratio = "" if ours is None else f"{each / ours:10.0f}"
    figures = f"{small.wall:10.2f}{small.cpu:10.2f}{large.wall:10.2f}{large.cpu:10.2f}{each:10.3f}{large.peak_mb:10.0f}"
    print(f"{name:12}{figures}{ratio}{failed}", flush=True)
    return each


if __name__ == "__main__":
    main()
