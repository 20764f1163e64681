"""The rule-based scorers by name: `NAME` or `NAME:PROFILE`, as `--scorer` takes them."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, cast

from evalkit.core.errors import UnknownNameError, UsageError
from evalkit.core.scorer import Scorer
from evalkit.metrics.kinds import KINDS, line_metric
from evalkit.metrics.line_metric import LineScorer

# name -> (module, class, what it measures); modules load when a scorer is made
SCORERS: dict[str, tuple[str, str, str]] = {
    "judge": ("evalkit.judging.judge", "JudgeScorer", "verdicts of a judge by a rubric: judge:RUBRIC"),
    "spoken_rules": (
        "evalkit.metrics.spoken.scorer",
        "SpokenRules",
        "share of a spoken reply's expectations that are met: rate, loudness, pitch, words, %",
    ),
    "exact_match": (
        "evalkit.metrics.exact_match",
        "ExactMatch",
        "share of answers equal to the reference, %",
    ),
    "error_rate": (
        "evalkit.metrics.error_rate.scorer",
        "ErrorRateScorer",
        "WER, CER or MER by a named profile, %",
    ),
}
_OWN = frozenset(SCORERS)  # these have a scorer of their own
# every metric that stands on its own scores the answers of a run as well
SCORERS |= {name: (kind.module, kind.attribute, kind.summary) for name, kind in KINDS.items() if name not in SCORERS}
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


def scorer(name: str, /, **arguments: Any) -> Scorer:
    """Make a scorer.

    Args:
        name: "error_rate", "error_rate:kimi" or "choice:mmau".
        arguments: further arguments of the scorer, for example language="zh"; of those made from a metric that stands
            on its own, its options and "heard", to score what a transcriber heard.

    Raises:
        UnknownNameError: no such scorer, profile or argument.
        UsageError: an argument that is not of its kind.
    """
    base, _, profile = name.partition(":")
    if base not in SCORERS:
        raise UnknownNameError("metric", base, SCORERS)
    if base in KINDS and base not in _OWN:
        heard = _flag(base, arguments.pop("heard", False))
        return LineScorer(line_metric(base, profile or None, **arguments), heard)
    module, attribute, _ = SCORERS[base]
    cls = getattr(importlib.import_module(module), attribute)
    known = set(inspect.signature(cls.__init__).parameters) - {"self", "profile"}
    for key in arguments:
        if key not in known:
            raise UnknownNameError(f"argument of scorer {base}:", key, known)
    if profile:
        arguments["profile"] = profile
    return cast(Scorer, cls(**arguments))


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, str) and value.lower() not in _TRUE + _FALSE:
        raise UsageError(f"scorer '{name}': heard={value} should be true or false")
    return value.lower() in _TRUE if isinstance(value, str) else bool(value)


def takes_argument(name: str, argument: str) -> bool:
    """Whether a scorer, by the name that `scorer` takes, has this argument; False for an unknown scorer."""
    base = name.partition(":")[0]
    if base not in SCORERS:
        return False
    module, attribute, _ = SCORERS[base]
    cls = getattr(importlib.import_module(module), attribute)
    return argument in inspect.signature(cls.__init__).parameters
