"""Tasks made on the spot from a user's JSON Lines file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.sample import Sample
from evalkit.core.source import Row
from evalkit.core.task import Task
from evalkit.data import jsonl
from evalkit.metrics.scorers import scorer

DEFAULT_SCORER = "exact_match"


def custom_task(
    path: Path, scorer_name: str | None, scorer_arguments: Mapping[str, Any], *, outside_media: bool = False
) -> Task:
    """The task of `--task FILE.jsonl`, named after the file.

    Args:
        path: JSON Lines, see `evalkit.data.jsonl.sample`.
        scorer_name: NAME or NAME:PROFILE; exact_match where None.
        scorer_arguments: further arguments of the scorer.
        outside_media: it may name media outside of its folder.

    Raises:
        DataError: no such file, or a line that is no sample.
    """

    def make(row: Row, split: str) -> Sample:
        return jsonl.sample(path, row, outside=outside_media)

    source = jsonl.JsonLines(path, outside=outside_media)
    return Task(
        source=source,
        sample=make,
        scorers=[scorer(scorer_name or DEFAULT_SCORER, **scorer_arguments)],
        takes=source.survey.takes,
        name=path.stem,
    )
