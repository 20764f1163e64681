"""Judges by name: any model is a judge, `rules:PROFILE` needs none."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from typing import Any

import orjson

from evalkit import plugin_files, plugins
from evalkit.core.errors import UsageError
from evalkit.core.model import Model
from evalkit.core.model_words import read_word
from evalkit.judging.rubric import Rubric

RULES = "rules"


def judge_model(name: str, arguments: Mapping[str, Any] | None = None) -> Model:
    """Make the model of a judge; it is not started.

    Args:
        name: a registered model, as one word: "command", "openai:gpt-4o-mini",
            "openai-compatible:qwen,base_url=http://localhost:8000/v1"; or FILE.py:NAME for a model of one's own.
        arguments: further constructor arguments.

    Raises:
        UnknownNameError: no such model or argument.
        UsageError: a word that cannot be read, a colon where the model has no argument `model`, an argument given
            twice, or a missing one.
    """
    given = dict(arguments or {})
    if plugin_files.split_word(name) is not None:
        return plugins.load_model(name, given)
    registered, said = read_word(name, "--judge")
    if "model" in said and "model" not in inspect.signature(plugins.model_class(registered).__init__).parameters:
        raise UsageError(f"judge '{name}': model '{registered}' has no argument 'model'; use --judge-arg KEY=VALUE")
    for key in given:
        if key in said and key != "model":
            raise UsageError(f"--judge {name} and --judge-arg {key}={given[key]} say the same thing twice; give one")
    return plugins.load_model(registered, {**given, **said})


def judge_label(model: Model) -> str:
    """Short name for protocols: "openai:gpt-4o-mini", or the model with a digest of its arguments."""
    identity = dict(model.identity())
    named = identity.pop("model", None)
    parts = [model.name, *([str(named)] if named else []), *([digest(identity)[:6]] if any(identity.values()) else [])]
    return ":".join(parts)


def digest(value: Any) -> str:
    """Hexadecimal hash of a JSON value, independent of the order of keys."""
    data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def check_takes(model: Model, rubric: Rubric) -> None:
    """Refuse a judge that cannot read, hear or see what the rubric gives it, or does not write.

    Raises:
        UsageError: naming the modality.
    """
    lacking = sorted({"text", *(entry.kind for entry in rubric.inputs)} - set(model.takes))
    if lacking:
        names = ", ".join(entry.name for entry in rubric.inputs if entry.kind in lacking) or "its instructions"
        raise UsageError(
            f"judge '{judge_label(model)}' takes no {' and no '.join(lacking)}, and rubric '{rubric.id}' gives it "
            f"{names}; its default judge is {rubric.judge}"
        )
    if "text" not in model.gives:
        raise UsageError(f"judge '{judge_label(model)}' writes no text, so it can give no verdict")
