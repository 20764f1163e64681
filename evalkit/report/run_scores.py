"""The scores behind a summary, checked by its sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.core.errors import ResultsError
from evalkit.records.summary import Result, Summary
from evalkit.report.scored import ScoredSamples, read_scores


@dataclass(slots=True)
class RunScores:
    """The scores files of one run, read when asked for.

    Args:
        directory: the run directory.
        summary: its summary.
        identities: scores file -> what determined its scores.
    """

    directory: Path
    summary: Summary
    identities: Mapping[str, Mapping[str, Any]]
    _read: dict[str, ScoredSamples] = field(default_factory=dict)

    def path(self, scoring: str) -> Path:
        """The file of a scoring."""
        return self.directory / "scores" / f"{scoring}.jsonl"

    def read(self, scoring: str) -> ScoredSamples:
        """Scores per sample, unchecked.

        Raises:
            ResultsError: no such file, or a line that is not JSON.
            DataError: a line that is no score.
        """
        if scoring not in self._read:
            path = self.path(scoring)
            if not path.is_file():
                raise ResultsError(
                    f"{path}: missing; copy the whole run directory, or repeat its 'evalkit run' command"
                )
            joins = {one.metric: one.join for one in self.summary.results if one.scoring == scoring and one.join}
            self._read[scoring] = read_scores(path, self.summary.splits, joins, self.summary.repeats)
        return self._read[scoring]

    def checked(self, scoring: str) -> ScoredSamples:
        """Scores per sample that are known to give the summary.

        Raises:
            ResultsError: they do not, or cannot be read.
        """
        samples = self.read(scoring)
        whole = [
            one for one in self.summary.results if one.scoring == scoring and (one.split, one.group) == (None, None)
        ]
        counts = whole[0].counts if whole else self.summary.counts
        planned = counts.n_total - counts.n_pending
        if len(samples.ids) != planned:
            limited = "" if self.summary.limit is None else f" (limit {self.summary.limit})"
            raise ResultsError(
                f"{self.path(scoring)}: scores of {len(samples.ids)} samples, but the summary beside it is over "
                f"{planned}{limited}. Repeat the 'evalkit run' command without --limit, or with the largest one it was "
                "run with, to summarize them all; samples that were answered are not asked again"
            )
        results = [result for result in self.summary.results if (result.scoring, result.breakdown) == (scoring, None)]
        problem = contradiction(samples, results)
        if problem is not None:
            raise ResultsError(
                f"{self.path(scoring)}: {problem}. Repeat the 'evalkit run' command to summarize anew; "
                "samples that were answered are not asked again"
            )
        return samples


def contradiction(samples: ScoredSamples, results: Iterable[Result]) -> str | None:
    """What speaks against the scores being those that a summary's results were made of; None where nothing does."""
    for result in results:
        statistics = samples.metrics.get(result.metric)
        if statistics is None:
            if result.n:
                return f"no statistics of '{result.metric}', of which the summary counts {result.n}"
            continue
        mask = samples.within(None if result.split is None else [result.split], {})
        total = statistics.rows(False)[mask].sum(axis=0)
        expected = np.array([result.sums.get(name, np.nan) for name in result.fields])
        if result.n and (len(total) != len(expected) or not np.allclose(total, expected, rtol=1e-9, atol=1e-9)):
            return (
                f"the statistics of '{result.metric}' add up to {total.tolist()}, the summary says {expected.tolist()}"
            )
    return None
