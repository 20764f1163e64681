"""How fast a model was in earlier commands, by what their records say; for forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError
from evalkit.records.run import Run
from evalkit.run.record import load_record

_RUNS = 200  # records that are looked at


def seconds_per_answer(folder: Path, model: str, arguments: Mapping[str, Any], task: str) -> float | None:
    """Mean wall time of an answer in earlier runs of the same model; None where there are none.

    Runs of the same task count alone where there are any. What a command did beside asking (loading, judging) counts
    too.

    Args:
        folder: where the model's results are, a folder for each task.
        model: registered name.
        arguments: its identity.
        task: name of the task.
    """
    same: list[tuple[float, int]] = []
    others: list[tuple[float, int]] = []
    for path in sorted(folder.glob("*/*/run.json"))[:_RUNS]:
        try:
            record = load_record(path)
        except (EvalkitError, OSError):
            continue  # of another version: no help, and no harm
        if record.identity.get("model") != model or record.identity.get("model_arguments") != dict(arguments):
            continue
        (same if record.task == task else others).extend(asking(record))
    found = same or others
    answers = sum(count for _, count in found)
    return sum(seconds for seconds, _ in found) / answers if answers else None


def asking(record: Run) -> list[tuple[float, int]]:
    """Seconds and answers of the commands that got answers."""
    return [
        (part.seconds, part.asked - part.failed)
        for part in record.stretches
        if part.asked > part.failed and "generate" in part.stages
    ]
