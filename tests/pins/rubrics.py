"""Rubrics: everything that determines a reply or a score, under the rubric's version."""

from __future__ import annotations

from store import Kind, Pin

from evalkit import plugins
from evalkit.core.errors import EvalkitError
from evalkit.judging.rubric_file import load_rubric

RUBRICS = Kind("rubrics", whole=False)


def pins() -> dict[str, Pin]:
    found = {}
    for name in plugins.plugins("judge"):
        try:
            rubric = load_rubric(name)
        except EvalkitError:  # a judge that is no rubric
            continue
        found[name] = Pin(rubric.version, [rubric.prompt_hash, rubric.hash, rubric.judge, rubric.scale, rubric.factor])
    return found
