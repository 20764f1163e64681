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
from typing import Any, cast

from evalkit.core.errors import UnknownNameError
from evalkit.metrics.line_metric import LineMetric


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
    known = profiles(name)
    if profile is None:
        profile = next(iter(known))
    elif profile not in known:
        raise UnknownNameError(f"profile of {name}:", profile, known)
    accepted = options(name)
    for key in options_given:
        if key not in accepted:
            raise UnknownNameError(f"option of metric {name}:", key, accepted)
    return metric_class(name)(profile, **options_given)
