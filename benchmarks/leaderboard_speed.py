"""Time of `evalkit leaderboard` as a whole process: over 1,000 run directories, and merging two files of 5,000 rows.

    python benchmarks/leaderboard_speed.py

Both have 10,000 result rows from runs; the printed numbers of the same columns come on top. The floor is 1 s.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import best_of

COLUMNS = 10
COUNTS = {"n_total": 500, "n_scored": 500, "n_unparsed": 0, "n_model_failed": 0, "n_judge_failed": 0, "n_pending": 0}


def summary(run: str, model: str, task: str, columns: dict[str, float]) -> dict[str, object]:
    """A summary with one column per value, as a run of a task with as many splits writes it."""
    number = {"strict": None, "n": 500, "n_dropped": 0, "unit": "WER %", "higher_is_better": False, "decimals": 2}
    results = [
        {**number, "value": value, "low": value - 1, "high": value + 1, "scorer": "error_rate", "scoring": "e-0",
         "protocol": "kimi",
         "metric": "wer", "label": "WER", "split": name, "breakdown": None, "group": None, "reduction": "ratio",
         "fields": ["edits", "tokens"], "n_clusters": 500, "sums": {"edits": 1.0, "tokens": 2.0}, "counts": COUNTS,
         "flags": {}}
        for name, value in columns.items()
    ]  # fmt: skip
    cells = {
        name: {**number, "value": value, "low": value - 1, "high": value + 1, "protocol": "kimi",
               "rounding": "nearest", "printed": f"{value:.2f}"}
        for name, value in columns.items()
    }  # fmt: skip
    return {
        "schema": "evalkit.summary/2", "run": run, "model": model, "model_arguments": {"size": "7b"}, "task": task,
        "task_version": 1, "data_revision": "abc", "splits": list(columns), "limit": None, "seed": 0,
        "complete": True, "counts": COUNTS, "results": results, "columns": cells, "usage": {}, "cost": None,
        "interval": {"method": "percentile bootstrap", "level": 0.95, "resamples": 1000, "seed": 0, "unit": "samples"},
        "notices": [], "members": [],
    }  # fmt: skip


def write_runs(out: Path, runs: int) -> None:
    """Run directories with COLUMNS columns each; half of the columns are published ones."""
    draw = random.Random(0)
    published = ["librispeech.test_clean.wer", "librispeech.test_other.wer", "fleurs.en.wer", "fleurs.zh.wer"]
    names = [*published, *(f"own.set{i}.wer" for i in range(COLUMNS - len(published)))]
    for i in range(runs):
        run = f"{i:012x}"
        directory = out / f"model-{i}" / "asr" / run
        directory.mkdir(parents=True)
        values = {name: draw.uniform(1, 30) for name in names}
        (directory / "summary.json").write_text(json.dumps(summary(run, f"model-{i}", "asr", values)))
        record = {"created": "2026-01-01T00:00:00Z", "scorings": {}, "command": ["evalkit", "run"]}
        (directory / "run.json").write_text(json.dumps(record))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each command; the best counts")
    parser.add_argument("--runs", type=int, default=1000, help=f"run directories, with {COLUMNS} columns each")
    arguments = parser.parse_args()
    evalkit = [sys.executable, "-m", "evalkit", "leaderboard"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_runs(folder / "results", arguments.runs)
        whole = folder / "whole.json"
        command = [*evalkit, "--out", str(folder / "results"), "--format", "json", "--to", str(whole)]
        subprocess.run(command, check=True)
        rows = [row for row in json.loads(whole.read_text())["rows"] if row["source"] == "run"]
        assert len(rows) == arguments.runs * COLUMNS
        parts = [folder / "a.json", folder / "b.json"]
        for i, part in enumerate(parts):
            part.write_text(json.dumps({"schema": "evalkit.leaderboard/1", "rows": rows[i::2]}))
        half = arguments.runs * COLUMNS // 2
        cases = {
            f"{arguments.runs} runs x {COLUMNS} columns, ranked, JSON": ["--out", str(folder / "results"), "--rank"],
            "the same, HTML": ["--out", str(folder / "results"), "--rank", "--format", "html"],
            f"merge of 2 files with {half:,} rows each, ranked": [
                "--merge",
                *map(str, parts),
                "--rank",
            ],
        }
        for title, words in cases.items():
            used = best_of(arguments.repeat, [*evalkit, *words], folder, folder / "log")
            assert used.code == 0
            print(f"{title}: {used.wall:.2f} s (CPU {used.cpu:.2f} s, {used.peak_mb:.0f} MB)")


if __name__ == "__main__":
    main()
