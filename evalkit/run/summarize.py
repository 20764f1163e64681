"""Summarize: tallies in, `summary.json` out; the same scores give the same bytes, however they came about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.errors import ResultsError
from evalkit.core.message import VideoPolicy
from evalkit.core.metric import Metric, Tally
from evalkit.core.scorer import Scorer
from evalkit.records.summary import Counts, Result, Spread
from evalkit.run.tallies import REPEAT, Cut, Tallies, passes

RESAMPLES = 1000
LEVEL = 0.95
UNVARIED = 20  # answers from which on verdicts that are all alike are remarkable

Group = tuple[str, str] | None  # (breakdown, value); None for everything


def _nothing() -> Iterable[Mapping[str, Any]]:
    return ()


@dataclass(slots=True)
class Scoring:
    """A scorer with the name of its scores file and the tallies of its scores.

    Args:
        records: reads the planned lines of the scores file once more.
        video: what was shown of videos; values under another policy are not comparable.
    """

    scorer: Scorer
    name: str
    tallies: Tallies
    records: Callable[[], Iterable[Mapping[str, Any]]] = field(default=_nothing)
    video: VideoPolicy | None = None

    @property
    def protocol(self) -> str:
        """The rule, and what was shown where it was a video."""
        return self.scorer.protocol if self.video is None else f"{self.scorer.protocol}/{self.video}"


def cell_seed(seed: int, *place: object) -> int:
    """Bootstrap seed of one cell: cells of one run are resampled independently, the same cell always alike."""
    text = "/".join(map(str, (seed, *place)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def counts(cut: Cut, planned: int) -> Counts:
    """What became of `planned` samples."""
    status = cut.statuses
    return Counts(
        n_total=planned,
        n_scored=status["scored"],
        n_unparsed=status["unparsed"],
        n_model_failed=status["model_failed"],
        n_judge_failed=status["judge_failed"],
        n_pending=planned - cut.n,
    )


def complete(scoring: Scoring, sizes: Mapping[str, int]) -> bool:
    """Whether every planned sample of the splits a scorer runs on has a score."""
    own = {split: size for split, size in sizes.items() if scoring.scorer.runs_on(split)}
    found = counts(scoring.tallies.cut(list(own)), sum(own.values()))
    return found.n_scored == found.n_total


def headline(scorings: Sequence[Scoring], splits: Iterable[str]) -> Cut:
    """What became of all samples, and their flags: in each split by the first scorer that runs there."""
    whole = Cut()
    for split in splits:
        first = next((one for one in scorings if one.scorer.runs_on(split)), None)
        if first is not None:
            cut = first.tallies.cut(split)
            whole.merge(Cut(statuses=cut.statuses, flags=cut.flags))
    return whole


def headline_counts(scorings: Sequence[Scoring], sizes: Mapping[str, int]) -> Counts:
    """What became of all samples; see `headline`."""
    return counts(headline(scorings, sizes), sum(sizes.values()))


def results(scoring: Scoring, sizes: Mapping[str, int], seed: int, repeats: int = 1) -> list[Result]:
    """All values of one scoring: pooled, by split, by breakdown, by both.

    Args:
        scoring: its scorer and tallies; splits it does not run on are left out.
        sizes: planned samples per split.
        seed: of the run.
        repeats: askings of each sample; with several, pooled values tell how far they differ from each other.
    """
    own = {split: size for split, size in sizes.items() if scoring.scorer.runs_on(split)}
    groups = [group for group in scoring.tallies.groups if group[0] != REPEAT]
    places: list[tuple[str | None, Group]] = [(None, None)]
    if len(sizes) > 1:
        places += [(split, None) for split in own]
    places += [(None, group) for group in groups]
    if len(own) > 1:
        places += [(split, group) for split in own for group in groups if scoring.tallies.has(split, group)]
    found = []
    for split, group in places:
        cut = scoring.tallies.cut(split, (group,) if group else ())
        if split is None and group is None and cut.n > sum(own.values()):
            raise ResultsError(
                f"scores/{scoring.name}.jsonl has {cut.n} samples where the task has {sum(own.values())}: there are "
                "lines of other samples in it, or in samples.jsonl. Start over with --fresh"
            )
        planned = cut.n if group else own[split] if split is not None else sum(own.values())
        for metric in [*scoring.scorer.metrics, *passes(scoring.scorer.metrics, repeats)]:
            concerned = metric.name in cut.faithful or metric.name in cut.strict
            if concerned or group is None:
                made = _result(scoring, metric, cut, planned, split, group, seed)
                if repeats > 1 and group is None and metric.join is None:
                    made.repeats = _spread(scoring, metric, split, repeats)
                found.append(made)
    return found


def _spread(scoring: Scoring, metric: Metric, split: str | None, repeats: int) -> Spread:
    values = []
    for number in range(1, repeats + 1):
        cut = scoring.tallies.cut(split, ((REPEAT, str(number)),)).answered
        values.append(cut.faithful.get(metric.name, Tally()).value(metric))
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known) if known else None
    deviation = None
    if mean is not None and len(known) > 1:
        deviation = (sum((value - mean) ** 2 for value in known) / (len(known) - 1)) ** 0.5
    return Spread(values=values, mean=mean, standard_deviation=deviation)


def _result(
    scoring: Scoring, metric: Metric, cut: Cut, planned: int, split: str | None, group: Group, seed: int
) -> Result:
    cut = cut.answered
    faithful = cut.faithful.get(metric.name, Tally())
    interval = faithful.interval(
        metric, seed=cell_seed(seed, split, group, metric.name), resamples=RESAMPLES, level=LEVEL
    )
    return Result(
        scorer=scoring.scorer.name,
        scoring=scoring.name,
        protocol=scoring.protocol,
        metric=metric.name,
        label=metric.label,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        decimals=metric.decimals,
        split=split,
        breakdown=group[0] if group else None,
        group=group[1] if group else None,
        value=faithful.value(metric),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        strict=cut.strict.get(metric.name, Tally()).value(metric),
        n=faithful.n,
        n_dropped=dropped(cut, metric),
        fields=list(metric.fields),
        reduction=metric.reduce.__name__,
        join=metric.join,
        n_clusters=faithful.n_clusters,
        sums=dict(zip(metric.fields, faithful.total(), strict=False)),
        counts=counts(cut, planned),
        flags=dict(sorted({**cut.flags, **_unvaried(scoring.scorer, cut)}.items())),
    )


def _unvaried(scorer: Scorer, cut: Cut) -> dict[str, int]:
    """A flag where a judge said the same of many answers: it may not have looked at them."""
    tallies = cut.faithful.values()
    asked = any(helper.asks is not None for helper in scorer.helpers())
    if not asked or cut.statuses["scored"] < UNVARIED or any(len(tally.distinct()) > 1 for tally in tallies):
        return {}
    return {"verdicts_never_vary": cut.statuses["scored"]}


def dropped(cut: Cut, metric: Metric) -> int:
    """Samples the official rule leaves out: counted strictly only. Those a metric does not concern are in neither."""
    return cut.strict.get(metric.name, Tally()).n - cut.faithful.get(metric.name, Tally()).n
