"""What determines answers and scores, hashed into names."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from evalkit.core.model import Model
from evalkit.core.sample import Generation
from evalkit.core.scorer import Scorer
from evalkit.core.source import Rows
from evalkit.core.task import History, Task
from evalkit.run.adapter_code import adapter_code


def digest(value: Any, length: int = 12) -> str:
    """Hexadecimal hash of a JSON value; keys in any order give the same hash."""
    data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(data, digest_size=16).hexdigest()[:length]


def answers(
    model: Model, task: Task, rows: Rows, generation: Generation, seed: int, history: History | None = None
) -> dict[str, Any]:
    """Everything that determines the answers of a run; the run directory is named by its hash.

    What most tasks do not have stands there only where it is: arguments of the task, the history of conversations, the
    frames of videos.
    """
    facts = {
        "model": model.name,
        "model_arguments": arguments_of(model),
        "task": task.name,
        "task_version": task.version,
        "data_revision": rows.revision,
        "generation": dataclasses.asdict(generation),
        "seed": seed,
    }
    codes = {"task": task.code, "model": code_of(model)}
    code = {kind: found for kind, found in codes.items() if found}
    if code:
        facts["code"] = code
    if task.arguments:
        facts["task_arguments"] = dict(task.arguments)
    if history is not None:
        facts["history"] = history
    if task.video is not None:
        facts["video"] = dataclasses.asdict(task.video)
    return facts


def arguments_of(model: Model) -> dict[str, Any]:
    """What determines a model's answers, of its arguments."""
    arguments = dict(model.identity())
    if "fingerprint" in arguments:
        arguments.pop("checkpoint", None)  # a name for people: the same content elsewhere is the same checkpoint
    return arguments


def code_of(model: Model) -> str:
    """Hash of the code that answers; empty where there is no source to be read."""
    return model.code or adapter_code(getattr(model, "answered_by", type(model)))


def scoring(scorer: Scorer, transcriber: str | None, listeners: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Everything that determines the scores of given answers, and which answers they are of.

    Args:
        scorer: what scores.
        transcriber: name of the transcripts it reads.
        listeners: role -> name of the notes it reads.
    """
    facts = {
        "scorer": scorer.name,
        "profile": scorer.profile,
        **dict(scorer.identity()),
        "transcriber": transcriber,
    }
    if scorer.splits is not None:
        facts["splits"] = sorted(scorer.splits)
    if listeners:
        facts["listeners"] = dict(listeners)
    return facts


def scoring_name(scorer: Scorer, identity: Mapping[str, Any]) -> str:
    """Name of the scores file."""
    profile = f"-{scorer.profile}" if scorer.profile else ""
    return re.sub(r"[^\w.@+\-]+", "_", f"{scorer.name}{profile}") + f"-{digest(identity, 8)}"
