"""Whole grades that give the printed cells of MSIB's table, and what our aggregation makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit import plugins
from evalkit.core.response import Response
from evalkit.core.scorer import Answered
from evalkit.core.task import Task
from evalkit.data.dialogue.spoken_dialogues import DIMENSIONS
from evalkit.judging.judge import JudgeScorer
from evalkit.judging.vectors import Vectors
from evalkit.run import summarize
from evalkit.run.columns import Measurements
from evalkit.run.tallies import collect

SIZES = dict(zip(DIMENSIONS, (42, 61, 49, 30, 41, 21), strict=True))


def whole_grades(mean: float, n: int) -> list[int]:
    """So many whole grades from 1 to 5 whose sum is nearest to n times the mean."""
    total = round(mean * n)
    low, higher = divmod(total, n)
    return [low + 1] * higher + [low] * (n - higher)


def columns(cells: Mapping[str, float]) -> dict[str, float]:
    """Columns that a run has whose dialogues are graded so that the printed cells of the dimensions come out."""
    task = plugins.load_task("msib")
    assert isinstance(task, Task)
    (scorer,) = task.scorers
    assert isinstance(scorer, JudgeScorer)
    vectors = Vectors(scorer.rubric, scorer.metrics)

    def records() -> Iterator[dict[str, Any]]:
        for dimension, n in SIZES.items():
            content = whole_grades(cells[f"msib.content.{dimension}"], n)
            speech = whole_grades(cells[f"msib.speech.{dimension}"], n)[::-1]
            for place in range(n):
                points = {"speech_quality_score": speech[place], "content_quality_score": content[place]}
                answer = Answered(f"{dimension}{place}", "all", None, Response(text=""))
                yield {
                    "id": answer.id, "split": "all", "status": "scored", "groups": {"dimension": dimension},
                    "faithful": vectors.of(points, answer),
                }  # fmt: skip

    scoring = summarize.Scoring(scorer, "judge", collect(records(), None, ["all"]))
    found = Measurements(task, [scoring], ("all",), 0).parts()
    return {name: float(column.value or 0) for name, column in found.items()}
