"""Run directories as `evalkit run` leaves them behind, with values a test chooses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COUNTS = {"n_total": 50, "n_scored": 50, "n_unparsed": 0, "n_model_failed": 0, "n_judge_failed": 0, "n_pending": 0}


def make_run(
    out: Path,
    model: str,
    values: Mapping[str, float | None],
    *,
    task: str = "quiz",
    protocol: str = "exact_match:strip",
    higher: bool = True,
    unit: str = "%",
    half_width: float = 1.0,
    n: int = 50,
    judge: str | None = None,
    **changes: Any,
) -> Path:
    """Write summary.json and run.json below `out`; returns the run directory.

    Args:
        out: results folder.
        model: name of the model.
        values: column id -> value.
        task: name of the task.
        protocol: of every column.
        higher: direction of every column.
        unit: of every column.
        half_width: of the intervals.
        n: samples of every column.
        judge: name of a judge; the protocol is then that of a rubric "quality".
        changes: fields of the summary to replace.
    """
    rubric = hashlib.sha256(b"quality").hexdigest()
    if judge:
        protocol = f"judge:quality#{rubric[:6]}/{judge}*3"
    facts = json.dumps([model, task, changes.get("model_arguments"), changes.get("seed")], default=str)
    run = hashlib.sha256(facts.encode()).hexdigest()[:12]
    cells = {
        name: {
            "value": value, "low": None if value is None else value - half_width,
            "high": None if value is None else value + half_width, "strict": value, "n": n, "n_dropped": 0,
            "protocol": protocol, "unit": unit, "higher_is_better": higher, "decimals": 2, "rounding": "nearest",
            "printed": None if value is None else f"{value:.2f}",
        }
        for name, value in values.items()
    }  # fmt: skip
    summary = {
        "schema": "evalkit.summary/2", "run": run, "model": model, "model_arguments": {}, "task": task,
        "task_version": 1, "data_revision": "abc123", "splits": ["test"], "limit": None, "seed": 0, "complete": True,
        "counts": COUNTS, "results": [], "columns": cells, "usage": {}, "cost": None, "notices": [], "members": [],
        "interval": {"method": "percentile bootstrap", "level": 0.95, "resamples": 1000, "seed": 0, "unit": "samples"},
        **changes,
    }  # fmt: skip
    scoring = {"scorer": "judged", "judge": judge, "rubric": rubric} if judge else {"scorer": "x"}
    record = {
        "created": "2026-11-01T10:00:00Z",
        "command": ["evalkit", "run", "--model", model, "--task", task],
        "scorings": {"a": scoring, "later": {"scorer": "judged", "judge": "another", "rubric": rubric}},
    }
    directory = out / hashlib.sha256(model.encode()).hexdigest()[:8] / task / run
    directory.mkdir(parents=True)
    (directory / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (directory / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return directory


def result_record(value: float, protocol: str = "exact_match:strip", scoring: str = "exact_match-1") -> dict[str, Any]:
    """A result over all splits, as a summary has it."""
    return {
        "value": value, "n": 50, "scorer": "x", "scoring": scoring, "protocol": protocol, "metric": "share",
        "label": "Acc", "unit": "%", "higher_is_better": True, "decimals": 2, "fields": ["correct", "samples"],
        "reduction": "ratio", "n_clusters": 50, "sums": {"correct": 1.0, "samples": 50.0}, "counts": COUNTS,
    }  # fmt: skip


def score_again(run: Path, values: Mapping[str, float], protocol: str, scoring: str) -> Path:
    """Write the summary that `--scorer` leaves beside a run's own: other values by another protocol."""
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    for name, value in values.items():
        summary["columns"][name] |= {"value": value, "low": value, "high": value, "protocol": protocol}
    summary["results"] = [result_record(1.0, protocol, scoring)]
    path = run / f"summary.{scoring}.json"
    path.write_text(json.dumps(summary), encoding="utf-8")
    return path
