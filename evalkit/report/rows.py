"""Results as flat rows, for data frames and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.core.errors import ResultsError
from evalkit.records import journals
from evalkit.report.leaderboard import run_rows
from evalkit.report.summaries import summaries

# Of a leaderboard row what tells about a run; the rest is about papers and ranks.
_NOT_OF_RUNS = {"source", "paper", "table", "variant", "rank", "unranked", "counts"}


def column_rows(results: Path) -> Iterator[dict[str, Any]]:
    """One row per published column of every run."""
    for row in run_rows(results):
        yield {**row.model_dump(exclude=_NOT_OF_RUNS), **(row.counts.model_dump() if row.counts else {})}


def result_rows(results: Path) -> Iterator[dict[str, Any]]:
    """One row per metric, split and breakdown of every run."""
    for directory, summary in summaries(results):
        shared = {
            "model": summary.model,
            "task": summary.task,
            "task_version": summary.task_version,
            "run": str(directory),
            "data_revision": summary.data_revision,
            "seed": summary.seed,
            "limit": summary.limit,
            "selection": summary.selection,
            "complete": summary.complete,
            "data_complete": summary.data_complete,
        }
        for result in summary.results:
            row = result.model_dump(exclude={"sums", "counts", "flags"})
            yield {**shared, **row, **result.counts.model_dump()}


def sample_rows(results: Path) -> Iterator[dict[str, Any]]:
    """One row per scored sample and scoring of every run: the answer, its status, its statistics."""
    runs = dict(reversed(list(summaries(results))))  # the first of each
    for directory, summary in sorted(runs.items(), key=lambda run: run[0]):
        answers = {record["id"]: record for record in journals.read(directory / "samples.jsonl", journals.FAILED)}
        for path in sorted((directory / "scores").glob("*.jsonl")):
            for score in journals.read(path, journals.RESCORED):
                key = score["id"]
                answer = answers.get(key)
                if answer is None:
                    raise ResultsError(f"{path}: '{key}' has a score and no answer; repeat its 'evalkit run' command")
                row: dict[str, Any] = {
                    "model": summary.model,
                    "task": summary.task,
                    "run": str(directory),
                    "scoring": path.stem,
                    "id": key,
                    "split": score["split"],
                    "cluster": score.get("cluster"),
                    "status": score["status"],
                    "reference": answer["reference"],
                    "text": answer.get("text"),
                    "audio": answer.get("audio"),
                    "failure": (answer.get("failure") or {}).get("message"),
                    **{f"group.{name}": value for name, value in (score.get("groups") or {}).items()},
                }
                for metric, vector in (score["faithful"] or score.get("strict") or {}).items():
                    row[f"statistics.{metric}"] = vector
                yield row
