"""What people want to know of a rubric before they trust it."""

from __future__ import annotations

from typing import Any

from evalkit.judging.parsing import PARSERS
from evalkit.judging.rubric import Rubric

_POLICIES = {
    "drop": "left out",
    "zero": "counts 0",
    "count": "counts the worst point",
    "error": "the official program stops; left out",
}


def facts(rubric: Rubric) -> dict[str, Any]:
    """A rubric's facts as JSON."""
    return {
        "id": rubric.id,
        "version": rubric.version,
        "title": rubric.title,
        "hash": rubric.hash,
        "prompt_hash": rubric.prompt_hash,
        "inputs": [entry.name + ("?" if entry.optional else "") for entry in rubric.inputs],
        "output": {output.key: output.expected for output in rubric.output},
        "value": list(rubric.value),
        "scale": list(rubric.scale),
        "votes": rubric.votes,
        "reduce": rubric.reduce,
        "orders": rubric.orders if rubric.pair is not None else None,
        "temperature": rubric.temperature,
        "top_p": rubric.top_p,
        "judge": rubric.judge,
        "official_judge": rubric.official_judge,
        "parse": rubric.parse,
        "on_failure": rubric.on_failure,
        "on_missing": rubric.on_missing,
        "on_empty": rubric.on_empty,
        "reproduces": rubric.reproduces,
        "differs": rubric.differs,
        "file": str(rubric.path),
    }


def described(rubric: Rubric) -> str:
    """A rubric for a terminal: its facts, then the whole file."""
    low, high = rubric.scale
    times = f" (points times {rubric.factor:g})" if rubric.factor != 1.0 else ""
    pairs = f", orders {rubric.orders}" if rubric.pair is not None else ""
    asks = {"ask": "the judge is asked", "zero": "counts 0, not asked", "count": "counts the worst point, not asked"}
    asks["drop"] = "left out, not asked; strict: worst"
    blank = f", after blank replies {rubric.reasks_blank} times" if rubric.reasks_blank else ""
    rows = {
        "rubric": f"{rubric.id}, version {rubric.version}",
        "title": rubric.title,
        "hash": rubric.hash,
        "scale": f"{low:g} to {high:g}{times}",
        "votes": f"{rubric.votes}, reduced by {rubric.reduce}{pairs}",
        "judge": f"{rubric.judge}, temperature {rubric.temperature:g}, top_p {rubric.top_p:g}",
        "official": rubric.official_judge and f"{rubric.official_judge}; another judge is flagged",
        "inputs": ", ".join(entry.name + (" (optional)" if entry.optional else "") for entry in rubric.inputs),
        "output": "; ".join(f"{output.key}: {output.expected}" for output in rubric.output),
        "value": ", ".join(rubric.value),
        "read by": f"{rubric.parse}: {PARSERS[rubric.parse].rule}; asked again at most {rubric.reasks} times{blank}",
        "no verdict": _POLICIES[rubric.on_failure] + "; strict: worst",
        "no answer": _POLICIES[rubric.on_missing] + "; strict: worst",
        "empty answer": asks[rubric.on_empty],
        "reproduces": rubric.reproduces,
        "differs": rubric.differs,
        "file": str(rubric.path),
    }
    lines = [f"{key + ':':<14}{' '.join(str(value).split())}" for key, value in rows.items() if value]
    return "\n".join(lines) + f"\n\n{rubric.text.strip()}"
