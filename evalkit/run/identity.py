"""What determines answers and scores, hashed into names."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from evalkit.core.model import Model
from evalkit.core.sample import Generation
from evalkit.core.scorer import Scorer
from evalkit.core.source import Rows
from evalkit.core.task import Task


def digest(value: Any, length: int = 12) -> str:
    """Hexadecimal hash of a JSON value; keys in any order give the same hash."""
    data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(data, digest_size=16).hexdigest()[:length]


def answers(model: Model, task: Task, rows: Rows, generation: Generation, seed: int) -> dict[str, Any]:
    """Everything that determines the answers of a run; the run directory is named by its hash."""
    return {
        "model": model.name,
        "model_arguments": dict(model.identity()),
        "task": task.name,
        "task_version": task.version,
        "data_revision": rows.revision,
        "generation": dataclasses.asdict(generation),
        "seed": seed,
    }


def scoring(scorer: Scorer, transcriber: str | None) -> dict[str, Any]:
    """Everything that determines the scores of given answers."""
    return {
        "scorer": scorer.name,
        "profile": scorer.profile,
        **dict(scorer.identity()),
        "transcriber": transcriber,
    }


def scoring_name(scorer: Scorer, identity: Mapping[str, Any]) -> str:
    """Name of the scores file."""
    profile = f"-{scorer.profile}" if scorer.profile else ""
    return f"{scorer.name}{profile}-{digest(identity, 8)}"
