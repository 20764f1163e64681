"""The metrics that stand on their own, by name; `evalkit metric`, `--scorer` and `evaluate` find them here.

A kind is a subclass of `LineMetric` with the constructor `(profile: str, **options)` and `PROFILES`. Its module loads
when it is asked for. Its options (keyword parameters with a default: text, number, true or false) are options of the
command, of `--scorer-arg` and of `evalkit.metrics.huggingface.load` alike.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.metrics.line_metric import LineMetric

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a metric is defined.

    Args:
        module: dotted name of its module.
        attribute: name of the class in it.
        summary: one line: what it measures, and its unit.
    """

    module: str
    attribute: str
    summary: str


KINDS: dict[str, Kind] = {
    "choice": Kind("evalkit.metrics.choice.scorer", "Choice", "accuracy of choice questions, %"),
    "error_rate": Kind("evalkit.metrics.error_rate.lines", "ErrorRate", "WER, CER or MER, whichever a profile counts"),
    "wer": Kind("evalkit.metrics.error_rate.lines", "WordErrorRate", "word error rate, %"),
    "cer": Kind("evalkit.metrics.error_rate.lines", "CharacterErrorRate", "character error rate, %"),
    "bleu": Kind("evalkit.metrics.translation.metric", "Bleu", "corpus BLEU as sacreBLEU counts it, 0-100"),
    "chrf": Kind("evalkit.metrics.translation.metric", "Chrf", "corpus chrF as sacreBLEU counts it, 0-100"),
    "refusal": Kind("evalkit.metrics.refusal", "Refusal", "responses that refuse, %"),
    "instruction_following": Kind(
        "evalkit.metrics.instructions.metric", "InstructionFollowing", "instructions of IFEval that are followed, %"
    ),
    "tags": Kind("evalkit.metrics.tags", "Tags", "F1 of tags over a closed vocabulary, %"),
    "document": Kind("evalkit.metrics.document.metric", "Document", "answers about documents and charts, %"),
    "yes_no": Kind("evalkit.metrics.yes_no", "YesNo", "questions to be answered yes or no, alone and by group, %"),
    "pedant": Kind("evalkit.metrics.pedant.metric", "Pedant", "free answers that mean a reference, by a classifier, %"),
    "contained": Kind("evalkit.metrics.contained", "Contained", "responses that hold a reference word by word, %"),
    "repeat": Kind("evalkit.metrics.repeat", "Repeat", "spoken replies that repeat a sentence, by URO-Bench's rule, %"),
    "class_scores": Kind(
        "evalkit.metrics.choice.class_scores", "ClassScores", "recall and F1 over the classes of a classification, %"
    ),
    "token_traps": Kind(
        "evalkit.metrics.choice.token_traps",
        "TokenTraps",
        "replies MMAU's rule judges otherwise without lead-in, %",
    ),
    "exact_match": Kind("evalkit.metrics.exact_match", "ExactMatchLines", "responses equal to a reference, %"),
}


def metric_class(name: str) -> type[LineMetric]:
    """The class of a kind; its module is imported.

    Raises:
        UnknownNameError: no such kind.
    """
    if name not in KINDS:
        raise UnknownNameError("metric", name, KINDS)
    kind = KINDS[name]
    return cast(type[LineMetric], getattr(importlib.import_module(kind.module), kind.attribute))


def profiles(name: str) -> Mapping[str, str]:
    """Profile -> its rule in one line; the first is the default.

    Raises:
        UnknownNameError: no such kind.
    """
    return metric_class(name).PROFILES


def options(name: str) -> Mapping[str, inspect.Parameter]:
    """The options of a kind beside its profile, with their types and defaults.

    Raises:
        UnknownNameError: no such kind.
    """
    parameters = inspect.signature(metric_class(name).__init__, eval_str=True).parameters
    return {key: value for key, value in parameters.items() if key not in ("self", "profile")}


def line_metric(name: str, profile: str | None = None, **options_given: Any) -> LineMetric:
    """Make a metric.

    Args:
        name: a kind, for example "choice".
        profile: the named rule; the kind's default without.
        options_given: the kind's options, for example language="zh".

    Raises:
        UnknownNameError: no such kind, profile or option.
    """
    accepted = options(name)
    for key, value in options_given.items():
        if key not in accepted:
            raise UnknownNameError(f"option of metric {name}:", key, accepted)
        options_given[key] = _converted(name, accepted[key], value)
    return metric_class(name)(next(iter(profiles(name))) if profile is None else profile, **options_given)


def kind_of_value(parameter: inspect.Parameter) -> type:
    """What an option takes: `bool`, `int`, `float`, or `str` for everything else."""
    given = get_args(parameter.annotation) or (parameter.annotation,)
    return next((kind for kind in (bool, int, float) if kind in given), str)


def _converted(name: str, parameter: inspect.Parameter, value: Any) -> Any:
    """A text as what the option takes; other values as they are.

    Raises:
        UsageError: it is no number, or neither true nor false.
    """
    kind = kind_of_value(parameter)
    if not isinstance(value, str) or kind is str:
        return value
    if kind is bool:
        if value.lower() in _TRUE + _FALSE:
            return value.lower() in _TRUE
        raise UsageError(f"metric {name}: {parameter.name}={value} should be true or false")
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"metric {name}: {parameter.name}={value} should be a number") from None
