"""Seconds of CPU that URO-Bench's forty sets cost beside the models: planned, loaded from a small copy, summarised.

    python benchmarks/uro_bench_sets.py

The first command answers, transcribes and judges by stand-ins; the second asks nobody, and is what is measured.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "tasks")]
STAND_INS = ROOT / "tests" / "tasks" / "spoken_stand_ins.py"
JUDGE = '''
import re
from evalkit.authoring import Model, Response, model


@model("grader", takes=("text", "audio"))
class Grader(Model):
    """Says what the transcript tells it."""

    def stream(self, requests):
        for request in requests:
            found = re.search(r"verdict=(\\w+)", request.messages[-1].text)
            yield request.id, Response(text=found[1] if found else "3")
'''


def main() -> None:
    """Print CPU and wall seconds of the second command."""
    from uro_bench_copy import uro_bench

    from evalkit import plugins
    from evalkit.cli.main import main as evalkit

    plugins.load_task("uro_bench")
    sets = sys.modules[plugins.plugin("task", "uro_bench").module].SETS.rows  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        replies, _ = uro_bench(folder, sets)
        (folder / "answers.json").write_text(json.dumps(replies))
        (folder / "judge.py").write_text(JUDGE)
        words = ["run", "--task", "uro_bench", "--data", name, "--out", f"{name}/out", "--json", "--model",
                 f"{STAND_INS}:scripted", "--model-arg", f"file={name}/answers.json", "--model-arg", f"log={name}/log",
                 "--judge", f"{name}/judge.py:grader", "--transcriber", f"{STAND_INS}:ear", "--listener",
                 f"emotion={STAND_INS}:feeling"]  # fmt: skip
        for turn in ("answered, heard and judged", "planned, loaded and summarised"):
            cpu, wall = time.process_time(), time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
                evalkit(words)
            spent = time.process_time() - cpu, time.perf_counter() - wall
            print(f"{turn}: {spent[0]:.2f} s CPU, {spent[1]:.2f} s wall, {len(replies)} answers of {len(sets)} sets")


if __name__ == "__main__":
    main()
