"""The rule-based scorers by name: `NAME` or `NAME:PROFILE`, as `--scorer` takes them."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, cast

from evalkit.core.errors import UnknownNameError
from evalkit.core.scorer import Scorer

# name -> (module, class, what it measures); modules load when a scorer is made
SCORERS: dict[str, tuple[str, str, str]] = {
    "judge": ("evalkit.judging.judge", "JudgeScorer", "verdicts of a judge by a rubric: judge:RUBRIC"),
    "accepted_answer": (
        "evalkit.metrics.answers.scorer",
        "AcceptedAnswer",
        "share of free-form answers that give an accepted answer and no other, %",
    ),
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


def scorer(name: str, /, **arguments: Any) -> Scorer:
    """Make a scorer.

    Args:
        name: "error_rate" or "error_rate:kimi".
        arguments: further arguments of the scorer, for example language="zh".

    Raises:
        UnknownNameError: no such scorer, profile or argument.
    """
    base, _, profile = name.partition(":")
    if base not in SCORERS:
        raise UnknownNameError("metric", base, SCORERS)
    module, attribute, _ = SCORERS[base]
    cls = getattr(importlib.import_module(module), attribute)
    known = set(inspect.signature(cls.__init__).parameters) - {"self", "profile"}
    for key in arguments:
        if key not in known:
            raise UnknownNameError(f"argument of scorer {base}:", key, known)
    if profile:
        arguments["profile"] = profile
    return cast(Scorer, cls(**arguments))


def takes_argument(name: str, argument: str) -> bool:
    """Whether a scorer, by the name that `scorer` takes, has this argument; False for an unknown scorer."""
    base = name.partition(":")[0]
    if base not in SCORERS:
        return False
    module, attribute, _ = SCORERS[base]
    cls = getattr(importlib.import_module(module), attribute)
    return argument in inspect.signature(cls.__init__).parameters
